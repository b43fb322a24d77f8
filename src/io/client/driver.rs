//! The task that drives a client.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver};
use tokio::task::JoinHandle;

use super::notice::Notice;
use super::{Command, HostSetup, Report};
use crate::chaos::ChaosSpec;
use crate::client::rendezvous::{Action, Candidate, Rendezvous};
use crate::client::update::PathStats;
use crate::client::{Client, Contact, Pin, Update};
use crate::discovery::DiscoveryEvent;
use crate::io::clock;
use crate::io::discovery::DiscoveryHandle;
use crate::io::history::{History, Outcome};
use crate::io::port::Port;
use crate::io::relay::{RelayServer, RelayServerConfig};
use crate::room::log::Retention;
use crate::session::{KeyPair, OPEN_PSK, Path};
use crate::store::client_store::Received;
use crate::time::{Instant, earliest};
use crate::wire::{Announcement, Follow, Name, RelayId, RelayKind, RoomName, Send, Seq, VERSION};

/// Free places for reports that one turn may need.
const REPORTS_LOW: usize = 512;

/// How often the quality of the path is reported.
const STATS_PERIOD: Duration = Duration::from_millis(500);

/// Updates waiting for their commit are taken together, up to this many.
const EVENTS_PER_COMMIT: usize = 512;

/// The core and all that it needs.
pub(super) struct Driver {
    pub(super) client: Client,
    pub(super) port: Port,
    pub(super) seeker: Option<Seeker>,
    pub(super) history: Option<History>,
    pub(super) name: Name,
    pub(super) keys: KeyPair,
    pub(super) ifaces: Vec<String>,
    pub(super) chaos: Option<ChaosSpec>,
    pub(super) keep_pin: Box<dyn FnMut(&Pin) + std::marker::Send>,
    pub(super) commands: UnboundedReceiver<Command>,
    pub(super) reports: Sender<Report>,
    pub(super) stats: Option<PathStats>,
    pub(super) stats_at: Instant,
    /// Rooms to be opened once their history has been read.
    pub(super) waiting: BTreeMap<RoomName, (bool, Follow)>,
    /// Messages of earlier, safe on disk, that the core has no room for yet, oldest first.
    pub(super) backlog: VecDeque<(RoomName, Send)>,
    /// Direct rooms with something in them, to be held against what is known of them.
    pub(super) direct: BTreeMap<RoomName, Seq>,
    /// Relays of this process that are saying goodbye.
    pub(super) stopping: Vec<JoinHandle<()>>,
    pub(super) is_ending: bool,
}

/// What looks for a relay, and stands in for one.
pub(super) struct Seeker {
    pub(super) discovery: DiscoveryHandle,
    pub(super) rendezvous: Rendezvous,
    pub(super) host: Option<HostSetup>,
    pub(super) own: RelayId,
    pub(super) hosted: Option<RelayServer>,
    /// The relay last announced as the one in use; the outer `None` before any announcement.
    pub(super) announced: Option<Option<SocketAddr>>,
}

/// What a turn of the loop was woken by.
enum Wake {
    Network(io::Result<()>),
    Command(Option<Command>),
    Discovery(Option<DiscoveryEvent>),
    Present(u32),
    HostNotice(String),
    History(Outcome),
    Room,
}

impl Driver {
    pub(super) async fn run(mut self) {
        self.begin().await;
        self.report_interfaces();
        loop {
            let now = clock::now();
            self.settle(now);
            self.act(now);
            self.settle(now);
            if self.is_ending && self.client.is_done() {
                break;
            }
            let deadline = self.deadline(now);
            match self.wake(deadline).await {
                Wake::Network(Ok(())) | Wake::Room => {}
                Wake::Network(Err(error)) => {
                    self.report(Report::Notice(Notice::SocketFailed(error)));
                    break;
                }
                // Nobody holds the handle any more.
                Wake::Command(None) => break,
                Wake::Command(Some(command)) => self.obey(command),
                Wake::Discovery(event) => self.discovered(event),
                Wake::Present(members) => self.present(members),
                Wake::HostNotice(notice) => tracing::info!("hosted relay: {notice}"),
                Wake::History(outcome) => self.remembered(outcome),
            }
        }
        self.end().await;
    }

    /// Waits for the next thing that happens.
    async fn wake(&mut self, deadline: Option<Instant>) -> Wake {
        let is_full = self.reports.capacity() < REPORTS_LOW;
        let (discovery, hosted) = match &mut self.seeker {
            Some(seeker) => (Some(&mut seeker.discovery.events), seeker.hosted.as_mut()),
            None => (None, None),
        };
        let (present, notices) = match hosted {
            Some(server) => (Some(&mut server.present), Some(&mut server.notices)),
            None => (None, None),
        };
        tokio::select! {
            result = self.port.wait(deadline), if !is_full => Wake::Network(result),
            command = self.commands.recv() => Wake::Command(command),
            event = receive(discovery) => Wake::Discovery(event),
            members = changed(present) => Wake::Present(members),
            notice = receive(notices) => match notice {
                Some(notice) => Wake::HostNotice(notice),
                None => std::future::pending().await,
            },
            outcome = remembered(self.history.as_mut()) => Wake::History(outcome),
            _ = self.reports.reserve_many(REPORTS_LOW), if is_full => Wake::Room,
        }
    }

    fn deadline(&self, now: Instant) -> Option<Instant> {
        let rendezvous = self
            .seeker
            .as_ref()
            .and_then(|seeker| seeker.rendezvous.poll_timeout());
        let stats = self.stats.map(|_| self.stats_at + STATS_PERIOD);
        [
            self.client.poll_timeout(),
            rendezvous,
            stats.filter(|at| *at > now),
        ]
        .into_iter()
        .fold(None, earliest)
    }

    /// Lets the core take in what has arrived and the time, then drains it to empty.
    fn settle(&mut self, now: Instant) {
        if self.reports.capacity() >= REPORTS_LOW {
            let client = &mut self.client;
            let received = self.port.receive(now, |path, datagram| {
                client.handle_datagram(now, path, datagram)
            });
            if let Err(error) = received {
                tracing::debug!(%error, "can't read the socket");
            }
        }
        self.client.handle_timeout(now);
        self.drain(now);
        let client = &mut self.client;
        self.port
            .transmit(now, |out| client.poll_transmit(now, out));
        self.report_stats(now);
    }

    /// Passes on what the core has to tell.
    fn drain(&mut self, now: Instant) {
        let received_at = clock::wall();
        let mut events = 0;
        while self.reports.capacity() > 0 && events < EVENTS_PER_COMMIT {
            let Some(update) = self.client.poll_update() else {
                break;
            };
            match &update {
                Update::Contact(contact) => self.contact_changed(now, contact),
                Update::Event {
                    room,
                    log,
                    event,
                    hash,
                } => {
                    events += 1;
                    if let Some(history) = &mut self.history {
                        history.record(Received {
                            room: room.clone(),
                            log: *log,
                            event: event.clone(),
                            hash: *hash,
                            received_at,
                        });
                    }
                }
                Update::CarriedOver { room, send } => {
                    if let Some(history) = &mut self.history {
                        history.keep(room.clone(), send.clone());
                    }
                }
                Update::Stored { local, .. } | Update::NotStored { local, .. } => {
                    if let Some(history) = &mut self.history {
                        history.remove(*local);
                    }
                }
                Update::Opened { room, opened } => {
                    if let Some(history) = &mut self.history {
                        history.pass_pruned(room.clone(), opened.clone());
                    }
                }
                Update::Diverged { room, log, at } => self.diverged(room, *log, *at),
                Update::Ahead { .. }
                | Update::Queued { .. }
                | Update::Delayed { .. }
                | Update::Missing { .. }
                | Update::Gone { .. }
                | Update::Delivered { .. }
                | Update::Typing { .. }
                | Update::Members { .. }
                | Update::Answer { .. }
                | Update::AskRefused { .. }
                | Update::OpenRefused { .. }
                | Update::Waiting { .. } => {}
            }
            self.report(Report::Update {
                update,
                received_at,
            });
        }
        if let Some(history) = &mut self.history {
            history.flush();
        }
        while let Some(pin) = self.client.poll_pin() {
            (self.keep_pin)(&pin);
        }
        self.send_backlog(now);
    }

    fn contact_changed(&mut self, now: Instant, contact: &Contact) {
        if let (Contact::Entered { welcome, .. }, Some(history)) = (contact, &mut self.history) {
            for (room, seq) in &welcome.direct {
                history.recall(room.clone());
                self.direct.insert(room.clone(), *seq);
            }
        }
        let Some(seeker) = &mut self.seeker else {
            return;
        };
        seeker.rendezvous.handle_contact(now, contact);
        let relay = match contact {
            Contact::Entered { address, .. } => Some(*address),
            Contact::Searching
            | Contact::Dialing { .. }
            | Contact::Lost { .. }
            | Contact::RelayClosing { .. }
            | Contact::KeyChanged { .. }
            | Contact::Unsupported { .. } => None,
        };
        // An address on this host means nothing to others: the relay here announces itself.
        let relay = relay.filter(|address| !address.ip().to_canonical().is_loopback());
        if seeker.announced != Some(relay) {
            seeker.announced = Some(relay);
            let announcement = Announcement::Peer { relay };
            seeker
                .discovery
                .announce(self.name.clone(), Some(announcement));
        }
    }

    /// Does what the search for a relay has decided.
    fn act(&mut self, now: Instant) {
        let Some(seeker) = &mut self.seeker else {
            return;
        };
        seeker.rendezvous.handle_timeout(now);
        while let Some(action) = self
            .seeker
            .as_mut()
            .and_then(|seeker| seeker.rendezvous.poll_action())
        {
            match action {
                Action::Probe => {
                    if let Some(seeker) = &self.seeker {
                        seeker.discovery.probe();
                    }
                }
                Action::Dial(address, _) => self.client.dial(now, path_to(address), OPEN_PSK),
                Action::Host => self.host(now),
                Action::StopHosting => {
                    let server = self.seeker.as_mut().and_then(|seeker| seeker.hosted.take());
                    if let Some(server) = server {
                        self.stopping.push(tokio::spawn(server.stop()));
                        self.report(Report::Hosting(false));
                    }
                }
            }
            self.drain(now);
        }
    }

    /// Stands in for a relay.
    fn host(&mut self, now: Instant) {
        let Some(seeker) = &mut self.seeker else {
            return;
        };
        let Some(host) = &seeker.host else {
            return;
        };
        let server = RelayServer::start(RelayServerConfig {
            // As the user is called now.
            name: self.name.clone(),
            keys: self.keys.clone(),
            store: Some(host.store.clone()),
            retention: Retention::default(),
            bind: None,
            ifaces: self.ifaces.clone(),
            is_hosted: true,
            chaos: self.chaos.clone(),
        });
        match server {
            Ok(server) => {
                let address = own_address(&server);
                seeker.rendezvous.handle_candidate(
                    now,
                    Candidate {
                        id: seeker.own,
                        kind: RelayKind::Hosted,
                        address,
                        members: 0,
                    },
                );
                seeker.hosted = Some(server);
                self.client.dial(now, path_to(address), OPEN_PSK);
                self.report(Report::Hosting(true));
            }
            Err(error) => {
                self.report(Report::Notice(Notice::NotHosting(error)));
            }
        }
    }

    fn discovered(&mut self, event: Option<DiscoveryEvent>) {
        let now = clock::now();
        let Some(seeker) = &mut self.seeker else {
            return;
        };
        match event {
            Some(DiscoveryEvent::Relay(sighting)) => {
                if sighting.id == seeker.own && seeker.hosted.is_some() {
                    // The relay in this process tells of itself on a shorter way. Another process of
                    // this user may host as the same relay.
                    return;
                }
                let (min, max) = sighting.versions;
                if !(min..=max).contains(&VERSION) {
                    self.report(Report::Notice(Notice::RelayVersions {
                        name: sighting.name,
                        address: sighting.address,
                        versions: (min, max),
                    }));
                    return;
                }
                seeker.rendezvous.handle_candidate(
                    now,
                    Candidate {
                        id: sighting.id,
                        kind: sighting.kind,
                        address: sighting.address,
                        members: sighting.members,
                    },
                );
            }
            Some(DiscoveryEvent::RelayGone { id }) => seeker.rendezvous.handle_gone(now, id),
            Some(DiscoveryEvent::OtherVersion { version, address }) => {
                self.report(Report::Notice(Notice::OtherVersion { address, version }));
            }
            Some(
                DiscoveryEvent::RelayAddressGone { .. }
                | DiscoveryEvent::Peer(_)
                | DiscoveryEvent::PeerGone { .. },
            ) => {}
            None => {
                // Discovery has ended; what is in use stays in use.
                self.report(Report::Notice(Notice::SearchFailed));
                self.seeker = None;
            }
        }
    }

    /// The number of users in the relay of this process has changed.
    fn present(&mut self, members: u32) {
        let Some(seeker) = &mut self.seeker else {
            return;
        };
        let Some(server) = &seeker.hosted else {
            return;
        };
        let candidate = Candidate {
            id: seeker.own,
            kind: if members > 1 {
                RelayKind::HostedSettled
            } else {
                RelayKind::Hosted
            },
            address: own_address(server),
            members,
        };
        seeker.rendezvous.handle_candidate(clock::now(), candidate);
    }

    fn obey(&mut self, command: Command) {
        let now = clock::now();
        match command {
            Command::Open {
                room,
                create,
                follow,
            } => self.open(now, room, create, follow),
            Command::Close { room, leave } => {
                self.waiting.remove(&room);
                self.client.close_room(now, &room, leave);
                if let Some(history) = &mut self.history {
                    history.set_open(room, false);
                }
            }
            Command::Send { room, mut send } => {
                send.target = self.client.target(&room, &send.body);
                match &mut self.history {
                    // In the outbox first, and only then on its way.
                    Some(history) => history.queue(room, send),
                    None => self.send(now, &room, send),
                }
            }
            Command::Seen { room, seq } => {
                if self.history.is_none() {
                    self.client.seen(now, &room, seq);
                }
            }
            Command::TellRead { room, seq } => self.client.read(now, &room, seq),
            Command::Typing(room) => self.client.typing(now, &room),
            Command::TellStats => {
                let stats = self.client.stats();
                (self.stats, self.stats_at) = (Some(stats), now);
                self.report(Report::Stats(stats));
            }
            Command::Read { room, log, seq } => {
                if let Some(history) = &mut self.history {
                    history.set_read(room, log, seq);
                }
            }
            Command::Draft { room, text, sent } => {
                if let Some(history) = &mut self.history {
                    history.set_draft(room, text, sent);
                }
            }
            Command::Ask { tag, query } => {
                let request = self.client.ask(now, query);
                self.report(Report::Asked { tag, request });
            }
            Command::Presence(presence, status) => {
                self.client.set_presence(now, presence, status);
            }
            Command::Rename(name) => {
                self.name = name.clone();
                self.client.rename(now, name);
            }
            Command::Trust => self.client.trust(now),
            Command::ShutDown => {
                self.is_ending = true;
                self.client.shut_down(now);
            }
        }
    }

    fn report_stats(&mut self, now: Instant) {
        if now.saturating_since(self.stats_at) < STATS_PERIOD && self.stats.is_some() {
            return;
        }
        self.stats_at = now;
        let stats = self.client.stats();
        if self.stats != Some(stats) {
            self.stats = Some(stats);
            self.report(Report::Stats(stats));
        } else {
            // Nothing changes on an idle line: the next look is when something else happens.
            self.stats = None;
        }
    }

    fn report_interfaces(&self) {
        if let Some(seeker) = &self.seeker {
            let interfaces = seeker.discovery.interfaces();
            let names = interfaces.into_iter().map(|interface| interface.name);
            self.report(Report::Interfaces(names.collect()));
        }
    }

    /// Tells the user. There is room for what one turn has to tell; beyond that, and when nobody
    /// listens, only figures and notices are lost.
    pub(super) fn report(&self, report: Report) {
        let _ = self.reports.try_send(report);
    }

    async fn end(mut self) {
        if let Some(seeker) = self.seeker.take() {
            seeker.discovery.withdraw().await;
            if let Some(server) = seeker.hosted {
                server.stop().await;
            }
        }
        for server in self.stopping {
            // An error means that it panicked, which has been reported.
            let _ = server.await;
        }
        if let Some(history) = self.history.take() {
            history.end();
        }
        // Whoever waits for the end sees the queue of commands close now.
    }
}

/// The next value, or never when there is no channel.
async fn receive<T>(channel: Option<&mut Receiver<T>>) -> Option<T> {
    match channel {
        Some(channel) => channel.recv().await,
        None => std::future::pending().await,
    }
}

/// The next thing the database has done, or never when there is none.
async fn remembered(history: Option<&mut History>) -> Outcome {
    match history {
        Some(history) => history.outcome().await,
        None => std::future::pending().await,
    }
}

/// The next value of a watch, or never when there is none or it has ended.
async fn changed(watch: Option<&mut tokio::sync::watch::Receiver<u32>>) -> u32 {
    if let Some(watch) = watch
        && watch.changed().await.is_ok()
    {
        return *watch.borrow_and_update();
    }
    std::future::pending().await
}

pub(super) fn path_to(remote: SocketAddr) -> Path {
    Path {
        remote,
        local: None,
    }
}

/// Where the relay of this process is reached from here.
fn own_address(server: &RelayServer) -> SocketAddr {
    let is_loopback = |address: &&SocketAddr| address.ip().is_loopback();
    let loopback = server.addresses.iter().find(is_loopback);
    let fallback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), server.port);
    loopback.copied().unwrap_or(fallback)
}
