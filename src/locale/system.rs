//! What the system reports, in the words of the user.
//!
//! The reasons that people meet and can do something about have words in every language. All others
//! stay as the system has them, in the language it has them in; only the number is left out, which
//! tells nobody anything that the words don't.

use std::io::{self, ErrorKind};

use super::{Argument, Said, Value, say};

impl Argument for io::Error {
    fn to_value(&self) -> Value {
        Value::Said(reason(self))
    }
}

fn reason(error: &io::Error) -> Said {
    match error.kind() {
        ErrorKind::NotFound => say!("system-not-found"),
        ErrorKind::PermissionDenied => say!("system-denied"),
        ErrorKind::ReadOnlyFilesystem => say!("system-read-only"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => say!("system-full"),
        ErrorKind::IsADirectory => say!("system-folder"),
        ErrorKind::NotADirectory => say!("system-no-folder"),
        _ => Said::verbatim(without_number(&error.to_string())),
    }
}

/// Without the number of the error, which the library puts behind the system's words.
fn without_number(text: &str) -> &str {
    let number = text.rfind(" (os error ");
    number.map_or(text, |at| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::*;

    #[test]
    fn what_people_can_mend_has_words_in_every_language() {
        let full = io::Error::from(ErrorKind::StorageFull);
        assert_eq!(Said::of(&full).tr(Language::English), "the disk is full");
        assert_eq!(Said::of(&full).tr(Language::Chinese), "磁盘已满");
    }

    #[test]
    fn all_else_is_in_the_words_of_the_system_without_its_number() {
        let lookup = io::Error::other("failed to lookup address information");
        let text = "failed to lookup address information";
        assert_eq!(Said::of(&lookup).tr(Language::Chinese), text);
        assert_eq!(
            without_number("Too many links (os error 31)"),
            "Too many links"
        );
    }
}
