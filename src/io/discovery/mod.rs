//! Discovery with real sockets: a task that drives [`Discovery`] and follows the interfaces.

mod sockets;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant as Clock, sleep_until, timeout_at};

use crate::chaos::{ChaosSpec, Impairment};
use crate::discovery::{
    Cast, Destination, Discovery, DiscoveryCounters, DiscoveryEvent, DiscoveryTransmit, Interface,
    PEERS_MAX, RELAYS_MAX,
};
use crate::time::{Instant, earliest};
use crate::wire::{Announcement, Name};

use super::entropy;
use super::interfaces::{self, Changes};
use sockets::{Received, Sockets};

/// Events in the channel to the consumer.
const EVENTS_MAX: usize = 256;

/// Events that wait for room in the channel; the oldest make room. As many as the core can produce
/// at once (everybody gone), and again as many.
const BACKLOG_MAX: usize = 2 * (RELAYS_MAX + PEERS_MAX);

/// Datagrams handled before the timers are looked at again.
const BATCH_MAX: usize = 32;

/// How discovery is to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscoveryConfig {
    /// The names of the interfaces to use; none for all.
    pub ifaces: Vec<String>,
    /// What is done to this process's own datagrams.
    pub chaos: Option<ChaosSpec>,
}

/// Why discovery can't start.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// Nothing to discover on.
    #[error("no usable network interface")]
    NoInterface,
    /// The interfaces asked for are not there.
    #[error("no usable network interface among: {0}")]
    NoneOf(String),
    /// The system won't list the interfaces.
    #[error("can't list the network interfaces: {0}")]
    List(#[source] io::Error),
    /// The discovery port can't be opened.
    #[error("can't open the discovery port (UDP 5268): {0}")]
    Port(#[source] io::Error),
}

/// What the user of discovery wants announced, the newest only.
type Wish = Option<(Name, Option<Announcement>)>;

/// Discovery at work. Ends, without a goodbye, when dropped.
pub struct DiscoveryHandle {
    /// What was found out; bounded. Need not be read.
    pub events: mpsc::Receiver<DiscoveryEvent>,
    wish: watch::Sender<Wish>,
    probe: Arc<Notify>,
    withdraw: mpsc::Sender<oneshot::Sender<()>>,
    interfaces: watch::Receiver<Vec<Interface>>,
    counters: watch::Receiver<DiscoveryCounters>,
    task: JoinHandle<()>,
}

impl DiscoveryHandle {
    /// Announces this from now on; `None` says goodbye.
    pub fn announce(&self, name: Name, announcement: Option<Announcement>) {
        self.wish.send_replace(Some((name, announcement)));
    }

    /// Asks now who is here.
    pub fn probe(&self) {
        self.probe.notify_one();
    }

    /// Says goodbye; returns once it was sent, 0.1 s later, or at once if nothing was announced.
    pub async fn withdraw(&self) {
        let (done, is_done) = oneshot::channel();
        if self.withdraw.send(done).await.is_ok() {
            // An error means that the task is gone, and with it all there was to withdraw.
            let _ = is_done.await;
        }
    }

    /// The interfaces in use now, each with the addresses in use.
    pub fn interfaces(&self) -> Vec<Interface> {
        self.interfaces.borrow().clone()
    }

    /// What was not used or not sent so far.
    pub fn counters(&self) -> DiscoveryCounters {
        *self.counters.borrow()
    }
}

impl Drop for DiscoveryHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts discovery on the Tokio runtime this is called in. It asks who is here at once.
///
/// # Errors
/// A [`DiscoveryError`] when there is no interface or the port can't be opened. What happens to
/// interfaces later is no error: they are followed as they come and go.
pub fn spawn(config: DiscoveryConfig) -> Result<DiscoveryHandle, DiscoveryError> {
    let listed = interfaces::list(&config.ifaces).map_err(DiscoveryError::List)?;
    let changes = Changes::new();
    let mut sockets = Sockets::open().map_err(DiscoveryError::Port)?;
    let usable = sockets.follow(&listed);
    if usable.is_empty() {
        return Err(match config.ifaces.is_empty() {
            true => DiscoveryError::NoInterface,
            false => DiscoveryError::NoneOf(config.ifaces.join(", ")),
        });
    }
    let mut rng = entropy::rng();
    let mut core = Discovery::new(Instant::ZERO, rng.random(), rng.random());
    core.handle_interfaces(Instant::ZERO, &usable);

    let (event_sender, events) = mpsc::channel(EVENTS_MAX);
    let (wish, wishes) = watch::channel(None);
    let probe = Arc::new(Notify::new());
    let (withdraw, withdrawals) = mpsc::channel(1);
    let (interface_sender, interfaces) = watch::channel(usable);
    let (counter_sender, counters) = watch::channel(DiscoveryCounters::default());
    let task = DiscoveryTask {
        chaos: config.chaos.as_ref().map(Chaos::new),
        config,
        started: Clock::now(),
        core,
        sockets,
        changes,
        events: event_sender,
        backlog: VecDeque::new(),
        wishes,
        probe: Arc::clone(&probe),
        withdrawals,
        leaving: Vec::new(),
        interfaces: interface_sender,
        counters: counter_sender,
    };
    Ok(DiscoveryHandle {
        events,
        wish,
        probe,
        withdraw,
        interfaces,
        counters,
        task: tokio::spawn(task.run()),
    })
}

/// Listens and asks for `duration`; returns what was there at the end, in the order it was found.
///
/// # Errors
/// As [`spawn`].
pub async fn discover(
    duration: Duration,
    config: DiscoveryConfig,
) -> Result<Vec<DiscoveryEvent>, DiscoveryError> {
    let mut handle = spawn(config)?;
    let end = Clock::now() + duration;
    let mut found: Vec<DiscoveryEvent> = Vec::new();
    while let Ok(Some(event)) = timeout_at(end, handle.events.recv()).await {
        update(&mut found, event);
    }
    Ok(found)
}

/// Keeps the newest word on each relay and peer.
fn update(found: &mut Vec<DiscoveryEvent>, event: DiscoveryEvent) {
    use DiscoveryEvent::{OtherVersion, Peer, PeerGone, Relay, RelayAddressGone, RelayGone};
    match &event {
        RelayGone { id } => found.retain(|old| !matches!(old, Relay(old) if old.id == *id)),
        RelayAddressGone { id, address } => found
            .retain(|old| !matches!(old, Relay(old) if (old.id, old.address) == (*id, *address))),
        PeerGone { address, .. } => {
            found.retain(|old| !matches!(old, Peer(old) if old.address == *address));
        }
        Relay(_) | Peer(_) | OtherVersion { .. } => {
            let is_same = |old: &&mut DiscoveryEvent| match (&**old, &event) {
                (Relay(old), Relay(new)) => (old.id, old.address) == (new.id, new.address),
                (Peer(old), Peer(new)) => old.address == new.address,
                (old, new) => old == new,
            };
            match found.iter_mut().find(is_same) {
                Some(old) => *old = event,
                None => found.push(event),
            }
        }
    }
}

/// Why the task goes on.
enum Woken {
    /// The handle is gone.
    Closed,
    /// Something else is to be announced.
    Wish,
    /// Goodbye is to be said, and somebody waits for it.
    Withdraw(oneshot::Sender<()>),
    /// Somebody wants to know who is here.
    Probe,
    /// The interfaces may have changed.
    Changes,
    /// The core has something to do.
    Timer,
    /// The core has something to hand out, or there is room for it.
    Drain,
}

/// The task behind a [`DiscoveryHandle`].
struct DiscoveryTask {
    config: DiscoveryConfig,
    chaos: Option<Chaos>,
    started: Clock,
    core: Discovery,
    sockets: Sockets,
    changes: Changes,
    events: mpsc::Sender<DiscoveryEvent>,
    backlog: VecDeque<DiscoveryEvent>,
    wishes: watch::Receiver<Wish>,
    probe: Arc<Notify>,
    withdrawals: mpsc::Receiver<oneshot::Sender<()>>,
    /// Those who wait for the goodbye to be out.
    leaving: Vec<oneshot::Sender<()>>,
    interfaces: watch::Sender<Vec<Interface>>,
    counters: watch::Sender<DiscoveryCounters>,
}

impl DiscoveryTask {
    /// Runs until the handle is dropped.
    async fn run(mut self) {
        loop {
            self.drain();
            match self.wait().await {
                Woken::Closed => return,
                Woken::Wish => self.take_wish(),
                Woken::Withdraw(done) => {
                    // What was wished for before comes before.
                    if self.wishes.has_changed().unwrap_or(false) {
                        self.take_wish();
                    }
                    self.core.withdraw(self.now());
                    self.leaving.push(done);
                }
                Woken::Probe => self.core.probe(self.now()),
                Woken::Changes => self.follow_interfaces(),
                Woken::Timer => self.core.handle_timeout(self.now()),
                Woken::Drain => {}
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let deadline = self.deadline();
        let (sockets, core, started) = (&mut self.sockets, &mut self.core, self.started);
        let chaos = self.chaos.as_mut();
        tokio::select! {
            changed = self.wishes.changed() => match changed {
                Ok(()) => Woken::Wish,
                Err(_) => Woken::Closed,
            },
            Some(done) = self.withdrawals.recv() => Woken::Withdraw(done),
            () = self.probe.notified() => Woken::Probe,
            () = receive(sockets, core, started, chaos) => Woken::Drain,
            () = self.changes.wait() => Woken::Changes,
            () = sleep_until(deadline) => Woken::Timer,
            _ = self.events.reserve(), if !self.backlog.is_empty() => Woken::Drain,
        }
    }

    /// Hands out everything the core has ready.
    fn drain(&mut self) {
        self.take_held_back();
        while let Some(event) = self.core.poll_event() {
            if self.backlog.len() >= BACKLOG_MAX {
                self.backlog.pop_front();
            }
            self.backlog.push_back(event);
        }
        if self.events.is_closed() {
            self.backlog.clear();
        }
        while let Ok(place) = self.events.try_reserve()
            && let Some(event) = self.backlog.pop_front()
        {
            place.send(event);
        }
        self.send_all();
        if !self.core.is_leaving() {
            for done in self.leaving.drain(..) {
                // Whoever no longer waits need not be told.
                let _ = done.send(());
            }
        }
        let counters = self.core.counters();
        self.counters.send_if_modified(|old| {
            let is_new = *old != counters;
            *old = counters;
            is_new
        });
    }

    /// Takes in what chaos held back until now.
    fn take_held_back(&mut self) {
        let now = self.now();
        if let Some(chaos) = &mut self.chaos {
            while let Some(((interface, from, cast), bytes)) = chaos.inbound.poll(now) {
                self.core
                    .handle_datagram(now, interface, from, cast, &bytes);
            }
        }
    }

    fn send_all(&mut self) {
        let now = self.now();
        while let Some(transmit) = self.core.poll_transmit() {
            match &mut self.chaos {
                None => self.sockets.send(&transmit),
                Some(chaos) => {
                    let way = (transmit.interface, transmit.destination);
                    chaos.outbound.push(now, way, transmit.bytes);
                }
            }
        }
        if let Some(chaos) = &mut self.chaos {
            while let Some(((interface, destination), bytes)) = chaos.outbound.poll(now) {
                self.sockets.send(&DiscoveryTransmit {
                    interface,
                    destination,
                    bytes,
                });
            }
        }
    }

    fn take_wish(&mut self) {
        let now = self.now();
        let wish = self.wishes.borrow_and_update().clone();
        if let Some((name, announcement)) = wish {
            self.core.announce(now, name, announcement);
        }
    }

    fn follow_interfaces(&mut self) {
        let listed = match interfaces::list(&self.config.ifaces) {
            Ok(listed) => listed,
            Err(error) => {
                tracing::debug!(%error, "can't list the network interfaces");
                return;
            }
        };
        let usable = self.sockets.follow(&listed);
        if *self.interfaces.borrow() != usable {
            tracing::debug!(?usable, "network interfaces changed");
            self.core.handle_interfaces(self.now(), &usable);
            self.interfaces.send_replace(usable);
        }
    }

    fn deadline(&self) -> Clock {
        // With nothing to do, the regular look at the interfaces wakes the task anyway.
        let idle = Duration::from_secs(3600);
        let held_back = self.chaos.as_ref().and_then(|chaos| {
            earliest(chaos.inbound.poll_timeout(), chaos.outbound.poll_timeout())
        });
        match earliest(self.core.poll_timeout(), held_back) {
            Some(at) => self.started + at.saturating_since(Instant::ZERO),
            None => Clock::now() + idle,
        }
    }

    fn now(&self) -> Instant {
        now_since(self.started)
    }
}

/// What `--chaos` does to discovery's datagrams, both ways.
struct Chaos {
    inbound: Impairment<(u32, SocketAddr, Cast)>,
    outbound: Impairment<(u32, Destination)>,
}

impl Chaos {
    fn new(spec: &ChaosSpec) -> Self {
        Self {
            inbound: Impairment::new(spec, 3),
            outbound: Impairment::new(spec, 4),
        }
    }
}

/// Waits for datagrams and hands a batch of them to the core.
async fn receive(
    sockets: &mut Sockets,
    core: &mut Discovery,
    started: Clock,
    mut chaos: Option<&mut Chaos>,
) {
    poll_fn(|cx| {
        let mut take = |received: Received<'_>| {
            let now = now_since(started);
            let (interface, from, cast) = (received.interface, received.from, received.cast);
            match &mut chaos {
                None => core.handle_datagram(now, interface, from, cast, received.bytes),
                Some(chaos) => {
                    let way = (interface, from, cast);
                    chaos.inbound.push(now, way, received.bytes.to_vec());
                }
            }
        };
        let first = sockets.poll_receive(cx, &mut take);
        for _ in 1..BATCH_MAX {
            if first.is_pending() || sockets.poll_receive(cx, &mut take).is_pending() {
                break;
            }
        }
        first
    })
    .await;
}

fn now_since(started: Clock) -> Instant {
    let micros = started.elapsed().as_micros();
    Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{RelayId, RelayKind};

    /// Only the loopback interface, so that tests stay on this host.
    fn loopback() -> DiscoveryConfig {
        let listed = interfaces::list(&[]).expect("the system lists interfaces");
        let names = listed.into_iter().filter(|listed| listed.is_loopback);
        DiscoveryConfig {
            chaos: None,
            ifaces: names.map(|listed| listed.name).collect(),
        }
    }

    async fn wait_for(handle: &mut DiscoveryHandle, is_it: impl Fn(&DiscoveryEvent) -> bool) {
        let end = Clock::now() + Duration::from_secs(10);
        loop {
            let event = timeout_at(end, handle.events.recv()).await;
            let event = event.expect("in time").expect("the task runs");
            if is_it(&event) {
                return;
            }
        }
    }

    #[tokio::test]
    async fn two_on_one_host_find_one_another_and_hear_the_goodbye() {
        // Random, as other instances may run on this host.
        let id = RelayId(entropy::bytes());
        let relay = spawn(loopback()).expect("a loopback interface");
        let mut client = spawn(loopback()).expect("the port is shared");
        relay.announce(
            "hut".parse().expect("a name"),
            Some(Announcement::Relay {
                id,
                key: [1; 32],
                port: 5267,
                kind: RelayKind::Dedicated,
                members: 0,
                versions: (1, 1),
            }),
        );
        let is_measured = |event: &DiscoveryEvent| matches!(event, DiscoveryEvent::Relay(relay) if relay.id == id && relay.rtt.is_some());
        wait_for(&mut client, is_measured).await;
        relay.withdraw().await;
        let gone = DiscoveryEvent::RelayGone { id };
        wait_for(&mut client, |event| *event == gone).await;
    }

    #[tokio::test]
    async fn an_interface_that_is_not_there_is_an_error() {
        let config = DiscoveryConfig {
            chaos: None,
            ifaces: vec!["no such interface".into()],
        };
        let error = spawn(config).err().expect("an error");
        assert!(matches!(error, DiscoveryError::NoneOf(_)), "{error}");
    }

    #[test]
    fn the_newest_word_on_each_counts() {
        let peer = |relay| {
            DiscoveryEvent::Peer(crate::discovery::PeerSighting {
                name: "ann".parse().expect("a name"),
                address: ([10, 0, 0, 1], 4000).into(),
                interface: 2,
                relay,
            })
        };
        let mut found = Vec::new();
        update(&mut found, peer(None));
        update(&mut found, peer(Some(([10, 0, 0, 2], 5267).into())));
        assert_eq!(found, [peer(Some(([10, 0, 0, 2], 5267).into()))]);
        let gone = DiscoveryEvent::PeerGone {
            name: "ann".parse().expect("a name"),
            address: ([10, 0, 0, 1], 4000).into(),
        };
        update(&mut found, gone);
        assert_eq!(found, []);
    }
}
