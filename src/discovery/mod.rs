//! When to announce and to ask, who is alive, and on which interface.
//!
//! # What is sent
//!
//! - *Beacons*, by multicast on every interface: three at start, when an interface appears, when
//!   an address changes and when the announcement changes; then one every 5 s ± 30 %. Two say
//!   goodbye.
//! - *Probes*, by multicast on every interface: seven within 0.7 s at start, on request and on a new
//!   interface. By unicast: to a relay just heard, to measure the round trip; to one silent for
//!   11 s, every 0.5 s, to learn whether it lives; and to a relay that a peer says it uses but that was not
//!   heard itself, so that a peer heals the room for whoever can't hear the relay.
//! - *Answers*, by unicast: a relay waits up to 10 ms. A peer waits 30 to 150 ms and keeps quiet
//!   when the relay speaks up meanwhile; of many peers about four answer. A probe that came by
//!   unicast is answered at once. Since the processes of a host share the discovery port and a
//!   unicast probe reaches only one of them, that one answers for the relays on its host too.
//!
//! # What is believed
//!
//! Nothing: sightings are hints, each with the interface and the address it was heard at. Nothing
//! is connected for a beacon alone. Answers and probes that others make us send are limited (see
//! `limit`), all tables are bounded (see `table`), and foreign or damaged bytes are counted.

mod answers;
mod exchange;
mod limit;
mod schedule;
mod table;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use crate::time::{Instant, earliest};
use crate::wire::beacon::DiscoveryDatagram;
use crate::wire::{Announcement, Beacon, Name, Probe, RelayId, RelayKind, WireError};

use answers::Answers;
use limit::{AnswerLimits, Bucket, Rate};
use schedule::{Plan, Schedule};
use table::Table;
pub use table::{PEERS_MAX, RELAYS_MAX, SILENCE_MAX};

/// The IPv4 group: of the administratively scoped block (RFC 2365), "LT" in its last two bytes.
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(239, 255, 76, 84);

/// The IPv6 group, link-local scope, "LT" in its last two bytes.
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x4c54);

/// Interfaces used at once. Arbitrary: hosts of containers have dozens, and each costs a few sockets.
pub const INTERFACES_MAX: usize = 64;

/// The longest name that fits a beacon together with everything else, in bytes of UTF-8. Longer
/// ones are announced shortened.
const NAME_BYTES_MAX: usize = 112;

/// Beacons: three within 0.3 s, in case the first is lost, then sparse.
const BEACONS: Plan = Plan {
    gaps: &[Duration::from_millis(100), Duration::from_millis(200)],
    repeat: Some(Duration::from_secs(5)),
    jitter_percent: 30,
};

/// Multicast probes. At 20 % loss each way a question and its answer both arrive in 64 % of cases;
/// five questions before 210 ms leave 0.6 % without an answer within 250 ms. The last two are for links
/// that only just came up, and come before a client alone decides to host.
const PROBES: Plan = Plan {
    gaps: &[
        Duration::from_millis(45),
        Duration::from_millis(45),
        Duration::from_millis(50),
        Duration::from_millis(50),
        Duration::from_millis(210),
        Duration::from_millis(300),
    ],
    repeat: None,
    jitter_percent: 10,
};

/// Goodbyes: two, as the process ends and can't wait for long.
const GOODBYES: Plan = Plan {
    gaps: &[Duration::from_millis(60)],
    repeat: None,
    jitter_percent: 10,
};

/// Unicast probes to a relay a peer told of, until it is heard: all seven fail in 0.1 % of cases
/// at 20 % loss each way.
const HINT_PROBES: Plan = Plan {
    gaps: &[
        Duration::from_millis(40),
        Duration::from_millis(40),
        Duration::from_millis(40),
        Duration::from_millis(60),
        Duration::from_millis(100),
        Duration::from_millis(200),
    ],
    repeat: None,
    jitter_percent: 10,
};

/// Relays told of and being asked. Arbitrary: a network has a handful.
const HINTS_MAX: usize = 64;

/// The same relay is asked again after this, when it is told of again.
const HINT_PAUSE: Duration = Duration::from_secs(1);

/// A relay heard itself within this is not asked just because a peer tells of it: the longest wait
/// between two beacons.
const HINT_FRESH: Duration = Duration::from_millis(6500);

/// Unicast probes we send because of others' beacons.
const UNICAST_PROBES: Rate = Rate {
    interval: Duration::from_millis(50),
    burst: 32,
};

/// How long a relay waits before it answers, at most, so that several don't collide on a wireless
/// network.
const RELAY_WAIT_MAX: Duration = Duration::from_millis(10);

/// How long a peer waits before it answers, so that the relay comes first.
const PEER_WAIT: (Duration, Duration) = (Duration::from_millis(30), Duration::from_millis(150));

/// How many peers should answer a probe, however many there are: with four, at least one answer
/// gets through 20 % loss in 99.8 % of cases.
const PEERS_ANSWERING: usize = 4;

/// Relays of its own host a process answers for, besides itself.
const NEIGHBOURS_MAX: usize = 4;

/// A relay whose limit on answers is spent sends a beacon to all instead, at most this often.
const HURRY_GAP: Duration = Duration::from_millis(500);

/// Datagrams waiting to be taken: all that one moment can bring (two multicasts of two kinds on each
/// interface, every answer, a probe per relay and hint).
const TRANSMITS_MAX: usize = 1024;

/// Events waiting to be taken: everybody gone at once, and again as many.
const EVENTS_MAX: usize = 2 * (RELAYS_MAX + PEERS_MAX);

/// A network interface that can be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The system's number for it.
    pub index: u32,
    /// The system's name for it.
    pub name: String,
    /// Its addresses: IPv4, and IPv6 including link-local ones.
    pub addresses: Vec<IpAddr>,
    /// Whether it leads only to this host.
    pub is_loopback: bool,
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// How a datagram came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// To this process, or one of this host, alone.
    Unicast,
    /// To everybody.
    Multicast,
}

/// Where a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the family's group, on the discovery port.
    Multicast(Family),
    /// To one address.
    Unicast(SocketAddr),
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryTransmit {
    /// The interface to send it on.
    pub interface: u32,
    /// Where it goes.
    pub destination: Destination,
    /// The whole datagram, at most 200 bytes.
    pub bytes: Vec<u8>,
}

/// A relay as it was heard at one address. A hint, not proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelaySighting {
    /// Which relay.
    pub id: RelayId,
    /// What it calls itself.
    pub name: Name,
    /// The public key it claims; checked in the handshake.
    pub key: [u8; 32],
    /// Where its sessions are; with the scope, if link-local.
    pub address: SocketAddr,
    /// The interface it was heard on.
    pub interface: u32,
    /// How lasting it is.
    pub kind: RelayKind,
    /// Users present.
    pub members: u32,
    /// The lowest and highest protocol version it speaks.
    pub versions: (u8, u8),
    /// From a question to its answer; `None` until measured.
    pub rtt: Option<Duration>,
}

/// Another client as it was heard at one address. A hint, not proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerSighting {
    /// What the user goes by.
    pub name: Name,
    /// Where its discovery answers; tells peers of the same name apart.
    pub address: SocketAddr,
    /// The interface it was heard on.
    pub interface: u32,
    /// The relay it uses, as reached from here.
    pub relay: Option<SocketAddr>,
}

/// What discovery found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryEvent {
    /// A relay was heard at a new address, or something about it changed.
    Relay(RelaySighting),
    /// A relay is no longer heard at this address, but still at another.
    RelayAddressGone {
        /// Which relay.
        id: RelayId,
        /// The address that went.
        address: SocketAddr,
    },
    /// A relay is no longer heard at all.
    RelayGone {
        /// Which relay.
        id: RelayId,
    },
    /// A peer was heard at a new address, or something about it changed.
    Peer(PeerSighting),
    /// A peer is no longer heard at this address.
    PeerGone {
        /// What the user goes by.
        name: Name,
        /// The address of its sighting.
        address: SocketAddr,
    },
    /// Somebody speaks another protocol version; said once for each version.
    OtherVersion {
        /// The version heard.
        version: u8,
        /// Who speaks it.
        address: SocketAddr,
    },
}

/// What was received and not used, or not sent, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiscoveryCounters {
    /// Datagrams of something else.
    pub foreign: u64,
    /// Datagrams cut short, damaged or with values out of bounds.
    pub damaged: u64,
    /// Datagrams of another protocol version.
    pub other_version: u64,
    /// Our own datagrams.
    pub own: u64,
    /// Datagrams from interfaces that are not used.
    pub unlisted: u64,
    /// Answers not given because of the limits.
    pub limited: u64,
    /// Events and datagrams lost because nobody took them.
    pub overflowed: u64,
}

/// Events on their way to the consumer; the oldest make room.
#[derive(Default)]
struct Events {
    queue: VecDeque<DiscoveryEvent>,
    overflowed: u64,
}

impl Events {
    fn push(&mut self, event: DiscoveryEvent) {
        if self.queue.len() >= EVENTS_MAX {
            self.queue.pop_front();
            self.overflowed += 1;
        }
        self.queue.push_back(event);
    }
}

/// An interface in use.
struct Channel {
    interface: Interface,
    beacons: Option<Schedule>,
    probes: Schedule,
    hurried: Option<Instant>,
}

/// A relay a peer told of.
struct Hint {
    interface: u32,
    relay: IpAddr,
    target: SocketAddr,
    probes: Schedule,
    forget_at: Instant,
}

/// One process's part in discovery. See the module's documentation.
///
/// After each call that changes it, drain [`Self::poll_event`] and [`Self::poll_transmit`], then wait
/// until [`Self::poll_timeout`].
pub struct Discovery {
    instance: u64,
    rng: ChaCha12Rng,
    /// The last `now` we were told.
    now: Instant,
    announced: Option<Beacon>,
    goodbye: Option<(Vec<u8>, Schedule)>,
    channels: Vec<Channel>,
    table: Table,
    hints: Vec<Hint>,
    answers: Answers,
    limits: AnswerLimits,
    unicast_probes: Bucket,
    versions_heard: Vec<u8>,
    events: Events,
    transmits: VecDeque<DiscoveryTransmit>,
    counters: DiscoveryCounters,
}

impl Discovery {
    /// A process that announces nothing yet and knows no interface. `instance` is random for each
    /// start: it is how a process knows its own datagrams.
    pub fn new(now: Instant, instance: u64, seed: [u8; 32]) -> Self {
        Self {
            instance,
            rng: ChaCha12Rng::from_seed(seed),
            now,
            announced: None,
            goodbye: None,
            channels: Vec::new(),
            table: Table::default(),
            hints: Vec::new(),
            answers: Answers::default(),
            limits: AnswerLimits::default(),
            unicast_probes: Bucket::default(),
            versions_heard: Vec::new(),
            events: Events::default(),
            transmits: VecDeque::new(),
            counters: DiscoveryCounters::default(),
        }
    }

    /// Announces this from now on; `None` (or [`Announcement::Gone`]) withdraws.
    ///
    /// A burst of beacons follows unless only the number of members changed.
    pub fn announce(&mut self, now: Instant, name: Name, announcement: Option<Announcement>) {
        let announcement = match announcement {
            Some(announcement @ (Announcement::Relay { .. } | Announcement::Peer { .. })) => {
                announcement
            }
            Some(Announcement::Gone) | None => return self.withdraw(now),
        };
        let beacon = Beacon {
            instance: self.instance,
            name: shortened(name),
            announcement,
        };
        let is_minor = self
            .announced
            .as_ref()
            .is_some_and(|old| is_same_but_for_members(old, &beacon));
        self.announced = Some(beacon);
        self.goodbye = None;
        if !is_minor {
            for channel in &mut self.channels {
                channel.beacons = Some(Schedule::start(now, &BEACONS));
            }
        }
        self.handle_timeout(now);
    }

    /// Says goodbye, twice, and announces nothing from now on.
    pub fn withdraw(&mut self, now: Instant) {
        if let Some(beacon) = self.announced.take() {
            let gone = Beacon {
                announcement: Announcement::Gone,
                ..beacon
            };
            self.goodbye = Some((gone.encode(), Schedule::start(now, &GOODBYES)));
            self.answers.cancel_all();
            for channel in &mut self.channels {
                channel.beacons = None;
            }
        }
        self.handle_timeout(now);
    }

    /// Whether a goodbye is still to be sent.
    pub fn is_leaving(&self) -> bool {
        self.goodbye.is_some()
    }

    /// Asks now who is here, with a burst of probes. Does nothing while one is under way.
    pub fn probe(&mut self, now: Instant) {
        for channel in &mut self.channels {
            if !channel.probes.is_bursting() {
                channel.probes = Schedule::start(now, &PROBES);
            }
        }
        self.handle_timeout(now);
    }

    /// Takes the interfaces that can be used now, at most [`INTERFACES_MAX`]. Those that are new or
    /// have other addresses get a burst of beacons and of probes.
    pub fn handle_interfaces(&mut self, now: Instant, interfaces: &[Interface]) {
        let interfaces = &interfaces[..interfaces.len().min(INTERFACES_MAX)];
        let mut old = std::mem::take(&mut self.channels);
        for interface in interfaces {
            let known = old.iter().position(|old| old.interface == *interface);
            self.channels.push(match known {
                Some(position) => old.swap_remove(position),
                None => Channel {
                    interface: interface.clone(),
                    beacons: self
                        .announced
                        .as_ref()
                        .map(|_| Schedule::start(now, &BEACONS)),
                    probes: Schedule::start(now, &PROBES),
                    hurried: None,
                },
            });
        }
        let is_listed = |index| interfaces.iter().any(|interface| interface.index == index);
        self.table.retain_interfaces(is_listed, &mut self.events);
        self.answers.retain_interfaces(is_listed);
        self.hints.retain(|hint| is_listed(hint.interface));
        self.handle_timeout(now);
    }

    /// Takes a datagram that came in on `interface`.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        interface: u32,
        from: SocketAddr,
        cast: Cast,
        bytes: &[u8],
    ) {
        let is_listed = |channel: &Channel| channel.interface.index == interface;
        if !self.channels.iter().any(is_listed) {
            self.counters.unlisted += 1;
            return;
        }
        let from = on_interface(from, interface);
        match DiscoveryDatagram::decode(bytes) {
            Ok(DiscoveryDatagram::Probe(Probe { instance }))
            | Ok(DiscoveryDatagram::Beacon(Beacon { instance, .. }))
                if instance == self.instance =>
            {
                self.counters.own += 1;
            }
            Ok(DiscoveryDatagram::Probe(_)) => self.handle_probe(now, interface, from, cast),
            Ok(DiscoveryDatagram::Beacon(beacon)) => {
                self.handle_beacon(now, interface, from, cast, beacon);
            }
            Err(WireError::Version(version)) => {
                self.counters.other_version += 1;
                if !self.versions_heard.contains(&version) {
                    self.versions_heard.push(version);
                    self.events.push(DiscoveryEvent::OtherVersion {
                        version,
                        address: from,
                    });
                }
            }
            Err(WireError::Foreign) => self.counters.foreign += 1,
            Err(WireError::Truncated | WireError::Damaged | WireError::Malformed) => {
                self.counters.damaged += 1;
            }
        }
        self.handle_timeout(now);
    }

    /// Sends what is due and forgets who was silent for too long.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.table.expire(now, &mut self.events);
        self.fire_channels(now);
        self.fire_goodbye(now);
        self.fire_answers(now);
        self.fire_hints(now);
        self.fire_questions(now);
    }

    /// When to call [`Self::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let queued =
            (!self.transmits.is_empty() || !self.events.queue.is_empty()).then_some(self.now);
        let channels = self.channels.iter().filter_map(|channel| {
            let beacons = channel.beacons.as_ref().and_then(Schedule::due);
            earliest(beacons, channel.probes.due())
        });
        let hints = self
            .hints
            .iter()
            .map(|hint| hint.probes.due().unwrap_or(hint.forget_at));
        let goodbye = self.goodbye.as_ref().and_then(|(_, gone)| gone.due());
        [queued, goodbye, self.answers.due(), self.table.due()]
            .into_iter()
            .chain([channels.min(), hints.min()])
            .fold(None, earliest)
    }

    /// The next thing found out.
    pub fn poll_event(&mut self) -> Option<DiscoveryEvent> {
        self.events.queue.pop_front()
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<DiscoveryTransmit> {
        self.transmits.pop_front()
    }

    /// What was not used or not sent so far.
    pub fn counters(&self) -> DiscoveryCounters {
        DiscoveryCounters {
            overflowed: self.counters.overflowed + self.events.overflowed,
            ..self.counters
        }
    }
}

/// Whether two beacons differ in nothing but the number of members, which is not worth a burst.
fn is_same_but_for_members(a: &Beacon, b: &Beacon) -> bool {
    let without_members = |beacon: &Beacon| {
        let mut beacon = beacon.clone();
        if let Announcement::Relay { members, .. } = &mut beacon.announcement {
            *members = 0;
        }
        beacon
    };
    without_members(a) == without_members(b)
}

/// The name, cut to what fits a beacon.
fn shortened(name: Name) -> Name {
    let mut text = name.as_str();
    while text.len() > NAME_BYTES_MAX {
        let last = text.chars().next_back().map_or(0, char::len_utf8);
        text = &text[..text.len() - last];
    }
    // The start of a name is a name, as what is forbidden is forbidden anywhere in it.
    text.parse().unwrap_or(name)
}

/// The address with exactly the scope it needs: link-local ones the interface, others none.
fn on_interface(address: SocketAddr, interface: u32) -> SocketAddr {
    match address {
        SocketAddr::V4(address) => SocketAddr::V4(address),
        SocketAddr::V6(mut address) => {
            address.set_flowinfo(0);
            let is_link_local = address.ip().is_unicast_link_local();
            address.set_scope_id(if is_link_local { interface } else { 0 });
            SocketAddr::V6(address)
        }
    }
}
