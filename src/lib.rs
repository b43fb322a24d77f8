//! lanterm: terminal chat for the network you are on.
//!
//! The modules are layers; each imports only what stands above it in this list, as `tests/layers.rs`
//! checks. From [`time`] to [`client`] they are *sans-I/O*: no sockets, threads, clocks or entropy.
//! They are told `now`, hand out what to send, and are driven alike by [`io`] and by [`sim`].

pub mod chaos;
pub mod cli;
pub mod client;
pub mod io;
pub mod room;
pub mod time;
pub mod wire;
