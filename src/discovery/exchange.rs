//! What a probe and a beacon cause, and what leaves when its time has come.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rand::RngExt;

use crate::time::Instant;
use crate::wire::beacon::BEACON_BYTES_MAX;
use crate::wire::{Announcement, Beacon, DISCOVERY_PORT, Probe};

use super::answers::Answer;
use super::limit::Verdict;
use super::schedule::Schedule;
use super::table::Origin;
use super::{
    Cast, Destination, Discovery, DiscoveryTransmit, Family, HINT_FRESH, HINT_PAUSE, HINT_PROBES,
    HINTS_MAX, HURRY_GAP, Hint, Interface, NEIGHBOURS_MAX, PEER_WAIT, PEERS_ANSWERING,
    PeerSighting, RELAY_WAIT_MAX, RelaySighting, TRANSMITS_MAX, UNICAST_PROBES, on_interface,
    shortened,
};

impl Discovery {
    /// Answers a probe, now or a little later, within the limits.
    pub(super) fn handle_probe(
        &mut self,
        now: Instant,
        interface: u32,
        from: SocketAddr,
        cast: Cast,
    ) {
        match cast {
            Cast::Unicast => {
                if self.announced.is_some() && self.may_answer(now, from) {
                    self.answers.push(Answer {
                        interface,
                        to: from,
                        due: now,
                    });
                }
                self.answer_for_neighbours(now, interface, from);
            }
            Cast::Multicast => {
                let Some(wait) = self.answer_wait() else {
                    return;
                };
                if self.may_answer(now, from) {
                    self.answers.push(Answer {
                        interface,
                        to: from,
                        due: now + wait,
                    });
                }
            }
        }
    }

    /// How long to wait before answering a probe to all; `None` to leave it to others.
    fn answer_wait(&mut self) -> Option<Duration> {
        match self.announced.as_ref()?.announcement {
            Announcement::Relay { .. } => {
                Some(self.rng.random_range(Duration::ZERO..=RELAY_WAIT_MAX))
            }
            Announcement::Peer { .. } => {
                let peers = self.table.peer_count() + 1;
                let is_chosen = self.rng.random_range(0..peers) < PEERS_ANSWERING;
                is_chosen.then(|| self.rng.random_range(PEER_WAIT.0..=PEER_WAIT.1))
            }
            Announcement::Gone => None,
        }
    }

    fn may_answer(&mut self, now: Instant, to: SocketAddr) -> bool {
        match self.limits.ask(now, to.ip()) {
            Verdict::Allowed => true,
            Verdict::SourceSpent => {
                self.counters.limited += 1;
                false
            }
            Verdict::TotalSpent => {
                self.counters.limited += 1;
                self.hurry_beacons(now);
                false
            }
        }
    }

    /// Too many ask to answer each: a relay answers all of them with one beacon.
    fn hurry_beacons(&mut self, now: Instant) {
        let Some(Announcement::Relay { .. }) = self.announced.as_ref().map(|b| &b.announcement)
        else {
            return;
        };
        for channel in &mut self.channels {
            let is_rested = channel.hurried.is_none_or(|at| now - at >= HURRY_GAP);
            if let Some(beacons) = channel.beacons.as_mut().filter(|_| is_rested) {
                channel.hurried = Some(now);
                beacons.hurry(now);
            }
        }
    }

    /// Sends the beacons of other relays of this host, as they would: the probe did not reach them.
    fn answer_for_neighbours(&mut self, now: Instant, interface: u32, to: SocketAddr) {
        let mut neighbours: Vec<Beacon> = Vec::new();
        for relay in self.table.relays() {
            let is_new = neighbours.iter().all(|b| b.instance != relay.instance);
            // Or else two processes could keep a dead relay alive for one another.
            let has_spoken = relay.spoke().is_some_and(|at| now - at < HINT_FRESH);
            if is_new
                && has_spoken
                && neighbours.len() < NEIGHBOURS_MAX
                && self.is_our_address(relay.sighting.address.ip())
                // Otherwise the answer to its own question would come back.
                && relay.reply_to != to
            {
                let sighting = &relay.sighting;
                neighbours.push(Beacon {
                    instance: relay.instance,
                    name: shortened(sighting.name.clone()),
                    announcement: Announcement::Relay {
                        id: sighting.id,
                        key: sighting.key,
                        port: sighting.address.port(),
                        kind: sighting.kind,
                        members: sighting.members,
                        versions: sighting.versions,
                    },
                });
            }
        }
        for beacon in neighbours {
            if self.may_answer(now, to) {
                self.transmit(interface, Destination::Unicast(to), beacon.encode());
            }
        }
    }

    fn is_our_address(&self, address: IpAddr) -> bool {
        let mut channels = self.channels.iter();
        channels.any(|channel| channel.interface.addresses.contains(&address))
    }

    /// Takes in what a process says of itself.
    pub(super) fn handle_beacon(
        &mut self,
        now: Instant,
        interface: u32,
        from: SocketAddr,
        cast: Cast,
        beacon: Beacon,
    ) {
        let origin = Origin {
            instance: beacon.instance,
            from,
            is_unicast: cast == Cast::Unicast,
        };
        match beacon.announcement {
            Announcement::Relay { port: 0, .. } => self.counters.damaged += 1,
            Announcement::Relay {
                id,
                key,
                port,
                kind,
                members,
                versions,
            } => {
                let mut address = from;
                address.set_port(port);
                let sighting = RelaySighting {
                    id,
                    name: beacon.name,
                    key,
                    address,
                    interface,
                    kind,
                    members,
                    versions,
                    rtt: None,
                };
                self.table
                    .hear_relay(now, origin, sighting, &mut self.events);
                let is_peer = matches!(
                    self.announced.as_ref().map(|beacon| &beacon.announcement),
                    Some(Announcement::Peer { .. })
                );
                if is_peer && cast == Cast::Multicast {
                    // The askers have heard the relay itself.
                    self.answers.cancel(interface);
                }
            }
            Announcement::Peer { relay } => {
                let relay =
                    relay.and_then(|relay| self.as_reached_from_here(relay, interface, from));
                let sighting = PeerSighting {
                    name: beacon.name,
                    address: from,
                    interface,
                    relay,
                };
                self.table
                    .hear_peer(now, origin, sighting, &mut self.events);
                if let Some(relay) = relay {
                    self.take_hint(now, interface, relay);
                }
            }
            Announcement::Gone => self.table.hear_gone(beacon.instance, &mut self.events),
        }
    }

    /// Translates the relay's address as `peer` sees it: its loopback is its host, and a link-local
    /// address lies behind the interface the peer was heard on.
    fn as_reached_from_here(
        &self,
        relay: SocketAddr,
        interface: u32,
        peer: SocketAddr,
    ) -> Option<SocketAddr> {
        let ip = relay.ip();
        if relay.port() == 0 || ip.is_unspecified() || ip.is_multicast() {
            return None;
        }
        let mut relay = relay;
        if ip.is_loopback() && !peer.ip().is_loopback() {
            let port = relay.port();
            relay = peer;
            relay.set_port(port);
        }
        Some(on_interface(relay, interface))
    }

    /// Asks a relay a peer told of, unless it was heard itself or is being asked.
    fn take_hint(&mut self, now: Instant, interface: u32, relay: SocketAddr) {
        let is_heard = self
            .table
            .relays()
            .iter()
            .any(|known| known.sighting.address == relay && now - known.heard < HINT_FRESH);
        let is_asked = self.hints.iter().any(|hint| hint.relay == relay.ip());
        if is_heard || is_asked || self.hints.len() >= HINTS_MAX || self.is_our_address(relay.ip())
        {
            return;
        }
        let mut target = relay;
        target.set_port(DISCOVERY_PORT);
        self.hints.push(Hint {
            interface,
            relay: relay.ip(),
            target,
            probes: Schedule::start(now, &HINT_PROBES),
            forget_at: now + HINT_PAUSE,
        });
    }

    pub(super) fn fire_channels(&mut self, now: Instant) {
        let beacon = self.announced.as_ref().map(Beacon::encode);
        let probe = self.own_probe();
        let mut channels = std::mem::take(&mut self.channels);
        for channel in &mut channels {
            let beacons = channel.beacons.as_mut();
            if beacons.is_some_and(|beacons| beacons.fire(now, &mut self.rng))
                && let Some(beacon) = &beacon
            {
                self.multicast(&channel.interface, beacon);
            }
            if channel.probes.fire(now, &mut self.rng) {
                self.multicast(&channel.interface, &probe);
            }
        }
        self.channels = channels;
    }

    pub(super) fn fire_goodbye(&mut self, now: Instant) {
        let Some((gone, mut schedule)) = self.goodbye.take() else {
            return;
        };
        if schedule.fire(now, &mut self.rng) {
            let channels = std::mem::take(&mut self.channels);
            for channel in &channels {
                self.multicast(&channel.interface, &gone);
            }
            self.channels = channels;
        }
        self.goodbye = schedule.due().map(|_| (gone, schedule));
    }

    pub(super) fn fire_answers(&mut self, now: Instant) {
        let due = self.answers.take_due(now);
        if due.is_empty() {
            return;
        }
        if let Some(beacon) = self.announced.as_ref().map(Beacon::encode) {
            for answer in due {
                self.transmit(
                    answer.interface,
                    Destination::Unicast(answer.to),
                    beacon.clone(),
                );
            }
        }
    }

    pub(super) fn fire_hints(&mut self, now: Instant) {
        let mut hints = std::mem::take(&mut self.hints);
        for hint in &mut hints {
            if hint.probes.fire(now, &mut self.rng) {
                self.ask(now, hint.interface, hint.target);
            }
        }
        hints.retain(|hint| hint.forget_at > now);
        self.hints = hints;
    }

    pub(super) fn fire_questions(&mut self, now: Instant) {
        let mut table = std::mem::take(&mut self.table);
        for relay in table.relays_mut() {
            if relay.next_ask() <= now {
                let was_sent = self.ask(now, relay.sighting.interface, relay.reply_to);
                relay.note_asked(now, was_sent);
            }
        }
        self.table = table;
    }

    /// Sends a unicast probe, if the limit has room for it; returns whether it has.
    fn ask(&mut self, now: Instant, interface: u32, to: SocketAddr) -> bool {
        if !self.unicast_probes.has_room(now, &UNICAST_PROBES) {
            self.counters.limited += 1;
            return false;
        }
        self.unicast_probes.spend(now, &UNICAST_PROBES);
        self.transmit(interface, Destination::Unicast(to), self.own_probe());
        true
    }

    fn own_probe(&self) -> Vec<u8> {
        Probe {
            instance: self.instance,
        }
        .encode()
    }

    /// Sends to the group of each family the interface has addresses of.
    fn multicast(&mut self, interface: &Interface, bytes: &[u8]) {
        let has = |is_family: fn(&IpAddr) -> bool| interface.addresses.iter().any(is_family);
        let families = [
            has(IpAddr::is_ipv4).then_some(Family::V4),
            has(IpAddr::is_ipv6).then_some(Family::V6),
        ];
        for family in families.into_iter().flatten() {
            self.transmit(
                interface.index,
                Destination::Multicast(family),
                bytes.to_vec(),
            );
        }
    }

    fn transmit(&mut self, interface: u32, destination: Destination, bytes: Vec<u8>) {
        debug_assert!(bytes.len() <= BEACON_BYTES_MAX);
        if self.transmits.len() >= TRANSMITS_MAX {
            self.counters.overflowed += 1;
            return;
        }
        self.transmits.push_back(DiscoveryTransmit {
            interface,
            destination,
            bytes,
        });
    }
}
