//! `lanterm who`, `rooms` and `history`: one question, its answer, done.

use std::io::Write;

use super::error::CliError;
use super::inbox::{Heard, Inbox};
use super::output::Output;
use crate::client::Update;
use crate::io::client::ClientHandle;
use crate::wire::{Answer, Event, LogId, Query, RoomName, Seq, Timestamp};

/// Shows who is a member of a room, or of any.
///
/// # Errors
/// When the relay refuses, or doesn't answer.
pub async fn who<W: Write>(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    room: Option<RoomName>,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let mut members = Vec::new();
    for (part, _) in ask(handle, inbox, Query::Members(room)).await? {
        if let Answer::Members(part) = part {
            members.extend(part);
        }
    }
    out.members(&members)
}

/// Lists the rooms.
///
/// # Errors
/// When the relay refuses, or doesn't answer.
pub async fn rooms<W: Write>(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let mut rooms = Vec::new();
    for (part, _) in ask(handle, inbox, Query::Rooms).await? {
        if let Answer::Rooms(part) = part {
            rooms.extend(part);
        }
    }
    out.rooms(&rooms)
}

/// Shows how well the relay reaches every session it has.
///
/// # Errors
/// When the relay refuses, or doesn't answer.
pub async fn net<W: Write>(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let mut paths = Vec::new();
    for (part, _) in ask(handle, inbox, Query::Net).await? {
        if let Answer::Net(part) = part {
            paths.extend(part);
        }
    }
    out.paths(&paths)
}

/// Shows the last `count` events of a room before a place, or before its end, oldest first.
///
/// # Errors
/// When the relay refuses, or doesn't answer.
pub async fn history<W: Write>(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    room: RoomName,
    before: Option<Seq>,
    count: u32,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let count = count as usize;
    // The relay answers with the newest page only, so pages come newest first.
    let mut pages: Vec<Page> = Vec::new();
    let mut had = 0;
    let mut before = before;
    while had < count {
        let query = Query::History {
            room: room.clone(),
            before,
            count: u32::try_from(count - had).unwrap_or(u32::MAX),
        };
        let mut page = Page::default();
        for (part, received_at) in ask(handle, inbox, query).await? {
            if let Answer::Events(log, events) = part {
                page.push(log, events, received_at);
            }
        }
        let Some(first) = page.first() else { break };
        had += page.len();
        let is_start = first <= Seq(1) || before.is_some_and(|before| first >= before);
        before = Some(first);
        pages.push(page);
        if is_start {
            break;
        }
    }
    let surplus = had.saturating_sub(count);
    let events = pages.iter().rev().flat_map(|page| &page.events);
    for (log, event, received_at) in events.skip(surplus) {
        out.event(&room, *log, event, *received_at)?;
    }
    Ok(())
}

/// Asks, and returns all parts of the answer, each with its time of arrival.
///
/// # Errors
/// When the relay refuses, or doesn't answer.
pub(super) async fn ask(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    query: Query,
) -> Result<Vec<(Answer, Timestamp)>, CliError> {
    // One question at a time, so any tag will do.
    handle.ask(0, query);
    let mut number = None;
    let mut parts = Vec::new();
    loop {
        match inbox.next().await? {
            Heard::Asked { request, .. } => number = Some(request),
            Heard::Update(
                Update::Answer {
                    request,
                    part,
                    is_last,
                },
                received_at,
            ) if number == Some(request) => {
                inbox.made_progress();
                parts.push((part, received_at));
                if is_last {
                    return Ok(parts);
                }
            }
            Heard::Update(Update::AskRefused { request, refusal }, _)
                if number == Some(request) =>
            {
                return Err(CliError::from(&refusal));
            }
            Heard::Update(..) | Heard::Stats(_) | Heard::SendRefused { .. } => {}
        }
    }
}

/// One answer to a question for history, oldest first.
#[derive(Default)]
struct Page {
    events: Vec<(LogId, Event, Timestamp)>,
}

impl Page {
    fn push(&mut self, log: LogId, events: Vec<Event>, received_at: Timestamp) {
        let events = events.into_iter().map(|event| (log, event, received_at));
        self.events.extend(events);
    }

    fn first(&self) -> Option<Seq> {
        self.events.first().map(|(_, event, _)| event.seq)
    }

    fn len(&self) -> usize {
        self.events.len()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use jiff::tz::TimeZone;

    use super::super::error::ErrorKind;
    use super::super::inbox::tests::{Played, play, update};
    use super::*;
    use crate::io::client::{Command, Report};
    use crate::wire::{
        Body, DeviceId, LocalId, Member, Ordinal, PathQuality, Presence, Refusal, RoomInfo,
        SafeText,
    };

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

    /// A relay with 25 events that hands out 10 at a time, one member and one room.
    fn answer(query: Query) -> Result<Vec<Answer>, Refusal> {
        Ok(match query {
            Query::Members(Some(room)) => return Err(Refusal::NoSuchRoom(room)),
            Query::Members(None) => vec![
                Answer::Members(vec![Member {
                    name: "bob".parse().unwrap(),
                    device: DeviceId([2; 8]),
                    presence: Presence::Away,
                    since: Timestamp(0),
                    status: SafeText::default(),
                }]),
                Answer::Members(Vec::new()),
            ],
            Query::Rooms => vec![Answer::Rooms(vec![RoomInfo {
                name: RoomName::lobby(),
                members: 1,
                seq: Seq(25),
                topic: SafeText::new("tea"),
            }])],
            Query::Hashes { .. }
            | Query::Search { .. }
            | Query::Numbered { .. }
            | Query::Delivered(_) => panic!("{query:?}"),
            Query::Net => {
                let path = |who: &str, rtt_micros, loss_to_percent| PathQuality {
                    name: who.parse().unwrap(),
                    device: DeviceId([2; 8]),
                    rtt_micros,
                    loss_to_percent,
                    loss_from_percent: 0,
                };
                vec![
                    Answer::Net(vec![path("bob", 420, 0)]),
                    Answer::Net(vec![path("montgomery", 61_500, 12)]),
                ]
            }
            Query::History { before, count, .. } => {
                let end = before.map_or(26, |before| before.0);
                let start = end.saturating_sub(u64::from(count.min(10))).max(1);
                vec![Answer::Events(
                    LogId([1; 8]),
                    (start..end).map(event).collect(),
                )]
            }
        })
    }

    /// Answers every question as `answer` says.
    pub async fn answer_questions(
        mut commands: tokio::sync::mpsc::UnboundedReceiver<Command>,
        reports: tokio::sync::mpsc::Sender<Report>,
        answer: impl Fn(Query) -> Result<Vec<Answer>, Refusal>,
    ) {
        let mut request = 100;
        while let Some(command) = commands.recv().await {
            let Command::Ask { tag, query } = command else {
                continue;
            };
            request += 1;
            let asked = Report::Asked { tag, request };
            reports.send(asked).await.unwrap();
            match answer(query) {
                Err(refusal) => {
                    let refused = update(Update::AskRefused { request, refusal });
                    reports.send(refused).await.unwrap();
                }
                Ok(parts) => {
                    let last = parts.len() - 1;
                    for (index, part) in parts.into_iter().enumerate() {
                        let is_last = index == last;
                        let part = Update::Answer {
                            request,
                            part,
                            is_last,
                        };
                        reports.send(update(part)).await.unwrap();
                    }
                }
            }
        }
    }

    enum Asking {
        Who(Option<RoomName>),
        Rooms,
        Net,
        History(Option<Seq>, u32),
    }

    async fn printed(asking: Asking) -> Result<String, CliError> {
        let Played {
            handle,
            mut inbox,
            commands,
            reports,
        } = play(Duration::from_secs(10));
        let command = async {
            let mut printed = Vec::new();
            let mut out = Output::new(&mut printed, false, TimeZone::UTC);
            match asking {
                Asking::Who(room) => who(&handle, &mut inbox, room, &mut out).await?,
                Asking::Rooms => rooms(&handle, &mut inbox, &mut out).await?,
                Asking::Net => net(&handle, &mut inbox, &mut out).await?,
                Asking::History(before, count) => {
                    let lobby = RoomName::lobby();
                    history(&handle, &mut inbox, lobby, before, count, &mut out).await?;
                }
            }
            Ok(String::from_utf8(printed).unwrap())
        };
        tokio::select! {
            result = command => result,
            () = answer_questions(commands, reports, answer) => panic!("the relay ended"),
        }
    }

    async fn history_seqs(before: Option<u64>, count: u32) -> Vec<u64> {
        let printed = printed(Asking::History(before.map(Seq), count))
            .await
            .unwrap();
        let seq = |line: &str| line.split([' ', '#']).nth(3)?.parse().ok();
        printed.lines().map(|line| seq(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn answers_are_printed_whole() {
        let who = printed(Asking::Who(None)).await.unwrap();
        assert_eq!(who, "bob  away  since 1970-01-01 00:00:00\n");
        let rooms = printed(Asking::Rooms).await.unwrap();
        assert_eq!(rooms, "lobby    1 here  #25  tea\n");
        let net = printed(Asking::Net).await.unwrap();
        assert_eq!(
            net,
            "name        round trip  lost to  lost from\n\
             bob             0.4 ms      0 %        0 %\n\
             montgomery     61.5 ms     12 %        0 %\n"
        );
    }

    #[tokio::test]
    async fn a_refusal_ends_the_command() {
        let error = printed(Asking::Who(Some(RoomName::lobby())))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
    }

    #[tokio::test]
    async fn history_goes_back_page_by_page() {
        assert_eq!(history_seqs(None, 3).await, [23, 24, 25]);
        assert_eq!(history_seqs(Some(5), 2).await, [3, 4]);
        assert_eq!(history_seqs(None, 15).await, (11..=25).collect::<Vec<_>>());
        assert_eq!(history_seqs(None, 99).await, (1..=25).collect::<Vec<_>>());
        assert!(history_seqs(Some(1), 5).await.is_empty());
    }
}
