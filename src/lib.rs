//! lanterm: terminal chat for the network you are on.
//!
//! The modules are layers. From bottom to top: [`time`], [`locale`], [`wire`], [`link`], [`session`],
//! [`discovery`], [`room`], [`relay`], [`client`], [`store`], [`io`], [`sim`], [`tui`], [`cli`];
//! `tests/layers.rs` holds the table of who may import whom. From [`time`] to [`client`] they are
//! *sans-I/O*: no sockets, threads, clocks or entropy. They are told `now`, hand out what to send,
//! and are driven alike by [`io`] and by [`sim`].

pub mod chaos;
pub mod cli;
pub mod client;
pub mod discovery;
pub mod io;
pub mod link;
pub mod locale;
pub mod relay;
pub mod room;
pub mod session;
pub mod sim;
pub mod store;
pub mod time;
pub mod tui;
pub mod wire;
