//! `/help`: every command, in a sentence each.

use super::Plain;
use crate::locale::{Said, key, say, tr};

/// A command, what follows it, and what it does: keys, in the order in which one learns them.
const COMMANDS: [(&str, Option<&str>, &str); 28] = [
    ("help", Some(key!("plain-args-command")), key!("plain-help")),
    ("who", None, key!("command-who")),
    ("reply", Some(key!("plain-args-text")), key!("plain-reply")),
    ("react", Some(key!("plain-args-code")), key!("plain-react")),
    ("edit", Some(key!("plain-args-text")), key!("plain-edit")),
    (
        "delete",
        Some(key!("plain-args-number")),
        key!("plain-delete"),
    ),
    ("read", Some(key!("plain-args-number")), key!("plain-read")),
    ("last", Some(key!("plain-args-count")), key!("plain-last")),
    (
        "info",
        Some(key!("plain-args-maybe-number")),
        key!("plain-info"),
    ),
    ("search", Some(key!("args-search")), key!("command-search")),
    ("join", Some(key!("args-room")), key!("command-join")),
    ("leave", None, key!("command-leave")),
    ("rooms", None, key!("command-rooms")),
    ("msg", Some(key!("args-name-text")), key!("command-msg")),
    ("me", Some(key!("args-text")), key!("command-me")),
    (
        "topic",
        Some(key!("args-maybe-text")),
        key!("command-topic"),
    ),
    ("away", Some(key!("args-maybe-text")), key!("command-away")),
    ("back", None, key!("command-back")),
    ("nick", Some(key!("args-name")), key!("command-nick")),
    ("tell", Some(key!("plain-args-tell")), key!("plain-tell")),
    ("notify", Some(key!("args-notify")), key!("plain-notify")),
    (
        "ignore",
        Some(key!("args-maybe-name")),
        key!("plain-ignore"),
    ),
    (
        "unignore",
        Some(key!("args-name")),
        key!("command-unignore"),
    ),
    ("net", None, key!("command-net")),
    ("theme", None, key!("plain-no-themes")),
    ("mouse", None, key!("plain-no-mouse")),
    ("clear", None, key!("plain-no-clear")),
    ("quit", None, key!("command-quit")),
];

/// The last of them that do nothing here are not listed, only explained when they are asked for.
const NOT_HERE: [&str; 3] = ["theme", "mouse", "clear"];

impl Plain {
    /// Says what a command does, or all of them.
    pub(super) fn help(&mut self, about: Option<&str>) -> Result<(), Said> {
        let language = self.language;
        let line = |(name, arguments, text): &(&str, Option<&'static str>, &'static str)| {
            let arguments = arguments.map(|key| format!(" {}", tr!(language, key)));
            let arguments = arguments.unwrap_or_default();
            let (usage, text) = (format!("/{name}{arguments}"), tr!(language, text));
            tr!(language, "plain-help-line", usage = usage, text = text)
        };
        if let Some(about) = about {
            let about = about.trim_start_matches('/').to_ascii_lowercase();
            let found = COMMANDS.iter().find(|(name, ..)| *name == about);
            let found = found.ok_or_else(|| say!("refuse-unknown-command", name = about))?;
            self.say(line(found));
            return Ok(());
        }
        let listed = COMMANDS.iter();
        let listed = listed.filter(|(name, ..)| !NOT_HERE.contains(name));
        self.lines.extend(listed.map(line));
        self.say(tr!(language, "plain-help-short"));
        self.say(tr!(language, "plain-help-names"));
        self.say(tr!(language, "plain-help-typing"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::commands;

    #[test]
    fn every_command_of_the_screen_is_explained() {
        for command in commands::ALL {
            let is_it = |(name, ..): &(&str, _, _)| *name == command.name;
            assert!(COMMANDS.iter().any(is_it), "{}", command.name);
        }
    }
}
