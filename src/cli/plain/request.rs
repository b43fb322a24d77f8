//! What a line asks for: what the screen's input line takes, and commands with a number in place of
//! a message that is selected there.

use crate::locale::{Said, key, say};
use crate::tui::commands::{self, RequestError};
use crate::wire::{SafeText, Seq};

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// What the input line of the screen asks for.
    Screen(commands::Request),
    /// Answer a message.
    Reply(Seq, String),
    /// React to a message.
    React(Seq, SafeText),
    /// Give a message of this user another text.
    Edit(Seq, String),
    /// Take a message back.
    Delete(Seq),
    /// Accept the relay's changed key.
    Trust,
}

/// The commands with a number, and what follows it: for the help.
pub const NUMBERED: [(&str, &str, &str); 4] = [
    ("reply", key!("plain-args-text"), key!("plain-reply")),
    ("react", key!("plain-args-code"), key!("plain-react")),
    ("edit", key!("plain-args-text"), key!("plain-edit")),
    ("delete", key!("plain-args-number"), key!("plain-delete")),
];

/// Reads a line.
///
/// # Errors
/// What to type instead.
pub fn parse(line: &str) -> Result<Request, Said> {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match name.to_ascii_lowercase().as_str() {
        "/reply" => numbered(name, rest).map(|(seq, text)| Request::Reply(seq, text)),
        "/edit" => numbered(name, rest).map(|(seq, text)| Request::Edit(seq, text)),
        "/react" => {
            let (seq, text) = numbered(name, rest)?;
            let code = text.trim_matches(':');
            Ok(Request::React(seq, SafeText::new(code)))
        }
        "/delete" => match number(rest) {
            Some(seq) => Ok(Request::Delete(seq)),
            None => Err(say!("plain-needs-number", name = name)),
        },
        "/trust" => Ok(Request::Trust),
        _ => {
            let request = commands::parse(line);
            let request = request.map_err(|error: RequestError| error.said())?;
            Ok(Request::Screen(request))
        }
    }
}

/// A number, with or without the sign before it.
fn number(text: &str) -> Option<Seq> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok().map(Seq)).flatten()
}

/// A number and what follows it, of which there must be something.
fn numbered(name: &str, rest: &str) -> Result<(Seq, String), Said> {
    let (first, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match (number(first), text.trim()) {
        (Some(seq), text) if !text.is_empty() => Ok((seq, text.to_owned())),
        _ => Err(say!("plain-needs-text", name = name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_named_by_their_numbers() {
        let text = |text: &str| text.to_owned();
        assert_eq!(
            parse("/reply 17 a b"),
            Ok(Request::Reply(Seq(17), text("a b")))
        );
        assert_eq!(parse("/Edit #17  x"), Ok(Request::Edit(Seq(17), text("x"))));
        let code = SafeText::new("tada");
        assert_eq!(parse("/react 3 :tada:"), Ok(Request::React(Seq(3), code)));
        assert_eq!(parse("/delete 3"), Ok(Request::Delete(Seq(3))));
        for line in [
            "/reply",
            "/reply 3",
            "/reply x y",
            "/delete",
            "/delete +3",
            "/edit # x",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn everything_else_is_as_on_the_screen() {
        let said = commands::Request::Say("hi".to_owned());
        assert_eq!(parse("hi"), Ok(Request::Screen(said)));
        assert!(parse("/nonsense").is_err());
    }
}
