//! The only place with sockets, threads, the clock and entropy: it drives the core.

pub mod clock;
mod send_batch;
pub mod timer;
pub mod udp;
