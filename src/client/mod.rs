//! One user's view of a relay.

pub mod update;

pub use update::{Contact, Update};
