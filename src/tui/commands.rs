//! What a line of input asks for.
//!
//! A line that starts with one slash is a command, with two it is text that starts with one.

use super::keymap::{Action, EditAction, KeyMap, Mode};
use super::notify::{Level, NotifyRequest};
use super::reasons;
use super::themes::ThemeName;
use crate::locale::{Language, Said, key, say, tr};
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{Name, NameError, RoomName, SafeText};

/// A command, for the help and for completion.
pub struct Help {
    /// Its name, without the slash.
    pub name: &'static str,
    /// What follows it, if anything; a key.
    pub arguments: Option<&'static str>,
    /// What it does; a key.
    pub text: &'static str,
}

const fn help(name: &'static str, arguments: Option<&'static str>, text: &'static str) -> Help {
    Help {
        name,
        arguments,
        text,
    }
}

const ROOM: &str = key!("args-room");
const NAME: &str = key!("args-name");
const MAYBE_NAME: &str = key!("args-maybe-name");
const NAME_TEXT: &str = key!("args-name-text");
const SEARCH: &str = key!("args-search");
const WORDS: &str = key!("args-words");
const NUMBER: &str = key!("args-number");
const TEXT: &str = key!("args-text");
const LEVEL: &str = key!("args-notify");
const MAYBE_TEXT: &str = key!("args-maybe-text");
const THEME: &str = key!("args-theme");
const SWITCH: &str = key!("args-switch");

/// The words that a command takes, when there are few.
pub fn choices(command: &str) -> Vec<&'static str> {
    match command {
        "/mouse" => vec!["on", "off"],
        "/notify" => vec!["all", "mentions", "none", "test"],
        "/theme" => ThemeName::ALL.map(ThemeName::name).to_vec(),
        _ => Vec::new(),
    }
}

impl Help {
    /// Whether it means nothing by itself.
    pub fn needs_argument(&self) -> bool {
        matches!(
            self.arguments,
            Some(ROOM | NAME | NAME_TEXT | SEARCH | TEXT)
        )
    }
}

/// Every command.
pub const ALL: [Help; 21] = [
    help("help", None, key!("command-help")),
    help("join", Some(ROOM), key!("command-join")),
    help("leave", None, key!("command-leave")),
    help("rooms", None, key!("command-rooms")),
    help("msg", Some(NAME_TEXT), key!("command-msg")),
    help("nick", Some(NAME), key!("command-nick")),
    help("who", None, key!("command-who")),
    help("search", Some(SEARCH), key!("command-search")),
    help("info", Some(NUMBER), key!("command-info")),
    help("me", Some(TEXT), key!("command-me")),
    help("topic", Some(MAYBE_TEXT), key!("command-topic")),
    help("away", Some(MAYBE_TEXT), key!("command-away")),
    help("back", None, key!("command-back")),
    help("mouse", Some(SWITCH), key!("command-mouse")),
    help("ignore", Some(MAYBE_NAME), key!("command-ignore")),
    help("unignore", Some(NAME), key!("command-unignore")),
    help("notify", Some(LEVEL), key!("command-notify")),
    help("net", None, key!("command-net")),
    help("theme", Some(THEME), key!("command-theme")),
    help("clear", None, key!("command-clear")),
    help("quit", None, key!("command-quit")),
];

/// Keys worth knowing, shown under the commands.
const KEYS: [(Action, &str); 9] = [
    (Action::Edit(EditAction::NewLine), key!("key-new-line")),
    (Action::Complete, key!("key-complete")),
    (Action::Escape, key!("help-select")),
    (Action::Jump, key!("help-jump")),
    (Action::Search, key!("key-search")),
    (Action::NextUnread, key!("help-next-unread")),
    (Action::PageUp, key!("key-page-up")),
    (Action::Interrupt, key!("key-interrupt")),
    (Action::ShowKeys, key!("key-keys")),
];

/// The marks of delivery, shown under the keys.
const MARKS: [(&str, &str); 5] = [
    ("…", key!("mark-queued")),
    ("✓", key!("mark-stored")),
    ("◦", key!("mark-held")),
    ("✓✓", key!("mark-delivered")),
    ("✗", key!("mark-failed")),
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
    /// Show how the network is.
    Net,
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
    /// Take the mouse or leave it to the terminal; the other way than now, when it does not say.
    Mouse(Option<bool>),
    /// Ignore somebody.
    Ignore(Name),
    /// Ignore somebody no more.
    Unignore(Name),
    /// Say who is ignored.
    ListIgnored,
    /// Show or set what is told of while nobody looks, or try it.
    Notify(NotifyRequest),
    /// Show the theme, or have another.
    Theme(Option<ThemeName>),
    /// Empty the pane.
    Clear,
    /// End the program.
    Quit,
}

/// Why a line asks for nothing that can be done. The line stays in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// No such command.
    Unknown(String),
    /// Something is missing behind the command: its name, and the key of what.
    Incomplete(&'static str, &'static str),
    /// Not a number: the command's name, and the key of what follows it.
    Number(&'static str, &'static str),
    /// None of those that the command takes: its name, and the key of what they are.
    Choice(&'static str, &'static str),
    /// Not a name of a user.
    Name(NameError),
    /// Neither on nor off.
    Switch(&'static str),
    /// Not a name of a room.
    Room(NameError),
}

impl RequestError {
    /// What to type instead.
    pub fn said(&self) -> Said {
        match self {
            Self::Unknown(name) => say!("refuse-unknown-command", name = name),
            Self::Incomplete(name, what) => {
                say!("refuse-incomplete", name = name, what = say!(what))
            }
            Self::Switch(name) => say!("refuse-switch", name = name),
            Self::Number(name, what) => say!("refuse-number", name = name, what = say!(what)),
            Self::Choice(name, what) => {
                say!("refuse-choice", name = name, what = say!(what))
            }
            Self::Name(error) => {
                say!("refuse-name", problem = reasons::name_problem(*error))
            }
            Self::Room(error) => {
                say!("refuse-room-name", problem = reasons::name_problem(*error))
            }
        }
    }
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
        "join" => join(&needed("join", ROOM)?),
        "leave" => Ok(Request::Leave),
        "rooms" => Ok(Request::Rooms),
        "msg" => direct(&needed("msg", NAME)?),
        "nick" => {
            let name = needed("nick", NAME)?.parse().map_err(RequestError::Name)?;
            Ok(Request::Rename(name))
        }
        "who" => Ok(Request::Who),
        "search" => search(&needed("search", WORDS)?),
        "info" => info(rest),
        "me" => Ok(Request::Act(needed("me", TEXT)?)),
        "topic" => Ok(text().map_or(Request::ShowTopic, Request::SetTopic)),
        "away" => Ok(Request::Away(text())),
        "back" => Ok(Request::Back),
        "mouse" => mouse(rest),
        "ignore" if rest.is_empty() => Ok(Request::ListIgnored),
        "ignore" => Ok(Request::Ignore(person(rest)?)),
        "unignore" => Ok(Request::Unignore(person(&needed("unignore", NAME)?)?)),
        "notify" => notify(rest),
        "net" => Ok(Request::Net),
        "theme" => theme(rest),
        "clear" => Ok(Request::Clear),
        "quit" => Ok(Request::Quit),
        _ => Err(RequestError::Unknown(name.to_owned())),
    }
}

/// What to type to say this, which may look like a command.
pub fn say_line(text: &str) -> String {
    if text.starts_with('/') {
        format!("/{text}")
    } else {
        text.to_owned()
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

/// Why words are not put in the place of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubstituteError {
    /// The text does not have them.
    NotThere,
    /// Nothing would be left.
    Empty,
    /// So many bytes would come of it, which no message may have.
    TooLong(usize),
}

/// A message with other words in the place of the first `old`, or of all of them.
///
/// # Errors
/// What is wrong with it. A text that would be too long is not made at all.
pub fn substituted(
    text: &str,
    old: &str,
    new: &str,
    is_all: bool,
) -> Result<SafeText, SubstituteError> {
    let count_max = if is_all { usize::MAX } else { 1 };
    let count = text.matches(old).take(count_max).count();
    if count == 0 {
        return Err(SubstituteError::NotThere);
    }
    let bytes = text.len() - count * old.len() + count * new.len();
    if bytes > TEXT_BYTES_MAX {
        return Err(SubstituteError::TooLong(bytes));
    }
    let text = SafeText::new(text.replacen(old, new, count).trim());
    if text.is_empty() {
        return Err(SubstituteError::Empty);
    }
    Ok(text)
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
        return Err(RequestError::Incomplete("search", WORDS));
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
        .ok_or(RequestError::Number("info", NUMBER))
}

fn mouse(rest: &str) -> Result<Request, RequestError> {
    match rest {
        "" => Ok(Request::Mouse(None)),
        "on" => Ok(Request::Mouse(Some(true))),
        "off" => Ok(Request::Mouse(Some(false))),
        _ => Err(RequestError::Switch("mouse")),
    }
}

/// A name as it is shown, or as it was completed.
fn person(name: &str) -> Result<Name, RequestError> {
    let name = name.trim_start_matches('@').trim_end_matches(':');
    name.parse().map_err(RequestError::Name)
}

fn notify(rest: &str) -> Result<Request, RequestError> {
    let request = match rest {
        "" => NotifyRequest::Show,
        "all" => NotifyRequest::Set(Level::All),
        "mentions" => NotifyRequest::Set(Level::Mentions),
        "none" => NotifyRequest::Set(Level::None),
        "test" => NotifyRequest::Test,
        _ => return Err(RequestError::Choice("notify", key!("notify-choices"))),
    };
    Ok(Request::Notify(request))
}

fn theme(rest: &str) -> Result<Request, RequestError> {
    if rest.is_empty() {
        return Ok(Request::Theme(None));
    }
    let theme = ThemeName::find(rest);
    let theme = theme.ok_or(RequestError::Choice("theme", key!("theme-choices")))?;
    Ok(Request::Theme(Some(theme)))
}

fn direct(rest: &str) -> Result<Request, RequestError> {
    let (name, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let name = person(name)?;
    let text = text.trim();
    Ok(Request::Direct(
        name,
        (!text.is_empty()).then(|| text.to_owned()),
    ))
}

/// The text `/help` shows.
pub fn help_text(keys: &KeyMap, language: Language) -> String {
    let commands = ALL.iter().map(|command| {
        let usage = match command.arguments {
            Some(arguments) => format!("/{} {}", command.name, tr!(language, arguments)),
            None => format!("/{}", command.name),
        };
        help_line(&usage, command.text, language)
    });
    let keys = KEYS.iter().filter_map(|(action, text)| {
        let key = keys.key_of(*action)?;
        Some(help_line(&key, text, language))
    });
    let marks = MARKS.iter();
    let marks = marks.map(|(mark, text)| help_line(mark, text, language));
    let lines = commands.chain(keys).chain(marks);
    lines.collect::<Vec<_>>().join("\n")
}

/// What is explained, and what it means: a term and its text, with a tab between them.
fn help_line(term: &str, text: &'static str, language: Language) -> String {
    format!("{term}\t{}", tr!(language, text))
}

/// Which key does what, as the table of keys has it.
pub fn keys_text(keys: &KeyMap, language: Language) -> String {
    let mut lines = Vec::new();
    let mut last = None;
    for (binding, keys) in keys.lines().filter(|(_, keys)| !keys.is_empty()) {
        if last != Some(binding.mode) {
            let heading = match binding.mode {
                Mode::Select => Some(key!("keys-select")),
                Mode::Menu => Some(key!("keys-menu")),
                Mode::Recall => Some(key!("keys-recall")),
                Mode::List => Some(key!("keys-list")),
                Mode::Screen if last == Some(Mode::List) => Some(key!("keys-always")),
                Mode::Screen | Mode::Write | Mode::AtEnd | Mode::Empty => None,
            };
            lines.extend(heading.map(|key| tr!(language, key)));
        }
        last = Some(binding.mode);
        let line = help_line(&keys, binding.text, language);
        lines.push(format!("{line}  [{}]", binding.name));
    }
    lines.push(tr!(language, "keys-names"));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_put_in_the_place_of_others_as_far_as_a_message_has_room() {
        let text = |text: &str| Ok(SafeText::new(text));
        assert_eq!(substituted("a b a", "a", "c", false), text("c b a"));
        assert_eq!(substituted("a b a", "a", "c", true), text("c b c"));
        let there = SubstituteError::NotThere;
        assert_eq!(substituted("a b a", "d", "c", true), Err(there));
        let empty = SubstituteError::Empty;
        assert_eq!(substituted(" a ", "a", "", false), Err(empty));
        let long = "x".repeat(TEXT_BYTES_MAX);
        let over = SubstituteError::TooLong(TEXT_BYTES_MAX * TEXT_BYTES_MAX);
        assert_eq!(substituted(&long, "x", &long, true), Err(over));
    }

    #[test]
    fn every_command_of_the_help_is_understood() {
        for command in ALL {
            let line = format!("/{} 1", command.name);
            let request = parse(&line);
            assert_ne!(request, Err(RequestError::Unknown(command.name.to_owned())));
            assert_ne!(request, Ok(Request::Say(line)));
        }
    }

    #[test]
    fn every_choice_of_a_command_is_understood() {
        for command in ["/mouse", "/notify", "/theme"] {
            assert!(!choices(command).is_empty(), "{command}");
            for choice in choices(command) {
                assert!(parse(&format!("{command} {choice}")).is_ok(), "{choice}");
            }
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
        let error = |line| parse(line).unwrap_err().said().tr(Language::English);
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
            "the name contains a character that is not allowed: @"
        );
    }
}
