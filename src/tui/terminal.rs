//! The real terminal: taken over for the screen, and given back whole whatever happens.
//!
//! What was taken is kept in one place for the process, so that a panic in any thread can give it
//! back before its message is printed. After that nothing is drawn any more.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture, KeyEvent, KeyboardEnhancementFlags,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, style};
use ratatui::layout::{Position, Rect};
use ratatui::{Frame, Terminal};
use tokio::sync::Notify;

use super::clipboard::{self, Multiplexer};
use super::notify::Delivery;
use super::outside::is_tolerant;
use super::themes::Background;
use super::widths::Widths;
use super::widths::probe::{self, Answers};
use super::widths::steady::Steady;

/// Whether the process has the terminal now.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Held while something is written to the terminal.
static WRITING: Mutex<()> = Mutex::new(());

/// Told when a thread panicked.
static PANICKED: Notify = Notify::const_new();

/// How long a panicking thread waits for a frame that another thread is drawing, in all: longer
/// than a frame takes. When the drawing thread itself panics, the wait is in vain.
const FRAME_WAIT: Duration = Duration::from_millis(50);

/// How long the terminal has to say how wide it shows what terminals disagree on, in all: more than
/// one on this machine takes, less than a person notices.
const WIDTHS_WAIT: Duration = Duration::from_millis(100);

/// What this process's terminal said about its widths. Asked once: later on, the stream of keys
/// would take the answers.
static WIDTHS: OnceLock<Widths> = OnceLock::new();

/// What it said about its background. Empty as well when it has not said anything yet.
static BACKGROUND: OnceLock<Background> = OnceLock::new();

/// Bytes a frame is gathered in before it is written: a large screen with all its colours.
const FRAME_BYTES: usize = 64 * 1024;

/// The terminal, for as long as this value lives.
pub struct Screen {
    terminal: Terminal<Steady<BufWriter<Stdout>>>,
    has_mouse: bool,
    widths: Widths,
    background: Option<Background>,
    /// What was typed while the terminal was asked for its widths.
    typed: Vec<KeyEvent>,
}

impl Screen {
    /// Takes the terminal over; with `has_mouse`, also its mouse, which keeps the terminal's own
    /// selection from working without Shift.
    ///
    /// # Errors
    /// What the terminal says; it is whole then.
    pub fn enter(has_mouse: bool) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(install_panic_hook);
        let output = BufWriter::with_capacity(FRAME_BYTES, io::stdout());
        let mut screen = Self {
            terminal: Terminal::new(Steady::new(output))?,
            has_mouse,
            widths: WIDTHS.get().copied().unwrap_or_default(),
            background: None,
            typed: Vec::new(),
        };
        screen.take()?;
        Ok(screen)
    }

    /// What was typed before anybody read keys; once.
    pub fn take_typed(&mut self) -> Vec<KeyEvent> {
        std::mem::take(&mut self.typed)
    }

    /// What the terminal's background is like, if it said so in time.
    pub fn background(&self) -> Option<Background> {
        self.background
    }

    /// Takes the terminal again after it was given back, and draws on an empty screen.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn take(&mut self) -> io::Result<()> {
        let writing = lock();
        IS_TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        let mut output = io::stdout();
        execute!(output, EnterAlternateScreen)?;
        if WIDTHS.get().is_none() {
            let answers = ask_widths(&mut output)?;
            self.widths = answers.widths();
            self.typed = answers.keys();
            let _ = WIDTHS.set(self.widths);
            if let Some(background) = answers.background() {
                let _ = BACKGROUND.set(background);
            }
        }
        self.background = BACKGROUND.get().copied();
        execute!(output, EnableBracketedPaste, EnableFocusChange)?;
        if self.has_mouse {
            execute!(output, EnableMouseCapture)?;
        }
        // Tells Shift+Enter from Enter. Terminals that don't know it ignore it, so that nothing
        // has to be asked, which could take seconds; the system console prints it.
        if is_tolerant() {
            let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES;
            // Not to be had on old Windows consoles, which tell the keys apart anyway.
            let _ = execute!(output, PushKeyboardEnhancementFlags(flags));
        }
        drop(writing);
        self.clear()
    }

    /// Takes the terminal's mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn set_mouse(&mut self, has_mouse: bool) -> io::Result<()> {
        if self.has_mouse == has_mouse {
            return Ok(());
        }
        self.has_mouse = has_mouse;
        let _writing = lock();
        match (IS_TAKEN.load(Ordering::SeqCst), has_mouse) {
            (false, _) => Ok(()),
            (true, true) => execute!(self.terminal.backend_mut(), EnableMouseCapture),
            (true, false) => execute!(self.terminal.backend_mut(), DisableMouseCapture),
        }
    }

    /// Gives the terminal back until it is taken again.
    pub fn give_back(&mut self) {
        let _writing = lock();
        give_back();
    }

    /// Draws one frame, unless the terminal was given back.
    ///
    /// # Errors
    /// What the terminal says; it may be gone.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame)) -> io::Result<()> {
        let _writing = lock();
        if !IS_TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        execute!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let widths = self.widths;
        self.terminal.draw(|frame| {
            draw(frame);
            widths.settle(frame.buffer_mut());
        })?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Has the next frame drawn on an empty screen.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn clear(&mut self) -> io::Result<()> {
        // `Terminal::clear` asks where the cursor is and waits up to two seconds for the answer,
        // which the stream of keys takes first. Setting the size empties the screen just as well.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    /// Puts text into the user's clipboard, as far as the terminal and the desktop let it.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn copy(&mut self, text: String) -> io::Result<()> {
        let sequence = clipboard::sequence(&text, Multiplexer::detect());
        clipboard::hand_to_desktop(text);
        execute!(self.terminal.backend_mut(), style::Print(sequence))
    }

    /// Notifies the user.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn deliver(&mut self, delivery: Delivery) -> io::Result<()> {
        if let Some((desktop, alert)) = &delivery.desktop {
            desktop.show(alert);
        }
        execute!(self.terminal.backend_mut(), style::Print(delivery.sequence))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Waits until a thread has panicked.
pub async fn panicked() {
    PANICKED.notified().await;
}

fn lock() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Undoes all of [`Screen::take`]. Goes on whatever fails: the terminal may be gone, and what
/// still works must be undone. Once only: leaving the alternate screen twice would put the cursor
/// back to where it was before a panic's message.
fn give_back() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut output = io::stdout();
    if is_tolerant() {
        let _ = execute!(output, PopKeyboardEnhancementFlags);
    }
    let _ = execute!(output, EndSynchronizedUpdate);
    let _ = execute!(output, DisableMouseCapture);
    let _ = execute!(output, DisableFocusChange, DisableBracketedPaste);
    let _ = execute!(output, LeaveAlternateScreen, cursor::Show);
    let _ = output.flush();
    let _ = disable_raw_mode();
}

/// Asks the terminal how wide it shows what terminals disagree on. Nothing is read from anything
/// else than a terminal.
#[cfg(unix)]
#[expect(
    clippy::disallowed_methods,
    reason = "nothing else runs before the screen is taken; the wait is bounded by a time"
)]
fn ask_widths(output: &mut Stdout) -> io::Result<Answers> {
    use std::io::IsTerminal;
    use std::os::fd::AsFd;
    use std::time::Instant;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    let mut answers = Answers::default();
    let input = io::stdin();
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if !input.is_terminal() || is_dumb {
        return Ok(answers);
    }
    output.write_all(probe::question().as_bytes())?;
    output.flush()?;
    let start = Instant::now();
    let mut wait = WIDTHS_WAIT;
    let mut bytes = [0; 256];
    while !answers.is_whole() {
        // What has begun is waited for a little longer: half an answer would be taken for keys.
        if answers.is_partial() {
            wait = 2 * WIDTHS_WAIT;
        }
        let left = wait.saturating_sub(start.elapsed());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        let mut fds = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        // Not through the standard library, which would keep what it has read ahead.
        match nix::unistd::read(input.as_fd(), &mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(count) => answers.take(&bytes[..count]),
        }
    }
    Ok(answers)
}

/// Nothing is asked: the console of this system has answers of another kind.
#[cfg(not(unix))]
fn ask_widths(_output: &mut Stdout) -> io::Result<Answers> {
    let _ = probe::question;
    Ok(Answers::default())
}

fn install_panic_hook() {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        give_back_from_panic();
        previous(info);
        PANICKED.notify_one();
    }));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a panic hook has nothing to wait on, and waits 1 ms at a time at most for a frame"
)]
fn give_back_from_panic() {
    for _ in 0..FRAME_WAIT.as_millis() {
        match WRITING.try_lock() {
            Ok(_) | Err(TryLockError::Poisoned(_)) => break,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
    give_back();
}
