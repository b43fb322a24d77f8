//! A relay at work: socket, log, discovery and clock around the core.

use std::fs::{File, TryLockError};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::chaos::ChaosSpec;
use crate::relay::{Relay, RelayConfig};
use crate::session::{KeyPair, OPEN_PSK, RelayIdentity};
use crate::store::StoreError;
use crate::store::relay_store::RelayStore;
use crate::time::Instant;
use crate::wire::{Announcement, Name, RELAY_PORT, RelayId, RelayKind, VERSION};

use super::clock;
use super::discovery::{self, DiscoveryConfig, DiscoveryError, DiscoveryHandle};
use super::entropy;
use super::interfaces;
use super::port::Port;
use super::relay_log::RelayLog;

pub use crate::room::log::Retention;

/// How often the core is told the wall clock.
const WALL_PERIOD: Duration = Duration::from_secs(1);

/// How a relay is to run.
#[derive(Clone, Debug)]
pub struct RelayServerConfig {
    /// What it is called.
    pub name: Name,
    /// Its key pair.
    pub keys: KeyPair,
    /// Its database; `None` keeps everything in memory.
    pub store: Option<PathBuf>,
    /// For how long it keeps events.
    pub retention: Retention,
    /// Where it listens. `None` is every address, at port 5267, or at any free one when that is
    /// taken.
    pub bind: Option<SocketAddr>,
    /// The interfaces it announces itself on; none for all.
    pub ifaces: Vec<String>,
    /// Whether it stands in for a relay inside somebody's client.
    pub is_hosted: bool,
    /// What is done to its own datagrams.
    pub chaos: Option<ChaosSpec>,
}

/// Why a relay can't start.
#[derive(Debug, thiserror::Error)]
pub enum RelayStartError {
    /// Its database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another relay has it.
    #[error("{} is in use by another relay", .0.display())]
    InUse(PathBuf),
    /// The file that keeps a second relay out can't be made.
    #[error("can't create {}: {error}", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Its port can't be opened.
    #[error("can't listen on {address}: {}", describe(error))]
    Bind {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// It can't announce itself.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
}

/// A relay that serves. Ends when dropped, without a goodbye.
#[derive(Debug)]
pub struct RelayServer {
    /// Which relay this is.
    pub identity: RelayIdentity,
    /// The addresses it is reached at.
    pub addresses: Vec<SocketAddr>,
    /// Its port.
    pub port: u16,
    /// What it wants logged; bounded, the newest are dropped when nobody reads.
    pub notices: mpsc::Receiver<String>,
    /// How many users are present.
    pub present: watch::Receiver<u32>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl RelayServer {
    /// Starts serving on the tokio runtime this is called in.
    ///
    /// # Errors
    /// A [`RelayStartError`] when store, port or discovery can't be had.
    pub fn start(config: RelayServerConfig) -> Result<Self, RelayStartError> {
        let lock = config.store.as_deref().map(lock).transpose()?;
        let store = match &config.store {
            Some(path) => RelayStore::open(path)?,
            None => RelayStore::open_memory()?,
        };
        let snapshot = store.snapshot()?;
        let port = bind(config.bind, config.chaos.as_ref())?;
        let local = port.local_addr().map_err(|error| RelayStartError::Bind {
            address: config.bind.unwrap_or(any_address(RELAY_PORT)),
            error,
        })?;
        let discovery = announcing(&config)?;
        let identity = RelayIdentity {
            id: snapshot.relay,
            name: config.name.clone(),
        };
        let relay = Relay::new(
            clock::now(),
            clock::wall(),
            RelayConfig {
                identity: identity.clone(),
                keys: config.keys.clone(),
                psk: OPEN_PSK,
                is_hosted: config.is_hosted,
                is_durable: config.store.is_some(),

                retention: config.retention,
                seed: entropy::bytes(),
            },
            snapshot,
        );
        let (notice_sender, notices) = mpsc::channel(256);
        let (present_sender, present) = watch::channel(0);
        let (stop, stopped) = oneshot::channel();
        let driver = Driver {
            relay,
            port,
            log: RelayLog::start(store)?,
            notices: notice_sender,
            present: present_sender,
            announcer: discovery.map(|handle| Announcer {
                handle,
                id: identity.id,
                name: config.name,
                key: config.keys.public,
                port: local.port(),
                is_hosted: config.is_hosted,
                last: None,
            }),
            wall_told_at: clock::now(),
            _lock: lock,
        };
        Ok(Self {
            identity,
            addresses: reachable_at(local),
            port: local.port(),
            notices,
            present,
            stop: Some(stop),
            task: tokio::spawn(driver.run(stopped)),
        })
    }

    /// Tells the members that the relay ends, and ends it.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the task has ended already.
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for RelayServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The core and all that it needs.
struct Driver {
    relay: Relay,
    port: Port,
    log: RelayLog,
    notices: mpsc::Sender<String>,
    present: watch::Sender<u32>,
    announcer: Option<Announcer>,
    wall_told_at: Instant,
    /// Held for as long as the store is in use.
    _lock: Option<File>,
}

impl Driver {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut is_stopping = false;
        loop {
            self.settle();
            if self.relay.is_done() {
                return;
            }
            let deadline = self.relay.poll_timeout();
            tokio::select! {
                result = self.port.wait(deadline) => {
                    if let Err(error) = result {
                        tracing::error!(%error, "the socket failed");
                        return;
                    }
                }
                reply = self.log.reply() => {
                    let now = clock::now();
                    self.relay.handle_log(now, reply);
                    while let Some(reply) = self.log.try_reply() {
                        self.relay.handle_log(now, reply);
                    }
                }
                _ = &mut stopped, if !is_stopping => {
                    is_stopping = true;
                    if let Some(announcer) = self.announcer.take() {
                        announcer.handle.withdraw().await;
                    }
                    self.relay.shut_down(clock::now());
                }
            }
        }
    }

    /// Lets the core take in what has arrived and the time, then drains it to empty: what must be
    /// durable first, then what goes out.
    fn settle(&mut self) {
        let now = clock::now();
        if now.saturating_since(self.wall_told_at) >= WALL_PERIOD {
            self.wall_told_at = now;
            self.relay.set_wall(now, clock::wall());
        }
        let relay = &mut self.relay;
        let received = self.port.receive(now, |path, datagram| {
            relay.handle_datagram(now, path, datagram)
        });
        if let Err(error) = received {
            tracing::debug!(%error, "can't read the socket");
        }
        self.relay.handle_timeout(now);
        while let Some(request) = self.relay.poll_log() {
            self.log.ask(request);
        }
        let relay = &mut self.relay;
        self.port.transmit(now, |out| relay.poll_transmit(now, out));
        while let Some(notice) = self.relay.poll_notice() {
            // Nobody reading the notices is no reason to keep them.
            let _ = self.notices.try_send(notice.to_string());
        }
        let present = self.relay.members_present();
        self.present.send_if_modified(|value| {
            let is_modified = *value != present;
            *value = present;
            is_modified
        });
        if let Some(announcer) = &mut self.announcer {
            announcer.update(present);
        }
    }
}

/// Keeps the relay's beacon true.
struct Announcer {
    handle: DiscoveryHandle,
    id: RelayId,
    name: Name,
    key: [u8; 32],
    port: u16,
    is_hosted: bool,
    last: Option<u32>,
}

impl Announcer {
    fn update(&mut self, present: u32) {
        if self.last == Some(present) {
            return;
        }
        self.last = Some(present);
        let kind = match (self.is_hosted, present) {
            (false, _) => RelayKind::Dedicated,
            (true, 0 | 1) => RelayKind::Hosted,
            (true, _) => RelayKind::HostedSettled,
        };
        let announcement = Announcement::Relay {
            id: self.id,
            key: self.key,
            port: self.port,
            kind,
            members: present,
            versions: (VERSION, VERSION),
        };
        self.handle.announce(self.name.clone(), Some(announcement));
    }
}

/// Discovery on the interfaces that the relay serves on.
fn announcing(config: &RelayServerConfig) -> Result<Option<DiscoveryHandle>, DiscoveryError> {
    let mut ifaces = config.ifaces.clone();
    let bound = config.bind.map(|address| address.ip());
    if let Some(ip) = bound.filter(|ip| !ip.is_unspecified()) {
        let mut serving = interfaces::list(&ifaces).unwrap_or_default();
        serving.retain(|interface| interface.addresses.contains(&ip));
        ifaces = serving
            .into_iter()
            .map(|interface| interface.name)
            .collect();
        if ifaces.is_empty() {
            return Ok(None);
        }
    }
    let chaos = config.chaos.clone();
    match discovery::spawn(DiscoveryConfig { ifaces, chaos }) {
        Ok(discovery) => Ok(Some(discovery)),
        // A relay with a fixed address is of use to those who are told it.
        Err(error) if config.bind.is_some() => {
            tracing::warn!(%error, "not announced");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Makes sure that no other relay uses the store, until the file is dropped or the process dies.
fn lock(store: &Path) -> Result<File, RelayStartError> {
    let mut path = store.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let failed = |error| RelayStartError::Lock {
        path: path.clone(),
        error,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = File::options();
    file.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        file.mode(0o600);
    }
    let file = file.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RelayStartError::InUse(store.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Binds the address asked for; else the usual port, or any free one when that is taken.
fn bind(wanted: Option<SocketAddr>, chaos: Option<&ChaosSpec>) -> Result<Port, RelayStartError> {
    let address = wanted.unwrap_or(any_address(RELAY_PORT));
    match Port::bind(address, chaos) {
        Err(error) if wanted.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            tracing::info!("port {RELAY_PORT} is taken, using another");
            let address = any_address(0);
            Port::bind(address, chaos).map_err(|error| RelayStartError::Bind { address, error })
        }
        result => result.map_err(|error| RelayStartError::Bind { address, error }),
    }
}

/// Every address of this host, of both families.
fn any_address(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port)
}

/// The addresses a socket bound to `local` is reached at: those of use to most first, those of this
/// machine alone last.
fn reachable_at(local: SocketAddr) -> Vec<SocketAddr> {
    if !local.ip().is_unspecified() {
        return vec![local];
    }
    let interfaces = interfaces::list(&[]).unwrap_or_default();
    let addresses = interfaces.iter().flat_map(|interface| &interface.addresses);
    let mut addresses: Vec<IpAddr> = addresses.copied().collect();
    addresses.sort_by_key(nearness);
    let addresses = addresses.into_iter();
    addresses
        .map(|address| SocketAddr::new(address, local.port()))
        .collect()
}

/// How few can reach an address: 0 for one of the network, 1 for one of a single link, 2 for one of
/// this machine.
fn nearness(address: &IpAddr) -> u8 {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    match (address.is_loopback(), is_link_local) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}

/// What the system says, in fewer words.
fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "the port is taken".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_others_reach_come_first() {
        let texts = [
            "127.0.0.1",
            "::1",
            "fe80::1",
            "10.0.0.1",
            "169.254.1.1",
            "2001:db8::1",
        ];
        let addresses = texts.iter().map(|text| text.parse().unwrap());
        let mut addresses: Vec<IpAddr> = addresses.collect();
        addresses.sort_by_key(nearness);
        let sorted: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        let expected = [
            "10.0.0.1",
            "2001:db8::1",
            "fe80::1",
            "169.254.1.1",
            "127.0.0.1",
            "::1",
        ];
        assert_eq!(sorted, expected);
    }
}
