//! The command line: arguments, files of the user, subcommands, exit codes.
//!
//! Standard output carries data only, errors are one line on standard error and perhaps a hint, and
//! nothing ever prompts.

pub mod args;
pub mod audit;
pub mod backup;
pub mod chat;
pub mod config;
pub mod context;
pub mod discover;
pub mod error;
mod help;
pub mod identity;
pub mod inbox;
pub mod json;
pub mod keep;
pub mod known_relays;
pub mod lines;
pub mod name;
pub mod notices;
pub mod output;
pub mod picture;
pub mod pipe;
pub mod plain;
pub mod query;
pub mod relay;
pub mod run;
pub mod search;
pub mod send;
pub mod settings;
pub mod tail;
pub mod target;
mod usage;
