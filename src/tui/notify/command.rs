//! `/notify`: what of a room is told of, and whether that gets anywhere.

use super::terminal::{Passing, Shows, Terminal};
use super::ways::{Alert, Plan};
use super::{Level, Quiet};
use crate::locale::{key, say, tr};
use crate::tui::Command;
use crate::tui::app::App;
use crate::tui::clipboard::Multiplexer;
use crate::tui::names;

/// What `/notify` is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyRequest {
    /// How it stands with this room.
    Show,
    /// Of this, from now on.
    Set(Level),
    /// To try every way.
    Test,
}

impl Level {
    const fn text(self) -> &'static str {
        match self {
            Self::All => key!("notify-all"),
            Self::Mentions => key!("notify-mentions"),
            Self::None => key!("notify-none"),
        }
    }
}

impl App {
    pub(in crate::tui) fn notify(&mut self, request: NotifyRequest) {
        match request {
            NotifyRequest::Show => {}
            NotifyRequest::Set(level) => {
                let room = self.room().name.clone();
                if !self.viewer.settings.set_level(&room, level) {
                    return self.refuse(&say!("notify-too-many"));
                }
                self.command(Command::Keep(self.viewer.settings.clone()));
            }
            // What tmux does may have been set since the start.
            NotifyRequest::Test => return self.command(Command::FindTerminal),
        }
        let language = self.language();
        let level = self.viewer.settings.level(&self.room().name);
        let room = self.room().title(&self.viewer.name);
        let mut lines = vec![tr!(language, level.text(), room = room)];
        lines.extend(self.quiet_line());
        self.notice(lines.join("\n"));
        self.show_end();
    }

    fn quiet_line(&self) -> Option<String> {
        let quiet: Quiet = self.notifier.config.quiet?;
        let language = self.language();
        let is_now = quiet.covers(self.wall, &self.viewer.zone);
        Some(match is_now {
            true => tr!(language, "notify-quiet-now", hours = quiet.to_string()),
            false => tr!(language, "notify-quiet", hours = quiet.to_string()),
        })
    }

    /// Tries every way, also those that are not wanted, and says which should have been noticed.
    pub(in crate::tui) fn test_notifications(&mut self, terminal: Terminal) {
        let language = self.language();
        self.notifier.config.terminal = terminal.clone();
        let alert = Alert::new("lanterm", &tr!(language, "notify-test-text"));
        self.notifier.tell(&Plan::every(&terminal), &alert);
        let mut lines = vec![
            tr!(language, "notify-test-bell"),
            self.terminal_line(&terminal),
        ];
        lines.extend(self.passing_line(&terminal));
        lines.push(match terminal.desktop {
            Some(desktop) => tr!(language, "notify-test-desktop", program = desktop.program()),
            None => tr!(language, "notify-test-no-desktop"),
        });
        lines.push(self.focus_line(&terminal));
        lines.push(self.used_line(&terminal));
        lines.extend(self.quiet_line());
        self.notice(lines.join("\n"));
        self.show_end();
    }

    fn terminal_line(&self, terminal: &Terminal) -> String {
        let language = self.language();
        let unnamed = || tr!(language, "notify-test-terminal");
        let name = terminal.name.clone().unwrap_or_else(unnamed);
        match terminal.shows {
            Shows::Osc(osc) => {
                tr!(language, "notify-test-osc", name = name, osc = osc.number())
            }
            Shows::Nothing => tr!(language, "notify-test-no-osc", name = name),
            Shows::Unknown => tr!(language, "notify-test-unknown", name = name),
        }
    }

    fn passing_line(&self, terminal: &Terminal) -> Option<String> {
        let language = self.language();
        let set = "set -g allow-passthrough";
        match (terminal.multiplexer, terminal.passing) {
            (Multiplexer::None, _) | (Multiplexer::Tmux, Passing::Unneeded) => None,
            (Multiplexer::Screen, _) => Some(tr!(language, "notify-test-screen")),
            (Multiplexer::Tmux, Passing::Kept) => {
                let line = format!("{set} on");
                Some(tr!(language, "notify-test-kept", line = line))
            }
            (Multiplexer::Tmux, Passing::Unsaid) => {
                let line = format!("{set} on");
                Some(tr!(language, "notify-test-unsaid", line = line))
            }
            (Multiplexer::Tmux, Passing::InSight) => {
                let line = format!("{set} all");
                Some(tr!(language, "notify-test-in-sight", line = line))
            }
            (Multiplexer::Tmux, Passing::Always) => Some(tr!(language, "notify-test-passed")),
        }
    }

    fn focus_line(&self, terminal: &Terminal) -> String {
        let language = self.language();
        if self.notifier.tells_focus {
            return tr!(language, "notify-test-focus");
        }
        match terminal.tmux_focus {
            Some(false) => {
                let line = "set -g focus-events on";
                tr!(language, "notify-test-tmux-focus", line = line)
            }
            Some(true) | None => tr!(language, "notify-test-no-focus"),
        }
    }

    /// What is done for a message.
    fn used_line(&self, terminal: &Terminal) -> String {
        let language = self.language();
        let plan = Plan::usual(&self.notifier.config.ways, terminal);
        let bell = plan.bell.then(|| tr!(language, "notify-bell"));
        let oscs = plan.sequences.iter();
        let oscs = oscs.map(|osc| format!("OSC {}", osc.number()));
        let desktop = plan.desktop.map(|desktop| desktop.program().to_owned());
        let used: Vec<String> = bell.into_iter().chain(oscs).chain(desktop).collect();
        if used.is_empty() {
            return tr!(language, "notify-test-unused");
        }
        let ways = names::row(&used, language);
        tr!(language, "notify-test-used", ways = ways)
    }
}
