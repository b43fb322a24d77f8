//! What is done to the world.

use std::time::Duration;

use rand::RngExt;

use super::{World, identity};
use crate::relay::{Relay, RelayConfig};
use crate::session::{KeyPair, OPEN_PSK};
use crate::sim::checker::Observation;
use crate::sim::faults::Fault;
use crate::sim::scenario::{Action, Death, UserSet, clean_network};

/// How soon after a commit began its process dies, in microseconds: most commits are done by then,
/// some are not.
const AMBUSH_MICROS_MAX: u64 = 20_000;

impl World {
    /// Does it, if it fits the moment: a machine that stands still does nothing by itself.
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Send { user, room, count } => self.with_user(user, |world| {
                let (now, wall) = (world.now, world.wall(world.users[user].wall_jump));
                for _ in 0..count {
                    world.users[user].send(now, wall, room);
                }
            }),
            Action::HangUp(user) => self.with_user(user, |world| {
                world.faults.add(Fault::Leaving, 1);
                world.users[user].hang_up(world.now);
            }),
            Action::Dial(user) => self.with_user(user, |world| {
                world.users[user].dial(world.now);
            }),
            Action::Close { user, room, leave } => self.with_user(user, |world| {
                world.faults.add(Fault::Closing, 1);
                world.users[user].close(world.now, room, leave);
            }),
            Action::Open { user, room } => self.with_user(user, |world| {
                let room = world.users[user].rooms[room].clone();
                world.users[user].open(world.now, &room);
            }),
            Action::Rename(user) => self.with_user(user, |world| {
                world.faults.add(Fault::Renaming, 1);
                world.users[user].rename(world.now);
            }),
            Action::Restart { user, death } => {
                self.faults.add(
                    match death {
                        Death::Kill => Fault::UserKill,
                        Death::PowerCut => Fault::UserPowerCut,
                    },
                    1,
                );
                self.users[user].restart(self.now, death, &mut self.observations);
                self.drain_user(user);
            }
            Action::Ambush { user, death, down } => self.ambushes.push((user, death, down)),
            Action::FillUserDisk { user, is_full } => self.users[user].disk.fill(is_full),
            Action::Sleep(user) => {
                self.faults.add(Fault::UserSleep, 1);
                self.users[user].is_asleep = true;
            }
            Action::Wake(user) => self.users[user].is_asleep = false,
            Action::Cut(user) => {
                self.faults.add(Fault::Cut, 1);
                self.users[user].cuts += 1;
            }
            Action::Mend(user) => self.mend(user),
            Action::Part(users) => {
                self.faults.add(Fault::Partition, 1);
                for user in members(users) {
                    self.users[user].cuts += 1;
                }
            }
            Action::Rejoin(users) => members(users).for_each(|user| self.mend(user)),
            Action::Roam(user) => {
                self.faults.add(Fault::Roaming, 1);
                self.users[user].roam();
            }
            Action::JumpClock { user, seconds } => self.jump_clock(user, seconds),
            Action::StopRelay(_)
            | Action::EndRelay
            | Action::StartRelay
            | Action::FillDisk(_)
            | Action::SleepRelay
            | Action::WakeRelay
            | Action::Backup
            | Action::PutBack { .. } => self.act_on_relay(action),
            Action::Calm => self.calm(),
        }
    }

    fn act_on_relay(&mut self, action: Action) {
        match action {
            Action::StopRelay(death) => {
                let fault = match death {
                    Death::Kill => Fault::RelayKill,
                    Death::PowerCut => Fault::RelayPowerCut,
                };
                self.faults.add(fault, u64::from(self.relay.is_some()));
                self.stop_relay(death);
            }
            Action::EndRelay => {
                if let Some(relay) = &mut self.relay
                    && !self.is_relay_asleep
                {
                    self.faults.add(Fault::RelayEnd, 1);
                    relay.shut_down(self.now);
                    self.drain_relay();
                }
            }
            Action::StartRelay => {
                self.stop_relay(Death::Kill);
                self.start_relay();
            }
            Action::FillDisk(is_full) => self.log.fill(is_full),
            Action::SleepRelay => {
                self.faults
                    .add(Fault::RelaySleep, u64::from(self.relay.is_some()));
                self.is_relay_asleep = true;
            }
            Action::WakeRelay => self.is_relay_asleep = false,
            Action::Backup => self.log.back_up(),
            Action::PutBack { is_marked } => {
                self.stop_relay(Death::Kill);
                if self.log.put_back(is_marked) {
                    let fault = if is_marked {
                        Fault::MarkedCopy
                    } else {
                        Fault::UnmarkedCopy
                    };
                    self.faults.add(fault, 1);
                    self.observations.extend(self.log.take_facts());
                }
            }
            action => unreachable!("{action:?} is not about the relay"),
        }
    }

    /// A disk is at work: who waited for that dies before it is done, or after.
    pub(super) fn spring_ambush(&mut self, user: Option<usize>) {
        let Some(index) = self.ambushes.iter().position(|(who, ..)| *who == user) else {
            return;
        };
        let (_, death, down) = self.ambushes.swap_remove(index);
        let after = Duration::from_micros(self.rng.random_range(0..AMBUSH_MICROS_MAX));
        let at = self.now + after;
        let death = match user {
            Some(user) => Action::Restart { user, death },
            None => Action::StopRelay(death),
        };
        self.scenario.add(at, death);
        if user.is_none() {
            self.scenario.add(at + down, Action::StartRelay);
        }
    }

    /// A user that is awake does something.
    fn with_user(&mut self, user: usize, act: impl FnOnce(&mut Self)) {
        if !self.users[user].is_asleep {
            act(self);
            self.drain_user(user);
        }
    }

    fn mend(&mut self, user: usize) {
        let cuts = &mut self.users[user].cuts;
        *cuts = cuts.saturating_sub(1);
    }

    fn jump_clock(&mut self, user: Option<usize>, seconds: i64) {
        let is_leap = seconds.abs() > 24 * 60 * 60;
        if is_leap {
            self.observations.push(Observation::ClockLeapt);
        }
        let fault = if is_leap {
            Fault::ClockLeap
        } else {
            Fault::ClockJump
        };
        self.faults.add(fault, 1);
        if let Some(user) = user {
            self.users[user].wall_jump += seconds * 1_000_000;
            return;
        }
        self.wall_jump += seconds * 1_000_000;
        let wall = self.relay_wall();
        if let Some(relay) = &mut self.relay
            && !self.is_relay_asleep
        {
            relay.set_wall(self.now, wall);
            self.drain_relay();
        }
    }

    fn calm(&mut self) {
        self.ambushes.clear();
        // What is still planned is no fault any more.
        self.scenario.plan.clear();
        self.log.fill(false);
        self.is_relay_asleep = false;
        if self.relay.is_none() {
            self.start_relay();
        }
        for index in 0..self.users.len() {
            let counted = self.users[index].network_faults();
            self.faults.add_all(&counted);
            self.users[index].calm(self.now, &clean_network());
            self.drain_user(index);
        }
    }

    pub fn start_relay(&mut self) {
        self.relays += 1;
        let config = RelayConfig {
            identity: identity(),
            keys: KeyPair::from_private([1; 32]),
            psk: OPEN_PSK,
            is_hosted: false,
            is_durable: true,
            retention: self.scenario.retention,
            seed: self.rng.random(),
        };
        let snapshot = self.log.log.snapshot();
        self.relay = Some(Relay::new(self.now, self.relay_wall(), config, snapshot));
        self.is_relay_asleep = false;
        self.drain_relay();
    }

    pub fn stop_relay(&mut self, death: Death) {
        self.relay = None;
        self.inbox.clear();
        self.log.lose_relay(self.relay_wall(), death);
        self.observations.extend(self.log.take_facts());
    }
}

fn members(users: UserSet) -> impl Iterator<Item = usize> {
    (0..8).filter(move |user| users & 1 << user != 0)
}
