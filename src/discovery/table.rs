//! Who has been heard, where, and when last.
//!
//! One entry per relay and address, and per peer and address. Entries end when their process says
//! so, when nothing was heard for [`SILENCE_MAX`], when their interface goes, or when the table is
//! full and they are the least worth keeping.

use std::net::SocketAddr;
use std::time::Duration;

use crate::time::{Instant, earliest};
use crate::wire::RelayId;

use super::{DiscoveryEvent, Events, PeerSighting, RelaySighting};

/// Relays remembered, counting each address. Arbitrary: far beyond what one network holds.
pub const RELAYS_MAX: usize = 256;

/// Peers remembered, counting each address: a few hundred people with two addresses each.
pub const PEERS_MAX: usize = 1024;

/// A relay or peer not heard for this long is gone: three beacons missed.
pub const SILENCE_MAX: Duration = Duration::from_secs(16);

/// A relay not heard for this long is asked whether it still lives, so that lost beacons alone
/// don't end it: two beacons missed.
const DOUBT_AFTER: Duration = Duration::from_secs(11);

/// Between one question and the next. Ten fit before the silence ends the relay: at 20 % loss each
/// way, all ten or their answers are lost once in 30,000 times.
const ASK_GAP: Duration = Duration::from_millis(500);

/// A new relay is asked as well, to measure the round trip: this often, then once per beacon.
const MEASURE_TRIES: u8 = 3;

/// An answer later than this belongs to no question any more.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(1);

/// Where a beacon came from.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub instance: u64,
    pub from: SocketAddr,
    pub is_unicast: bool,
}

/// A relay at one address.
pub(super) struct Relay {
    pub sighting: RelaySighting,
    pub instance: u64,
    /// Where its process, or one on its host, answers questions.
    pub reply_to: SocketAddr,
    pub heard: Instant,
    /// When it was last heard by multicast, which nobody sends in another's name.
    spoke: Option<Instant>,
    asked: Option<Instant>,
    tries: u8,
    next_ask: Instant,
}

impl Relay {
    /// When it is to be asked next.
    pub fn next_ask(&self) -> Instant {
        self.next_ask
    }

    /// When it last spoke for itself rather than, perhaps, through another process of its host.
    pub fn spoke(&self) -> Option<Instant> {
        self.spoke
    }

    /// Notes that it was asked (or could not be: `was_sent` is false) now.
    pub fn note_asked(&mut self, now: Instant, was_sent: bool) {
        if was_sent {
            self.asked = Some(now);
            self.tries = self.tries.saturating_add(1);
        }
        self.next_ask = if self.is_measured() {
            (now + ASK_GAP).max(self.heard + DOUBT_AFTER)
        } else {
            now + ASK_GAP
        };
    }

    /// Whether the first attempts to measure the round trip are over, with or without success.
    fn is_measured(&self) -> bool {
        self.sighting.rtt.is_some() || self.tries >= MEASURE_TRIES
    }

    /// Takes in another beacon of it; returns whether there is news for the consumer.
    fn hear(&mut self, now: Instant, origin: Origin, sighting: RelaySighting) -> bool {
        let mut rtt = self.sighting.rtt;
        let was_measured = rtt.is_some();
        if origin.is_unicast && origin.from == self.reply_to {
            let waited = self.asked.take().map(|asked| now - asked);
            rtt = waited.filter(|waited| *waited <= ANSWER_WAIT_MAX).or(rtt);
        }
        self.sighting.rtt = None;
        let is_news = self.sighting != sighting || rtt.is_some() != was_measured;
        self.sighting = RelaySighting { rtt, ..sighting };
        self.instance = origin.instance;
        self.reply_to = origin.from;
        self.heard = now;
        if !origin.is_unicast {
            self.spoke = Some(now);
        }
        if self.sighting.rtt.is_some() {
            self.next_ask = now + DOUBT_AFTER;
        } else if self.is_measured() {
            // What kept the questions from being answered may have passed: one more per beacon.
            let wait = if origin.is_unicast {
                DOUBT_AFTER
            } else {
                Duration::ZERO
            };
            self.next_ask = now + wait;
        }
        is_news
    }
}

/// A peer at one address.
struct Peer {
    sighting: PeerSighting,
    instance: u64,
    heard: Instant,
}

/// Everybody heard lately.
#[derive(Default)]
pub(super) struct Table {
    relays: Vec<Relay>,
    peers: Vec<Peer>,
}

impl Table {
    /// The relays, each address on its own.
    pub fn relays(&self) -> &[Relay] {
        &self.relays
    }

    /// The same, to be asked.
    pub fn relays_mut(&mut self) -> &mut [Relay] {
        &mut self.relays
    }

    /// How many addresses of peers are known.
    pub fn peer_count(&self) -> usize {
        self.peers.len()
    }

    /// A relay was heard. Whatever else its process was before, it is no more.
    pub fn hear_relay(
        &mut self,
        now: Instant,
        origin: Origin,
        sighting: RelaySighting,
        events: &mut Events,
    ) {
        self.remove_peers(events, |peer| peer.instance == origin.instance);
        self.remove_relays(events, |relay| {
            relay.instance == origin.instance && relay.sighting.id != sighting.id
        });
        let known = self.relays.iter_mut().find(|relay| {
            relay.sighting.id == sighting.id && relay.sighting.address == sighting.address
        });
        if let Some(relay) = known {
            if relay.hear(now, origin, sighting) {
                events.push(DiscoveryEvent::Relay(relay.sighting.clone()));
            }
            return;
        }
        if self.relays.len() >= RELAYS_MAX {
            self.evict_relay(events);
        }
        events.push(DiscoveryEvent::Relay(sighting.clone()));
        self.relays.push(Relay {
            sighting,
            instance: origin.instance,
            reply_to: origin.from,
            heard: now,
            spoke: (!origin.is_unicast).then_some(now),
            asked: None,
            tries: 0,
            next_ask: now,
        });
    }

    /// A peer was heard. Whatever else its process was before, it is no more.
    pub fn hear_peer(
        &mut self,
        now: Instant,
        origin: Origin,
        sighting: PeerSighting,
        events: &mut Events,
    ) {
        self.remove_relays(events, |relay| relay.instance == origin.instance);
        let known = self.peers.iter_mut().find(|peer| {
            peer.instance == origin.instance && peer.sighting.address == sighting.address
        });
        if let Some(peer) = known {
            peer.heard = now;
            if peer.sighting != sighting {
                peer.sighting = sighting.clone();
                events.push(DiscoveryEvent::Peer(sighting));
            }
            return;
        }
        if self.peers.len() >= PEERS_MAX {
            let oldest = self.peers.iter().map(|peer| peer.heard).min();
            let mut is_first = true;
            self.remove_peers(events, |peer| {
                Some(peer.heard) == oldest && std::mem::take(&mut is_first)
            });
        }
        events.push(DiscoveryEvent::Peer(sighting.clone()));
        self.peers.push(Peer {
            sighting,
            instance: origin.instance,
            heard: now,
        });
    }

    /// A process said that it ends.
    pub fn hear_gone(&mut self, instance: u64, events: &mut Events) {
        self.remove_relays(events, |relay| relay.instance == instance);
        self.remove_peers(events, |peer| peer.instance == instance);
    }

    /// Forgets whoever was heard on an interface that `is_listed` no longer knows.
    pub fn retain_interfaces(&mut self, is_listed: impl Fn(u32) -> bool, events: &mut Events) {
        self.remove_relays(events, |relay| !is_listed(relay.sighting.interface));
        self.remove_peers(events, |peer| !is_listed(peer.sighting.interface));
    }

    /// Forgets whoever was silent for too long.
    pub fn expire(&mut self, now: Instant, events: &mut Events) {
        self.remove_relays(events, |relay| relay.heard + SILENCE_MAX <= now);
        self.remove_peers(events, |peer| peer.heard + SILENCE_MAX <= now);
    }

    /// When to look again: somebody expires or is to be asked.
    pub fn due(&self) -> Option<Instant> {
        let relay = self
            .relays
            .iter()
            .map(|relay| relay.next_ask.min(relay.heard + SILENCE_MAX))
            .min();
        let peer = self.peers.iter().map(|peer| peer.heard + SILENCE_MAX).min();
        earliest(relay, peer)
    }

    /// Makes room: those that never answered a question go first, as inventions would be among
    /// them, then those not heard for longest.
    fn evict_relay(&mut self, events: &mut Events) {
        let worth = |relay: &Relay| (relay.sighting.rtt.is_some(), relay.heard);
        let least = self.relays.iter().map(worth).min();
        let mut is_first = true;
        self.remove_relays(events, |relay| {
            Some(worth(relay)) == least && std::mem::take(&mut is_first)
        });
    }

    fn remove_relays(&mut self, events: &mut Events, mut is_gone: impl FnMut(&Relay) -> bool) {
        let gone: Vec<(RelayId, SocketAddr)> = self
            .relays
            .extract_if(.., |relay| is_gone(relay))
            .map(|relay| (relay.sighting.id, relay.sighting.address))
            .collect();
        for (n, (id, address)) in gone.iter().enumerate() {
            let is_elsewhere = self.relays.iter().any(|relay| relay.sighting.id == *id)
                || gone[n + 1..].iter().any(|(other, _)| other == id);
            events.push(if is_elsewhere {
                DiscoveryEvent::RelayAddressGone {
                    id: *id,
                    address: *address,
                }
            } else {
                DiscoveryEvent::RelayGone { id: *id }
            });
        }
    }

    fn remove_peers(&mut self, events: &mut Events, mut is_gone: impl FnMut(&Peer) -> bool) {
        for peer in self.peers.extract_if(.., |peer| is_gone(peer)) {
            events.push(DiscoveryEvent::PeerGone {
                name: peer.sighting.name,
                address: peer.sighting.address,
            });
        }
    }
}
