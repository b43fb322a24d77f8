//! What happens to a real network of real processes: a relay or a client stands still, a cable is
//! pulled, an address changes, a disk is full, a clock jumps. Nothing that was typed is lost,
//! doubled or out of order, and soon after the cause is gone the chat goes on.
//!
//! These tests mostly wait, so all that were asked for run at once, whatever the number of test
//! threads; the time each of them measured is printed.
#![cfg(target_os = "linux")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests of real processes use real time"
)]

#[path = "../common/mod.rs"]
mod common;

mod client_disk;
mod clock;
mod hosting;
mod network;
mod relay_disk;
mod standstill;
mod together;
mod trio;
