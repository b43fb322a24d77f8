//! What a command fails with: one line, perhaps a hint, and the exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

use super::notices;
use crate::locale::{Argument, Language, Said, say, tr};
use crate::store::StoreError;
use crate::tui::reasons;
use crate::wire::{Refusal, SafeText, StoreFault};

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

/// Why a command failed, in no language yet: it is said in the user's once it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    kind: ErrorKind,
    /// What it is said of, the narrowest first.
    subjects: Vec<Said>,
    /// Lower case, no full stop, one line.
    message: Said,
    hint: Option<Said>,
}

impl CliError {
    /// An error of this kind. Line feeds become blanks, and what could confuse a terminal is left
    /// out, because part of it may come from a file or a peer.
    pub fn new(kind: ErrorKind, message: impl Argument) -> Self {
        Self {
            kind,
            subjects: Vec::new(),
            message: Said::of(&message),
            hint: None,
        }
    }

    /// Something went wrong: exit code 1.
    pub fn failed(message: impl Argument) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// The command makes no sense as given: exit code 2.
    pub fn usage(message: impl Argument) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// The same error, with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Argument) -> Self {
        self.hint = Some(Said::of(&hint));
        self
    }

    /// The same error, said of something: "line 3", a file.
    #[must_use]
    pub fn about(mut self, subject: impl Argument) -> Self {
        self.subjects.push(Said::of(&subject));
        self
    }

    /// What is wrong, in a language: one line.
    pub fn message(&self, language: Language) -> String {
        let mut message = self.message.tr(language);
        for subject in &self.subjects {
            message = format!("{}: {message}", subject.tr(language));
        }
        one_line(&message)
    }

    /// The whole error in a language: a line, and one more for the hint.
    fn text(&self, language: Language) -> String {
        let text = tr!(language, "error-line", message = self.message(language));
        match &self.hint {
            Some(hint) => {
                let hint = one_line(&hint.tr(language));
                format!("{text}\n{}", tr!(language, "error-hint", hint = hint))
            }
            None => text,
        }
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Says it on `stderr` and returns the exit code.
    pub fn report(&self, language: Language, stderr: &mut impl io::Write) -> ExitCode {
        if self.kind != ErrorKind::OutputClosed {
            // When even standard error is closed, only the exit code is left to tell.
            let _ = writeln!(stderr, "{}", self.text(language));
        }
        ExitCode::from(self.kind.exit_code())
    }
}

/// In English, as logs and JSON have it.
impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl std::error::Error for CliError {}

/// A refusal by the relay.
impl From<&Refusal> for CliError {
    fn from(refusal: &Refusal) -> Self {
        let said = reasons::refusal(refusal);
        match refusal {
            Refusal::NoSuchRoom(room) if room.direct_users().is_some() => {
                Self::new(ErrorKind::Refused, said).hint(say!("error-no-direct-room-hint"))
            }
            Refusal::NoSuchRoom(_) => {
                Self::new(ErrorKind::Refused, said).hint(say!("error-no-room-hint"))
            }
            Refusal::NotAllowed | Refusal::TooLong | Refusal::Limit(_) => {
                Self::new(ErrorKind::Refused, said)
            }
            Refusal::Store(_) | Refusal::Diverged | Refusal::Moved | Refusal::Protocol => {
                Self::failed(said)
            }
        }
    }
}

/// A database that can't be used.
pub fn from_store_error(error: &StoreError) -> CliError {
    let failed = CliError::failed(notices::store(error));
    match error {
        StoreError::Newer { .. } => failed.hint(say!("store-newer-hint")),
        StoreError::Create { .. }
        | StoreError::Unusable {
            reason: StoreFault::Full | StoreFault::ReadOnly | StoreFault::Denied,
            ..
        } => failed.hint(say!("folder-hint")),
        StoreError::Unusable {
            reason: StoreFault::Damaged | StoreFault::Foreign,
            ..
        } => failed.hint(say!("store-aside-hint")),
        StoreError::Remove { .. }
        | StoreError::Unusable {
            reason:
                StoreFault::Busy
                | StoreFault::Disk
                | StoreFault::Gap
                | StoreFault::Unreadable
                | StoreFault::Other(_),
            ..
        } => failed,
    }
}

fn one_line(text: &str) -> String {
    SafeText::new(text).one_line()
}

#[cfg(test)]
mod tests {
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
    fn a_store_that_cannot_be_used_is_told_with_what_to_do() {
        let hint = |error: &StoreError| {
            let text = from_store_error(error).to_string();
            text.lines().nth(1).map(str::to_owned)
        };
        let unusable = |reason| StoreError::Unusable {
            path: "client.db".into(),
            reason,
        };
        let newer = StoreError::Newer {
            path: "client.db".into(),
            found: 99,
            known: 4,
        };
        assert!(hint(&newer).unwrap().contains("newer"));
        assert!(
            hint(&unusable(StoreFault::Foreign))
                .unwrap()
                .contains("aside")
        );
        assert!(
            hint(&unusable(StoreFault::Denied))
                .unwrap()
                .contains("LANTERM_HOME")
        );
        assert_eq!(hint(&unusable(StoreFault::Busy)), None);
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
}
