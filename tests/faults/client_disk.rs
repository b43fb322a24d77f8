//! The client's disk is full.

pub fn full() {}
