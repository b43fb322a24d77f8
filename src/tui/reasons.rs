//! What the layers below report by their variants, in words for people.

use crate::client::update::{CloseCode, LossReason};
use crate::locale::{Said, say};
use crate::wire::{NameError, Presence, Refusal};

/// Whether somebody is there.
pub fn presence(presence: Presence) -> Said {
    match presence {
        Presence::Here => say!("presence-here"),
        Presence::Idle => say!("presence-idle"),
        Presence::Away => say!("presence-away"),
        Presence::Gone => say!("presence-gone"),
    }
}

/// Why a relay will not.
pub fn refusal(refusal: &Refusal) -> Said {
    match refusal {
        Refusal::NoSuchRoom(room) => say!("refusal-no-such-room", room = room),
        Refusal::NotAllowed => say!("refusal-not-allowed"),
        Refusal::TooLong => say!("refusal-too-long"),
        Refusal::Limit(limit) => say!("refusal-limit", limit = limit),
        Refusal::Store(reason) => say!("refusal-store", reason = reason),
        Refusal::Diverged => say!("refusal-diverged"),
        Refusal::Moved => say!("refusal-moved"),
        Refusal::Protocol => say!("refusal-protocol"),
    }
}

/// Why there is no contact with a relay any more.
pub fn loss(reason: &LossReason) -> Said {
    match reason {
        LossReason::NoAnswer(address) => say!("loss-no-answer", address = address),
        LossReason::Silent => say!("loss-silent"),
        LossReason::Refused(of) => refusal(of),
        LossReason::Greeting => say!("loss-greeting"),
        LossReason::Misbehaved(how) => say!("loss-misbehaved", how = how),
        LossReason::Spent => say!("loss-spent"),
        LossReason::Closed { code, text } => match code {
            CloseCode::Done => say!("loss-done", text = text),
            CloseCode::TimedOut => say!("loss-timed-out", text = text),
            CloseCode::Protocol => say!("loss-protocol", text = text),
            CloseCode::Replaced => say!("loss-replaced", text = text),
            CloseCode::Refused => say!("loss-refused", text = text),
            CloseCode::ShuttingDown => say!("loss-shutting-down", text = text),
        },
    }
}

/// What is wrong with a name, to go on from "the name".
pub fn name_problem(error: NameError) -> Said {
    match error {
        NameError::Empty => say!("name-empty"),
        NameError::TooLong(max) => say!("name-too-long", max = max),
        NameError::Forbidden(character) => {
            say!(
                "name-forbidden",
                character = format_args!("U+{character:04X}")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::wire::{RoomName, SafeText};

    #[test]
    fn in_english_they_read_as_they_do_in_logs() {
        let text = || SafeText::new("rooms");
        for of in [
            Refusal::NoSuchRoom(RoomName::lobby()),
            Refusal::NotAllowed,
            Refusal::TooLong,
            Refusal::Limit(text()),
            Refusal::Store(text()),
            Refusal::Diverged,
            Refusal::Moved,
            Refusal::Protocol,
        ] {
            assert_eq!(refusal(&of).tr(Language::English), of.to_string());
            assert_ne!(refusal(&of).tr(Language::Chinese), of.to_string());
        }
        for of in [
            Presence::Here,
            Presence::Idle,
            Presence::Away,
            Presence::Gone,
        ] {
            assert_eq!(presence(of).tr(Language::English), of.as_str());
        }
        for of in [
            NameError::Empty,
            NameError::TooLong(32),
            NameError::Forbidden(0x40),
        ] {
            assert_eq!(name_problem(of).tr(Language::English), of.to_string());
        }
    }
}
