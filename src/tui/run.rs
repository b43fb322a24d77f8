//! Connects the screen to a real terminal, and to whoever drives the client.
//!
//! The loop waits for keys, inputs, signals and time at once and never for the terminal or the
//! driver alone. Writing to a terminal that was stopped (Ctrl-S) does block: the loop belongs on a
//! thread of its own, apart from the network's.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, Sleep};

use super::external::{self, Edited};
use super::late::LateAnswer;
use super::name_prompt::{NameAnswer, NamePrompt};
use super::opener;
use super::terminal::{self, Screen};
use super::{App, Command, Input};
use crate::locale::{Said, say};
use crate::wire::Timestamp;

/// The least time between two frames: 60 a second, as most screens show.
const FRAME_GAP: Duration = Duration::from_micros(16_667);

/// How often the screen is told the time. The finest thing that depends on it is a second.
const TICK: Duration = Duration::from_millis(500);

/// Inputs taken before the next look at keys and the screen. Arbitrary: a burst of history must
/// not hold up a key press noticeably.
const INPUTS_PER_TURN: usize = 256;

/// How the loop is to run.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// Reads the wall clock.
    pub wall: fn() -> Timestamp,
}

/// Why the loop ended other than by the user's wish.
#[derive(Debug)]
pub enum RunError {
    /// The terminal failed or is gone.
    Terminal(io::Error),
    /// A thread of this process panicked; the terminal shows its message.
    Panicked,
    /// Nobody drives the client any more.
    Disconnected,
}

impl RunError {
    /// What failed, for people.
    pub fn said(&self) -> Said {
        match self {
            Self::Terminal(error) => say!("run-terminal", error = error),
            Self::Panicked => say!("run-panicked"),
            Self::Disconnected => say!("run-disconnected"),
        }
    }
}

impl From<io::Error> for RunError {
    fn from(error: io::Error) -> Self {
        Self::Terminal(error)
    }
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// To end: SIGTERM, SIGHUP.
    End,
    /// To end, said by the terminal to whoever has it: SIGINT.
    Interrupt,
    /// To stop for a while: SIGTSTP.
    Suspend,
    /// To take the terminal again: SIGCONT.
    Resume,
}

/// Shows the screen until the user quits, a signal ends the process, or something fails.
///
/// The terminal is whole again when this returns, and when it panics. Everything the user asked
/// for is handed over before [`Command::Quit`].
///
/// # Errors
/// [`RunError`] says what failed.
pub async fn run(
    app: &mut App,
    mut inputs: Receiver<Input>,
    commands: Sender<Command>,
    options: RunOptions,
) -> Result<(), RunError> {
    let mut screen = Screen::enter(app.wants_mouse())?;
    let mut late = LateAnswer::new(screen.background().is_none());
    if let Some(background) = screen.background() {
        app.handle_background(background);
    }
    for key in screen.take_typed() {
        handle_event(app, &mut screen, Event::Key(key))?;
    }
    let mut signals = Signals::new()?;
    // None while the user's editor has the terminal.
    let mut events = Some(EventStream::new());
    let mut editor = None;
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut gap = frame_gap(Duration::ZERO);
    let mut waiting = None;
    loop {
        if waiting.is_none() {
            waiting = app.poll_command();
        }
        if editor.is_none() && app.is_dirty() && gap.is_elapsed() {
            screen.draw(|frame| app.draw(frame))?;
            gap = frame_gap(FRAME_GAP);
            // Drawing may bring something into sight, which is a command.
            continue;
        }
        let due = app.due();
        tokio::select! {
            event = next_event(&mut events) => {
                app.tick((options.wall)());
                match event {
                    Some(Ok(Event::Key(key))) => {
                        for key in late.take(key) {
                            handle_event(app, &mut screen, Event::Key(key))?;
                        }
                        if let Some(background) = late.take_background() {
                            app.handle_background(background);
                        }
                    }
                    Some(event) => handle_event(app, &mut screen, event?)?,
                    None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                }
            }
            input = inputs.recv() => {
                app.handle_input(input.ok_or(RunError::Disconnected)?);
                for _ in 1..INPUTS_PER_TURN {
                    let Ok(input) = inputs.try_recv() else { break };
                    app.handle_input(input);
                }
            }
            permit = commands.reserve(), if waiting.is_some() => {
                let permit = permit.map_err(|_| RunError::Disconnected)?;
                if let Some(command) = waiting.take() {
                    let is_last = command == Command::Quit;
                    permit.send(command);
                    if is_last {
                        return Ok(());
                    }
                }
            }
            () = &mut gap, if editor.is_none() && app.is_dirty() => {}
            edited = next_edited(&mut editor) => {
                editor = None;
                resume(&mut screen, app)?;
                events = Some(EventStream::new());
                app.handle_edited(edited);
            }
            _ = tick.tick() => app.tick((options.wall)()),
            () = sleep_until(due, options.wall), if due.is_some() => app.tick((options.wall)()),
            request = signals.next() => match request {
                Request::End => {
                    hand_over(app, waiting, &commands);
                    return Ok(());
                }
                // Meant for the editor, which the terminal tells as well.
                Request::Interrupt if editor.is_some() => {}
                Request::Interrupt => {
                    hand_over(app, waiting, &commands);
                    return Ok(());
                }
                Request::Suspend => suspend(&mut screen)?,
                Request::Resume if editor.is_some() => {}
                Request::Resume => resume(&mut screen, app)?,
            },
            () = terminal::panicked() => return Err(RunError::Panicked),
        }
        if let Some(text) = app.take_edit() {
            // Its thread reads keys, which are the editor's from now on.
            events = None;
            screen.give_back();
            editor = Some(external::start(text));
        }
        screen.set_mouse(app.wants_mouse())?;
        if app.take_redraw() {
            screen.clear()?;
        }
        if let Some(link) = app.take_opened()
            && !opener::open(link.clone())
        {
            app.copy_instead(link);
        }
        if let Some(text) = app.take_copied() {
            screen.copy(text)?;
        }
        if let Some(delivery) = app.take_delivery() {
            screen.deliver(delivery)?;
        }
    }
}

/// Asks a new user for a name.
///
/// # Errors
/// [`RunError`] says what failed.
pub async fn ask_name(mut prompt: NamePrompt) -> Result<NameAnswer, RunError> {
    let mut screen = Screen::enter(false)?;
    if let Some(background) = screen.background() {
        prompt.handle_background(background);
    }
    for key in screen.take_typed() {
        if let Some(answer) = prompt.handle_key(key) {
            return Ok(answer);
        }
    }
    let mut signals = Signals::new()?;
    let mut events = EventStream::new();
    loop {
        screen.draw(|frame| prompt.draw(frame))?;
        tokio::select! {
            event = events.next() => match event {
                Some(event) => match event? {
                    Event::Key(key) if is_suspend(key) => suspend(&mut screen)?,
                    Event::Key(key) => {
                        if let Some(answer) = prompt.handle_key(key) {
                            return Ok(answer);
                        }
                    }
                    Event::Paste(text) => prompt.handle_paste(&text),
                    Event::Resize(..) | Event::Mouse(_) | Event::FocusGained | Event::FocusLost => {}
                },
                None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            },
            request = signals.next() => match request {
                Request::End | Request::Interrupt => return Ok(NameAnswer::Quit),
                Request::Suspend => suspend(&mut screen)?,
                Request::Resume => {
                    screen.give_back();
                    screen.take()?;
                }
            },
            () = terminal::panicked() => return Err(RunError::Panicked),
        }
    }
}

async fn next_event(events: &mut Option<EventStream>) -> Option<io::Result<Event>> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

/// What came of the user's editor, while there is one.
async fn next_edited(editor: &mut Option<oneshot::Receiver<Edited>>) -> Edited {
    match editor {
        Some(editor) => {
            let edited = editor.await;
            edited.unwrap_or_else(|_| Err(say!("run-panicked")))
        }
        None => std::future::pending().await,
    }
}

/// Waits until the wall clock says so, but no longer than until the next tick.
async fn sleep_until(due: Option<Timestamp>, wall: fn() -> Timestamp) {
    let micros = due.map_or(i64::MAX, |due| due.0.saturating_sub(wall().0));
    let wait = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    tokio::time::sleep(wait.min(TICK)).await;
}

fn frame_gap(gap: Duration) -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(gap))
}

fn handle_event(app: &mut App, screen: &mut Screen, event: Event) -> io::Result<()> {
    match event {
        Event::Key(key) if is_suspend(key) => return suspend(screen),
        Event::Key(key) => app.handle_key(key),
        Event::Paste(text) => app.handle_paste(&text),
        Event::Mouse(event) => app.handle_mouse(event),
        Event::Resize(columns, rows) => app.handle_resize(columns, rows),
        Event::FocusGained => app.handle_focus(true),
        Event::FocusLost => app.handle_focus(false),
    }
    Ok(())
}

/// Hands over what the user asked for, as far as there is room, when there is no time to wait.
fn hand_over(app: &mut App, waiting: Option<Command>, commands: &Sender<Command>) {
    app.send_rest();
    let rest = std::iter::from_fn(|| app.poll_command());
    for command in waiting.into_iter().chain(rest) {
        if commands.try_send(command).is_err() {
            return;
        }
    }
    // When there is no room for this either, the end of the channel says the same.
    let _ = commands.try_send(Command::Quit);
}

fn is_suspend(key: KeyEvent) -> bool {
    key.kind != KeyEventKind::Release
        && key.code == KeyCode::Char('z')
        && key.modifiers == KeyModifiers::CONTROL
}

fn resume(screen: &mut Screen, app: &mut App) -> io::Result<()> {
    // Whatever ran meanwhile may have left the terminal in any state, and the shell has put its
    // own modes back.
    screen.give_back();
    screen.take()?;
    let size = crossterm::terminal::size()?;
    app.handle_resize(size.0, size.1);
    Ok(())
}

/// Stops the whole process group, as the terminal would have; [`Request::Resume`] follows.
#[cfg(unix)]
fn suspend(screen: &mut Screen) -> io::Result<()> {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::{Pid, getpgrp, getsid};

    // Started by the terminal itself, there is no shell that could bring the process back.
    if getsid(None)? == getpgrp() {
        return Ok(());
    }
    screen.give_back();
    if let Err(error) = kill(Pid::from_raw(0), Signal::SIGSTOP) {
        screen.take()?;
        return Err(error.into());
    }
    Ok(())
}

#[cfg(not(unix))]
fn suspend(_screen: &mut Screen) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
    go_on: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use nix::libc::{SIGCONT, SIGTSTP};
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(SIGTSTP))?,
            go_on: signal(SignalKind::from_raw(SIGCONT))?,
        })
    }

    async fn next(&mut self) -> Request {
        tokio::select! {
            _ = self.terminate.recv() => Request::End,
            _ = self.hang_up.recv() => Request::End,
            _ = self.interrupt.recv() => Request::Interrupt,
            _ = self.stop.recv() => Request::Suspend,
            _ = self.go_on.recv() => Request::Resume,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Request {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Request::End,
            Err(_) => std::future::pending().await,
        }
    }
}
