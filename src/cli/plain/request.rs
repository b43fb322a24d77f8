//! What a line asks for: what the screen's input line takes, and commands with the name of a message
//! in place of one that is selected there.

use super::wishes::Wish;
use crate::locale::{Said, say};
use crate::tui::commands::{self, RequestError};
use crate::tui::shortcode;
use crate::wire::{Name, SafeText, Seq};

/// The messages `/last` tells when it is not told how many. Arbitrary: what one listens to.
const LAST_COUNT: u32 = 5;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// What the input line of the screen asks for.
    Screen(commands::Request),
    /// Answer a message.
    Reply(Which, String),
    /// React to a message.
    React(Which, SafeText),
    /// Give a message of this user another text.
    Edit(Which, String),
    /// Take a message back.
    Delete(Which),
    /// Tell what became of a message; of the last of this user when it does not say which.
    Info(Option<Which>),
    /// Tell a message again, all of it.
    Read(Which),
    /// Tell so many of the last messages again.
    Last(u32),
    /// Say what is told and what is not.
    ListWishes,
    /// Tell something from now on, or tell it no more.
    Wish(Wish, bool),
    /// Say what a command does; all of them when it does not say which.
    Help(Option<String>),
    /// Accept the relay's changed key.
    Trust,
}

impl Request {
    /// Whether it is about a message that somebody names.
    pub const fn names_message(&self) -> bool {
        match self {
            Self::Reply(..) | Self::React(..) | Self::Edit(..) | Self::Delete(_) => true,
            Self::Info(which) => which.is_some(),
            Self::Read(_) => true,
            Self::Screen(_) | Self::Last(_) | Self::ListWishes | Self::Wish(..) => false,
            Self::Help(_) | Self::Trust => false,
        }
    }
}

/// A message, as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with this number.
    Exact(Seq),
    /// The one with this number, or the newest whose number ends with these digits.
    Ending {
        /// The digits, as a number.
        number: u64,
        /// How many there are.
        digits: u32,
    },
    /// The last one that somebody said.
    LastOf(Name),
}

/// Reads a line.
///
/// # Errors
/// What to type instead.
pub fn parse(line: &str) -> Result<Request, Said> {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match name.to_ascii_lowercase().as_str() {
        "/reply" => with_text(name, rest).map(|(which, text)| Request::Reply(which, text)),
        "/edit" => with_text(name, rest).map(|(which, text)| Request::Edit(which, text)),
        "/react" => {
            let (which, text) = with_text(name, rest)?;
            let code = shortcode(&text).ok_or(say!("refuse-no-reaction"))?;
            Ok(Request::React(which, code))
        }
        "/delete" => needed(name, rest).map(Request::Delete),
        "/read" => needed(name, rest).map(Request::Read),
        "/info" if rest.is_empty() => Ok(Request::Info(None)),
        "/info" => needed(name, rest).map(|which| Request::Info(Some(which))),
        "/last" if rest.is_empty() => Ok(Request::Last(LAST_COUNT)),
        "/last" => match rest.parse() {
            Ok(count) if count > 0 => Ok(Request::Last(count)),
            Ok(_) | Err(_) => Err(say!("plain-needs-count", name = name)),
        },
        "/tell" => wish(rest),
        "/help" if rest.is_empty() => Ok(Request::Help(None)),
        "/help" => Ok(Request::Help(Some(rest.to_owned()))),
        "/trust" => Ok(Request::Trust),
        "/theme" => Err(say!("plain-no-themes")),
        "/mouse" => Err(say!("plain-no-mouse")),
        "/clear" => Err(say!("plain-no-clear")),
        "/jump" => screen(&format!("/join {rest}")),
        _ => screen(line),
    }
}

fn screen(line: &str) -> Result<Request, Said> {
    let request = commands::parse(line.trim_end());
    let request = request.map_err(|error: RequestError| error.said())?;
    Ok(Request::Screen(request))
}

fn wish(rest: &str) -> Result<Request, Said> {
    if rest.is_empty() {
        return Ok(Request::ListWishes);
    }
    let (word, state) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let is_on = match state.trim() {
        "on" => true,
        "off" => false,
        _ => return Err(say!("plain-tell-usage")),
    };
    let wish = Wish::find(word).ok_or(say!("plain-tell-usage"))?;
    Ok(Request::Wish(wish, is_on))
}

/// A number, one with the sign before it, or a name.
fn which(text: &str) -> Option<Which> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(digits) = text.strip_prefix('#') {
        let seq = is_number(digits).then(|| digits.parse().ok()).flatten()?;
        return Some(Which::Exact(Seq(seq)));
    }
    if is_number(text) {
        let digits = u32::try_from(text.len()).ok()?;
        let number = text.parse().ok()?;
        return Some(Which::Ending { number, digits });
    }
    let name = text.trim_start_matches('@').trim_end_matches(':');
    name.parse().ok().map(Which::LastOf)
}

fn needed(name: &str, rest: &str) -> Result<Which, Said> {
    which(rest).ok_or(say!("plain-needs-message", name = name))
}

/// A message and what follows it, of which there must be something.
fn with_text(name: &str, rest: &str) -> Result<(Which, String), Said> {
    let (first, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match (which(first), text.trim()) {
        (Some(which), text) if !text.is_empty() => Ok((which, text.to_owned())),
        _ => Err(say!("plain-needs-text", name = name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(number: u64, digits: u32) -> Which {
        Which::Ending { number, digits }
    }

    #[test]
    fn messages_are_named_by_their_numbers_or_by_who_spoke() {
        let text = |text: &str| text.to_owned();
        let exact = Which::Exact(Seq(17));
        assert_eq!(
            parse("/reply 17 a b"),
            Ok(Request::Reply(ending(17, 2), text("a b")))
        );
        assert_eq!(parse("/Edit #17  x"), Ok(Request::Edit(exact, text("x"))));
        let code = SafeText::new("tada");
        assert_eq!(
            parse("/react 03 :tada:"),
            Ok(Request::React(ending(3, 2), code))
        );
        assert_eq!(parse("/delete 3"), Ok(Request::Delete(ending(3, 1))));
        let bob = || Which::LastOf("bob".parse().unwrap());
        assert_eq!(
            parse("/reply bob: yes"),
            Ok(Request::Reply(bob(), text("yes")))
        );
        assert_eq!(parse("/info @bob"), Ok(Request::Info(Some(bob()))));
        for line in [
            "/reply",
            "/reply 3",
            "/reply #x y",
            "/delete",
            "/delete +3",
            "/edit # x",
            "/edit 99999999999999999999999 x",
            "/react 3 two words",
            "/last 0",
            "/last many",
            "/read",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_told_is_switched_by_words() {
        assert_eq!(
            parse("/tell typing on"),
            Ok(Request::Wish(Wish::Typing, true))
        );
        assert_eq!(parse("/tell"), Ok(Request::ListWishes));
        assert!(parse("/tell typing").is_err());
        assert!(parse("/tell jokes on").is_err());
    }

    #[test]
    fn everything_else_is_as_on_the_screen() {
        let said = commands::Request::Say("hi".to_owned());
        assert_eq!(parse("hi"), Ok(Request::Screen(said)));
        let join = commands::Request::Join("dev".parse().unwrap());
        assert_eq!(parse("/jump dev"), Ok(Request::Screen(join)));
        assert!(parse("/nonsense").is_err());
    }
}
