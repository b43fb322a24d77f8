//! The only place with sockets, threads, the clock and entropy; drives the core.

pub mod discovery;
pub mod interfaces;
