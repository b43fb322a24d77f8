//! What every command starts from: flags, configuration and the user's files, put together.

use std::path::PathBuf;
use std::time::Duration;

use super::args::{GlobalArgs, RelayAddress};
use super::config::{Config, Folders};
use super::discover::from_discovery;
use super::error::{CliError, ErrorKind, from_store_error};
use super::identity::{self, SecretKey};
use super::inbox::Inbox;
use super::known_relays::KnownRelays;
use super::name::{self, ChosenName, SavedName};
use super::target::Target;
use crate::chaos::ChaosSpec;
use crate::io::client::{ClientHandle, ClientSetup, ClientStartError, HostSetup};
use crate::io::entropy;
use crate::locale::{Language, say};
use crate::session::KeyPair;
use crate::wire::{DeviceId, RoomName};

/// How long a command waits for its goodbye to be heard, before it just ends.
const GOODBYE: Duration = Duration::from_secs(1);

/// Flags, configuration and files of the user.
pub struct Context {
    /// The flags that every command takes.
    pub global: GlobalArgs,
    /// Where files are.
    pub folders: Folders,
    /// What `config.toml` says.
    pub config: Config,
    /// The language to speak.
    pub language: Language,
}

impl Context {
    /// Finds the folders and reads the configuration.
    ///
    /// # Errors
    /// When there is no home folder, or the configuration is damaged.
    pub fn load(global: GlobalArgs) -> Result<Self, CliError> {
        let home = std::env::var_os("LANTERM_HOME").map(PathBuf::from);
        let folders = Folders::find(home.as_deref())?;
        let config = Config::load(global.config.as_deref(), &folders)?;
        let chosen = global.lang.or(config.language);
        Ok(Self {
            language: chosen.unwrap_or_else(Language::of_system),
            global,
            folders,
            config,
        })
    }

    /// The name to go by.
    ///
    /// # Errors
    /// When a name that was given can't be one.
    pub fn name(&self) -> Result<ChosenName, CliError> {
        name::resolve(
            self.global.name.as_deref(),
            std::env::var("LANTERM_NAME").ok().as_deref(),
            &self.config,
            &SavedName::new(&self.folders),
            name::login().as_deref(),
        )
    }

    /// The relay to use instead of looking for one.
    pub fn relay(&self) -> Option<&RelayAddress> {
        self.global.relay.as_ref().or(self.config.relay.as_ref())
    }

    /// The interfaces to use; all when empty.
    pub fn ifaces(&self) -> Vec<String> {
        if self.global.iface.is_empty() {
            self.config.iface.clone()
        } else {
            self.global.iface.clone()
        }
    }

    /// The room given, else the one configured, else the lobby.
    pub fn room(&self, given: Option<RoomName>) -> RoomName {
        given
            .or_else(|| self.config.room.clone())
            .unwrap_or_else(RoomName::lobby)
    }

    /// The room a command names, else the one configured, else the lobby.
    pub fn target(&self, given: Option<Target>) -> Target {
        given.unwrap_or_else(|| Target::Room(self.room(None)))
    }

    /// What is done to this process's datagrams; said with its seed, so that it can be repeated.
    pub fn chaos(&self) -> Option<ChaosSpec> {
        let spec = self.global.chaos.clone()?;
        if spec.is_harmless() {
            return None;
        }
        let spec = spec.seeded_by(u64::from_be_bytes(entropy::bytes()));
        tracing::info!("--chaos {spec}");
        Some(spec)
    }

    /// One of the user's secret keys, made when there is none yet.
    ///
    /// # Errors
    /// One that names the file.
    pub fn keys(&self, which: SecretKey) -> Result<KeyPair, CliError> {
        let private = identity::load_or_create(&self.folders, which, &entropy::bytes())?;
        Ok(KeyPair::from_private(*private))
    }

    /// How a client of this user runs. `visible`: it is to be seen as present.
    ///
    /// # Errors
    /// When the name, the key or the known relays can't be had.
    pub fn client_setup(&self, visible: bool) -> Result<ClientSetup, CliError> {
        let keys = self.keys(SecretKey::Device)?;
        let known_relays = KnownRelays::new(&self.folders);
        Ok(ClientSetup {
            name: self.name()?.name,
            keys,
            visible,
            pins: known_relays.load()?,
            keep_pin: Box::new(move |pin| {
                if let Err(error) = known_relays.add(pin) {
                    tracing::warn!("{error}");
                }
            }),
            relay: self.relay().map(|relay| (relay.host.clone(), relay.port)),
            ifaces: self.ifaces(),
            host: None::<HostSetup>,
            store: None,
            chaos: self.chaos(),
        })
    }

    /// Runs a command with a client that hosts nothing and keeps nothing, until it is done or the
    /// process is told to end; then says goodbye.
    ///
    /// # Errors
    /// Those of the command, and when no client can be started. A command that is cut short failed,
    /// unless it `is_endless`.
    pub async fn headless(
        &self,
        is_endless: bool,
        command: impl AsyncFnOnce(&ClientHandle, &mut Inbox, DeviceId) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        // Who follows a room is seen there; who only brings or fetches something is not.
        let setup = self.client_setup(is_endless)?;
        let device = setup.keys.device_id();
        let (handle, reports) = ClientHandle::start(setup)
            .await
            .map_err(|error| from_start(&error))?;
        let hint = match self.relay() {
            Some(relay) => say!("contact-relay-hint", relay = relay.to_string()),
            None => say!("contact-no-relay-hint"),
        };
        let mut inbox = Inbox::new(reports, self.global.timeout, hint);
        let result = tokio::select! {
            result = command(&handle, &mut inbox, device) => result,
            () = told_to_end() => match is_endless {
                true => Ok(()),
                false => Err(CliError::failed(say!("error-interrupted"))),
            },
        };
        // The inbox goes first, so that reports nobody reads don't hold up the goodbye.
        drop(inbox);
        let _ = tokio::time::timeout(GOODBYE, handle.shut_down()).await;
        result
    }
}

/// Waits until the user or the system wants this process to end.
pub async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a way to be told, the process ends the hard way.
        std::future::pending::<()>().await;
    }
}

/// The error of a command whose client can't start.
pub fn from_start(error: &ClientStartError) -> CliError {
    match error {
        ClientStartError::Resolve { host, error } => CliError::new(
            ErrorKind::Unreachable,
            say!("start-resolve", host = host, error = error),
        ),
        ClientStartError::Discovery(error) => from_discovery(error),
        ClientStartError::Socket(error) => CliError::failed(say!("start-socket", error = error)),
        ClientStartError::Store(error) => from_store_error(error),
    }
}
