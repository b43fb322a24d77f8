//! What happens in a run, all of it drawn from the run's seed.
//!
//! Every kind of fault is off in some runs, because a fault that never ends hides what happens when
//! it does: a bug of reconnecting needs sessions that live, a bug of the link needs ones that don't
//! time out.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::chaos::{ChaosSpec, Share};
use crate::time::Instant;

/// How long users act and faults happen.
pub const ACTIVE: Duration = Duration::from_secs(60);

/// How long everything is left alone on a clean network before the verdict.
pub const QUIET: Duration = Duration::from_secs(180);

/// The most users of a run.
pub const USERS_MAX: usize = 5;

/// Something that is done to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A user sends this many events to one of its rooms, one right after the other.
    Send {
        user: usize,
        room: usize,
        count: usize,
    },
    /// A user's client leaves the relay.
    HangUp(usize),
    /// A user's client dials the relay.
    Dial(usize),
    /// A user's network is gone.
    Cut(usize),
    /// A user's network is back.
    Mend(usize),
    /// A user's address changes.
    Roam(usize),
    /// A user's client is killed, and started again from what it had stored.
    Kill(usize),
    /// A user closes a room.
    Close {
        user: usize,
        room: usize,
        leave: bool,
    },
    /// A user opens a room, again.
    Open { user: usize, room: usize },
    /// A user wants another name.
    Rename(usize),
    /// The relay is killed.
    KillRelay,
    /// The relay is asked to end.
    EndRelay,
    /// A relay starts over the same store.
    StartRelay,
    /// The relay's disk is full from here on, or no more.
    FillDisk(bool),
    /// The wall clock jumps by so many seconds.
    JumpClock(i64),
    /// All faults end, and everybody comes back.
    Calm,
}

/// How a user takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Reads its rooms from their first event on.
    ReadsAll,
    /// Reads its rooms from the last so many events on.
    ReadsLast(u32),
    /// Only writes.
    Writes,
}

/// A user of a run.
#[derive(Clone, Debug)]
pub struct UserPlan {
    pub part: Part,
    /// How bad its network is.
    pub network: ChaosSpec,
    /// Which of the rooms beside the lobby it uses.
    pub second_room: usize,
    /// Whether it wants the same name as the first user.
    pub is_namesake: bool,
}

/// A whole run. By time, then by the order of drawing.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub seed: u64,
    pub users: Vec<UserPlan>,
    pub plan: BTreeMap<(Instant, usize), Action>,
}

impl Scenario {
    /// The run of this seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let count = rng.random_range(2..=USERS_MAX);
        let network = draw_network(&mut rng);
        let users = (0..count)
            .map(|index| UserPlan {
                part: match rng.random_range(0..6) {
                    // Somebody has to see all of it.
                    _ if index == 0 => Part::ReadsAll,
                    0 => Part::Writes,
                    1 => Part::ReadsLast(rng.random_range(0..20)),
                    _ => Part::ReadsAll,
                },
                network: if rng.random_ratio(3, 4) {
                    network.clone()
                } else {
                    clean_network()
                },
                second_room: rng.random_range(0..2),
                is_namesake: rng.random_ratio(1, 6),
            })
            .collect();
        let mut scenario = Self {
            seed,
            users,
            plan: BTreeMap::new(),
        };
        scenario.draw_arrivals(&mut rng);
        scenario.draw_sends(&mut rng);
        scenario.draw_user_faults(&mut rng);
        scenario.draw_relay_faults(&mut rng);
        scenario.add(Instant::ZERO + ACTIVE, Action::Calm);
        scenario
    }

    fn add(&mut self, at: Instant, action: Action) {
        let order = self.plan.len();
        self.plan.insert((at, order), action);
    }

    fn draw_arrivals(&mut self, rng: &mut ChaCha12Rng) {
        let arrival_micros_max = *[1_000, 1_000_000, 20_000_000].choose(rng).expect("some");
        for user in 0..self.users.len() {
            self.add(draw_instant(rng, arrival_micros_max), Action::Dial(user));
        }
    }

    fn draw_sends(&mut self, rng: &mut ChaCha12Rng) {
        for user in 0..self.users.len() {
            for _ in 0..rng.random_range(0..15) {
                let count = match rng.random_range(0..10) {
                    0 => rng.random_range(10..60),
                    1 | 2 => rng.random_range(2..10),
                    _ => 1,
                };
                let room = rng.random_range(0..2);
                let at = draw_instant(rng, ACTIVE.as_micros() as u64);
                self.add(at, Action::Send { user, room, count });
            }
        }
    }

    fn draw_user_faults(&mut self, rng: &mut ChaCha12Rng) {
        let mut is_on = || rng.random_ratio(1, 2);
        let [leaves, cuts, roams, kills, closes, renames] = std::array::from_fn(|_| is_on());
        for user in 0..self.users.len() {
            if leaves {
                self.draw_pair(rng, Action::HangUp(user), Action::Dial(user), 5_000_000);
            }
            if cuts {
                // Half of them outlast the session.
                let micros_max = *[1_000_000, 30_000_000].choose(rng).expect("some");
                self.draw_pair(rng, Action::Cut(user), Action::Mend(user), micros_max);
            }
            for (is_on, action) in [
                (roams, Action::Roam(user)),
                (kills, Action::Kill(user)),
                (renames, Action::Rename(user)),
            ] {
                for _ in 0..rng.random_range(0..3) {
                    if is_on {
                        let at = draw_instant(rng, ACTIVE.as_micros() as u64);
                        self.add(at, action);
                    }
                }
            }
            if closes {
                let room = rng.random_range(0..2);
                let leave = rng.random();
                let close = Action::Close { user, room, leave };
                self.draw_pair(rng, close, Action::Open { user, room }, 2_000_000);
            }
        }
    }

    fn draw_relay_faults(&mut self, rng: &mut ChaCha12Rng) {
        if rng.random_ratio(1, 2) {
            for _ in 0..rng.random_range(1..3) {
                let stop = *[Action::KillRelay, Action::EndRelay]
                    .choose(rng)
                    .expect("some");
                let micros_max = *[10_000, 3_000_000, 20_000_000].choose(rng).expect("some");
                self.draw_pair(rng, stop, Action::StartRelay, micros_max);
            }
        }
        if rng.random_ratio(1, 4) {
            self.draw_pair(
                rng,
                Action::FillDisk(true),
                Action::FillDisk(false),
                5_000_000,
            );
        }
        if rng.random_ratio(1, 4) {
            let seconds = rng.random_range(-100_000..100_000);
            let at = draw_instant(rng, ACTIVE.as_micros() as u64);
            self.add(at, Action::JumpClock(seconds));
        }
    }

    /// Something that begins at any time and ends at most so much later.
    fn draw_pair(&mut self, rng: &mut ChaCha12Rng, begin: Action, end: Action, micros_max: u64) {
        let at = draw_instant(rng, ACTIVE.as_micros() as u64);
        self.add(at, begin);
        let length = Duration::from_micros(rng.random_range(0..micros_max));
        self.add((at + length).min(Instant::ZERO + ACTIVE), end);
    }
}

/// A wire without faults, as one switch makes it.
pub fn clean_network() -> ChaosSpec {
    ChaosSpec {
        delay: Duration::from_micros(150),
        ..ChaosSpec::default()
    }
}

fn draw_instant(rng: &mut ChaCha12Rng, micros_max: u64) -> Instant {
    Instant::from_micros(rng.random_range(0..micros_max))
}

/// From a clean wire to one that loses half of what it is given.
fn draw_network(rng: &mut ChaCha12Rng) -> ChaosSpec {
    if rng.random_ratio(1, 8) {
        return clean_network();
    }
    let mut share = |percents: [u32; 5]| {
        let percent = *percents.choose(rng).expect("some");
        Share::percent(percent)
    };
    let loss = share([0, 1, 5, 20, 50]);
    let duplication = share([0, 0, 1, 5, 20]);
    let reordering = share([0, 0, 1, 10, 30]);
    let corruption = share([0, 0, 0, 1, 5]);
    let delay_micros = *[50, 150, 1_000, 5_000, 60_000].choose(rng).expect("some");
    let jitter_micros = match rng.random_range(0..3) {
        0 => 0,
        1 => delay_micros / 4,
        _ => delay_micros,
    };
    ChaosSpec {
        loss,
        duplication,
        reordering,
        corruption,
        delay: Duration::from_micros(delay_micros),
        jitter: Duration::from_micros(jitter_micros),
        rate: rng.random_ratio(1, 6).then_some(2_000_000),
        seed: None,
    }
}
