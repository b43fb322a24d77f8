//! The kinds of faults there are, and which of them a run has.
//!
//! Every kind is wholly off in about half of the runs: a fault that never ends hides what happens
//! when it does. A bug of reconnecting needs sessions that live, a bug of the link needs ones that
//! don't time out, and a kind that is always there hides what only the others bring to light. Some
//! runs have no faults at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal,)*) => {
        /// A kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        impl Fault {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$fault,)*];

            /// The words used in reports.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)*
                }
            }
        }
    };
}

faults! {
    /// A datagram is lost.
    Loss = "datagram lost",
    /// A datagram comes twice.
    Duplication = "datagram doubled",
    /// A datagram is overtaken.
    Reordering = "datagram overtaken",
    /// A datagram is damaged.
    Corruption = "datagram damaged",
    /// One user's network is gone for a while.
    Cut = "user cut off",
    /// Some users' network is gone for a while, at once.
    Partition = "partition",
    /// A user's address changes.
    Roaming = "address changed",
    /// A user leaves the relay, and comes back.
    Leaving = "user left",
    /// A user closes a room, and opens it again.
    Closing = "room closed",
    /// A user takes another name.
    Renaming = "user renamed",
    /// A client is killed; what its disk was at may be done.
    UserKill = "client killed",
    /// A client's machine loses power; what its disk was at is not done.
    UserPowerCut = "client's power cut",
    /// A client's disk is full: this write was refused.
    UserDiskFull = "write refused by a client's full disk",
    /// A client's machine stands still for a while.
    UserSleep = "client asleep",
    /// The relay is killed; what its disk was at may be done.
    RelayKill = "relay killed",
    /// The relay's machine loses power; what its disk was at is not done.
    RelayPowerCut = "relay's power cut",
    /// The relay is asked to end.
    RelayEnd = "relay ended",
    /// The relay's disk is full: this commit was refused.
    RelayDiskFull = "commit refused by the relay's full disk",
    /// The relay's machine stands still for a while.
    RelaySleep = "relay asleep",
    /// The relay deletes events because they are old, or too many.
    Pruning = "events deleted",
    /// The relay starts from a backup that is marked as one.
    MarkedCopy = "relay put back from a backup",
    /// The relay starts from an older copy of its store that nothing marks as one.
    UnmarkedCopy = "relay put back from an unmarked copy",
    /// A wall clock jumps by up to a day.
    ClockJump = "clock jumped",
    /// A wall clock jumps by ten years.
    ClockLeap = "clock jumped ten years",
    /// A commit died with the relay.
    CommitLost = "commit lost with the relay",
    /// A commit was done, and the relay died before it heard so.
    CommitUnheard = "commit done unheard",
    /// A reader was told that its log is not the relay's.
    Diverged = "reader told of another log",
    /// A message was sent again that the relay had stored and lost.
    Offered = "message offered again",
    /// A datagram did not fit the buffer of a machine that stood still.
    Overflow = "datagram lost by a sleeper",
}

impl Fault {
    /// Whether any run has it.
    pub fn is_drawn(self) -> bool {
        RESTORES
            || !matches!(
                self,
                Self::MarkedCopy | Self::UnmarkedCopy | Self::Diverged | Self::Offered
            )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How often each kind of fault befell somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts(BTreeMap<Fault, u64>);

impl FaultCounts {
    /// This happened so many times more.
    pub fn add(&mut self, fault: Fault, count: u64) {
        if count > 0 {
            *self.0.entry(fault).or_default() += count;
        }
    }

    /// Adds what happened elsewhere.
    pub fn add_all(&mut self, other: &Self) {
        other
            .0
            .iter()
            .for_each(|(fault, count)| self.add(*fault, *count));
    }

    /// How often this happened.
    pub fn of(&self, fault: Fault) -> u64 {
        self.0.get(&fault).copied().unwrap_or_default()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The kinds of faults a run has, and how hard they come.
#[derive(Clone, Debug)]
pub struct Swarm {
    on: BTreeSet<Fault>,
    /// Occasions of each kind, at most.
    intensity: u32,
}

impl Swarm {
    /// Draws the faults of a run: none in one of twelve.
    pub fn draw(rng: &mut ChaCha12Rng) -> Self {
        let is_clean = rng.random_ratio(1, 12);
        let is_on = |fault: &Fault, rng: &mut ChaCha12Rng| match fault {
            // A relay put back loses much of what the other kinds set up.
            Fault::MarkedCopy | Fault::UnmarkedCopy => RESTORES && rng.random_ratio(1, 5),
            Fault::ClockJump | Fault::ClockLeap => rng.random_ratio(1, 4),
            // These follow from others.
            Fault::CommitLost
            | Fault::CommitUnheard
            | Fault::Diverged
            | Fault::Offered
            | Fault::Overflow => false,
            Fault::Loss
            | Fault::Duplication
            | Fault::Reordering
            | Fault::Corruption
            | Fault::Cut
            | Fault::Partition
            | Fault::Roaming
            | Fault::Leaving
            | Fault::Closing
            | Fault::Renaming
            | Fault::UserKill
            | Fault::UserPowerCut
            | Fault::UserDiskFull
            | Fault::UserSleep
            | Fault::RelayKill
            | Fault::RelayPowerCut
            | Fault::RelayEnd
            | Fault::RelayDiskFull
            | Fault::RelaySleep
            | Fault::Pruning => rng.random_ratio(2, 5),
        };
        let on = Fault::ALL.iter().filter(|fault| is_on(fault, rng)).copied();
        let on = on.collect();
        let mut on: BTreeSet<Fault> = on;
        if on.contains(&Fault::MarkedCopy) {
            // A copy from before a log was forked knows nothing of the fork, and nobody's log.
            on.remove(&Fault::UnmarkedCopy);
        }
        Self {
            on: if is_clean { BTreeSet::new() } else { on },
            intensity: rng.random_range(1..=3),
        }
    }

    /// Whether the run has no faults.
    #[cfg(test)]
    pub fn is_clean(&self) -> bool {
        self.on.is_empty()
    }

    /// Whether the run has faults of this kind.
    pub fn has(&self, fault: Fault) -> bool {
        self.on.contains(&fault)
    }

    /// How often this kind is to happen.
    pub fn count(&self, fault: Fault, rng: &mut ChaCha12Rng) -> u32 {
        if self.has(fault) {
            rng.random_range(1..=self.intensity)
        } else {
            0
        }
    }
}

/// Whether relays are put back from copies.
const RESTORES: bool = true;
