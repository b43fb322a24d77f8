//! What a line of input asks for.
//!
//! A line that starts with one slash is a command, with two it is text that starts with one.

use super::keymap::{Action, EditAction, KeyMap, Mode};
use super::wrap;
use crate::wire::{Name, NameError, RoomName, SafeText};

/// Columns of the keys in their list.
const KEYS_COLUMNS: usize = 26;

/// A command, for the help and for completion.
pub struct Help {
    /// Its name, without the slash.
    pub name: &'static str,
    /// What follows it.
    pub arguments: &'static str,
    /// What it does.
    pub text: &'static str,
}

const fn help(name: &'static str, arguments: &'static str, text: &'static str) -> Help {
    Help {
        name,
        arguments,
        text,
    }
}

/// Every command.
pub const ALL: [Help; 15] = [
    help("help", "", "show this"),
    help("join", "ROOM", "open a room, new or not"),
    help("leave", "", "stop being a member of this room"),
    help("rooms", "", "list the rooms"),
    help("msg", "NAME [TEXT]", "write to one person alone"),
    help("nick", "NAME", "go by another name"),
    help("who", "", "list the members of this room"),
    help(
        "search",
        "[-r] WORDS",
        "find messages; -r in this room only",
    ),
    help(
        "info",
        "[N]",
        "tell about your last message, or the Nth last",
    ),
    help("me", "TEXT", "say what you do"),
    help("topic", "[TEXT]", "show or set what this room is about"),
    help("away", "[TEXT]", "mark yourself as away"),
    help("back", "", "mark yourself as here again"),
    help("clear", "", "empty this pane"),
    help("quit", "", "leave lanterm"),
];

/// Keys worth knowing, shown under the commands.
const KEYS: [(Action, &str); 7] = [
    (Action::Edit(EditAction::NewLine), "a new line"),
    (Action::Complete, "complete a command, name or room"),
    (
        Action::Escape,
        "select a message: answer, react, edit, copy",
    ),
    (Action::NextRoom, "go to the next room"),
    (Action::PageUp, "scroll up"),
    (Action::Interrupt, "empty the input; twice quits"),
    (Action::ShowKeys, "show all keys"),
];

/// The marks of delivery, shown under the keys.
const MARKS: [(&str, &str); 5] = [
    ("…", "waits in the outbox on this device"),
    ("✓", "stored: on the relay's disk"),
    ("◦", "held by the relay, in its memory alone"),
    ("✓✓", "on somebody else's device"),
    ("✗", "refused, with the reason"),
];

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Say this.
    Say(String),
    /// React to the last message.
    React(SafeText),
    /// Replace words in the last message of this user.
    Substitute {
        /// These words.
        old: String,
        /// By these.
        new: String,
        /// Wherever they are; otherwise where they are first.
        is_all: bool,
    },
    /// Say that this user does something.
    Act(String),
    /// Show the help.
    Help,
    /// Open a room.
    Join(RoomName),
    /// Open the room of the direct messages with somebody, and say something there.
    Direct(Name, Option<String>),
    /// Stop being a member of the room.
    Leave,
    /// List the rooms.
    Rooms,
    /// Find messages.
    Search {
        /// With these words, as typed.
        words: String,
        /// Only in this room.
        is_here: bool,
    },
    /// Tell about a message of this user: the last, or so many before.
    Info(usize),
    /// Go by another name.
    Rename(Name),
    /// List the members.
    Who,
    /// Show the topic.
    ShowTopic,
    /// Set the topic.
    SetTopic(String),
    /// Mark this user as away, and say why.
    Away(Option<String>),
    /// Mark this user as here.
    Back,
    /// Empty the pane.
    Clear,
    /// End the program.
    Quit,
}

/// Why a line asks for nothing that can be done. Shown to users; the line stays in the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No such command.
    #[error("no command /{0}; /help lists them, //{0} sends it as text")]
    Unknown(String),
    /// Something is missing behind the command.
    #[error("/{0} needs {1}: /{0} {1}")]
    Incomplete(&'static str, &'static str),
    /// Not a number.
    #[error("/{0} takes a number from 1 on: /{0} {1}")]
    Number(&'static str, &'static str),
    /// Not a name of a user.
    #[error("the name {0}")]
    Name(NameError),
    /// Not a name of a room.
    #[error("the room's name {0}")]
    Room(NameError),
}

/// Reads a line of input.
///
/// # Errors
/// [`RequestError`] says what to type instead.
pub fn parse(line: &str) -> Result<Request, RequestError> {
    let Some(command) = line.strip_prefix('/') else {
        let change = reaction(line).or_else(|| substitution(line));
        return Ok(change.unwrap_or_else(|| Request::Say(line.to_owned())));
    };
    if command.starts_with('/') {
        return Ok(Request::Say(command.to_owned()));
    }
    let (name, rest) = command
        .split_once(char::is_whitespace)
        .unwrap_or((command, ""));
    let rest = rest.trim();
    let text = || (!rest.is_empty()).then(|| rest.to_owned());
    let needed =
        |name: &'static str, what: &'static str| text().ok_or(RequestError::Incomplete(name, what));
    match name.to_ascii_lowercase().as_str() {
        "help" => Ok(Request::Help),
        "join" => join(&needed("join", "ROOM")?),
        "leave" => Ok(Request::Leave),
        "rooms" => Ok(Request::Rooms),
        "msg" => direct(&needed("msg", "NAME")?),
        "nick" => {
            let name = needed("nick", "NAME")?
                .parse()
                .map_err(RequestError::Name)?;
            Ok(Request::Rename(name))
        }
        "who" => Ok(Request::Who),
        "search" => search(&needed("search", "WORDS")?),
        "info" => info(rest),
        "me" => Ok(Request::Act(needed("me", "TEXT")?)),
        "topic" => Ok(text().map_or(Request::ShowTopic, Request::SetTopic)),
        "away" => Ok(Request::Away(text())),
        "back" => Ok(Request::Back),
        "clear" => Ok(Request::Clear),
        "quit" => Ok(Request::Quit),
        _ => Err(RequestError::Unknown(name.to_owned())),
    }
}

/// `+:tada:` reacts to the last message.
fn reaction(line: &str) -> Option<Request> {
    let code = line.trim_end().strip_prefix("+:")?.strip_suffix(':')?;
    let is_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    let is_it = !code.is_empty() && code.chars().all(is_code);
    is_it.then(|| Request::React(SafeText::new(code)))
}

/// `s/old/new/` replaces words in the last message of this user; with a `g` behind it, all of them.
fn substitution(line: &str) -> Option<Request> {
    let mut parts = line.trim_end().strip_prefix("s/")?.split('/');
    let (old, new, flags) = (parts.next()?, parts.next()?, parts.next()?);
    let is_it = !old.is_empty() && parts.next().is_none() && matches!(flags, "" | "g");
    is_it.then(|| Request::Substitute {
        old: old.to_owned(),
        new: new.to_owned(),
        is_all: flags == "g",
    })
}

/// `/join @bob` is understood as the room shown as `@bob`.
fn join(room: &str) -> Result<Request, RequestError> {
    if room.starts_with('@') {
        return direct(room);
    }
    Ok(Request::Join(room.parse().map_err(RequestError::Room)?))
}

fn search(rest: &str) -> Result<Request, RequestError> {
    let (first, words) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if first != "-r" {
        let words = rest.to_owned();
        return Ok(Request::Search {
            words,
            is_here: false,
        });
    }
    let words = words.trim().to_owned();
    if words.is_empty() {
        return Err(RequestError::Incomplete("search", "WORDS"));
    }
    Ok(Request::Search {
        words,
        is_here: true,
    })
}

fn info(rest: &str) -> Result<Request, RequestError> {
    let number = if rest.is_empty() { Ok(1) } else { rest.parse() };
    let before = number.ok().and_then(|number: usize| number.checked_sub(1));
    before
        .map(Request::Info)
        .ok_or(RequestError::Number("info", "[N]"))
}

fn direct(rest: &str) -> Result<Request, RequestError> {
    let (name, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let name = name.trim_start_matches('@').trim_end_matches(':');
    let name = name.parse().map_err(RequestError::Name)?;
    let text = text.trim();
    Ok(Request::Direct(
        name,
        (!text.is_empty()).then(|| text.to_owned()),
    ))
}

/// The text `/help` shows.
pub fn help_text(keys: &KeyMap) -> String {
    let commands = ALL.iter().map(|command| {
        let usage = format!("/{} {}", command.name, command.arguments);
        format!("{usage:<20}{}", command.text)
    });
    let keys = KEYS.iter().filter_map(|(action, text)| {
        let key = keys.key_of(*action)?;
        Some(format!("{key:<20}{text}"))
    });
    let marks = MARKS.iter().map(|(mark, text)| format!("{mark:<4}{text}"));
    commands
        .chain(keys)
        .chain(marks)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Which key does what, as the table of keys has it.
pub fn keys_text(keys: &KeyMap) -> String {
    let mut lines = Vec::new();
    let mut last = None;
    for (binding, keys) in keys.lines().filter(|(_, keys)| !keys.is_empty()) {
        if last != Some(binding.mode) && binding.mode == Mode::Select {
            lines.push("While a message is selected:".to_owned());
        }
        last = Some(binding.mode);
        let columns = KEYS_COLUMNS.saturating_sub(wrap::columns(&keys));
        let blanks = " ".repeat(columns.max(1));
        lines.push(format!(
            "{keys}{blanks}{}  [{}]",
            binding.text, binding.name
        ));
    }
    lines.push("A name in brackets is what config.toml calls it, under [keys].".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_help_is_understood() {
        for command in ALL {
            let line = format!("/{} 1", command.name);
            let request = parse(&line).unwrap();
            assert_ne!(request, Request::Say(line));
        }
    }

    #[test]
    fn two_slashes_send_one() {
        assert_eq!(parse("//etc"), Ok(Request::Say("/etc".to_owned())));
        assert_eq!(parse("a /b"), Ok(Request::Say("a /b".to_owned())));
    }

    #[test]
    fn what_changes_another_message_is_told_from_text() {
        let is_text = |line: &str| parse(line) == Ok(Request::Say(line.to_owned()));
        for line in [
            "+1", "+:a b:", "+::", "s/a", "s/a/b", "s//b/", "s/a/b/c", "s/a/b/c/",
        ] {
            assert!(is_text(line), "{line}");
        }
        let code = SafeText::new("tada");
        assert_eq!(parse("+:tada:"), Ok(Request::React(code)));
        let substitute = |is_all| {
            Ok(Request::Substitute {
                old: "teh".to_owned(),
                new: "the".to_owned(),
                is_all,
            })
        };
        assert_eq!(parse("s/teh/the/"), substitute(false));
        assert_eq!(parse("s/teh/the/g"), substitute(true));
    }

    #[test]
    fn a_direct_message_takes_the_name_as_it_is_shown() {
        let bob = || "bob".parse().unwrap();
        assert_eq!(parse("/msg bob"), Ok(Request::Direct(bob(), None)));
        let text = Some("hi there".to_owned());
        assert_eq!(
            parse("/msg @bob hi there"),
            Ok(Request::Direct(bob(), text))
        );
        assert_eq!(parse("/join @bob"), Ok(Request::Direct(bob(), None)));
    }

    #[test]
    fn a_search_is_of_all_rooms_or_of_this_one() {
        let search = |words: &str, is_here| {
            let words = words.to_owned();
            Ok(Request::Search { words, is_here })
        };
        assert_eq!(
            parse("/search long \"to b*\""),
            search("long \"to b*\"", false)
        );
        assert_eq!(parse("/search -r  ladder "), search("ladder", true));
        assert_eq!(parse("/search -rx"), search("-rx", false));
    }

    #[test]
    fn errors_say_what_to_type() {
        let error = |line| parse(line).unwrap_err().to_string();
        assert_eq!(
            error("/jion x"),
            "no command /jion; /help lists them, //jion sends it as text"
        );
        assert_eq!(error("/join"), "/join needs ROOM: /join ROOM");
        assert_eq!(error("/search -r"), "/search needs WORDS: /search WORDS");
        for line in ["/info 0", "/info x"] {
            assert_eq!(error(line), "/info takes a number from 1 on: /info [N]");
        }
        assert_eq!(
            error("/nick a@b"),
            "the name contains a character that is not allowed: U+0040"
        );
    }
}
