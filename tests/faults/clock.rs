//! x

pub fn at_relay() {}
pub fn at_client() {}
