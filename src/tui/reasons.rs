//! What the layers below report by their variants, in words for people.

use crate::client::update::{CloseCode, LossReason, Violation};
use crate::locale::{Said, arguments, say};
use crate::wire::text::character_text;
use crate::wire::{
    Limit, Name, NameError, Parting, Presence, Refusal, RoomName, SafeText, Seq, StoreFault,
};

arguments! { Name, RoomName, Seq }

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
        Refusal::Limit(text) => say!("refusal-limit", limit = limit(text)),
        Refusal::Store(text) => {
            let reason = store_fault(&StoreFault::of(text.as_str()));
            say!("refusal-store", reason = reason)
        }
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
        LossReason::Misbehaved(how) => say!("loss-misbehaved", how = violation(*how)),
        LossReason::Spent => say!("loss-spent"),
        LossReason::Closed { code, text } => {
            let text = if says_no_more(*code, text) {
                Said::verbatim("")
            } else {
                parting(text)
            };
            match code {
                CloseCode::Done => say!("loss-done", text = text),
                CloseCode::TimedOut => say!("loss-timed-out", text = text),
                CloseCode::Protocol => say!("loss-protocol", text = text),
                CloseCode::Replaced => say!("loss-replaced", text = text),
                CloseCode::Refused => say!("loss-refused", text = text),
                CloseCode::ShuttingDown => say!("loss-shutting-down", text = text),
            }
        }
    }
}

/// A limit by the words that the relay has for it; one of another version as it came.
fn limit(words: &SafeText) -> Said {
    match Limit::of(words.as_str()) {
        Some(Limit::OpenRooms) => say!("limit-open-rooms"),
        Some(Limit::RoomsOpened) => say!("limit-rooms-opened"),
        Some(Limit::DirectRooms) => say!("limit-direct-rooms"),
        Some(Limit::Rooms) => say!("limit-rooms"),
        Some(Limit::Members) => say!("limit-members"),
        Some(Limit::Events) => say!("limit-events"),
        Some(Limit::Messages) => say!("limit-messages"),
        Some(Limit::MessageBytes) => say!("limit-message-bytes"),
        Some(Limit::Confirmations) => say!("limit-confirmations"),
        Some(Limit::Questions) => say!("limit-questions"),
        Some(Limit::SearchCharacters) => say!("limit-search-characters"),
        Some(Limit::OwnRooms) => say!("limit-own-rooms"),
        Some(Limit::OwnQuestions) => say!("limit-own-questions"),
        None => Said::verbatim(words),
    }
}

/// Why a store can't be read or written.
pub fn store_fault(fault: &StoreFault) -> Said {
    match fault {
        StoreFault::Full => say!("store-full"),
        StoreFault::ReadOnly => say!("store-read-only"),
        StoreFault::Denied => say!("store-denied"),
        StoreFault::Busy => say!("store-busy"),
        StoreFault::Disk => say!("store-disk"),
        StoreFault::Damaged => say!("store-damaged"),
        StoreFault::Foreign => say!("store-foreign"),
        StoreFault::Gap => say!("store-gap"),
        StoreFault::Unreadable => say!("store-unreadable"),
        StoreFault::Other(text) => Said::verbatim(text),
    }
}

/// Whether the words of who closed a session are those for its code once more.
fn says_no_more(code: CloseCode, words: &str) -> bool {
    matches!(
        (code, Parting::of(words.trim_start_matches(": "))),
        (CloseCode::TimedOut, Some(Parting::Silence))
            | (CloseCode::ShuttingDown, Some(Parting::Ends))
            | (CloseCode::Protocol, Some(Parting::Protocol))
    )
}

/// Why a session was closed, with the colon before it, by the words of who closed it; those of
/// another version as they came.
fn parting(words: &str) -> Said {
    let words = words.trim_start_matches(": ");
    let because = match Parting::of(words) {
        Some(Parting::Ends) => say!("parting-ends"),
        Some(Parting::Full) => say!("parting-full"),
        Some(Parting::Overrun) => say!("parting-overrun"),
        Some(Parting::Protocol) => say!("parting-protocol"),
        Some(Parting::Unreadable) => say!("parting-unreadable"),
        Some(Parting::Violation) => say!("parting-violation"),
        Some(Parting::Forgotten) => say!("parting-forgotten"),
        Some(Parting::Silence) => say!("parting-silence"),
        None if words.is_empty() => return Said::verbatim(""),
        None => Said::verbatim(words),
    };
    say!("loss-because", text = because)
}

/// What a relay did that none may.
fn violation(violation: Violation) -> Said {
    match violation {
        Violation::Gap => say!("violation-gap"),
        Violation::Channel => say!("violation-channel"),
        Violation::Unsent => say!("violation-unsent"),
        Violation::Range => say!("violation-range"),
        Violation::Endless => say!("violation-endless"),
        Violation::Malformed => say!("violation-malformed"),
    }
}

/// What is wrong with a name, to go on from "the name".
pub fn name_problem(error: NameError) -> Said {
    match error {
        NameError::Empty => say!("name-empty"),
        NameError::TooLong(max) => say!("name-too-long", max = max),
        NameError::Blank => say!("name-blank"),
        NameError::Forbidden(character) => {
            say!("name-forbidden", character = character_text(character))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    /// Checks that something reads in English as it does in logs, and that there is Chinese for it.
    fn check(said: &Said, log: &str) {
        assert_eq!(said.tr(Language::English), log);
        let chinese = said.tr(Language::Chinese);
        assert!(!chinese.is_ascii() && chinese != log, "{chinese}");
    }

    #[test]
    fn what_comes_in_words_is_known_by_them() {
        for of in Limit::ALL {
            check(&limit(&SafeText::new(of.as_str())), of.as_str());
        }
        for of in StoreFault::NAMED {
            assert_eq!(StoreFault::of(of.as_str()), of);
            check(&store_fault(&of), of.as_str());
        }
        for of in Parting::ALL {
            let text = format!(": {of}");
            check(&parting(&text), &text);
        }
        for of in [
            Violation::Gap,
            Violation::Channel,
            Violation::Unsent,
            Violation::Range,
            Violation::Endless,
            Violation::Malformed,
        ] {
            check(&violation(of), &of.to_string());
        }
    }

    #[test]
    fn what_a_code_says_is_not_said_twice() {
        let closed = |code, of: &str| {
            let text = format!(": {of}");
            loss(&LossReason::Closed { code, text }).tr(Language::English)
        };
        let silence = Parting::Silence.as_str();
        assert_eq!(
            closed(CloseCode::TimedOut, silence),
            "the relay is not heard any more"
        );
        assert_eq!(
            closed(CloseCode::Refused, Parting::Full.as_str()),
            "the relay refused: the relay is full"
        );
    }

    #[test]
    fn words_of_another_version_are_shown_as_they_came() {
        let text = SafeText::new("7 wishes");
        for language in Language::ALL {
            let of = limit(&text).tr(language);
            assert_eq!(of, "7 wishes");
            let of = store_fault(&StoreFault::of("out of ink")).tr(language);
            assert_eq!(of, "out of ink");
            assert_eq!(parting("").tr(language), "");
        }
        assert_eq!(parting(": enough").tr(Language::Chinese), "：enough");
    }

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
            NameError::Blank,
            NameError::Forbidden(0x40),
        ] {
            assert_eq!(name_problem(of).tr(Language::English), of.to_string());
        }
    }
}
