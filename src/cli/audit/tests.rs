use std::time::Duration;

use jiff::tz::TimeZone;

use super::super::inbox::tests::{Played, entered, play, update};
use super::super::query::tests::answer_questions;
use super::*;
use crate::io::client::Command;
use crate::wire::{Body, Cursor, DeviceId, LocalId, Ordinal, Refusal, SafeText, Timestamp};

const LOG: LogId = LogId([1; 8]);

/// The relay hands out this many events, and hashes, at a time.
const PAGE: usize = 100;

/// A relay with one log, of which the events before `first` are deleted.
#[derive(Clone)]
struct Relay {
    first: usize,
    /// Event n stands at n - 1.
    events: Vec<Event>,
    /// The hash at place n stands at n.
    hashes: Vec<LogHash>,
}

impl Relay {
    fn new(first: usize, head: usize) -> Self {
        let events: Vec<Event> = (1..=head as u64).map(event).collect();
        let mut hashes = vec![LogHash::EMPTY];
        for event in &events {
            hashes.push(hash_after(*hashes.last().unwrap(), event));
        }
        Self {
            first,
            events,
            hashes,
        }
    }

    fn opened(&self) -> Opened {
        let head = self.events.len();
        let cursor = Cursor {
            log: LOG,
            seq: Seq(head as u64),
            hash: self.hashes[head],
        };
        Opened {
            head: cursor,
            after: cursor.seq,
            hash: cursor.hash,
            first: Seq(self.first as u64),
            topic: SafeText::default(),
        }
    }

    fn answer(&self, query: Query) -> Result<Vec<Answer>, Refusal> {
        Ok(vec![match query {
            Query::History {
                room,
                before,
                count,
            } => {
                if room != RoomName::lobby() {
                    return Err(Refusal::NoSuchRoom(room));
                }
                let end = before.map_or(self.events.len(), |before| before.0 as usize - 1);
                let end = end.min(self.events.len());
                let start = end.saturating_sub(PAGE.min(count as usize));
                let start = start.max(self.first - 1).min(end);
                Answer::Events(LOG, self.events[start..end].to_vec())
            }
            Query::Hashes { first, count, .. } => {
                let first = first.0 as usize;
                let is_there = first + 1 >= self.first && first < self.hashes.len();
                let end = self.hashes.len().min(first + PAGE.min(count as usize));
                let hashes = if is_there {
                    self.hashes[first..end].to_vec()
                } else {
                    Vec::new()
                };
                Answer::Hashes(LOG, hashes)
            }
            Query::Members(_)
            | Query::Rooms
            | Query::Net
            | Query::Search { .. }
            | Query::Numbered { .. }
            | Query::Delivered(_) => panic!("{query:?}"),
        }])
    }
}

fn event(seq: u64) -> Event {
    Event {
        seq: Seq(seq),
        device: DeviceId([2; 8]),
        local: LocalId(seq),
        ordinal: Ordinal::NONE,
        from: "bob".parse().unwrap(),
        sent_at: Timestamp(0),
        stored_after: 0,
        body: Body::Message(SafeText::new("hi")),
    }
}

/// What an audit prints, and how it ends. `own` are the hashes this device has.
async fn audit(
    relay: Relay,
    room: &str,
    at: Option<u64>,
    own: &[(u64, LogHash)],
) -> (String, Result<(), CliError>) {
    let Played {
        handle,
        mut inbox,
        mut commands,
        reports,
    } = play(Duration::from_secs(10));
    reports.send(entered("ann")).await.unwrap();
    let mut printed = Vec::new();
    let command = async {
        let mut out = Output::new(&mut printed, true, TimeZone::UTC);
        let options = AuditOptions {
            room: room.parse().unwrap(),
            at: at.map(Seq),
        };
        let own = |_: &RoomName, log: LogId, seq: Seq| {
            assert_eq!(log, LOG);
            let had = own.iter().find(|(place, _)| *place == seq.0);
            Ok(had.map(|(_, hash)| *hash))
        };
        run(&handle, &mut inbox, options, own, &mut out).await
    };
    // The client says that the room is open before it passes questions on.
    let (to_relay, questions) = tokio::sync::mpsc::unbounded_channel();
    let opened = relay.opened();
    let opening = async {
        while let Some(command) = commands.recv().await {
            if let Command::Open { room, .. } = command {
                let opened = opened.clone();
                let report = update(Update::Opened { room, opened });
                reports.send(report).await.unwrap();
            } else {
                to_relay.send(command).unwrap();
            }
        }
    };
    let answering = answer_questions(questions, reports.clone(), |query| relay.answer(query));
    let result = tokio::select! {
        result = command => result,
        () = opening => panic!("the client ended"),
        () = answering => panic!("the relay ended"),
    };
    (String::from_utf8(printed).unwrap(), result)
}

#[tokio::test]
async fn a_whole_log_is_printed_with_its_hash() {
    let relay = Relay::new(1, 700);
    let own = [(3, relay.hashes[3]), (700, relay.hashes[700])];
    let (printed, result) = audit(relay.clone(), "lobby", None, &own).await;
    assert_eq!(result, Ok(()));
    let expected = format!(
        "{{\"type\":\"audit\",\"room\":\"lobby\",\"log\":\"0101010101010101\",\"first\":1,\
         \"seq\":700,\"hash\":\"{}\",\"agrees\":true,\"compared\":2}}\n",
        relay.hashes[700]
    );
    assert_eq!(printed, expected);

    let (printed, result) = audit(relay.clone(), "lobby", Some(20), &[]).await;
    assert_eq!(result, Ok(()));
    assert!(printed.contains(&format!("\"seq\":20,\"hash\":\"{}\"", relay.hashes[20])));
    assert!(printed.ends_with("\"compared\":0}\n"));

    let (printed, result) = audit(Relay::new(1, 0), "lobby", None, &[]).await;
    assert_eq!(result, Ok(()));
    assert!(printed.contains(&LogHash::EMPTY.to_string()));
}

#[tokio::test]
async fn a_log_whose_beginning_is_deleted_is_checked_from_there_on() {
    let relay = Relay::new(301, 700);
    let (printed, result) = audit(relay, "lobby", None, &[]).await;
    assert_eq!(result, Ok(()));
    assert!(printed.contains("\"first\":301,\"seq\":700,"), "{printed}");
    // All of it is deleted.
    let (_, result) = audit(Relay::new(701, 700), "lobby", None, &[]).await;
    assert_eq!(result, Ok(()));
}

#[tokio::test]
async fn what_was_changed_is_found_where_it_was_changed() {
    let mut changed = Relay::new(1, 700);
    changed.events[431].body = Body::Message(SafeText::new("ho"));
    let mut lacking = Relay::new(1, 700);
    lacking.events[431].seq = Seq(9_999);
    let mut begun = Relay::new(1, 700);
    begun.hashes[0] = LogHash([7; 16]);
    for (relay, at) in [(changed, 432), (lacking, 432), (begun, 1)] {
        let (printed, result) = audit(relay, "lobby", None, &[]).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Trust);
        let expected = format!(
            "error: the relay's log of \"lobby\" does not fit its own hashes from #{at} on"
        );
        assert_eq!(error.to_string().lines().next(), Some(expected.as_str()));
        let expected = format!("\"agrees\":false,\"compared\":0,\"differs_at\":{at}}}\n");
        assert!(printed.ends_with(&expected), "{printed}");
    }
}

#[tokio::test]
async fn what_this_device_read_otherwise_is_found() {
    let relay = Relay::new(1, 700);
    let own = [
        (20, relay.hashes[20]),
        (300, LogHash([7; 16])),
        (301, LogHash([7; 16])),
    ];
    let (printed, result) = audit(relay.clone(), "lobby", None, &own).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Trust);
    assert!(error.to_string().contains("from #300 on"), "{error}");
    assert!(printed.ends_with("\"agrees\":false,\"compared\":2,\"differs_at\":300}\n"));
    // Up to the place before it, all is well.
    let (_, result) = audit(relay, "lobby", Some(299), &own).await;
    assert_eq!(result, Ok(()));
}

#[tokio::test]
async fn a_place_that_the_log_does_not_have_is_an_error() {
    for (relay, room, at, kind) in [
        (Relay::new(1, 7), "lobby", Some(8), ErrorKind::Failed),
        (Relay::new(5, 7), "lobby", Some(3), ErrorKind::Failed),
        (Relay::new(1, 7), "nowhere", None, ErrorKind::Refused),
        (Relay::new(1, 7), "@bob", None, ErrorKind::Refused),
    ] {
        let (printed, result) = audit(relay, room, at, &[]).await;
        assert_eq!(result.unwrap_err().kind(), kind);
        assert_eq!(printed, "");
    }
}
