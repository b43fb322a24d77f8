//! What a command fails with: one line, perhaps a hint, and the exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::wire::{Refusal, SafeText};

/// How a command ended other than well. Scripts see it as the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Something went wrong here or at the relay.
    Failed,
    /// The command makes no sense as given.
    Usage,
    /// A key changed, or a signature is wrong.
    Trust,
    /// Nobody answered, or not in time.
    Unreachable,
    /// The relay will not: not allowed, no such room, a limit.
    Refused,
    /// Whoever read standard output stopped reading. Not worth a word.
    OutputClosed,
}

impl ErrorKind {
    /// The exit code, the same for every command. 0 is "done".
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Trust => 3,
            Self::Unreachable => 4,
            Self::Refused => 5,
        }
    }
}

/// Why a command failed, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    kind: ErrorKind,
    /// Lower case, no full stop, one line.
    message: String,
    hint: Option<String>,
}

impl CliError {
    /// An error of this kind. Line feeds become blanks, and what could confuse a terminal is left
    /// out, because part of it may come from a file or a peer.
    pub fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self {
            kind,
            message: one_line(&message.to_string()),
            hint: None,
        }
    }

    /// Something went wrong: exit code 1.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// The command makes no sense as given: exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// The same error, with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(one_line(&hint.to_string()));
        self
    }

    /// The same error, said of something: "line 3", a file.
    #[must_use]
    pub fn about(mut self, subject: impl fmt::Display) -> Self {
        self.message = one_line(&format!("{subject}: {}", self.message));
        self
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Says it on `stderr` and returns the exit code.
    pub fn report(&self, stderr: &mut impl io::Write) -> ExitCode {
        if self.kind != ErrorKind::OutputClosed {
            // When even standard error is closed, only the exit code is left to tell.
            let _ = writeln!(stderr, "{self}");
        }
        ExitCode::from(self.kind.exit_code())
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CliError {}

/// A refusal by the relay.
impl From<&Refusal> for CliError {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NoSuchRoom(room) if room.direct_users().is_some() => {
                Self::new(ErrorKind::Refused, refusal)
                    .hint("it is made when one of the two writes: lanterm send --to NAME")
            }
            Refusal::NoSuchRoom(_) => Self::new(ErrorKind::Refused, refusal)
                .hint("\"lanterm rooms\" lists the rooms, --create makes one"),
            Refusal::NotAllowed | Refusal::TooLong | Refusal::Limit(_) => {
                Self::new(ErrorKind::Refused, refusal)
            }
            Refusal::Store(_) | Refusal::Diverged | Refusal::Moved | Refusal::Protocol => {
                Self::failed(refusal)
            }
        }
    }
}

/// Arguments that make no sense, in the look of all other errors. `None` when the user asked for
/// help or the version, which is no error.
pub fn from_clap(error: &clap::Error) -> Option<CliError> {
    if !error.use_stderr() {
        return None;
    }
    let text = error.to_string();
    let mut paragraphs = text.split("\n\n");
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let tip = paragraphs.find_map(|paragraph| paragraph.trim().strip_prefix("tip: "));
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(CliError::usage(message).hint(tip.unwrap_or("--help shows how it is used")))
}

fn one_line(text: &str) -> String {
    SafeText::new(text).one_line()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::Args;
    use super::*;

    #[test]
    fn exit_codes_are_those_promised() {
        for (kind, code) in [
            (ErrorKind::OutputClosed, 0),
            (ErrorKind::Failed, 1),
            (ErrorKind::Usage, 2),
            (ErrorKind::Trust, 3),
            (ErrorKind::Unreachable, 4),
            (ErrorKind::Refused, 5),
        ] {
            assert_eq!(kind.exit_code(), code);
        }
    }

    #[test]
    fn an_error_is_one_line_and_a_hint_another() {
        let error = CliError::failed("it\nbroke\u{1b}[31m")
            .hint("mend\nit")
            .about("line 3");
        assert_eq!(
            error.to_string(),
            "error: line 3: it broke[31m\nhint: mend it"
        );
    }

    #[test]
    fn arguments_are_refused_in_the_same_look() {
        for (arguments, expected) in [
            (
                &["lanterm", "sned"][..],
                "error: unrecognized subcommand 'sned'\nhint: a similar subcommand exists: 'send'",
            ),
            (
                &["lanterm", "--chaos", "lag=3ms"],
                "error: invalid value 'lag=3ms' for '--chaos <SPEC>': \"lag=3ms\" is not one of \
                 loss=, dup=, reorder=, delay=, corrupt=, rate= and seed=\n\
                 hint: --help shows how it is used",
            ),
            (
                &["lanterm", "history"],
                "error: the following required arguments were not provided: --room <ROOM>\n\
                 hint: --help shows how it is used",
            ),
        ] {
            let error = Args::try_parse_from(arguments).unwrap_err();
            let error = from_clap(&error).expect("no help was asked for");
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert_eq!(error.to_string(), expected);
        }
        let help = Args::try_parse_from(["lanterm", "--help"]).unwrap_err();
        assert_eq!(from_clap(&help), None);
    }
}
