//! relay

mod hall;
mod limits;
mod notice;
