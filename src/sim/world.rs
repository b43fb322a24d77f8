//! Virtual hosts on a virtual network, stepping from one deadline to the next.
//!
//! The loop is the one every driver of the core follows: one change, then drain to empty, then
//! wait. What comes at the same microsecond comes one after the other, in a fixed order. A machine
//! that stands still does nothing; what reaches it waits in its socket's buffer.

use std::net::SocketAddr;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use ring::digest;

use super::checker::Observation;
use super::faults::FaultCounts;
use super::inbox::Inbox;
use super::log::SimLog;
use super::scenario::{ACTIVE, Death, QUIET, Scenario};
use super::user::{User, relay_path};
use crate::relay::Relay;
use crate::room::log::LogRequest;
use crate::session::{Path, RelayIdentity};
use crate::time::{Instant, earliest};
use crate::wire::{RelayId, Timestamp};

mod acts;
mod verdict;

/// Steps of a run at most: ten times what the longest of the first 20,000 seeds takes.
const STEPS_MAX: u64 = 500_000;

/// Steps without a microsecond passing at most: a machine that wakes reads what its socket held.
const STEPS_AT_ONCE_MAX: u64 = 10_000;

/// The wall clock at the start, in microseconds since 1970.
const WALL_START: i64 = 1_800_000_000_000_000;

/// How often it is looked whether everything has come to rest.
const REST_CHECK: Duration = Duration::from_millis(500);

/// How long a run goes on after everything is where it belongs: longer than any timer of the core
/// but those that keep a session alive.
const GRACE: Duration = Duration::from_secs(10);

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
    /// When the relay is to be looked after, as it said after its last change.
    relay_due: Option<Instant>,
    /// What reached the relay's machine and was not read.
    inbox: Inbox,
    is_relay_asleep: bool,
    /// Who dies when its disk is next at work, how, and for how long.
    ambushes: Vec<(Option<usize>, Death, Duration)>,
    /// How far the relay's wall clock has jumped, in microseconds.
    wall_jump: i64,
    users: Vec<User>,
    trace: digest::Context,
    steps: u64,
    steps_at_once: u64,
    datagrams: u64,
    cut_off: u64,
    relays: u64,
    faults: FaultCounts,
    /// How many of the observations were looked through for `settled_at`.
    observed: usize,
    /// When somebody was last told or shown something, or had it on disk.
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
            relay_due: None,
            inbox: Inbox::default(),
            is_relay_asleep: false,
            ambushes: Vec::new(),
            wall_jump: 0,
            users,
            trace: digest::Context::new(&digest::SHA256),
            steps: 0,
            steps_at_once: 0,
            datagrams: 0,
            cut_off: 0,
            relays: 0,
            faults: FaultCounts::default(),
            observed: 0,
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

    /// Runs the whole scenario, and then until everything is where it belongs and stays there for a
    /// while, or the quiet time is over.
    ///
    /// # Errors
    /// As [`World::run_until`].
    pub fn run(&mut self) -> Result<(), Livelock> {
        let calm_at = Instant::ZERO + ACTIVE;
        self.run_until(calm_at)?;
        let mut rested_at = None;
        while self.now < calm_at + QUIET
            && rested_at.is_none_or(|rested_at| self.now < rested_at + GRACE)
        {
            self.run_until(self.now + REST_CHECK)?;
            rested_at = match rested_at {
                _ if !self.is_at_rest() => None,
                None => Some(self.now),
                Some(rested_at) => Some(rested_at),
            };
        }
        Ok(())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let plan = self.scenario.plan.keys().next().map(|(at, _)| *at);
        let mut next = plan;
        if !self.is_relay_asleep {
            let relay = self.relay.as_ref().and(self.relay_due);
            let inbox = (!self.inbox.is_empty()).then_some(self.now);
            next = earliest(next, earliest(relay, self.log.poll_timeout()));
            next = earliest(next, inbox);
        }
        for user in &self.users {
            let inbox = (!user.is_asleep && !user.inbox.is_empty()).then_some(self.now);
            next = earliest(next, earliest(inbox, user.poll_timeout()));
            next = earliest(next, user.up.poll_timeout());
            next = earliest(next, user.down.poll_timeout());
        }
        next
    }

    /// Makes the first change that is due, and drains whom it touched.
    fn step(&mut self) {
        let now = self.now;
        if let Some(first) = self.scenario.plan.first_entry()
            && first.key().0 <= now
        {
            let action = first.remove();
            self.act(action);
            return;
        }
        if !self.is_relay_asleep && self.step_disk() {
            return;
        }
        for index in 0..self.users.len() {
            if self.step_network(index) || self.step_user(index) {
                return;
            }
        }
        if self.is_relay_asleep {
            return;
        }
        if let Some((from, mut datagram)) = self.inbox.pop() {
            if let Some(relay) = &mut self.relay {
                relay.handle_datagram(now, path_to(from), &mut datagram);
                self.drain_relay();
            }
        } else if let Some(relay) = &mut self.relay
            && self.relay_due.is_some_and(|at| at <= now)
        {
            relay.handle_timeout(now);
            self.drain_relay();
        }
    }

    /// The relay's disk is done with something.
    fn step_disk(&mut self) -> bool {
        let Some(reply) = self.log.poll(self.now, self.relay_wall()) else {
            return false;
        };
        self.observations.extend(self.log.take_facts());
        if let Some(relay) = &mut self.relay {
            relay.handle_log(self.now, reply);
            self.drain_relay();
        }
        true
    }

    /// A datagram arrives at one of both ends.
    fn step_network(&mut self, index: usize) -> bool {
        let user = &mut self.users[index];
        if let Some((to, datagram)) = user.down.poll(self.now) {
            if user.cuts > 0 || to != user.address {
                self.cut_off += 1;
            } else {
                user.inbox.push(to, datagram);
            }
            return true;
        }
        if let Some((from, datagram)) = user.up.poll(self.now) {
            if user.cuts > 0 || self.relay.is_none() {
                self.cut_off += 1;
            } else {
                self.inbox.push(from, datagram);
            }
            return true;
        }
        false
    }

    /// A user's machine has something to do.
    fn step_user(&mut self, index: usize) -> bool {
        let now = self.now;
        let user = &mut self.users[index];
        if user.is_asleep {
            return false;
        }
        if let Some((_, mut datagram)) = user.inbox.pop() {
            (user.client).handle_datagram(now, relay_path(), &mut datagram);
        } else if !user.handle_disk(now, &mut self.observations) {
            if user.client_due.is_none_or(|at| at > now) {
                return false;
            }
            user.client.handle_timeout(now);
        }
        self.drain_user(index);
        true
    }

    fn drain_relay(&mut self) {
        let Some(relay) = &mut self.relay else {
            return;
        };
        let now = self.now;
        let mut datagram = Vec::new();
        let mut is_committing = false;
        loop {
            while let Some(request) = relay.poll_log() {
                is_committing |= matches!(request, LogRequest::Append(_));
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
                Some(user) if user.cuts == 0 => user.down.push(now, path.remote, datagram),
                Some(_) | None => self.cut_off += 1,
            }
        }
        self.relay_due = relay.poll_timeout();
        if relay.is_done() {
            self.relay = None;
            self.inbox.clear();
        }
        if is_committing {
            self.spring_ambush(None);
        }
    }

    fn drain_user(&mut self, index: usize) {
        let now = self.now;
        let wall = self.wall(self.users[index].wall_jump);
        let user = &mut self.users[index];
        let mut datagram = Vec::new();
        loop {
            user.take_updates(now, wall, &mut self.observations);
            let Some(path) = user.client.poll_transmit(now, &mut datagram) else {
                break;
            };
            assert_eq!(path, relay_path(), "there is one relay");
            let datagram = std::mem::take(&mut datagram);
            self.datagrams += 1;
            trace(&mut self.trace, now, user.address, &datagram);
            if user.cuts > 0 {
                self.cut_off += 1;
            } else {
                user.up.push(now, user.address, datagram);
            }
        }
        user.note_deadline();
        if self.observations[self.observed..].iter().any(is_progress) {
            self.settled_at = now;
        }
        self.observed = self.observations.len();
        if !self.users[index].disk.is_idle() {
            self.spring_ambush(Some(index));
        }
    }

    fn relay_wall(&self) -> Timestamp {
        self.wall(self.wall_jump)
    }

    fn wall(&self, jump: i64) -> Timestamp {
        let micros = i64::try_from(self.now.as_micros()).expect("a run is short");
        Timestamp(WALL_START + jump + micros)
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

/// Whether this is something a user sees, or has for good.
fn is_progress(observation: &Observation) -> bool {
    match observation {
        Observation::Sent { .. }
        | Observation::Offered { .. }
        | Observation::Stored { .. }
        | Observation::Refused { .. }
        | Observation::Shown { .. }
        | Observation::Glimpsed { .. }
        | Observation::Recorded { .. }
        | Observation::Gone { .. }
        | Observation::Missed { .. }
        | Observation::Delivered { .. } => true,
        Observation::Committed { .. }
        | Observation::Forked { .. }
        | Observation::Pruned { .. }
        | Observation::PutBack { .. }
        | Observation::Holds { .. }
        | Observation::Died { .. }
        | Observation::ClockLeapt => false,
    }
}
