//! `lanterm tail`: follows a room until it is stopped, or has shown so many messages.

use std::io::Write;

use super::error::CliError;
use super::inbox::{Heard, Inbox};
use super::json::Line;
use super::output::Output;
use super::target::Target;
use crate::client::Update;
use crate::io::client::ClientHandle;
use crate::room::is_spoken;
use crate::wire::Follow;

/// What to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailOptions {
    /// The room.
    pub room: Target,
    /// Where to begin.
    pub follow: Follow,
    /// After how many messages to end; never when `None`. Other events don't count.
    pub messages_max: Option<u64>,
}

/// Prints the events of a room. Once the room is open no loss of contact ends it: it goes on where
/// it was as soon as a relay is there again.
///
/// # Errors
/// When the room can't be opened, or standard output not written.
pub async fn run<W: Write>(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    options: TailOptions,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let TailOptions {
        room: target,
        follow,
        messages_max,
    } = options;
    let wanted = target.find(inbox).await?;
    handle.open(wanted.clone(), false, follow);
    let mut messages = 0;
    while messages_max.is_none_or(|max| messages < max) {
        let Heard::Update(update, received_at) = inbox.next().await? else {
            continue;
        };
        match update {
            Update::Opened { room, .. } if room == wanted => inbox.wait_forever(),
            Update::OpenRefused { room, refusal } if room == wanted => {
                return Err(CliError::from(&refusal));
            }
            Update::Event {
                room, log, event, ..
            } if room == wanted => {
                out.event(&room, log, &event, received_at)?;
                handle.seen(room, event.seq);
                messages += u64::from(is_spoken(&event.body));
            }
            // People see who comes and goes with the events; scripts may want to know it all.
            Update::Members { room, members } if room == wanted && out.is_json() => {
                for member in &members {
                    out.json(&Line::presence(&room, member))?;
                }
            }
            Update::Missing {
                room,
                from,
                count,
                search,
            } if room == wanted => out.missing(&room, &from, count, search)?,
            Update::Gone { room, count } if room == wanted => out.gone(&room, count)?,
            Update::Diverged { room, log, at } if room == wanted => {
                out.diverged(&room, log, at)?;
            }
            Update::Opened { .. }
            | Update::OpenRefused { .. }
            | Update::Event { .. }
            | Update::Members { .. }
            | Update::Contact(_)
            | Update::Stored { .. }
            | Update::Ahead { .. }
            | Update::Queued { .. }
            | Update::CarriedOver { .. }
            | Update::Delayed { .. }
            | Update::Missing { .. }
            | Update::Gone { .. }
            | Update::Diverged { .. }
            | Update::NotStored { .. }
            | Update::Delivered { .. }
            | Update::Typing { .. }
            | Update::Answer { .. }
            | Update::AskRefused { .. }
            | Update::Waiting { .. } => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::tz::TimeZone;

    use super::super::error::ErrorKind;
    use super::super::inbox::tests::{entered, play, update};
    use super::*;
    use crate::client::update::MissingSearch;
    use crate::io::client::{Command, Report};
    use crate::wire::{
        Body, Cursor, DeviceId, Event, LocalId, LogHash, LogId, Member, Opened, Ordinal, Presence,
        Refusal, RoomName, SafeText, Seq, Timestamp,
    };

    fn event(seq: u64, body: Body) -> Report {
        update(Update::Event {
            hash: LogHash::EMPTY,
            room: RoomName::lobby(),
            log: LogId([1; 8]),
            event: Event {
                seq: Seq(seq),
                device: DeviceId([2; 8]),
                local: LocalId(seq),
                ordinal: Ordinal::NONE,
                from: "bob".parse().unwrap(),
                sent_at: Timestamp(1_700_000_000_000_000),
                stored_after: 0,
                body,
            },
        })
    }

    fn opened() -> Report {
        let head = Cursor {
            hash: LogHash::EMPTY,
            log: LogId([1; 8]),
            seq: Seq(0),
        };
        update(Update::Opened {
            room: RoomName::lobby(),
            opened: Opened {
                hash: LogHash::EMPTY,
                first: Seq(1),
                head,
                after: Seq(0),
                topic: SafeText::default(),
            },
        })
    }

    fn options(messages_max: Option<u64>) -> TailOptions {
        TailOptions {
            room: Target::Room(RoomName::lobby()),
            follow: Follow::Last(10),
            messages_max,
        }
    }

    #[tokio::test]
    async fn so_many_messages_are_shown_and_marked_as_seen() {
        let mut played = play(Duration::from_secs(10));
        let message = |text| Body::Message(SafeText::new(text));
        let members = update(Update::Members {
            room: RoomName::lobby(),
            members: vec![Member {
                name: "bob".parse().unwrap(),
                device: DeviceId([2; 8]),
                presence: Presence::Here,
                since: Timestamp(0),
                status: SafeText::default(),
            }],
        });
        for report in [
            entered("alice"),
            opened(),
            members,
            event(1, Body::Join),
            event(2, message("one")),
            event(3, message("two")),
            event(4, message("three")),
        ] {
            played.reports.send(report).await.unwrap();
        }
        let mut printed = Vec::new();
        let mut out = Output::new(&mut printed, true, TimeZone::UTC);
        run(
            &played.handle,
            &mut played.inbox,
            options(Some(2)),
            &mut out,
        )
        .await
        .unwrap();
        let printed = String::from_utf8(printed).unwrap();
        let kinds: Vec<&str> = printed
            .lines()
            .map(|line| line.split('"').nth(3).unwrap())
            .collect();
        assert_eq!(kinds, ["presence", "join", "message", "message"]);
        let mut seen = Vec::new();
        while let Ok(command) = played.commands.try_recv() {
            if let Command::Seen { seq, .. } = command {
                seen.push(seq.0);
            }
        }
        assert_eq!(seen, [1, 2, 3]);
    }

    #[tokio::test]
    async fn what_the_log_lacks_is_told_and_other_rooms_are_not() {
        let mut played = play(Duration::from_secs(10));
        let gone = |room: &str, count| {
            let room = room.parse().unwrap();
            update(Update::Gone { room, count })
        };
        let diverged = update(Update::Diverged {
            room: "@alice+bob".parse().unwrap(),
            log: LogId([1; 8]),
            at: Seq(7),
        });
        let missing = update(Update::Missing {
            room: "@alice+bob".parse().unwrap(),
            from: "bob".parse().unwrap(),
            count: 2,
            search: MissingSearch::Asking,
        });
        for report in [
            entered("alice"),
            gone("@alice+bob", 300),
            gone("lobby", 1),
            missing,
            diverged,
        ] {
            played.reports.send(report).await.unwrap();
        }
        drop(played.reports);
        let mut printed = Vec::new();
        let mut out = Output::new(&mut printed, true, TimeZone::UTC);
        let options = TailOptions {
            room: "@bob".parse().unwrap(),
            ..options(None)
        };
        let result = run(&played.handle, &mut played.inbox, options, &mut out).await;
        assert!(result.is_err(), "the client has ended");
        assert_eq!(
            String::from_utf8(printed).unwrap(),
            "{\"type\":\"gone\",\"room\":\"@alice+bob\",\"count\":300}\n\
             {\"type\":\"missing\",\"room\":\"@alice+bob\",\"from\":\"bob\",\"count\":2,\"found\":null}\n\
             {\"type\":\"diverged\",\"room\":\"@alice+bob\",\"log\":\"0101010101010101\",\"at\":7}\n"
        );
    }

    #[tokio::test]
    async fn a_room_that_is_not_there_is_a_refusal() {
        let mut played = play(Duration::from_secs(10));
        let refused = update(Update::OpenRefused {
            room: RoomName::lobby(),
            refusal: Refusal::NoSuchRoom(RoomName::lobby()),
        });
        played.reports.send(refused).await.unwrap();
        let mut out = Output::new(Vec::new(), true, TimeZone::UTC);
        let error = run(&played.handle, &mut played.inbox, options(None), &mut out)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(
            error.to_string(),
            "error: room \"lobby\" does not exist\n\
             hint: \"lanterm rooms\" lists the rooms, \"lanterm send --create\" makes one"
        );
    }

    #[tokio::test]
    async fn a_silent_room_is_followed_beyond_the_timeout() {
        let mut played = play(Duration::from_millis(20));
        played.reports.send(entered("alice")).await.unwrap();
        played.reports.send(opened()).await.unwrap();
        let mut out = Output::new(Vec::new(), true, TimeZone::UTC);
        let tail = run(&played.handle, &mut played.inbox, options(None), &mut out);
        let result = tokio::time::timeout(Duration::from_millis(100), tail).await;
        assert!(result.is_err(), "it ended: {result:?}");
    }
}
