//! Networks of clients in a small model: wherever they start, they end at one host.

use std::collections::BTreeMap;

use rand::SeedableRng;

use super::*;

/// What travels between the nodes of the model, or happens later at one of them.
#[derive(Clone, Debug)]
enum Note {
    Beacon(Candidate),
    Gone(RelayId),
    Probe {
        from: usize,
    },
    Contact {
        dial: u64,
        contact: Contact,
    },
    /// A dial arrives at the node that has this address.
    Knock {
        from: usize,
        dial: u64,
    },
    /// A dial brought nothing.
    NoAnswer {
        dial: u64,
    },
    /// A guest left.
    Left {
        guest: usize,
        dial: u64,
    },
}

struct Node {
    rendezvous: Rendezvous,
    id: RelayId,
    is_up: bool,
    is_hosting: bool,
    /// By node, with the dial that brought it.
    guests: BTreeMap<usize, u64>,
    /// The node whose relay is in use, and the one dialled, each with the number of the dial.
    used: Option<(usize, u64)>,
    dialled: Option<(usize, u64)>,
    beacon_at: Instant,
}

/// Clients on one network: beacons and dials take a random time, everything else is exact.
struct Model {
    now: Instant,
    nodes: Vec<Node>,
    notes: BTreeMap<(Instant, u64), (usize, Note)>,
    next: u64,
    rng: ChaCha12Rng,
}

impl Model {
    fn new(seed: u64, count: usize, spread_millis: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let nodes = (0..count)
            .map(|_| {
                let id = RelayId(rng.random());
                let start = at(rng.random_range(0..=spread_millis));
                let node_rng = ChaCha12Rng::seed_from_u64(rng.random());
                Node {
                    rendezvous: Rendezvous::new(start, true, id, node_rng),
                    id,
                    is_up: true,
                    is_hosting: false,
                    guests: BTreeMap::new(),
                    used: None,
                    dialled: None,
                    beacon_at: start,
                }
            })
            .collect();
        Self {
            now: at(0),
            nodes,
            notes: BTreeMap::new(),
            next: 0,
            rng,
        }
    }

    fn tell(&mut self, to: usize, note: Note, delay: Duration) {
        self.next += 1;
        self.notes.insert((self.now + delay, self.next), (to, note));
    }

    fn delay(&mut self) -> Duration {
        Duration::from_micros(self.rng.random_range(100..30_000))
    }

    fn tell_all(&mut self, from: usize, note: &Note) {
        for to in 0..self.nodes.len() {
            if to != from {
                let delay = self.delay();
                self.tell(to, note.clone(), delay);
            }
        }
    }

    fn candidate(&self, index: usize) -> Candidate {
        let node = &self.nodes[index];
        let others = node.guests.keys().filter(|guest| **guest != index).count();
        Candidate {
            id: node.id,
            kind: if others > 0 {
                RelayKind::HostedSettled
            } else {
                RelayKind::Hosted
            },
            address: address(index as u16),
            members: node.guests.len() as u32,
        }
    }

    /// A host says who it is, to itself first.
    fn announce(&mut self, index: usize) {
        let candidate = self.candidate(index);
        let now = self.now;
        let node = &mut self.nodes[index];
        node.beacon_at = now + Duration::from_secs(5);
        node.rendezvous.handle_candidate(now, candidate);
        self.tell_all(index, &Note::Beacon(candidate));
    }

    fn dial(&mut self, index: usize, to: usize) {
        if let Some((used, dial)) = self.nodes[index].used
            && used == to
        {
            self.nodes[index].dialled = None;
            let contact = entered(self.nodes[to].id, true);
            self.tell(index, Note::Contact { dial, contact }, Duration::ZERO);
            return;
        }
        if self.nodes[index]
            .dialled
            .is_some_and(|(dialled, _)| dialled == to)
        {
            return;
        }
        self.next += 1;
        let dial = self.next;
        self.nodes[index].dialled = Some((to, dial));
        let delay = self.delay();
        self.tell(to, Note::Knock { from: index, dial }, delay);
        self.tell(index, Note::NoAnswer { dial }, Duration::from_secs(5));
    }

    fn stop(&mut self, index: usize, is_sudden: bool) {
        self.nodes[index].is_hosting = false;
        let guests = std::mem::take(&mut self.nodes[index].guests);
        for (guest, dial) in guests {
            let (contact, delay) = if is_sudden {
                (lost(), Duration::from_secs(12))
            } else {
                let contact = Contact::RelayClosing { is_hosted: true };
                (contact, self.delay())
            };
            self.tell(guest, Note::Contact { dial, contact }, delay);
        }
        if !is_sudden {
            let id = self.nodes[index].id;
            self.tell_all(index, &Note::Gone(id));
        }
    }

    fn act(&mut self, index: usize) {
        while let Some(action) = self.nodes[index].rendezvous.poll_action() {
            match action {
                Action::Probe => self.tell_all(index, &Note::Probe { from: index }),
                Action::Dial(address, _) => self.dial(index, usize::from(address.port())),
                Action::Host => {
                    self.nodes[index].is_hosting = true;
                    self.announce(index);
                    self.dial(index, index);
                }
                Action::StopHosting => self.stop(index, false),
            }
        }
    }

    fn handle(&mut self, index: usize, note: Note) {
        let now = self.now;
        let node = &mut self.nodes[index];
        if !node.is_up {
            return;
        }
        match note {
            Note::Beacon(candidate) => node.rendezvous.handle_candidate(now, candidate),
            Note::Gone(id) => node.rendezvous.handle_gone(now, id),
            Note::Probe { from } => {
                if node.is_hosting {
                    let candidate = self.candidate(index);
                    let delay = self.delay();
                    self.tell(from, Note::Beacon(candidate), delay);
                }
            }
            Note::Knock { from, dial } => {
                if node.is_hosting {
                    let latest = node.guests.entry(from).or_insert(dial);
                    *latest = dial.max(*latest);
                    let contact = entered(node.id, true);
                    let delay = self.delay();
                    self.tell(from, Note::Contact { dial, contact }, delay);
                    self.announce(index);
                }
            }
            Note::Left { guest, dial } => {
                if node.guests.get(&guest) == Some(&dial) {
                    node.guests.remove(&guest);
                }
                if node.is_hosting {
                    self.announce(index);
                }
            }
            Note::NoAnswer { dial } => {
                if node.dialled.is_some_and(|(_, dialled)| dialled == dial) {
                    self.handle_contact(index, dial, lost());
                }
            }
            Note::Contact { dial, contact } => self.handle_contact(index, dial, contact),
        }
    }

    /// What a client would make of it: only the session in use and the last dial matter.
    fn handle_contact(&mut self, index: usize, dial: u64, contact: Contact) {
        let now = self.now;
        let node = &mut self.nodes[index];
        let is_used = node.used.is_some_and(|(_, used)| used == dial);
        let is_dialled = node.dialled.is_some_and(|(_, dialled)| dialled == dial);
        match (&contact, is_dialled) {
            (Contact::Entered { .. }, true) => {
                let old = node.used.take();
                node.used = node.dialled.take();
                if let Some((old, dial)) = old {
                    let delay = self.delay();
                    self.tell(old, Note::Left { guest: index, dial }, delay);
                }
            }
            (Contact::Lost { .. }, true) => {
                let to = node.dialled.take();
                if let Some((used, _)) = node.used {
                    node.rendezvous.handle_contact(now, &contact);
                    let back = entered(self.nodes[used].id, true);
                    self.nodes[index].rendezvous.handle_contact(now, &back);
                    return;
                }
                if let Some((to, _)) = to {
                    self.dial(index, to);
                }
            }
            // The relay ends before it greeted.
            (_, true) => return self.handle_contact(index, dial, lost()),
            (Contact::Entered { .. }, false) => {
                if !is_used {
                    return;
                }
            }
            (_, false) => {
                let Some((used, _)) = node.used.take_if(|_| is_used) else {
                    return;
                };
                if node.dialled.is_none() {
                    self.dial(index, used);
                }
            }
        }
        self.nodes[index].rendezvous.handle_contact(now, &contact);
    }

    fn run(&mut self, until: Instant) {
        for index in 0..self.nodes.len() {
            self.act(index);
        }
        loop {
            let due = |node: &Node| {
                let beacon = node.is_hosting.then_some(node.beacon_at);
                let own = earliest(node.rendezvous.poll_timeout(), beacon);
                own.filter(|_| node.is_up)
            };
            let timeouts = self.nodes.iter().map(due);
            let note = self.notes.keys().next().map(|(at, _)| *at);
            let Some(next) = timeouts.fold(note, earliest).filter(|at| *at <= until) else {
                break;
            };
            self.now = self.now.max(next);
            while let Some(entry) = self.notes.first_entry() {
                if entry.key().0 > self.now {
                    break;
                }
                let (index, note) = entry.remove();
                self.handle(index, note);
                self.act(index);
            }
            for index in 0..self.nodes.len() {
                let now = self.now;
                let node = &mut self.nodes[index];
                if !node.is_up {
                    continue;
                }
                node.rendezvous.handle_timeout(now);
                if node.is_hosting && node.beacon_at <= now {
                    self.announce(index);
                }
                self.act(index);
            }
        }
        self.now = until;
    }

    /// Where everybody stands, for a failure.
    fn describe(&self) -> String {
        let nodes = self.nodes.iter().enumerate().map(|(index, node)| {
            let Node {
                id, used, dialled, ..
            } = node;
            let (state, hosts) = (node.rendezvous.state, node.is_hosting);
            format!("{index}: {id} uses {used:?} dials {dialled:?} hosts {hosts} {state:?}\n")
        });
        nodes.collect()
    }

    /// The one node that hosts and that everybody uses.
    fn meeting_point(&self) -> Option<usize> {
        let up = || self.nodes.iter().filter(|node| node.is_up);
        let host = self
            .nodes
            .iter()
            .position(|node| node.is_up && node.is_hosting)?;
        let is_one = up().filter(|node| node.is_hosting).count() == 1;
        let is_shared = up().all(|node| node.used.is_some_and(|(used, _)| used == host));
        (is_one && is_shared).then_some(host)
    }
}

#[test]
fn simultaneous_starts_end_at_the_lowest_id() {
    for seed in 0..200 {
        let mut model = Model::new(seed, 2 + seed as usize % 9, 0);
        model.run(at(10_000));
        let lowest = (0..model.nodes.len()).min_by_key(|index| model.nodes[*index].id);
        let met = model.meeting_point();
        assert!(met.is_some(), "seed {seed}\n{}", model.describe());
        if model.nodes.len() == 2 {
            assert_eq!(model.meeting_point(), lowest, "seed {seed}");
        }
    }
}

#[test]
fn clients_that_start_one_after_the_other_end_at_one_host() {
    for seed in 0..200 {
        let mut model = Model::new(seed, 2 + seed as usize % 9, 5000);
        model.run(at(16_000));
        let met = model.meeting_point();
        assert!(met.is_some(), "seed {seed}\n{}", model.describe());
    }
}

#[test]
fn guests_of_a_host_that_ends_meet_again_at_one_of_them() {
    for seed in 0..200 {
        let mut model = Model::new(seed, 3 + seed as usize % 8, 3000);
        model.run(at(15_000));
        let host = model.meeting_point().expect("met");
        model.nodes[host].is_up = false;
        model.stop(host, false);
        model.run(at(25_000));
        let next = model.meeting_point();
        let is_new = next.is_some_and(|next| next != host);
        assert!(is_new, "seed {seed}\n{}", model.describe());
    }
}

#[test]
fn guests_of_a_host_that_dies_meet_again_at_one_of_them() {
    for seed in 0..200 {
        let mut model = Model::new(seed, 3 + seed as usize % 8, 3000);
        model.run(at(15_000));
        let host = model.meeting_point().expect("met");
        model.nodes[host].is_up = false;
        model.stop(host, true);
        model.run(at(40_000));
        let next = model.meeting_point();
        let is_new = next.is_some_and(|next| next != host);
        assert!(is_new, "seed {seed}\n{}", model.describe());
    }
}
