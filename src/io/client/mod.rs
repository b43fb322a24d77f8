//! A client at work: socket, discovery, history and clock around the core, and a relay of its own
//! where none answers.

mod driver;
mod keeping;
mod notice;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use tokio::sync::mpsc::{self, Receiver, UnboundedReceiver, UnboundedSender};

use crate::chaos::ChaosSpec;
use crate::client::rendezvous::Rendezvous;
use crate::client::update::PathStats;
use crate::client::{Client, ClientConfig, Pin, Update};
use crate::session::{KeyPair, OPEN_PSK};
use crate::store::StoreError;
use crate::store::relay_store::RelayStore;
use crate::wire::{
    Follow, LocalId, LogId, Name, Presence, Query, RelayId, RoomName, SafeText, Send, Seq,
    Timestamp,
};

use driver::{Driver, Seeker, path_to};
pub use notice::{Notice, Unsent};

use super::clock;
use super::discovery::{self, DiscoveryConfig, DiscoveryError};
use super::entropy;
use super::history::History;
use super::port::Port;

/// Reports waiting to be read. With few free places left the network is not read any more,
/// so that a reader that stands still holds up its own session and nothing else.
const REPORTS_MAX: usize = 4096;

/// How a client is to run.
pub struct ClientSetup {
    /// The name the user wants.
    pub name: Name,
    /// The device's keys.
    pub keys: KeyPair,
    /// Whether the user is to be seen as present.
    pub visible: bool,
    /// Relays known from earlier.
    pub pins: Vec<Pin>,
    /// Writes down a relay seen for the first time, or trusted anew.
    pub keep_pin: Box<dyn FnMut(&Pin) + std::marker::Send>,
    /// The relay to use, as host and port; looked for on the network when `None`.
    pub relay: Option<(String, u16)>,
    /// The interfaces to look on; none for all.
    pub ifaces: Vec<String>,
    /// How to stand in where no relay answers; never, when `None`, when a relay is named, or when the
    /// store for that can't be opened, which is said in a notice.
    pub host: Option<HostSetup>,
    /// The database for history and unsent messages; nothing is kept when `None`.
    pub store: Option<PathBuf>,
    /// What is done to this process's own datagrams.
    pub chaos: Option<ChaosSpec>,
}

/// How to stand in for a relay, which is called as the user is.
#[derive(Clone, Debug)]
pub struct HostSetup {
    /// The database of the relay.
    pub store: PathBuf,
}

/// Why a client can't start.
#[derive(Debug, thiserror::Error)]
pub enum ClientStartError {
    /// The relay's name means nothing.
    #[error("can't find the host \"{host}\": {error}")]
    Resolve {
        /// The name.
        host: String,
        /// What the system says.
        error: io::Error,
    },
    /// No socket can be had.
    #[error("can't open a socket: {0}")]
    Socket(io::Error),
    /// Nothing to look on.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// A database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a client tells its user.
#[derive(Debug)]
pub enum Report {
    /// Something changed in the user's view, and when it came to be known.
    Update {
        /// What.
        update: Update,
        /// This machine's wall clock.
        received_at: Timestamp,
    },
    /// The rooms that were open when this user's client ended last, in the order of their opening:
    /// said once, before anything of them is, where there is a store.
    Known(Vec<KnownRoom>),
    /// The quality of the path, twice a second while it changes.
    Stats(PathStats),
    /// A question got its number.
    Asked {
        /// The asker's own number.
        tag: u32,
        /// The number the answers carry.
        request: u32,
    },
    /// A message was not taken over: nothing of it is kept here.
    SendRefused {
        /// The sender's own number for it.
        local: LocalId,
        /// Why.
        why: Unsent,
    },
    /// Whether this process now stands in for a relay.
    Hosting(bool),
    /// The names of the interfaces that relays are looked for on.
    Interfaces(Vec<String>),
    /// Something that people should know.
    Notice(Notice),
}

/// A room as it was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRoom {
    /// The room.
    pub room: RoomName,
    /// Up to where the user has read it, if at all.
    pub read: Option<(LogId, Seq)>,
    /// Messages of others after that, as far as this device has them.
    pub unread: u32,
    /// What the user was writing there; may be empty.
    pub draft: String,
    /// Lines the user sent there, oldest first.
    pub sent: Vec<String>,
}

/// What the owner of a [`ClientHandle`] asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open a room, in this session and in every later one.
    Open {
        /// The room.
        room: RoomName,
        /// Whether to make it when there is none.
        create: bool,
        /// What to send of its log.
        follow: Follow,
    },
    /// Close a room.
    Close {
        /// The room.
        room: RoomName,
        /// Whether to stop being a member as well.
        leave: bool,
    },
    /// Send something to a room.
    Send {
        /// The room.
        room: RoomName,
        /// What.
        send: Send,
    },
    /// Ask the relay something; answered first by [`Report::Asked`].
    Ask {
        /// The asker's number for the question.
        tag: u32,
        /// The question.
        query: Query,
    },
    /// A room is durable up to here. Without need where there is a store.
    Seen {
        /// The room.
        room: RoomName,
        /// Up to where.
        seq: Seq,
    },
    /// Tell the relay that the user has read a room up to here.
    TellRead {
        /// The room.
        room: RoomName,
        /// The last event read.
        seq: Seq,
    },
    /// The user is typing a message for this room.
    Typing(RoomName),
    /// Report the quality of the path now, changed or not.
    TellStats,
    /// The user has read a room up to here. Remembered where there is a store; the relay is not told.
    Read {
        /// The room.
        room: RoomName,
        /// The log `seq` counts in.
        log: LogId,
        /// The last event read.
        seq: Seq,
    },
    /// Be shown as here, idle or away, with a text that says why.
    Presence(Presence, SafeText),
    /// Keep what the user is writing in a room, and the lines sent since that was last asked for.
    Draft {
        /// The room.
        room: RoomName,
        /// The text; nothing is kept of an empty one.
        text: String,
        /// The lines, oldest first.
        sent: Vec<String>,
    },
    /// Go by another name.
    Rename(Name),
    /// Accept the changed key of a relay.
    Trust,
    /// Say goodbye, and end.
    ShutDown,
}

/// A client at work. It ends when the last handle goes.
#[derive(Clone, Debug)]
pub struct ClientHandle {
    /// Not bounded, because askers wait for answers: scripts stop reading input while many messages
    /// are unanswered, and people type slowly.
    commands: UnboundedSender<Command>,
}

impl ClientHandle {
    /// Starts a client on the tokio runtime this is called in.
    ///
    /// # Errors
    /// A [`ClientStartError`] when socket, discovery or a database can't be had.
    pub async fn start(setup: ClientSetup) -> Result<(Self, Receiver<Report>), ClientStartError> {
        let now = clock::now();
        let target = match &setup.relay {
            Some((host, port)) => Some(resolve(host, *port).await?),
            None => None,
        };
        let any = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0);
        let port = Port::bind(any, setup.chaos.as_ref()).map_err(ClientStartError::Socket)?;
        let history = match &setup.store {
            Some(path) => Some(History::start(path, setup.keys.device_id())?),
            None => None,
        };
        let mut client = Client::new(
            now,
            ClientConfig {
                name: setup.name.clone(),
                keys: setup.keys.clone(),
                visible: setup.visible,
                pins: setup.pins,
                seed: entropy::bytes(),
            },
        );
        let (handle, incoming) = Self::channel();
        let (reports, receiver) = mpsc::channel(REPORTS_MAX);
        let seeker = match target {
            Some(address) => {
                client.dial(now, path_to(address), OPEN_PSK);
                None
            }
            None => {
                let config = DiscoveryConfig {
                    chaos: setup.chaos.clone(),
                    ifaces: setup.ifaces.clone(),
                };
                let discovery = discovery::spawn(config)?;
                let (host, own) = match setup.host.map(may_host) {
                    Some(Ok((host, own))) => (Some(host), own),
                    Some(Err(error)) => {
                        let _ = reports.try_send(Report::Notice(Notice::NeverHosting(error)));
                        (None, RelayId([0; 8]))
                    }
                    None => (None, RelayId([0; 8])),
                };
                Some(Seeker {
                    discovery,
                    rendezvous: Rendezvous::new(now, host.is_some(), own, entropy::rng()),
                    host,
                    own,
                    hosted: None,
                    announced: None,
                })
            }
        };
        let driver = Driver {
            client,
            port,
            seeker,
            history,
            name: setup.name,
            keys: setup.keys,
            ifaces: setup.ifaces,
            chaos: setup.chaos,
            keep_pin: setup.keep_pin,
            commands: incoming,
            reports,
            stats: None,
            stats_at: now,
            waiting: BTreeMap::new(),
            backlog: VecDeque::new(),
            direct: BTreeMap::new(),
            stopping: Vec::new(),
            is_ending: false,
        };
        tokio::spawn(driver.run());
        Ok((handle, receiver))
    }

    /// A handle, and the end that does what is asked through it.
    pub fn channel() -> (Self, UnboundedReceiver<Command>) {
        let (commands, receiver) = mpsc::unbounded_channel();
        (Self { commands }, receiver)
    }

    /// Opens a room, in this session and in every later one.
    pub fn open(&self, room: RoomName, create: bool, follow: Follow) {
        self.command(Command::Open {
            room,
            create,
            follow,
        });
    }

    /// Closes a room; `leave` when the user also stops being a member.
    pub fn close(&self, room: RoomName, leave: bool) {
        self.command(Command::Close { room, leave });
    }

    /// Sends something to a room. What becomes of it is reported: as stored, not stored, or refused.
    pub fn send(&self, room: RoomName, send: Send) {
        self.command(Command::Send { room, send });
    }

    /// Asks the relay something; [`Report::Asked`] tells the number the answers carry.
    pub fn ask(&self, tag: u32, query: Query) {
        self.command(Command::Ask { tag, query });
    }

    /// Says that a room is durable up to here. Without need where there is a store.
    pub fn seen(&self, room: RoomName, seq: Seq) {
        self.command(Command::Seen { room, seq });
    }

    /// Asks for anything.
    pub fn command(&self, command: Command) {
        // An error means that the client has ended; its reports end as well, and tell.
        let _ = self.commands.send(command);
    }

    /// Says goodbye, and waits until the client has ended.
    pub async fn shut_down(self) {
        self.command(Command::ShutDown);
        self.commands.closed().await;
    }
}

/// Which relay stands in from that store. Whoever can't open it can still use the relays of others.
fn may_host(host: HostSetup) -> Result<(HostSetup, RelayId), StoreError> {
    let own = RelayStore::open(&host.store)?.snapshot()?.relay;
    Ok((host, own))
}

async fn resolve(host: &str, port: u16) -> Result<SocketAddr, ClientStartError> {
    let failed = |error| ClientStartError::Resolve {
        host: host.to_owned(),
        error,
    };
    let mut addresses = tokio::net::lookup_host((host, port))
        .await
        .map_err(failed)?;
    addresses
        .next()
        .ok_or_else(|| failed(io::Error::from(io::ErrorKind::NotFound)))
}
