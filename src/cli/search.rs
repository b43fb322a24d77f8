//! `lanterm search`: messages by their words, newest first.

use std::io::Write;

use super::error::CliError;
use super::inbox::Inbox;
use super::output::Output;
use super::query::ask;
use super::target::Target;
use crate::io::client::ClientHandle;
use crate::locale::{Said, say};
use crate::wire::{Answer, Name, Query};

/// The longest query, in characters: what a relay reads of one.
pub const WORDS_CHARS_MAX: usize = 256;

/// What to search for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchOptions {
    /// The words.
    pub words: String,
    /// Only in this room.
    pub room: Option<Target>,
    /// Only from this user.
    pub from: Option<Name>,
    /// So many at most.
    pub count: u32,
}

/// Prints what is found. The relay hands it out in pages; each goes on where the last one ended.
///
/// # Errors
/// When the query is empty or too long, the relay refuses, or doesn't answer.
pub async fn run<W: Write>(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    options: SearchOptions,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let SearchOptions {
        words,
        room,
        from,
        count,
    } = options;
    let words = checked_words(words).map_err(CliError::usage)?;
    let room = match room {
        Some(target) => Some(target.find(inbox).await?),
        None => None,
    };
    let mut left = count as usize;
    let mut after = None;
    while left > 0 {
        let query = Query::Search {
            words: words.clone(),
            room: room.clone(),
            from: from.clone(),
            after,
            count: u32::try_from(left).unwrap_or(u32::MAX),
        };
        let mut page = Vec::new();
        for (part, received_at) in ask(handle, inbox, query).await? {
            if let Answer::Found(part) = part {
                page.extend(part.into_iter().map(|found| (found, received_at)));
            }
        }
        let Some((last, _)) = page.last() else { break };
        after = Some(last.mark);
        page.truncate(left);
        left -= page.len();
        for (found, received_at) in page {
            out.found(&found, received_at)?;
        }
    }
    if after.is_none() && !out.is_json() {
        out.note(&say!("search-none"));
    }
    Ok(())
}

/// A query that is no longer than a relay reads.
///
/// # Errors
/// Why it can't be searched for.
pub fn checked_words(words: String) -> Result<String, Said> {
    if words.trim().is_empty() {
        return Err(say!("search-nothing"));
    }
    if words.chars().count() > WORDS_CHARS_MAX {
        return Err(say!("search-too-long", max = WORDS_CHARS_MAX));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::tz::TimeZone;

    use super::super::error::ErrorKind;
    use super::super::inbox::tests::{Played, entered, play};
    use super::super::query::tests::answer_questions;
    use super::*;
    use crate::wire::{
        Body, DeviceId, Event, Found, LocalId, LogId, Ordinal, Refusal, RoomName, SafeText, Seq,
        Timestamp,
    };

    /// The relay hands out this many at a time.
    const PAGE: u32 = 10;

    fn found(seq: u64) -> Found {
        Found {
            room: RoomName::lobby(),
            log: LogId([1; 8]),
            event: Event {
                seq: Seq(seq),
                device: DeviceId([2; 8]),
                local: LocalId(seq),
                ordinal: Ordinal::NONE,
                from: "bob".parse().unwrap(),
                sent_at: Timestamp(0),
                stored_after: 0,
                body: Body::Message(SafeText::new("tea is ready")),
            },
            mark: 1_000 + seq,
        }
    }

    /// A relay that has the word "tea" in the events 1 to 25.
    fn answer(query: Query) -> Result<Vec<Answer>, Refusal> {
        let Query::Search {
            words,
            room,
            after,
            count,
            ..
        } = query
        else {
            panic!("{query:?}");
        };
        match (words.as_str(), room) {
            ("tea", None) => {
                let newest = after.map_or(25, |mark| mark - 1_001);
                let oldest = (newest + 1).saturating_sub(count.min(PAGE).into()).max(1);
                let events = (oldest..=newest).rev().map(found).collect();
                Ok(vec![Answer::Found(events), Answer::Found(Vec::new())])
            }
            ("tea", Some(room)) if room.as_str() == "@ann+bob" => {
                Ok(vec![Answer::Found(Vec::new())])
            }
            ("tea", Some(room)) => Err(Refusal::NoSuchRoom(room)),
            (words, _) => panic!("{words}"),
        }
    }

    async fn search(words: &str, room: Option<&str>, count: u32) -> Result<String, CliError> {
        let Played {
            handle,
            mut inbox,
            commands,
            reports,
        } = play(Duration::from_secs(10));
        reports.send(entered("ann")).await.unwrap();
        let command = async {
            let mut printed = Vec::new();
            let mut out = Output::new(&mut printed, false, TimeZone::UTC);
            let options = SearchOptions {
                words: words.to_owned(),
                room: room.map(|room| room.parse().unwrap()),
                from: None,
                count,
            };
            run(&handle, &mut inbox, options, &mut out).await?;
            Ok(String::from_utf8(printed).unwrap())
        };
        tokio::select! {
            result = command => result,
            () = answer_questions(commands, reports, answer) => panic!("the relay ended"),
        }
    }

    #[tokio::test]
    async fn the_newest_come_first_page_by_page() {
        let all = search("tea", None, 1_000).await.unwrap();
        assert_eq!(all.lines().count(), 25);
        assert_eq!(
            all.lines().next(),
            Some("lobby 1970-01-01 00:00:00 #25 <bob> tea is ready")
        );
        let seqs: Vec<u64> = all
            .lines()
            .map(|line| line.split([' ', '#']).nth(4).unwrap().parse().unwrap())
            .collect();
        assert_eq!(seqs, (1..=25).rev().collect::<Vec<_>>());
        let some = search("tea", None, 12).await.unwrap();
        assert_eq!(some.lines().count(), 12);
        assert!(all.starts_with(&some));
    }

    #[tokio::test]
    async fn nothing_found_is_no_error_and_a_room_that_is_not_there_is() {
        let printed = search("tea", Some("@bob"), 20).await;
        assert_eq!(printed, Ok(String::new()));
        let error = search("tea", Some("nowhere"), 20).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
    }

    #[tokio::test]
    async fn a_query_that_can_find_nothing_is_not_asked() {
        for words in ["", "  ", &"x".repeat(WORDS_CHARS_MAX + 1)] {
            let error = search(words, None, 20).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
        }
    }
}
