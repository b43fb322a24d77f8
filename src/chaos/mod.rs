//! A bad network inside the process: `--chaos` impairs a process's own datagrams, both ways, and
//! `sim` builds its links from the same queue.
//!
//! [`ChaosSpec`] says how bad, [`Impairment`] is one direction of it. Nothing here reads a clock or
//! draws entropy: the same seed and the same pushes give the same result.

mod impairment;
mod spec;

pub use impairment::{Impairment, ImpairmentCounters};
pub use spec::{ChaosSpec, ChaosSpecError, Share};
