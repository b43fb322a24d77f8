//! A network of hosts on one link, with loss, in virtual time.

use std::collections::BTreeMap;

use rand::RngExt;

use super::*;

pub fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// What the relay whose id and key are all `n` announces.
pub fn relay_announcement(n: u8, members: u32) -> Announcement {
    Announcement::Relay {
        id: RelayId([n; 8]),
        key: [n; 32],
        port: 5267,
        kind: RelayKind::Dedicated,
        members,
        versions: (1, 1),
    }
}

struct Flight {
    to: usize,
    from: SocketAddr,
    cast: Cast,
    bytes: Vec<u8>,
}

/// Hosts with one interface (number 2) and one process each; the nth is 10.0.0.n+1, and its
/// discovery sends from port 4000.
pub struct Network {
    pub now: Instant,
    pub hosts: Vec<Discovery>,
    pub loss: f64,
    /// Pairs of hosts that don't hear one another's multicasts.
    pub deaf: Vec<(usize, usize)>,
    pub events: Vec<(Instant, usize, DiscoveryEvent)>,
    pub sent: u64,
    rng: ChaCha12Rng,
    flights: BTreeMap<(Instant, u64), Flight>,
    count: u64,
}

impl Network {
    pub fn new(seed: u64, loss: f64) -> Self {
        Self {
            now: Instant::ZERO,
            hosts: Vec::new(),
            loss,
            deaf: Vec::new(),
            events: Vec::new(),
            sent: 0,
            rng: ChaCha12Rng::seed_from_u64(seed),
            flights: BTreeMap::new(),
            count: 0,
        }
    }

    /// Starts another host; returns its number.
    pub fn start(&mut self, announcement: Option<Announcement>) -> usize {
        let n = self.hosts.len();
        let mut host = Discovery::new(self.now, self.rng.random(), self.rng.random());
        let address = host_address(n).ip().to_string();
        host.handle_interfaces(self.now, &[interface(IFACE, &address)]);
        if announcement.is_some() {
            host.announce(self.now, name(&format!("host{n}")), announcement);
        }
        self.hosts.push(host);
        self.drain();
        n
    }

    /// Lets time pass until something was found out for which `is_it` holds, or until `until`.
    /// Returns when.
    pub fn run(
        &mut self,
        until: Instant,
        is_it: impl Fn(usize, &DiscoveryEvent) -> bool,
    ) -> Option<Instant> {
        let mut seen = self.events.len();
        loop {
            self.drain();
            while let Some((at, host, event)) = self.events.get(seen) {
                if is_it(*host, event) {
                    return Some(*at);
                }
                seen += 1;
            }
            let timer = self.hosts.iter().filter_map(Discovery::poll_timeout).min();
            let flight = self.flights.keys().next().map(|(at, _)| *at);
            let next = earliest(timer, flight).filter(|at| *at <= until);
            let Some(next) = next else {
                self.now = until;
                return None;
            };
            self.now = self.now.max(next);
            while let Some(first) = self.flights.first_entry() {
                if first.key().0 > self.now {
                    break;
                }
                let flight = first.remove();
                let host = &mut self.hosts[flight.to];
                host.handle_datagram(self.now, IFACE, flight.from, flight.cast, &flight.bytes);
                self.drain();
            }
            for host in &mut self.hosts {
                if host.poll_timeout().is_some_and(|at| at <= self.now) {
                    host.handle_timeout(self.now);
                }
            }
        }
    }

    fn drain(&mut self) {
        for n in 0..self.hosts.len() {
            while let Some(event) = self.hosts[n].poll_event() {
                self.events.push((self.now, n, event));
            }
            while let Some(transmit) = self.hosts[n].poll_transmit() {
                self.send(n, transmit);
            }
        }
    }

    fn send(&mut self, from: usize, transmit: DiscoveryTransmit) {
        self.sent += 1;
        for to in 0..self.hosts.len() {
            let (is_for, cast) = match transmit.destination {
                Destination::Multicast(_) => (!self.is_deaf(from, to), Cast::Multicast),
                Destination::Unicast(address) => {
                    (address.ip() == host_address(to).ip(), Cast::Unicast)
                }
            };
            // One's own multicasts come back, as on a real host.
            if !is_for || from != to && self.rng.random_bool(self.loss) {
                continue;
            }
            let delay = Duration::from_micros(self.rng.random_range(100..=1000));
            self.count += 1;
            self.flights.insert(
                (self.now + delay, self.count),
                Flight {
                    to,
                    from: host_address(from),
                    cast,
                    bytes: transmit.bytes.clone(),
                },
            );
        }
    }

    fn is_deaf(&self, from: usize, to: usize) -> bool {
        self.deaf.contains(&(from, to)) || self.deaf.contains(&(to, from))
    }
}

fn host_address(n: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(n + 1).expect("small")], 4000))
}
