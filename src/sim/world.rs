//! Virtual hosts on a virtual network, stepping from one deadline to the next.
//!
//! The loop is the one every driver of the core follows: one change, then drain to empty, then
//! wait. What comes at the same microsecond comes one after the other, in a fixed order.

use std::net::SocketAddr;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use ring::digest;

use super::Summary;
use super::checker::{Observation, Reader, ReaderId};
use super::log::SimLog;
use super::scenario::{ACTIVE, Action, Part, QUIET, Scenario, clean_network};
use super::user::{User, relay_path};
use crate::chaos::ImpairmentCounters;
use crate::relay::{Relay, RelayConfig};
use crate::room::log::Retention;
use crate::session::{KeyPair, OPEN_PSK, Path, RelayIdentity};
use crate::time::{Instant, earliest};
use crate::wire::{RelayId, Timestamp};

/// The reader that stands for the store: what it holds is what everybody has to be shown.
pub const STORE: ReaderId = ReaderId::MAX;

/// Steps of a run at most: ten times what the longest of the first 20,000 seeds takes.
const STEPS_MAX: u64 = 500_000;

/// Steps without a microsecond passing at most: the busiest moments have fewer than a hundred.
const STEPS_AT_ONCE_MAX: u64 = 2_000;

/// The wall clock at the start, in microseconds since 1970.
const WALL_START: i64 = 1_800_000_000_000_000;

/// The world did not come to rest: something asks to be called again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rest after {steps} steps, {at:?} after the start")]
pub struct Livelock {
    /// The steps made.
    pub steps: u64,
    /// When it was noticed.
    pub at: Duration,
}

/// All there is in a run.
pub struct World {
    pub now: Instant,
    pub log: SimLog,
    pub observations: Vec<Observation>,
    scenario: Scenario,
    rng: ChaCha12Rng,
    relay: Option<Relay>,
    users: Vec<User>,
    /// How far the wall clock jumped so far, in microseconds.
    wall_jump: i64,
    trace: digest::Context,
    steps: u64,
    steps_at_once: u64,
    datagrams: u64,
    cut_off: u64,
    relays: u64,
    faults: ImpairmentCounters,
    settled_at: Instant,
}

impl World {
    /// The world of a scenario, at its start.
    pub fn new(scenario: Scenario) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(scenario.seed);
        // Apart from what the scenario is drawn from.
        rng.set_stream(1);
        let users = (scenario.users.iter().enumerate())
            .map(|(index, plan)| User::new(index, plan, ChaCha12Rng::from_seed(rng.random())))
            .collect();
        let log = SimLog::new(identity().id, ChaCha12Rng::from_seed(rng.random()));
        let mut world = Self {
            now: Instant::ZERO,
            log,
            observations: Vec::new(),
            scenario,
            rng,
            relay: None,
            users,
            wall_jump: 0,
            trace: digest::Context::new(&digest::SHA256),
            steps: 0,
            steps_at_once: 0,
            datagrams: 0,
            cut_off: 0,
            relays: 0,
            faults: ImpairmentCounters::default(),
            settled_at: Instant::ZERO,
        };
        world.start_relay();
        world
    }

    /// Lets everything happen that happens until then.
    ///
    /// # Errors
    /// [`Livelock`] when that takes too many steps.
    pub fn run_until(&mut self, end: Instant) -> Result<(), Livelock> {
        while let Some(next) = self.poll_timeout()
            && next <= end
        {
            self.steps_at_once = if next > self.now {
                0
            } else {
                self.steps_at_once + 1
            };
            self.now = self.now.max(next);
            self.steps += 1;
            if self.steps > STEPS_MAX || self.steps_at_once > STEPS_AT_ONCE_MAX {
                return Err(Livelock {
                    steps: self.steps,
                    at: self.now - Instant::ZERO,
                });
            }
            self.step();
        }
        self.now = self.now.max(end);
        Ok(())
    }

    /// Runs the whole scenario, quiet time included.
    ///
    /// # Errors
    /// As [`World::run_until`].
    pub fn run(&mut self) -> Result<(), Livelock> {
        self.run_until(Instant::ZERO + ACTIVE + QUIET)
    }

    /// Who reads until the end, the store first. What it holds is observed like what is shown.
    pub fn readers(&mut self) -> Vec<Reader> {
        for (room, log, event) in self.log.log.events() {
            self.observations.push(Observation::Shown {
                reader: STORE,
                room: room.clone(),
                log,
                event: event.clone(),
            });
        }
        let mut readers = Vec::new();
        for user in &self.users {
            let is_from_start = match user.part {
                Part::ReadsAll => true,
                Part::ReadsLast(_) => false,
                Part::Writes => continue,
            };
            readers.extend(user.rooms.iter().map(|room| Reader {
                reader: user.index,
                room: room.clone(),
                is_from_start,
            }));
        }
        readers
    }

    /// What the run was, to be asked before [`World::readers`].
    pub fn summary(&self) -> Summary {
        let mut faults = self.faults;
        for user in &self.users {
            add_faults(&mut faults, user);
        }
        let count = |is_such: fn(&Observation) -> bool| {
            let such = self.observations.iter().filter(|each| is_such(each));
            such.count()
        };
        let mut trace = [0; 32];
        trace.copy_from_slice(self.trace.clone().finish().as_ref());
        Summary {
            virtual_time: self.now - Instant::ZERO,
            sent: count(|each| matches!(each, Observation::Sent { .. })),
            refused: count(|each| matches!(each, Observation::Refused { .. })),
            shown: count(|each| matches!(each, Observation::Shown { .. })),
            datagrams: self.datagrams,
            cut_off: self.cut_off,
            faults,
            sessions: self.users.iter().map(|user| user.sessions).sum(),
            relays: self.relays,
            settled_after: self.settled_at - (Instant::ZERO + ACTIVE),
            unsent: self.users.iter().map(User::unsent).sum(),
            trace,
        }
    }

    /// The relay dies, and another starts at once.
    #[cfg(test)]
    pub fn replace_relay(&mut self) {
        self.kill_relay();
        self.start_relay();
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let plan = self.scenario.plan.keys().next().map(|(at, _)| *at);
        let relay = self.relay.as_ref().and_then(Relay::poll_timeout);
        let mut next = earliest(plan, earliest(relay, self.log.poll_timeout()));
        for user in &self.users {
            next = earliest(next, user.client.poll_timeout());
            next = earliest(next, user.up.poll_timeout());
            next = earliest(next, user.down.poll_timeout());
        }
        next
    }

    /// Makes the first change that is due, and drains whom it touched.
    fn step(&mut self) {
        let now = self.now;
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if let Some(first) = self.scenario.plan.first_entry()
            && first.key().0 <= now
        {
            let action = first.remove();
            self.act(action);
            return;
        }
        if let Some(reply) = self.log.poll(now, self.wall()) {
            if let Some(relay) = &mut self.relay {
                relay.handle_log(now, reply);
                self.drain_relay();
            }
            return;
        }
        for index in 0..self.users.len() {
            let user = &mut self.users[index];
            if let Some((to, mut datagram)) = user.down.poll(now) {
                if user.is_cut || to != user.address {
                    self.cut_off += 1;
                } else {
                    (user.client).handle_datagram(now, relay_path(), &mut datagram);
                    self.drain_user(index);
                }
                return;
            }
            if let Some((from, mut datagram)) = user.up.poll(now) {
                match &mut self.relay {
                    Some(relay) if !user.is_cut => {
                        relay.handle_datagram(now, path_to(from), &mut datagram);
                        self.drain_relay();
                    }
                    Some(_) | None => self.cut_off += 1,
                }
                return;
            }
            if is_due(user.client.poll_timeout()) {
                user.client.handle_timeout(now);
                self.drain_user(index);
                return;
            }
        }
        if let Some(relay) = &mut self.relay
            && is_due(relay.poll_timeout())
        {
            relay.handle_timeout(now);
            self.drain_relay();
        }
    }

    fn act(&mut self, action: Action) {
        let (now, wall) = (self.now, self.wall());
        match action {
            Action::Send { user, room, count } => {
                for _ in 0..count {
                    let sent = self.users[user].send(now, wall, room);
                    self.observations.extend(sent);
                    self.drain_user(user);
                }
            }
            Action::HangUp(user) => {
                self.users[user].hang_up(now);
                self.drain_user(user);
            }
            Action::Dial(user) => {
                self.users[user].dial(now);
                self.drain_user(user);
            }
            Action::Cut(user) => self.users[user].is_cut = true,
            Action::Mend(user) => self.users[user].is_cut = false,
            Action::Roam(user) => self.users[user].roam(),
            Action::Kill(user) => {
                self.users[user].kill(now);
                self.drain_user(user);
            }
            Action::Close { user, room, leave } => {
                self.users[user].close(now, room, leave);
                self.drain_user(user);
            }
            Action::Open { user, room } => {
                let room = self.users[user].rooms[room].clone();
                self.users[user].open(now, &room);
                self.drain_user(user);
            }
            Action::Rename(user) => {
                self.users[user].rename(now);
                self.drain_user(user);
            }
            Action::KillRelay => self.kill_relay(),
            Action::EndRelay => {
                if let Some(relay) = &mut self.relay {
                    relay.shut_down(now);
                    self.drain_relay();
                }
            }
            Action::StartRelay => {
                self.kill_relay();
                self.start_relay();
            }
            Action::FillDisk(is_full) => self.log.fill(is_full),
            Action::JumpClock(seconds) => {
                self.wall_jump += seconds * 1_000_000;
                let wall = self.wall();
                if let Some(relay) = &mut self.relay {
                    relay.set_wall(now, wall);
                    self.drain_relay();
                }
            }
            Action::Calm => self.calm(),
        }
    }

    fn calm(&mut self) {
        self.log.fill(false);
        if self.relay.is_none() {
            self.start_relay();
        }
        for index in 0..self.users.len() {
            add_faults(&mut self.faults, &self.users[index]);
            self.users[index].calm(self.now, &clean_network());
            self.drain_user(index);
        }
    }

    fn start_relay(&mut self) {
        self.relays += 1;
        let config = RelayConfig {
            identity: identity(),
            keys: KeyPair::from_private([1; 32]),
            psk: OPEN_PSK,
            is_hosted: false,
            is_durable: true,

            retention: Retention::default(),
            seed: self.rng.random(),
        };
        let snapshot = self.log.log.snapshot();
        self.relay = Some(Relay::new(self.now, self.wall(), config, snapshot));
        self.drain_relay();
    }

    fn kill_relay(&mut self) {
        self.relay = None;
        self.log.lose_relay(self.wall());
    }

    fn drain_relay(&mut self) {
        let Some(relay) = &mut self.relay else {
            return;
        };
        let now = self.now;
        let mut datagram = Vec::new();
        loop {
            while let Some(request) = relay.poll_log() {
                self.log.request(now, request);
            }
            while relay.poll_notice().is_some() {}
            let Some(path) = relay.poll_transmit(now, &mut datagram) else {
                break;
            };
            let datagram = std::mem::take(&mut datagram);
            self.datagrams += 1;
            trace(&mut self.trace, now, path.remote, &datagram);
            // Whoever had the address before hears nothing.
            match (self.users.iter_mut()).find(|user| user.address == path.remote) {
                Some(user) if !user.is_cut => user.down.push(now, path.remote, datagram),
                Some(_) | None => self.cut_off += 1,
            }
        }
        if relay.is_done() {
            self.kill_relay();
        }
    }

    fn drain_user(&mut self, index: usize) {
        let now = self.now;
        let user = &mut self.users[index];
        let mut datagram = Vec::new();
        loop {
            let observed = self.observations.len();
            user.take_updates(now, &mut self.observations);
            if self.observations.len() > observed {
                self.settled_at = now;
            }
            let Some(path) = user.client.poll_transmit(now, &mut datagram) else {
                break;
            };
            assert_eq!(path, relay_path(), "there is one relay");
            let datagram = std::mem::take(&mut datagram);
            self.datagrams += 1;
            trace(&mut self.trace, now, user.address, &datagram);
            if user.is_cut {
                self.cut_off += 1;
            } else {
                user.up.push(now, user.address, datagram);
            }
        }
    }

    fn wall(&self) -> Timestamp {
        let micros = i64::try_from(self.now.as_micros()).expect("a run is short");
        Timestamp(WALL_START + self.wall_jump + micros)
    }
}

fn identity() -> RelayIdentity {
    RelayIdentity {
        id: RelayId([9; 8]),
        name: "box".parse().expect("a name"),
    }
}

fn path_to(remote: SocketAddr) -> Path {
    Path {
        remote,
        local: None,
    }
}

/// Takes a datagram into the trace: when, between the relay and whom, and every byte.
fn trace(context: &mut digest::Context, now: Instant, user: SocketAddr, datagram: &[u8]) {
    context.update(&now.as_micros().to_be_bytes());
    if let SocketAddr::V4(user) = user {
        context.update(&user.ip().octets());
    }
    context.update(&user.port().to_be_bytes());
    context.update(&datagram.len().to_be_bytes());
    context.update(datagram);
}

/// Adds what befell a user's datagrams so far.
fn add_faults(faults: &mut ImpairmentCounters, user: &User) {
    for counters in [user.up.counters(), user.down.counters()] {
        faults.pushed += counters.pushed;
        faults.lost += counters.lost;
        faults.duplicated += counters.duplicated;
        faults.corrupted += counters.corrupted;
        faults.reordered += counters.reordered;
        faults.overflowed += counters.overflowed;
    }
}
