//! The real core in virtual time: relay, clients and a bad network in one thread, no clock, no
//! sockets.
//!
//! [`run`] draws a scenario from a seed (who is there, how bad the network is, what fails when),
//! plays it with a real [`Relay`](crate::relay::Relay) and real [`Client`](crate::client::Client)s,
//! ends all faults, lets everything come to rest, and has the [`checker`] judge what the users saw
//! by the delivery contract. The same seed gives the same run, byte for byte.
//!
//! Which kinds of faults a run has is drawn as well ([`faults`]); the network's share of them is the
//! same code that `--chaos` uses. Disks take their time, lose what was not committed when a process
//! dies, fill up, and are replaced by older copies.
//!
//! # Limits
//!
//! One relay at one address; hosting and finding a relay are proven elsewhere, and so are the real
//! databases and their drivers: what has to be committed before what is done by [`user`] and
//! [`disk`] in their place. A disk does not return other bytes than it was given.

use std::fmt;
use std::time::Duration;

pub mod checker;
mod disk;
pub mod faults;
mod inbox;
mod log;
mod scenario;
mod user;
mod world;

#[cfg(test)]
mod soak;
#[cfg(test)]
mod tests;

pub use faults::{Fault, FaultCounts};
pub use world::Livelock;

use checker::{Checker, Violation};
use scenario::Scenario;
use world::World;

/// What a run was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How long it took by its own clock.
    pub virtual_time: Duration,
    /// Events sent by users.
    pub sent: usize,
    /// Of these, those the relay refused.
    pub refused: usize,
    /// Events shown to users.
    pub shown: usize,
    /// Observations judged.
    pub checked: usize,
    /// Datagrams sent by anybody.
    pub datagrams: u64,
    /// Of these, those that went to or came from a host that was not reachable.
    pub cut_off: u64,
    /// What befell whom, and how often.
    pub faults: FaultCounts,
    /// Sessions entered, from the clients' side.
    pub sessions: u64,
    /// Relays started.
    pub relays: u64,
    /// From the end of all faults to the last thing anybody was shown or told, or had on disk.
    pub settled_after: Duration,
    /// Events no relay has answered.
    pub unsent: usize,
    /// SHA-256 of all datagrams with their times and addresses.
    pub trace: [u8; 32],
}

/// A run that went wrong. Shown with the command that repeats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What went wrong.
    pub cause: Cause,
}

/// What went wrong in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Promises were broken: these, the first ones noticed.
    Violations(Vec<Violation>),
    /// It did not come to rest.
    Livelock(Livelock),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Violations(violations) => violations
                .iter()
                .try_for_each(|violation| writeln!(f, "{violation}"))?,
            Cause::Livelock(livelock) => writeln!(f, "{livelock}")?,
        }
        write!(f, "{}", Replay(self.seed))
    }
}

impl std::error::Error for Failure {}

/// The command that repeats the run of a seed.
struct Replay(u64);

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "LANTERM_SIM_SEED={} cargo test --lib sim::tests::replay -- --ignored --nocapture",
            self.0
        )
    }
}

/// Plays the run of a seed and judges it.
///
/// # Errors
/// [`Failure`] when the contract was broken, or the run did not come to rest.
pub fn run(seed: u64) -> Result<Summary, Failure> {
    let mut world = World::new(Scenario::new(seed));
    let failure = |cause| Failure { seed, cause };
    let result = world.run();
    result.map_err(|livelock| failure(Cause::Livelock(livelock)))?;
    let summary = world.summary();
    let violations = judge(world);
    if violations.is_empty() {
        Ok(summary)
    } else {
        Err(failure(Cause::Violations(violations)))
    }
}

/// The checker's verdict on a world at rest.
fn judge(mut world: World) -> Vec<Violation> {
    let readers = world.readers();
    let mut checker = Checker::default();
    world
        .observations
        .into_iter()
        .for_each(|observation| checker.observe(observation));
    checker.finish(&readers)
}
