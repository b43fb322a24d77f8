//! The domain: what a room is, whoever stores it and however it travels.

pub mod log;
