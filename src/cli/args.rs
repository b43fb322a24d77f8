//! The arguments of every command.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use super::keep::{parse_age, parse_size};
use super::target::Target;
use crate::chaos::ChaosSpec;
use crate::locale::Language;
use crate::wire::{Name, RELAY_PORT};

/// Terminal chat for the network you are on
///
/// Start it on any machine of a network and you are in the room with everyone else who did: no
/// internet, no address to type, nothing to set up.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "lanterm",
    version,
    max_term_width = 90,
    subcommand_help_heading = "Commands",
    after_help = "Without a command it opens the chat. Example: lanterm --name ada"
)]
pub struct Args {
    /// Print the chat as lines, for screen readers, pipes, and terminals without a cursor
    #[arg(long)]
    pub plain: bool,
    /// Flags that every command takes. Their heading is that of all flags below them as well.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command; the chat when there is none.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Options for every command")]
pub struct GlobalArgs {
    /// Use this relay instead of looking for one
    #[arg(long, global = true, value_name = "HOST[:PORT]")]
    pub relay: Option<RelayAddress>,
    /// Go by this name
    #[arg(long, global = true)]
    pub name: Option<String>,
    /// Use only this network interface; may be given several times
    #[arg(long, global = true, value_name = "NAME")]
    pub iface: Vec<String>,
    /// Read this file instead of config.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Speak this language, en or zh, instead of the system's
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub lang: Option<Language>,
    /// Print JSON, one object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Impair this process's own datagrams, e.g. loss=20%,delay=20ms±5ms,seed=7
    #[arg(long, global = true, value_name = "SPEC")]
    pub chaos: Option<ChaosSpec>,
    /// Say more on standard error; twice for more still
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Give up when nothing answers for this long, in seconds
    #[arg(
        long,
        global = true,
        value_name = "SECS",
        default_value = "10",
        value_parser = parse_seconds
    )]
    pub timeout: Duration,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run the relay: one box that remembers for those who are away
    #[command(
        args_conflicts_with_subcommands = true,
        subcommand_help_heading = "Commands",
        after_help = "Examples: lanterm relay --relay-name attic --keep 90d\n          \
                      lanterm relay backup attic-monday.db"
    )]
    Relay(RelayArgs),
    /// Send a message; done only once the relay has stored it
    ///
    /// Ends with exit code 0 once every message got as far as --wait says, and with another when one
    /// is refused or nothing happens for the time of --timeout.
    #[command(after_help = "Examples: lanterm send dinner is ready\n          \
                      lanterm send --to ben --wait delivered --timeout 60 call me\n          \
                      make 2>&1 | lanterm send -r builds -")]
    Send(SendArgs),
    /// Follow a room
    #[command(after_help = "Example: lanterm tail -r builds --last 20")]
    Tail(TailArgs),
    /// Show who is here
    #[command(after_help = "Example: lanterm who -r lobby")]
    Who(WhoArgs),
    /// List the rooms
    #[command(after_help = "Example: lanterm rooms --json")]
    Rooms,
    /// Show how well the relay reaches everybody
    ///
    /// One line for each session of the relay: the round trip, and how much of the last 256 datagrams
    /// each way was lost, as the relay measures it.
    #[command(after_help = "Example: lanterm net --json")]
    Net,
    /// Show what was said in a room
    #[command(after_help = "Example: lanterm history -r lobby -n 50")]
    History(HistoryArgs),
    /// Find messages by their words, newest first
    ///
    /// All words must occur, in any order; capitals and accents make no difference. "lamp*" finds words
    /// that begin so, and what stands in double quotes is found as it stands. Rooms that you may not
    /// read are left out. When nothing is found, nothing is printed, and the exit code is 0.
    #[command(after_help = "Examples: lanterm search dinner\n          \
                      lanterm search '\"build failed\"' -r builds --from bot -n 100")]
    Search(SearchArgs),
    /// Check that a room's log is whole, and print the hash over it
    ///
    /// Fetches the log from the relay, computes the hash over it event by event, and compares it
    /// with what the relay says and with what this device has read so far. Two machines that print
    /// the same hash for the same place have the same events up to there, in the same order. Exit
    /// code 3 when anything differs, with the first event that does.
    #[command(after_help = "Example: lanterm audit -r lobby --at 1200")]
    Audit(AuditArgs),
    /// A bot's two-way door: JSON lines in, JSON lines out
    #[command(
        after_help = "Example: echo '{\"type\":\"send\",\"room\":\"lobby\",\"text\":\"hi\"}' | \
                      lanterm pipe --json"
    )]
    Pipe(PipeArgs),
    /// Show what is announced on every interface, within 2 seconds
    #[command(after_help = "Example: lanterm discover --iface eth0")]
    Discover,
    /// Print a picture of the screen, as SVG, for the manual
    #[command(hide = true)]
    Picture,
}

/// Arguments of `relay`.
#[derive(Clone, Debug, clap::Args)]
pub struct RelayArgs {
    /// Listen on this address only [default: all]
    #[arg(long, value_name = "ADDR[:PORT]")]
    pub bind: Option<BindAddress>,
    /// Listen on this UDP port [default: 5267, or any that is free]
    #[arg(long)]
    pub port: Option<u16>,
    /// What the relay is called [default: the machine's name]
    #[arg(long, value_name = "NAME")]
    pub relay_name: Option<Name>,
    /// Where to keep the rooms: a file, or "memory" [default: relay.db]
    ///
    /// With "memory" nothing is written to a disk: the rooms end with the relay, and a message counts
    /// as stored once it is in the relay's memory ("held" in the JSON lines of send and pipe).
    #[arg(
        long,
        value_name = "PATH|memory",
        value_parser = NonEmptyStringValueParser::new().map(StorePlace::from)
    )]
    pub store: Option<StorePlace>,
    /// Delete events this long after they were stored: 90d, 12h, 4w [default: never]
    ///
    /// Days, when there is no unit. What is deleted is gone for those who have not read it, who are
    /// told how much it was; the numbers of the others stay as they are.
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    pub keep: Option<Duration>,
    /// Delete the oldest events while the store is larger: 500M, 2G [default: never]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub keep_size: Option<u64>,
    /// What else to do with a relay's store.
    #[command(subcommand)]
    pub command: Option<RelayCommand>,
}

/// What to do with a relay's store instead of serving.
#[derive(Clone, Debug, Subcommand)]
pub enum RelayCommand {
    /// Copy the rooms to a file, also while the relay runs
    ///
    /// To go back to the copy: stop the relay, copy the file over its store, and start the relay.
    /// Whoever read further than the copy goes is told so, and goes on after the last event that both
    /// have; what they wrote themselves since is offered again.
    #[command(after_help = "Examples: lanterm relay backup monday.db\n          \
                      lanterm relay backup --store /srv/attic.db /mnt/attic-monday.db")]
    Backup(BackupArgs),
}

/// Arguments of `relay backup`.
#[derive(Clone, Debug, clap::Args)]
pub struct BackupArgs {
    /// The file to make
    pub file: PathBuf,
    /// The store to copy [default: relay.db]
    #[arg(long, value_name = "PATH")]
    pub store: Option<PathBuf>,
}

/// Arguments of `send`.
#[derive(Clone, Debug, clap::Args)]
pub struct SendArgs {
    /// What to say; "-", or nothing, sends each line of standard input, but for empty ones
    #[arg(value_name = "TEXT")]
    pub text: Vec<String>,
    /// To this room, or @USER [default: lobby]
    #[arg(short, long, conflicts_with = "to")]
    pub room: Option<Target>,
    /// To this user alone
    #[arg(long, value_name = "USER")]
    pub to: Option<Name>,
    /// Make the room when there is none
    #[arg(long)]
    pub create: bool,
    /// Send so many messages a second at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Wait until the relay has it, or until a device of somebody else has
    #[arg(long, value_name = "HOW_FAR", value_enum, default_value_t = Wait::Stored)]
    pub wait: Wait,
}

/// How far a message is to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wait {
    /// The relay has stored it.
    Stored,
    /// A device of somebody else has it.
    Delivered,
}

/// Arguments of `tail`.
#[derive(Clone, Debug, clap::Args)]
pub struct TailArgs {
    /// Follow this room, or @USER for the direct messages with a user [default: lobby]
    #[arg(short, long)]
    pub room: Option<Target>,
    /// Begin with the last so many events
    #[arg(long, value_name = "N", default_value_t = 10, conflicts_with = "since")]
    pub last: u32,
    /// Begin after this place of the log
    #[arg(long, value_name = "SEQ")]
    pub since: Option<u64>,
    /// End after so many messages
    #[arg(short = 'n', value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
}

/// Arguments of `who`.
#[derive(Clone, Debug, clap::Args)]
pub struct WhoArgs {
    /// In this room, or @USER [default: in any]
    #[arg(short, long)]
    pub room: Option<Target>,
}

/// Arguments of `history`.
#[derive(Clone, Debug, clap::Args)]
pub struct HistoryArgs {
    /// Of this room, or @USER
    #[arg(short, long)]
    pub room: Target,
    /// Before this place of the log [default: its end]
    #[arg(long, value_name = "SEQ")]
    pub before: Option<u64>,
    /// So many events at most
    #[arg(
        short = 'n',
        value_name = "N",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=HISTORY_EVENTS_MAX as i64)
    )]
    pub count: u32,
}

/// The most events `history` shows. Arbitrary, because they are held in memory: their order is
/// oldest first, and they are fetched newest first.
pub const HISTORY_EVENTS_MAX: u32 = 100_000;

/// Arguments of `search`.
#[derive(Clone, Debug, clap::Args)]
pub struct SearchArgs {
    /// The words to find
    #[arg(required = true, value_name = "QUERY")]
    pub words: Vec<String>,
    /// In this room, or @USER [default: in all]
    #[arg(short, long)]
    pub room: Option<Target>,
    /// Only what this user wrote
    #[arg(long, value_name = "USER")]
    pub from: Option<Name>,
    /// So many at most
    #[arg(
        short = 'n',
        value_name = "N",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=FOUND_MAX as i64)
    )]
    pub count: u32,
}

/// The most events `search` finds. Arbitrary: more than anybody reads; other words find fewer.
pub const FOUND_MAX: u32 = 1_000;

/// Arguments of `audit`.
#[derive(Clone, Debug, clap::Args)]
pub struct AuditArgs {
    /// Of this room, or @USER
    #[arg(short, long)]
    pub room: Target,
    /// Up to this place of the log [default: its end]
    #[arg(long, value_name = "SEQ")]
    pub at: Option<u64>,
}

/// Arguments of `pipe`.
#[derive(Clone, Debug, clap::Args)]
pub struct PipeArgs {
    /// Follow this room, or @USER; may be given several times [default: lobby]
    #[arg(short, long)]
    pub room: Vec<Target>,
}

/// Where a relay is: a host, by name or address, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAddress {
    /// A name or an address; an IPv6 address without brackets.
    pub host: String,
    /// The UDP port.
    pub port: u16,
}

/// Not what an address is written like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A host with a port.
    #[error("write HOST, HOST:PORT or [IPV6]:PORT")]
    Host,
    /// An address with a port; names are none.
    #[error("write an address of this machine: IP, IPV4:PORT or [IPV6]:PORT")]
    Own,
}

impl FromStr for RelayAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (host, port) = split_port(text)?;
        let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
        // An IPv6 address has two colons at least, and nothing else has any.
        let is_cut_short = host.matches(':').count() == 1;
        if host.is_empty() || is_cut_short || !host.chars().all(is_host) {
            return Err(AddressError::Host);
        }
        Ok(Self {
            host: host.to_owned(),
            port: port.unwrap_or(RELAY_PORT),
        })
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        match (host.contains(':'), *port == RELAY_PORT) {
            (_, true) => f.write_str(host),
            (true, false) => write!(f, "[{host}]:{port}"),
            (false, false) => write!(f, "{host}:{port}"),
        }
    }
}

/// Where a relay listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindAddress {
    /// The address.
    pub ip: IpAddr,
    /// The UDP port, when given.
    pub port: Option<u16>,
}

impl FromStr for BindAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (ip, port) = split_port(text).map_err(|_| AddressError::Own)?;
        Ok(Self {
            ip: ip.parse().map_err(|_| AddressError::Own)?,
            port,
        })
    }
}

/// Where a relay keeps its rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorePlace {
    /// Nowhere: they are forgotten at the end.
    Memory,
    /// In this file.
    File(PathBuf),
}

impl From<String> for StorePlace {
    fn from(text: String) -> Self {
        match text.as_str() {
            "memory" => Self::Memory,
            path => Self::File(path.into()),
        }
    }
}

/// Splits `HOST`, `HOST:PORT`, `IPV6`, `[IPV6]` or `[IPV6]:PORT`.
fn split_port(text: &str) -> Result<(&str, Option<u16>), AddressError> {
    let parse_port = |port: &str| match port.parse() {
        Ok(0) | Err(_) => Err(AddressError::Host),
        Ok(port) => Ok(Some(port)),
    };
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(AddressError::Host)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, parse_port(port)?)),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(AddressError::Host),
        };
    }
    match text.split_once(':') {
        // More than one colon: an IPv6 address without a port.
        Some((_, rest)) if rest.contains(':') => Ok((text, None)),
        Some((host, port)) => Ok((host, parse_port(port)?)),
        None => Ok((text, None)),
    }
}

/// The longest `--timeout`. Arbitrary: a day is forever for a script.
const TIMEOUT_SECS_MAX: f64 = 86_400.0;

/// Not a time to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a number of seconds, up to 86400")]
pub struct SecondsError;

fn parse_seconds(text: &str) -> Result<Duration, SecondsError> {
    match text.parse::<f64>() {
        Ok(secs) if secs > 0.0 && secs <= TIMEOUT_SECS_MAX => Ok(Duration::from_secs_f64(secs)),
        Ok(_) | Err(_) => Err(SecondsError),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for arguments in [
            ["lanterm", "--relay", "attic:9", "rooms", "--json"],
            ["lanterm", "rooms", "--json", "--relay", "attic:9"],
        ] {
            let args = Args::try_parse_from(arguments).unwrap();
            assert!(args.global.json);
            assert_eq!(args.global.relay.unwrap().to_string(), "attic:9");
            assert!(matches!(args.command, Some(Command::Rooms)));
        }
    }

    #[test]
    fn addresses_are_read_with_and_without_port() {
        for (text, host, port) in [
            ("attic", "attic", 5267),
            ("attic:99", "attic", 99),
            ("10.0.0.1:99", "10.0.0.1", 99),
            ("fe80::1%eth0", "fe80::1%eth0", 5267),
            ("[::1]:99", "::1", 99),
            ("[::1]", "::1", 5267),
        ] {
            let address: RelayAddress = text.parse().unwrap();
            assert_eq!(
                (address.host.as_str(), address.port),
                (host, port),
                "{text}"
            );
            assert_eq!(address.to_string().parse(), Ok(address));
        }
        for text in [
            "",
            ":99",
            "attic:",
            "attic:x",
            "attic:0",
            "a b",
            "[::1",
            "[::1]99",
            "[attic:9]",
        ] {
            assert_eq!(
                text.parse::<RelayAddress>(),
                Err(AddressError::Host),
                "{text}"
            );
        }
        let bind: BindAddress = "[::]:7".parse().unwrap();
        assert_eq!((bind.ip, bind.port), ("::".parse().unwrap(), Some(7)));
        assert_eq!("attic:7".parse::<BindAddress>(), Err(AddressError::Own));
    }

    #[test]
    fn a_room_and_a_user_are_not_both_taken() {
        assert!(Args::try_parse_from(["lanterm", "send", "-r", "a", "--to", "b", "hi"]).is_err());
        assert!(Args::try_parse_from(["lanterm", "tail", "--last", "1", "--since", "2"]).is_err());
    }

    #[test]
    fn every_help_shows_an_example() {
        for command in Args::command().get_subcommands() {
            let help = command.clone().render_help().to_string();
            let is_hidden = command.is_hide_set();
            assert!(is_hidden || help.contains("Example"), "{help}");
        }
    }
}
