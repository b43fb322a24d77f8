//! What is fuzzed: functions of any bytes, each with its rules.
//!
//! The fuzzer (`fuzz/main.rs`) looks for bytes that do so; `tests/corpus.rs` replays those it found
//! worth keeping. Targets know neither clock nor entropy: the same bytes do the same every time.

mod input;
mod link_frames;
mod relay;
mod strings;
mod two_ends;
mod wire;

/// Takes any bytes, and panics where a rule is broken.
pub type Body = fn(&[u8]);

/// Every target by its name, which is also that of its folder in `fuzz/corpus`.
pub const ALL: [(&str, Body); 5] = [
    ("link_frames", link_frames::run),
    ("relay", relay::run),
    ("strings", strings::run),
    ("two_ends", two_ends::run),
    ("wire", wire::run),
];
