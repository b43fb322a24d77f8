//! The relay's disk is full.

pub fn full() {}
