//! `lanterm` by itself: the screen, and the client behind it.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Stdout, stdin, stdout};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::io::BufReader;
use tokio::sync::{mpsc, watch};

use super::context::{Context, from_start, told_to_end};
use super::error::CliError;
use super::name::SavedName;
use super::notices;
use super::output::Output;
use super::plain::{self, Plain, PlainConfig};
use super::settings::Kept;
use crate::client::Update;
use crate::io::client::{self, ClientHandle, ClientSetup, Command as Order, HostSetup, Report};
use crate::io::{clock, entropy};
use crate::locale::{Language, say};
use crate::tui::keymap::KeyMap;
use crate::tui::name_prompt::NameAnswer;
use crate::tui::notify::{NotifyConfig, Terminal, Way};
use crate::tui::run::{RunError, RunOptions, ask_name};
use crate::tui::settings::Settings;
use crate::tui::themes::{Background, Depth, Looks};
use crate::tui::{App, AppConfig, Command, Input, KnownRoom, NamePrompt};
use crate::wire::{Follow, Name, Send};

/// Events fetched of a room that this device has never read. Arbitrary: some screens full.
const FIRST_EVENTS: u32 = 200;

/// Inputs and commands waiting for the other side. Arbitrary: a burst of history; the client keeps
/// what doesn't fit.
const QUEUE_MAX: usize = 256;

/// How long the end waits for the goodbye to be heard.
const GOODBYE: Duration = Duration::from_secs(1);

/// Opens the chat, and returns when the user leaves it.
///
/// # Errors
/// When there is no terminal, or the client or the screen fails.
pub async fn run(context: &Context) -> Result<(), CliError> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(CliError::usage(say!("chat-no-terminal")).hint(say!("chat-no-terminal-hint")));
    }
    let looks = looks(context);
    let Some(name) = find_name(context, looks.clone()).await? else {
        return Ok(());
    };
    let setup = setup(context, &name)?;
    let keys = KeyMap::new(&context.config.keys).map_err(|error| CliError::failed(error.said()))?;
    let mut kept = Kept::load(&context.folders, context.language);
    let mut app = App::new(AppConfig {
        name,
        device: setup.keys.device_id(),
        room: context.room(None),
        looks,
        mouse: context.config.mouse.unwrap_or(true),
        keys,
        settings: kept.settings.clone(),
        notify: notify_config(context),
        language: context.language,
        zone: TimeZone::system(),
        seed: entropy::bytes(),
        wall: clock::wall(),
    });
    if let Some(warning) = kept.warning.take() {
        app.handle_input(Input::Notice(warning));
    }
    let (handle, reports) = ClientHandle::start(setup)
        .await
        .map_err(|error| from_start(&error))?;
    let screen = async |inputs, commands| {
        let options = RunOptions { wall: clock::wall };
        let result = crate::tui::run::run(&mut app, inputs, commands, options).await;
        result.map_err(|error| from_screen(&error))
    };
    drive(context, handle, reports, kept, screen).await
}

/// Opens the chat as lines, and returns when the user leaves it or their input has ended.
///
/// # Errors
/// When the client fails, or standard input or output.
pub async fn run_plain(context: &Context, out: &mut Output<Stdout>) -> Result<(), CliError> {
    if context.global.json {
        return Err(CliError::usage(say!("plain-no-json")).hint("lanterm pipe --json"));
    }
    let name = context.name()?.name;
    let setup = setup(context, &name)?;
    let mut kept = Kept::load(&context.folders, context.language);
    let is_terminal = stdout().is_terminal();
    let ways = context.config.notify.as_ref();
    let mut plain = Plain::new(PlainConfig {
        name,
        device: setup.keys.device_id(),
        room: context.room(None),
        language: context.language,
        zone: TimeZone::system(),
        settings: kept.settings.clone(),
        has_color: is_terminal && depth(context) != Depth::None,
        has_bell: is_terminal && ways.is_none_or(|ways| ways.contains(&Way::Bell)),
        quiet: context.config.quiet,
        rng: entropy::rng(),
    });
    if let Some(warning) = kept.warning.take() {
        plain.handle_input(Input::Notice(warning));
    }
    let (handle, reports) = ClientHandle::start(setup)
        .await
        .map_err(|error| from_start(&error))?;
    let patience = context.global.timeout;
    let lines = async |inputs, commands| {
        let input = BufReader::new(tokio::io::stdin());
        let ended = async {
            tokio::select! {
                () = told_to_end() => {}
                () = hung_up() => {}
            }
        };
        plain::run(plain, inputs, commands, input, patience, ended, out).await
    };
    drive(context, handle, reports, kept, lines).await
}

/// Waits until the terminal is gone. Without one this process is left as it was started: `nohup` takes
/// its terminals away so that it goes on.
async fn hung_up() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if stdin().is_terminal()
            && let Ok(mut hang_up) = signal(SignalKind::hangup())
        {
            hang_up.recv().await;
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// How the client of somebody who chats runs.
fn setup(context: &Context, name: &Name) -> Result<ClientSetup, CliError> {
    context.folders.create_data()?;
    let mut setup = context.client_setup(true)?;
    setup.name = name.clone();
    setup.store = Some(context.folders.data.join("client.db"));
    setup.host = Some(HostSetup {
        store: context.folders.data.join("hosted.db"),
    });
    Ok(setup)
}

/// Runs what the user sees beside the client, and then ends the client.
async fn drive(
    context: &Context,
    handle: ClientHandle,
    reports: mpsc::Receiver<Report>,
    kept: Kept,
    screen: impl AsyncFnOnce(mpsc::Receiver<Input>, mpsc::Sender<Command>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let (inputs, app_inputs) = mpsc::channel(QUEUE_MAX);
    let (app_commands, commands) = mpsc::channel(QUEUE_MAX);
    let (settings, changes) = watch::channel(kept.settings.clone());
    let keeping = kept.keep(changes, inputs.downgrade(), context.language);
    let keeping = tokio::spawn(keeping);
    let mut bridge = Bridge {
        handle: &handle,
        settings,
        screen: inputs.downgrade(),
        saved_name: SavedName::new(&context.folders),
        questions: BTreeMap::new(),
        tells_typing: context.config.typing.unwrap_or(true),
        tells_read: context.config.read_marks.unwrap_or(true),
        language: context.language,
    };
    let screen = screen(app_inputs, app_commands);
    let (result, ()) = tokio::join!(screen, bridge.run(reports, inputs, commands));
    drop(bridge);
    let _ = tokio::time::timeout(GOODBYE, keeping).await;
    let _ = tokio::time::timeout(GOODBYE, handle.shut_down()).await;
    result
}

/// The name given, or the one the user chooses now; `None` when they left instead.
async fn find_name(context: &Context, looks: Looks) -> Result<Option<Name>, CliError> {
    let found = context.name()?;
    if found.is_chosen {
        return Ok(Some(found.name));
    }
    match ask_name(NamePrompt::new(
        found.name.as_str(),
        looks,
        context.language,
    ))
    .await
    {
        Ok(NameAnswer::Named(name)) => {
            context.folders.create_data()?;
            SavedName::new(&context.folders).save(&name)?;
            Ok(Some(name))
        }
        Ok(NameAnswer::Quit) => Ok(None),
        Err(error) => Err(from_screen(&error)),
    }
}

fn notify_config(context: &Context) -> NotifyConfig {
    let config = &context.config;
    NotifyConfig {
        ways: config.notify.clone().unwrap_or(Way::ALL.to_vec()),
        quiet: config.quiet,
        terminal: Terminal::detect(),
    }
}

/// How the screen is to look, as far as that is known before the terminal is asked.
fn looks(context: &Context) -> Looks {
    let background = variable("COLORFGBG").and_then(|value| Background::from_variable(&value));
    Looks {
        name: context.config.theme,
        own: context.config.colors.clone(),
        depth: depth(context),
        background: background.unwrap_or_default(),
    }
}

/// How many colours the terminal has that are wanted.
fn depth(context: &Context) -> Depth {
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if context.config.color.unwrap_or(!is_refused) {
        Depth::detect(variable)
    } else {
        Depth::None
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn from_screen(error: &RunError) -> CliError {
    CliError::failed(error.said())
}

/// Carries what the client tells to the screen, and what the user asks for to the client.
struct Bridge<'a> {
    handle: &'a ClientHandle,
    /// What the screen keeps for the next start.
    settings: watch::Sender<Settings>,
    /// To answer the screen from elsewhere.
    screen: mpsc::WeakSender<Input>,
    saved_name: SavedName,
    /// The screen's number of a question by the client's; as many as the client keeps.
    questions: BTreeMap<u32, u32>,
    /// Whether others are to know when the user types.
    tells_typing: bool,
    /// Whether others are to know how far the user has read.
    tells_read: bool,
    /// What the user is spoken to in.
    language: Language,
}

impl Bridge<'_> {
    /// Goes on until the screen is closed and all the user asked for is passed on.
    async fn run(
        &mut self,
        mut reports: mpsc::Receiver<Report>,
        inputs: mpsc::Sender<Input>,
        mut commands: mpsc::Receiver<Command>,
    ) {
        loop {
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    None => return,
                    Some(command) => self.obey(command),
                },
                // There is room for an input before a report is taken, so that none is lost.
                permit = inputs.reserve() => {
                    let Ok(permit) = permit else {
                        // The screen is closed; what it asked for last is still in the queue.
                        while let Some(command) = commands.recv().await {
                            self.obey(command);
                        }
                        return;
                    };
                    tokio::select! {
                        report = reports.recv() => match report {
                            Some(report) => {
                                if let Some(input) = self.translate(report) {
                                    permit.send(input);
                                }
                            }
                            // The screen notices when its inputs end.
                            None => return,
                        },
                        command = commands.recv() => match command {
                            None => return,
                            Some(command) => self.obey(command),
                        },
                    }
                }
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open { room, create } => {
                self.handle.open(room, create, Follow::Last(FIRST_EVENTS));
            }
            Command::Close { room, leave } => self.handle.close(room, leave),
            Command::Send {
                room,
                local,
                sent_at,
                body,
            } => {
                let send = Send::new(local, sent_at, body);
                self.handle.send(room, send);
            }
            Command::Draft { room, text, sent } => {
                self.handle.command(Order::Draft { room, text, sent });
            }
            Command::Ask { request, query } => self.handle.ask(request, query),
            Command::Rename(name) => {
                if let Err(error) = self.saved_name.save(&name)
                    && let Some(screen) = self.screen.upgrade()
                {
                    // A screen that is busy is not told.
                    let _ = screen.try_send(Input::Notice(error.message(self.language)));
                }
                self.handle.command(Order::Rename(name));
            }
            Command::Typing(room) => {
                if self.tells_typing {
                    self.handle.command(Order::Typing(room));
                }
            }
            Command::Presence(presence, status) => {
                self.handle.command(Order::Presence(presence, status));
            }
            Command::Trust => self.handle.command(Order::Trust),
            Command::Read { room, log, seq } => {
                if self.tells_read {
                    let room = room.clone();
                    self.handle.command(Order::TellRead { room, seq });
                }
                self.handle.command(Order::Read { room, log, seq });
            }
            Command::FindTerminal => {
                let screen = self.screen.clone();
                tokio::task::spawn_blocking(move || {
                    let terminal = Terminal::detect();
                    if let Some(screen) = screen.upgrade() {
                        // A screen that is closed needs no answer.
                        let _ = screen.blocking_send(Input::Terminal(terminal));
                    }
                });
            }
            Command::Keep(settings) => {
                // Whoever keeps them ends when nothing can be kept.
                let _ = self.settings.send(settings);
            }
            Command::Quit => {}
        }
    }

    /// What the screen is told of a report.
    fn translate(&mut self, report: Report) -> Option<Input> {
        match report {
            Report::Update {
                update,
                received_at,
            } => Some(Input::Update(self.renumber(update), received_at)),
            Report::Known(rooms) => Some(Input::Known(rooms.into_iter().map(known_room).collect())),
            Report::Stats(stats) => Some(Input::Stats(stats)),
            Report::Asked { tag, request } => {
                self.questions.insert(request, tag);
                None
            }
            Report::SendRefused { local, why } => {
                let reason = notices::unsent(&why).tr(self.language);
                Some(Input::SendRefused { local, reason })
            }
            Report::Hosting(is_hosting) => Some(Input::Hosting(is_hosting)),
            Report::Interfaces(names) => Some(Input::Interfaces(names)),
            Report::Notice(notice) => {
                Some(Input::Notice(notices::notice(&notice).tr(self.language)))
            }
        }
    }

    /// Gives answers the screen's own number, and forgets what is answered.
    fn renumber(&mut self, mut update: Update) -> Update {
        match &mut update {
            Update::Answer {
                request, is_last, ..
            } => {
                let number = *request;
                *request = self.questions.get(&number).copied().unwrap_or(number);
                if *is_last {
                    self.questions.remove(&number);
                }
            }
            Update::AskRefused { request, .. } => {
                *request = self.questions.remove(request).unwrap_or(*request);
            }
            Update::Contact(_)
            | Update::Opened { .. }
            | Update::Event { .. }
            | Update::Ahead { .. }
            | Update::Queued { .. }
            | Update::CarriedOver { .. }
            | Update::Stored { .. }
            | Update::NotStored { .. }
            | Update::Delayed { .. }
            | Update::Missing { .. }
            | Update::Gone { .. }
            | Update::Diverged { .. }
            | Update::Delivered { .. }
            | Update::Typing { .. }
            | Update::Members { .. }
            | Update::OpenRefused { .. }
            | Update::Waiting { .. } => {}
        }
        update
    }
}

fn known_room(known: client::KnownRoom) -> KnownRoom {
    KnownRoom {
        room: known.room,
        read: known.read,
        unread: usize::try_from(known.unread).unwrap_or(usize::MAX),
        draft: known.draft,
        sent: known.sent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::Folders;
    use crate::client::SendError;
    use crate::io::client::{Notice, Unsent};
    use crate::wire::{LocalId, LogId, Query, Refusal, RoomName, Seq};

    fn bridge<'a>(handle: &'a ClientHandle, home: &std::path::Path) -> Bridge<'a> {
        Bridge {
            handle,
            settings: watch::channel(Settings::default()).0,
            screen: mpsc::channel(1).0.downgrade(),
            saved_name: SavedName::new(&Folders::find(Some(home)).unwrap()),
            questions: BTreeMap::new(),
            tells_typing: true,
            tells_read: true,
            language: Language::Chinese,
        }
    }

    #[test]
    fn others_hear_of_typing_unless_the_user_does_not_want_that() {
        let home = tempfile::tempdir().unwrap();
        let (handle, mut orders) = ClientHandle::channel();
        let mut bridge = bridge(&handle, home.path());
        bridge.obey(Command::Typing(RoomName::lobby()));
        let order = orders.try_recv().unwrap();
        assert_eq!(order, Order::Typing(RoomName::lobby()));
        bridge.tells_typing = false;
        bridge.obey(Command::Typing(RoomName::lobby()));
        assert!(orders.try_recv().is_err());
    }

    #[test]
    fn what_was_read_and_left_open_goes_to_the_client_and_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let (handle, mut orders) = ClientHandle::channel();
        let mut bridge = bridge(&handle, home.path());
        let (room, log, seq) = (RoomName::lobby(), LogId([1; 8]), Seq(7));
        bridge.obey(Command::Read {
            room: room.clone(),
            log,
            seq,
        });
        let told = Order::TellRead {
            room: room.clone(),
            seq,
        };
        assert_eq!(orders.try_recv(), Ok(told));
        let kept = |room| Order::Read { room, log, seq };
        assert_eq!(orders.try_recv(), Ok(kept(room.clone())));
        // Whoever does not want others to know of it still has it kept.
        bridge.tells_read = false;
        bridge.obey(Command::Read {
            room: room.clone(),
            log,
            seq,
        });
        assert_eq!(orders.try_recv(), Ok(kept(room.clone())));

        let read = Some((log, seq));
        let known = client::KnownRoom {
            room: room.clone(),
            read,
            unread: 3,
            draft: "half a".to_owned(),
            sent: vec!["one".to_owned()],
        };
        let input = bridge.translate(Report::Known(vec![known]));
        let known = KnownRoom {
            room,
            read,
            unread: 3,
            draft: "half a".to_owned(),
            sent: vec!["one".to_owned()],
        };
        assert_eq!(input, Some(Input::Known(vec![known])));
    }

    #[test]
    fn answers_carry_the_screens_number_for_the_question() {
        let home = tempfile::tempdir().unwrap();
        let (handle, mut orders) = ClientHandle::channel();
        let mut bridge = bridge(&handle, home.path());
        let query = Query::Rooms;
        bridge.obey(Command::Ask { request: 5, query });
        assert!(matches!(orders.try_recv(), Ok(Order::Ask { tag: 5, .. })));
        let asked = Report::Asked {
            tag: 5,
            request: 900,
        };
        assert_eq!(bridge.translate(asked), None);
        let refused = |request| Update::AskRefused {
            request,
            refusal: Refusal::NotAllowed,
        };
        let report = Report::Update {
            update: refused(900),
            received_at: clock::wall(),
        };
        let Some(Input::Update(update, _)) = bridge.translate(report) else {
            panic!("an update stays one");
        };
        assert_eq!(update, refused(5));
        assert!(bridge.questions.is_empty());
    }

    #[test]
    fn what_the_client_tells_reaches_the_screen_in_its_language() {
        let home = tempfile::tempdir().unwrap();
        let (handle, _orders) = ClientHandle::channel();
        let mut bridge = bridge(&handle, home.path());
        let local = LocalId(9);
        let why = Unsent::Waiting(SendError::Full);
        let input = bridge.translate(Report::SendRefused { local, why });
        let reason = "等待中继的消息太多".to_owned();
        assert_eq!(input, Some(Input::SendRefused { local, reason }));
        let input = bridge.translate(Report::Notice(Notice::SearchFailed));
        assert_eq!(input, Some(Input::Notice("寻找中继已失败".to_owned())));
    }
    #[test]
    fn a_name_that_can_t_be_kept_is_told_on_the_screen() {
        let home = tempfile::tempdir().unwrap();
        let (handle, mut orders) = ClientHandle::channel();
        let (screen, mut inputs) = mpsc::channel(1);
        let mut bridge = bridge(&handle, &home.path().join("nowhere"));
        bridge.screen = screen.downgrade();
        let name: Name = "ann".parse().unwrap();
        bridge.obey(Command::Rename(name.clone()));
        assert_eq!(orders.try_recv(), Ok(Order::Rename(name)));
        let Ok(Input::Notice(text)) = inputs.try_recv() else {
            panic!("the screen is told");
        };
        assert!(text.starts_with("无法写入 "), "{text}");
    }
}
