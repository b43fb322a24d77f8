//! Which relay to use, and when to stand in for one, so that everybody on a network meets in one
//! place without having agreed on it.
//!
//! # The rules
//!
//! Relays are ranked: dedicated ones before those inside somebody's client, among these the ones
//! with others in the room before the lonely ones, then by lowest id. Everybody ranks alike and
//! leaves the relay in use only for one that ranks before it, so all end up at the same one.
//!
//! - A relay heard while none is in use is dialled at once.
//! - When none is heard for 0.8 s, this client hosts one, if it may. When contact was lost, up
//!   to half a second more at random, because others lost it at the same moment.
//! - A host that hears a better relay enters that first and then stops its own; its guests hear
//!   of both and follow.
//! - After a loss the client keeps dialling by itself; when that brings nothing within 1.5 s, or
//!   when the relay said that it ends, the search starts over.
//! - A relay that can't be entered is put aside for a while.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::update::Contact;
use crate::time::{Instant, earliest};
use crate::wire::{RelayId, RelayKind};

/// Silence before hosting: three times what a relay takes at most to answer a probe, so that whoever
/// is first on a network is in a room within a second, too.
const HOST_WAIT: Duration = Duration::from_millis(800);

/// Random addition when many search at the same moment. Wide against the time a new host's beacon
/// takes, so that mostly one of them hosts.
const HOST_JITTER_MAX: Duration = Duration::from_millis(500);

/// How long the client may try to get back to a lost relay, or into a heard one, before others are
/// considered: a restarted relay serves again within it, and D6 leaves 2 s.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long a relay that was heard counts as there: two beacons missed and some.
const FRESH: Duration = Duration::from_secs(12);

/// How long a relay that can't be entered is put aside at first; doubled with each failure.
const ASIDE_MIN: Duration = Duration::from_secs(2);

/// Doublings of [`ASIDE_MIN`] at most: about a minute, as for a relay this network won't let us
/// reach.
const ASIDE_DOUBLINGS_MAX: u32 = 5;

/// How long beacons of a relay that ended are taken for old ones, overtaken by the news of its end.
const GONE_ECHO_MAX: Duration = Duration::from_millis(500);

/// Relays remembered at most; beyond, the worst are forgotten. Arbitrary: beacons are not
/// authenticated, and nobody needs to choose among more.
const CANDIDATES_MAX: usize = 64;

/// A relay as it was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which relay it says it is.
    pub id: RelayId,
    /// How lasting it is.
    pub kind: RelayKind,
    /// Where its sessions are.
    pub address: SocketAddr,
    /// How many users it says are present.
    pub members: u32,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask the network who is there.
    Probe,
    /// Make this the client's relay.
    Dial(SocketAddr, RelayId),
    /// Start a relay in this process, and make it the client's.
    Host,
    /// End the relay in this process, as a relay ends: by telling its members.
    StopHosting,
}

/// How good a relay is: less is better.
type Rank = (RelayKind, RelayId);

#[derive(Clone, Copy, Debug)]
struct Heard {
    candidate: Candidate,
    at: Instant,
    aside_until: Option<Instant>,
    /// It ended: forgotten as soon as it is no longer aside.
    is_gone: bool,
    failures: u32,
}

/// Where this client stands. Relays in it carry the rank they were chosen or entered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No relay is in use; one is hosted at this time if none is heard.
    Searching { host_at: Option<Instant> },
    /// No relay is in use, this one is dialled.
    Joining { rank: Rank, until: Instant },
    /// This relay is in use.
    Using { rank: Rank },
    /// A relay is in use, and a better one is dialled.
    Switching { from: Rank, to: Rank },
    /// Contact with this relay was lost; the client dials it again.
    Regaining { rank: Rank, until: Instant },
    /// A key changed: the user has to decide.
    Halted,
}

/// Decides where one client meets the others. Sans-I/O, like the client.
///
/// It is told every sighting of a relay, this client's own among them whenever that announces
/// itself: what a host announces decides who yields, so both must go by the same.
#[derive(Debug)]
pub struct Rendezvous {
    own: RelayId,
    own_kind: RelayKind,
    own_address: Option<SocketAddr>,
    may_host: bool,
    is_hosting: bool,
    state: State,
    heard: BTreeMap<RelayId, Heard>,
    /// A handful: each call adds three at most, and they are polled after each.
    actions: VecDeque<Action>,
    rng: ChaCha12Rng,
}

impl Rendezvous {
    /// Starts searching. `own`: the id the relay in this process has, or would have.
    pub fn new(now: Instant, may_host: bool, own: RelayId, rng: ChaCha12Rng) -> Self {
        Self {
            own,
            own_kind: RelayKind::Hosted,
            own_address: None,
            may_host,
            is_hosting: false,
            state: State::Searching {
                host_at: may_host.then(|| now + HOST_WAIT),
            },
            heard: BTreeMap::new(),
            actions: VecDeque::from([Action::Probe]),
            rng,
        }
    }

    /// A relay was heard, or this client's own has announced itself.
    pub fn handle_candidate(&mut self, now: Instant, candidate: Candidate) {
        // Another process of this user may host under the same id: to this one a relay like others.
        if candidate.id == self.own && self.is_hosting {
            self.own_kind = candidate.kind;
            self.own_address = Some(candidate.address);
        } else {
            self.remember(now, candidate);
            if matches!(self.state, State::Regaining { rank, .. } if rank.1 == candidate.id) {
                // It is back, perhaps on another port: sooner than the client would find out.
                self.join(now, candidate);
            }
        }
        self.decide(now);
    }

    /// A relay said that it is gone, or has not been heard for long.
    pub fn handle_gone(&mut self, now: Instant, id: RelayId) {
        self.gone(now, id);
        if matches!(self.state, State::Joining { rank, .. } if rank.1 == id) {
            self.search(now);
        }
        self.decide(now);
    }

    /// The client's contact changed.
    pub fn handle_contact(&mut self, now: Instant, contact: &Contact) {
        match (contact, self.state) {
            (Contact::Entered { welcome, .. }, _) => {
                self.entered(welcome.relay, welcome.is_hosted);
            }
            // The user accepted the key.
            (Contact::Dialing { .. }, State::Halted) => self.search(now),
            (Contact::Dialing { .. }, _) | (_, State::Halted) => {}
            (Contact::KeyChanged { .. }, State::Switching { from, to }) => {
                // The client goes on where it was.
                self.put_aside(now, to.1);
                self.state = State::Using { rank: from };
            }
            (Contact::KeyChanged { .. }, _) => self.state = State::Halted,
            // The client's own attempts go on; they need not be counted.
            (_, State::Searching { .. }) => {}
            (Contact::Searching, _) => self.search(now),
            (Contact::RelayClosing { .. }, state) => {
                if let State::Using { rank } = state {
                    self.gone(now, rank.1);
                }
                self.search(now);
            }
            (Contact::Lost { .. } | Contact::Unsupported { .. }, State::Joining { rank, .. }) => {
                self.put_aside(now, rank.1);
                self.search(now);
            }
            (Contact::Lost { .. } | Contact::Unsupported { .. }, State::Switching { from, to }) => {
                // Either the dial failed, and the client says next that it goes on where it was, or
                // contact was lost there meanwhile.
                self.put_aside(now, to.1);
                let until = now + PATIENCE;
                self.state = State::Regaining { rank: from, until };
                return;
            }
            (Contact::Lost { .. } | Contact::Unsupported { .. }, State::Using { rank }) => {
                let until = now + PATIENCE;
                self.state = State::Regaining { rank, until };
            }
            (Contact::Lost { .. }, State::Regaining { .. }) => {}
            (Contact::Unsupported { .. }, State::Regaining { rank, .. }) => {
                self.put_aside(now, rank.1);
                self.search(now);
            }
        }
        self.decide(now);
    }

    /// Does what is due; see [`Rendezvous::poll_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) {
        if let State::Regaining { rank, until } | State::Joining { rank, until } = self.state
            && until <= now
        {
            self.put_aside(now, rank.1);
            self.search(now);
        }
        self.decide(now);
    }

    /// The next thing to do, oldest first.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`Rendezvous::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        let own = match self.state {
            State::Searching { host_at } => host_at,
            State::Joining { until, .. } | State::Regaining { until, .. } => Some(until),
            State::Using { .. } | State::Switching { .. } | State::Halted => None,
        };
        let asides = self.heard.values().map(|heard| heard.aside_until);
        asides.fold(own, earliest)
    }

    /// Whether this client hosts a relay.
    pub fn is_hosting(&self) -> bool {
        self.is_hosting
    }

    fn remember(&mut self, now: Instant, candidate: Candidate) {
        let heard = match self.heard.get(&candidate.id) {
            Some(before) if before.is_gone => return,
            Some(before) if before.candidate.address == candidate.address => Heard {
                candidate,
                at: now,
                ..*before
            },
            // Somewhere else it may well be reachable.
            Some(_) | None => Heard {
                candidate,
                at: now,
                aside_until: None,
                is_gone: false,
                failures: 0,
            },
        };
        self.heard.insert(candidate.id, heard);
        if self.heard.len() > CANDIDATES_MAX {
            let worst = self
                .heard
                .values()
                .max_by_key(|heard| rank(&heard.candidate));
            if let Some(id) = worst.map(|heard| heard.candidate.id) {
                self.heard.remove(&id);
            }
        }
    }

    fn entered(&mut self, id: RelayId, is_hosted: bool) {
        if let Some(heard) = self.heard.get_mut(&id) {
            heard.failures = 0;
        }
        // With this client in it, a relay hosted by another is not lonely, whatever its last
        // beacon said.
        let kind = if is_hosted {
            RelayKind::HostedSettled
        } else {
            RelayKind::Dedicated
        };
        self.state = State::Using { rank: (kind, id) };
        if id != self.own {
            self.stop_hosting();
        }
    }

    fn gone(&mut self, now: Instant, id: RelayId) {
        if let Some(heard) = self.heard.get_mut(&id) {
            heard.is_gone = true;
            heard.aside_until = Some(now + GONE_ECHO_MAX);
        }
    }

    fn put_aside(&mut self, now: Instant, id: RelayId) {
        if let Some(heard) = self.heard.get_mut(&id) {
            let doublings = heard.failures.min(ASIDE_DOUBLINGS_MAX);
            heard.aside_until = Some(now + ASIDE_MIN * (1 << doublings));
            heard.failures += 1;
        }
    }

    /// No relay is in use: starts over.
    fn search(&mut self, now: Instant) {
        self.stop_hosting();
        self.actions.push_back(Action::Probe);
        let jitter = HOST_JITTER_MAX.mul_f64(self.rng.random_range(0.0..1.0));
        self.state = State::Searching {
            host_at: self.may_host.then(|| now + HOST_WAIT + jitter),
        };
    }

    fn stop_hosting(&mut self) {
        if self.is_hosting {
            self.is_hosting = false;
            self.own_kind = RelayKind::Hosted;
            self.own_address = None;
            self.actions.push_back(Action::StopHosting);
        }
    }

    fn dial(&mut self, candidate: Candidate) {
        let action = Action::Dial(candidate.address, candidate.id);
        self.actions.push_back(action);
    }

    /// Turns what is known into what to do.
    fn decide(&mut self, now: Instant) {
        self.heard.retain(|_, heard| now - heard.at < FRESH);
        for heard in self.heard.values_mut() {
            heard.aside_until = heard.aside_until.filter(|until| *until > now);
        }
        self.heard
            .retain(|_, heard| !heard.is_gone || heard.aside_until.is_some());
        let best = self
            .heard
            .values()
            .filter(|heard| heard.aside_until.is_none())
            .map(|heard| heard.candidate)
            .min_by_key(rank);
        match self.state {
            State::Searching { host_at } => match (best, host_at) {
                (Some(best), _) => self.join(now, best),
                (None, Some(at)) if at <= now => self.host(now),
                (None, _) => {}
            },
            State::Joining { rank, .. } | State::Regaining { rank, .. } => {
                if let Some(best) = self.better(best, rank) {
                    self.join(now, best);
                }
            }
            State::Using { rank: from } => {
                if let Some(best) = self.better(best, from) {
                    let to = rank(&best);
                    self.state = State::Switching { from, to };
                    self.dial(best);
                }
            }
            State::Switching { from, to } => {
                if let Some(best) = self.better(best, to) {
                    let to = rank(&best);
                    self.state = State::Switching { from, to };
                    self.dial(best);
                } else if let Some(own) = self.own_address
                    && from.1 == self.own
                    && self.current(from) < to
                {
                    // Guests came in meanwhile: the others are the ones to yield.
                    self.state = State::Using { rank: from };
                    self.actions.push_back(Action::Dial(own, self.own));
                }
            }
            State::Halted => {}
        }
    }

    fn join(&mut self, now: Instant, candidate: Candidate) {
        self.state = State::Joining {
            rank: rank(&candidate),
            until: now + PATIENCE,
        };
        self.dial(candidate);
    }

    fn host(&mut self, now: Instant) {
        self.is_hosting = true;
        self.own_kind = RelayKind::Hosted;
        self.state = State::Joining {
            rank: (self.own_kind, self.own),
            until: now + PATIENCE,
        };
        self.actions.push_back(Action::Host);
    }

    /// `best`, if it ranks before `than` and is another relay.
    fn better(&self, best: Option<Candidate>, than: Rank) -> Option<Candidate> {
        best.filter(|best| best.id != than.1 && rank(best) < self.current(than))
    }

    /// The rank a relay has by now: the own one's changes with every guest.
    fn current(&self, rank: Rank) -> Rank {
        if rank.1 == self.own && self.is_hosting {
            (self.own_kind, self.own)
        } else {
            rank
        }
    }
}

fn rank(candidate: &Candidate) -> Rank {
    (candidate.kind, candidate.id)
}

#[cfg(test)]
mod tests;
