//! From arguments to a command, and from its result to the exit code.

use std::io::{IsTerminal, Stdout, stderr, stdin, stdout};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use jiff::tz::TimeZone;
use tokio::io::BufReader;
use tracing_subscriber::EnvFilter;

use super::args::{Args, AuditArgs, Command, RelayCommand, SendArgs, TailArgs};
use super::audit::AuditOptions;
use super::context::Context;
use super::error::{CliError, from_store_error};
use super::output::Output;
use super::search::SearchOptions;
use super::send::{Messages, SendOptions};
use super::tail::TailOptions;
use super::target::Target;
use super::usage::from_clap;
use super::{audit, backup, chat, discover, help, picture, pipe, query, relay, search, send, tail};
use crate::io::discovery::DiscoveryConfig;
use crate::io::entropy;
use crate::locale::{Language, say};
use crate::store::ClientStore;
use crate::wire::{Follow, Seq};

/// Runs the command that this process was started with.
pub fn main() -> ExitCode {
    let mut language = help::language(std::env::args_os());
    let command = help::translated(Args::command(), language);
    let args = command
        .try_get_matches()
        .and_then(|matches| Args::from_arg_matches(&matches));
    let args = match args {
        Ok(args) => args,
        Err(error) => {
            return match from_clap(&error, language) {
                Some(error) => error.report(language, &mut stderr()),
                None => {
                    // Whoever closed standard output does not want the help.
                    let _ = error.print();
                    ExitCode::SUCCESS
                }
            };
        }
    };
    match start(args, &mut language) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(language, &mut stderr()),
    }
}

/// Runs what the arguments say; `language` becomes the one that the whole configuration names.
fn start(args: Args, language: &mut Language) -> Result<(), CliError> {
    let is_plain = args.plain || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if args.command.is_some() || is_plain {
        log_to_stderr(args.global.verbose);
    }
    let context = Context::load(args.global)?;
    *language = context.language;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(say!("error-start", error = error)))?;
    let result = runtime.block_on(run(&context, args.command, is_plain));
    // Standard input may be in the middle of a read, which nothing can end.
    runtime.shutdown_background();
    result
}

async fn run(context: &Context, command: Option<Command>, is_plain: bool) -> Result<(), CliError> {
    let mut out = Output::new(stdout(), context.global.json, TimeZone::system())
        .in_language(context.language);
    let out = &mut out;
    match command {
        None if is_plain => chat::run_plain(context, out).await,
        None => chat::run(context).await,
        Some(Command::Relay(args)) => match &args.command {
            Some(RelayCommand::Backup(args)) => backup::run(&context.folders, args, out),
            None => relay::run(context, args, out).await,
        },
        Some(Command::Send(args)) => run_send(context, args, out).await,
        Some(Command::Tail(args)) => run_tail(context, args, out).await,
        Some(Command::Who(args)) => {
            let who = async |handle: &_, inbox: &mut _, _| {
                let room = match args.room {
                    Some(target) => Some(target.find(inbox).await?),
                    None => None,
                };
                query::who(handle, inbox, room, out).await
            };
            context.headless(false, who).await
        }
        Some(Command::Rooms) => {
            let rooms = async |handle: &_, inbox: &mut _, _| query::rooms(handle, inbox, out).await;
            context.headless(false, rooms).await
        }
        Some(Command::Net) => {
            let net = async |handle: &_, inbox: &mut _, _| query::net(handle, inbox, out).await;
            context.headless(false, net).await
        }
        Some(Command::History(args)) => {
            let before = args.before.map(Seq);
            let history = async |handle: &_, inbox: &mut _, _| {
                let room = args.room.find(inbox).await?;
                query::history(handle, inbox, room, before, args.count, out).await
            };
            context.headless(false, history).await
        }
        Some(Command::Search(args)) => {
            let options = SearchOptions {
                words: args.words.join(" "),
                room: args.room,
                from: args.from,
                count: args.count,
            };
            let search =
                async |handle: &_, inbox: &mut _, _| search::run(handle, inbox, options, out).await;
            context.headless(false, search).await
        }
        Some(Command::Audit(args)) => run_audit(context, args, out).await,
        Some(Command::Pipe(args)) => run_pipe(context, args.room, out).await,
        Some(Command::Discover) => {
            let config = DiscoveryConfig {
                ifaces: context.ifaces(),
                chaos: context.chaos(),
            };
            discover::run(config, out).await
        }
        Some(Command::Picture) => out.text(picture::svg().trim_end()),
    }
}

async fn run_send(
    context: &Context,
    args: SendArgs,
    out: &mut Output<Stdout>,
) -> Result<(), CliError> {
    let reads_lines = match args.text.as_slice() {
        [only] => only == "-",
        [] if stdin().is_terminal() => {
            return Err(CliError::usage(say!("send-nothing")).hint(say!("send-nothing-hint")));
        }
        [] => true,
        _ => false,
    };
    let messages = if reads_lines {
        Messages::Lines(BufReader::new(tokio::io::stdin()))
    } else {
        Messages::One(args.text.join(" "))
    };
    let target = match args.to {
        Some(user) => Target::User(user),
        None => context.target(args.room),
    };
    let mut rng = entropy::rng();
    let send = async |handle: &_, inbox: &mut _, device| {
        let options = SendOptions {
            target,
            create: args.create,
            device,
            rate: args.rate,
            wait: args.wait,
        };
        send::run(handle, inbox, options, messages, &mut rng, out).await
    };
    context.headless(false, send).await
}

async fn run_tail(
    context: &Context,
    args: TailArgs,
    out: &mut Output<Stdout>,
) -> Result<(), CliError> {
    let options = TailOptions {
        room: context.target(args.room),
        follow: match args.since {
            Some(seq) => Follow::Since(Seq(seq)),
            None => Follow::Last(args.last),
        },
        messages_max: args.count,
    };
    let tail = async |handle: &_, inbox: &mut _, _| tail::run(handle, inbox, options, out).await;
    context.headless(true, tail).await
}

async fn run_pipe(
    context: &Context,
    rooms: Vec<Target>,
    out: &mut Output<Stdout>,
) -> Result<(), CliError> {
    if !out.is_json() {
        return Err(CliError::usage(say!("pipe-json-only")).hint("lanterm pipe --json"));
    }
    let rooms = if rooms.is_empty() {
        vec![context.target(None)]
    } else {
        rooms
    };
    let mut rng = entropy::rng();
    let pipe = async |handle: &_, inbox: &mut _, device| {
        let input = BufReader::new(tokio::io::stdin());
        pipe::run(handle, inbox, device, rooms, input, &mut rng, out).await
    };
    context.headless(true, pipe).await
}

async fn run_audit(
    context: &Context,
    args: AuditArgs,
    out: &mut Output<Stdout>,
) -> Result<(), CliError> {
    let options = AuditOptions {
        room: args.room,
        at: args.at.map(Seq),
    };
    let history = context.folders.data.join("client.db");
    // Who never opened the chat here has read nothing.
    let store = match history.exists() {
        true => Some(ClientStore::open(&history).map_err(|error| from_store_error(&error))?),
        false => None,
    };
    let own = |room: &_, log, seq| match &store {
        Some(store) => store
            .hash_at(room, log, seq)
            .map_err(|error| from_store_error(&error)),
        None => Ok(None),
    };
    let audit =
        async |handle: &_, inbox: &mut _, _| audit::run(handle, inbox, options, own, out).await;
    context.headless(false, audit).await
}

/// Logs to standard error: warnings, and with each `-v` more.
fn log_to_stderr(verbosity: u8) {
    let level = match verbosity {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("lanterm={level}")))
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_target(false)
        .init();
}
