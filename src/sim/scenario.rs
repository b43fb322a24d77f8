//! What happens in a run, all of it drawn from the run's seed.
//!
//! Which kinds of faults it has is drawn first ([`Swarm`]), then when and to whom they happen. What
//! does not fit the moment it happens in (a relay is killed that does not run) does nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::faults::{Fault, Swarm};
use crate::chaos::{ChaosSpec, Share};
use crate::room::log::Retention;
use crate::time::Instant;

/// How long users act and faults happen.
pub const ACTIVE: Duration = Duration::from_secs(60);

/// How long everything is left alone on a clean network before the verdict, at most.
pub const QUIET: Duration = Duration::from_secs(180);

/// The most users of a run.
pub const USERS_MAX: usize = 5;

/// Ten years, in seconds.
const LEAP_SECONDS: i64 = 10 * 365 * 24 * 60 * 60;

/// A day, in seconds.
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Users, as bits by their number.
pub type UserSet = u8;

/// Whether a process dies alone or with its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The process is killed: what its disk was at is done, or is not.
    Kill,
    /// Its machine loses power: what its disk was at is not done.
    PowerCut,
}

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
    /// The network of these users is gone.
    Part(UserSet),
    /// The network of these users is back.
    Rejoin(UserSet),
    /// A user's address changes.
    Roam(usize),
    /// A user's client dies, and starts again from what it had stored.
    Restart { user: usize, death: Death },
    /// A process dies shortly after it gives its disk something to commit, and stays down for so
    /// long: the relay's, or a user's, who starts again at once.
    Ambush {
        user: Option<usize>,
        death: Death,
        down: Duration,
    },
    /// A user's disk is full from here on, or no more.
    FillUserDisk { user: usize, is_full: bool },
    /// A user's machine stands still.
    Sleep(usize),
    /// A user's machine goes on.
    Wake(usize),
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
    /// The relay dies.
    StopRelay(Death),
    /// The relay is asked to end.
    EndRelay,
    /// A relay starts over the same store.
    StartRelay,
    /// The relay's disk is full from here on, or no more.
    FillDisk(bool),
    /// The relay's machine stands still.
    SleepRelay,
    /// The relay's machine goes on.
    WakeRelay,
    /// Somebody copies the relay's store.
    Backup,
    /// The relay dies, and its store is replaced by the copy; whether the copy is marked as one.
    PutBack { is_marked: bool },
    /// The wall clock of a user's machine, or of the relay's, jumps by so many seconds.
    JumpClock { user: Option<usize>, seconds: i64 },
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
    pub swarm: Swarm,
    /// For how long the relay keeps events.
    pub retention: Retention,
    pub users: Vec<UserPlan>,
    pub plan: BTreeMap<(Instant, usize), Action>,
    /// How many were ever planned.
    order_next: usize,
}

impl Scenario {
    /// The run of this seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let swarm = Swarm::draw(&mut rng);
        let count = rng.random_range(2..=USERS_MAX);
        let network = draw_network(&mut rng, &swarm);
        let retention = draw_retention(&mut rng, &swarm);
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
            swarm,
            retention,
            users,
            plan: BTreeMap::new(),
            order_next: 0,
        };
        scenario.draw_arrivals(&mut rng);
        scenario.draw_sends(&mut rng);
        for user in 0..count {
            scenario.draw_network_faults(&mut rng, user);
            scenario.draw_user_faults(&mut rng, user);
        }
        scenario.draw_partitions(&mut rng);
        scenario.draw_relay_faults(&mut rng);
        scenario.draw_copies(&mut rng);
        scenario.draw_clocks(&mut rng);
        scenario.add(Instant::ZERO + ACTIVE, Action::Calm);
        scenario
    }

    /// Has this happen then, after all that was planned before.
    pub fn add(&mut self, at: Instant, action: Action) {
        let order = self.order_next;
        self.order_next += 1;
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
                let at = draw_any_instant(rng);
                self.add(at, Action::Send { user, room, count });
            }
        }
    }

    fn draw_network_faults(&mut self, rng: &mut ChaCha12Rng, user: usize) {
        for _ in 0..self.swarm.count(Fault::Cut, rng) {
            self.draw_pair(rng, Action::Cut(user), Action::Mend(user), &OUTAGES);
        }
        for _ in 0..self.swarm.count(Fault::Roaming, rng) {
            self.add(draw_any_instant(rng), Action::Roam(user));
        }
    }

    fn draw_user_faults(&mut self, rng: &mut ChaCha12Rng, user: usize) {
        for _ in 0..self.swarm.count(Fault::Leaving, rng) {
            self.draw_pair(rng, Action::HangUp(user), Action::Dial(user), &[5_000_000]);
        }
        for _ in 0..self.swarm.count(Fault::Closing, rng) {
            let room = rng.random_range(0..2);
            let leave = rng.random();
            let close = Action::Close { user, room, leave };
            self.draw_pair(rng, close, Action::Open { user, room }, &[2_000_000]);
        }
        for _ in 0..self.swarm.count(Fault::Renaming, rng) {
            self.add(draw_any_instant(rng), Action::Rename(user));
        }
        for (fault, death) in [
            (Fault::UserKill, Death::Kill),
            (Fault::UserPowerCut, Death::PowerCut),
        ] {
            for _ in 0..self.swarm.count(fault, rng) {
                let death = if rng.random() {
                    Action::Restart { user, death }
                } else {
                    draw_ambush(rng, Some(user), death)
                };
                self.add(draw_any_instant(rng), death);
            }
        }
        for _ in 0..self.swarm.count(Fault::UserDiskFull, rng) {
            let fill = |is_full| Action::FillUserDisk { user, is_full };
            self.draw_pair(rng, fill(true), fill(false), &OUTAGES);
        }
        for _ in 0..self.swarm.count(Fault::UserSleep, rng) {
            self.draw_pair(rng, Action::Sleep(user), Action::Wake(user), &OUTAGES);
        }
    }

    fn draw_partitions(&mut self, rng: &mut ChaCha12Rng) {
        for _ in 0..self.swarm.count(Fault::Partition, rng) {
            // Anybody but nobody.
            let users = rng.random_range(1..1 << self.users.len());
            self.draw_pair(rng, Action::Part(users), Action::Rejoin(users), &OUTAGES);
        }
    }

    fn draw_relay_faults(&mut self, rng: &mut ChaCha12Rng) {
        for (fault, stop) in [
            (Fault::RelayKill, Action::StopRelay(Death::Kill)),
            (Fault::RelayPowerCut, Action::StopRelay(Death::PowerCut)),
            (Fault::RelayEnd, Action::EndRelay),
        ] {
            for _ in 0..self.swarm.count(fault, rng) {
                if let Action::StopRelay(death) = stop
                    && rng.random()
                {
                    let ambush = draw_ambush(rng, None, death);
                    self.add(draw_any_instant(rng), ambush);
                    continue;
                }
                self.draw_pair(
                    rng,
                    stop,
                    Action::StartRelay,
                    &[10_000, 3_000_000, 20_000_000],
                );
            }
        }
        for _ in 0..self.swarm.count(Fault::RelayDiskFull, rng) {
            let fill = Action::FillDisk;
            self.draw_pair(rng, fill(true), fill(false), &OUTAGES);
        }
        for _ in 0..self.swarm.count(Fault::RelaySleep, rng) {
            self.draw_pair(rng, Action::SleepRelay, Action::WakeRelay, &OUTAGES);
        }
    }

    fn draw_copies(&mut self, rng: &mut ChaCha12Rng) {
        for (fault, is_marked) in [(Fault::MarkedCopy, true), (Fault::UnmarkedCopy, false)] {
            if self.swarm.has(fault) {
                let put_back = Action::PutBack { is_marked };
                let (begin, end) = (draw_any_instant(rng), draw_any_instant(rng));
                self.add(begin.min(end), Action::Backup);
                self.add(begin.max(end), put_back);
                let down = Duration::from_micros(rng.random_range(0..2_000_000));
                self.add(
                    (begin.max(end) + down).min(Instant::ZERO + ACTIVE),
                    Action::StartRelay,
                );
            }
        }
    }

    fn draw_clocks(&mut self, rng: &mut ChaCha12Rng) {
        for _ in 0..self.swarm.count(Fault::ClockJump, rng) {
            let seconds = rng.random_range(-DAY_SECONDS..DAY_SECONDS);
            self.draw_clock(rng, seconds);
        }
        for _ in 0..self.swarm.count(Fault::ClockLeap, rng) {
            let seconds = *[-LEAP_SECONDS, LEAP_SECONDS].choose(rng).expect("some");
            self.draw_clock(rng, seconds);
        }
    }

    fn draw_clock(&mut self, rng: &mut ChaCha12Rng, seconds: i64) {
        let user = (rng.random_ratio(1, 2)).then(|| rng.random_range(0..self.users.len()));
        self.add(draw_any_instant(rng), Action::JumpClock { user, seconds });
    }

    /// Something that begins at any time and ends later, after at most one of these many
    /// microseconds.
    fn draw_pair(&mut self, rng: &mut ChaCha12Rng, begin: Action, end: Action, micros_max: &[u64]) {
        let at = draw_any_instant(rng);
        self.add(at, begin);
        let micros_max = *micros_max.choose(rng).expect("some");
        let length = Duration::from_micros(rng.random_range(0..micros_max));
        self.add((at + length).min(Instant::ZERO + ACTIVE), end);
    }
}

fn draw_ambush(rng: &mut ChaCha12Rng, user: Option<usize>, death: Death) -> Action {
    let down = Duration::from_micros(rng.random_range(0..3_000_000));
    Action::Ambush { user, death, down }
}

/// How long an outage lasts at most, in microseconds: a blink, some retries, longer than a session
/// lives.
const OUTAGES: [u64; 3] = [300_000, 4_000_000, 40_000_000];

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

fn draw_any_instant(rng: &mut ChaCha12Rng) -> Instant {
    draw_instant(rng, ACTIVE.as_micros() as u64)
}

/// Everything, or what is a few seconds old, or a few dozen events.
fn draw_retention(rng: &mut ChaCha12Rng, swarm: &Swarm) -> Retention {
    if !swarm.has(Fault::Pruning) {
        return Retention::default();
    }
    let is_by_age = rng.random();
    let age = Duration::from_secs(rng.random_range(2..40));
    let bytes = rng.random_range(2_000..20_000);
    Retention {
        age_max: Some(age).filter(|_| is_by_age),
        bytes_max: Some(bytes).filter(|_| !is_by_age),
    }
}

/// From a clean wire to one that loses half of what it is given.
fn draw_network(rng: &mut ChaCha12Rng, swarm: &Swarm) -> ChaosSpec {
    let mut share = |fault, percents: [u32; 3]| {
        if !swarm.has(fault) {
            return Share::NONE;
        }
        Share::percent(*percents.choose(rng).expect("some"))
    };
    let loss = share(Fault::Loss, [2, 20, 50]);
    let duplication = share(Fault::Duplication, [1, 5, 20]);
    let reordering = share(Fault::Reordering, [1, 10, 30]);
    let corruption = share(Fault::Corruption, [1, 2, 5]);
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
