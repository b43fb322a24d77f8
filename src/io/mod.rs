//! The only place with sockets, threads, the clock and entropy: it drives the core.

pub mod client;
pub mod clock;
pub mod discovery;
pub mod entropy;
mod history;
pub mod interfaces;
pub mod port;
pub mod relay;
mod relay_log;
mod send_batch;
pub mod timer;
pub mod udp;
