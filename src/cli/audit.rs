//! `lanterm audit`: a room's log, checked event by event.
//!
//! The events of the log are fetched from the relay, oldest first, and the hash over them is
//! computed here, from the relay's hash before the first event it still keeps. Wherever the relay
//! says another hash, its log was changed by other hands. Wherever this device has kept a hash of
//! its own when it read the log, that is compared as well: where the two differ, the relay has told
//! two stories. What this device has not read, and logs with another id, can't be compared.

use std::io::Write;

use super::error::{CliError, ErrorKind};
use super::inbox::{Heard, Inbox};
use super::json::Line;
use super::output::Output;
use super::query::ask;
use super::target::Target;
use crate::client::Update;
use crate::io::client::ClientHandle;
use crate::locale::{number, say};
use crate::room::hash_after;
use crate::wire::{Answer, Event, Follow, LogHash, LogId, Opened, Query, RoomName, Seq};

/// Events fetched and compared at a time: what a relay hands out at once, so that not more than
/// 4 MiB are held, however long the log is.
const STEP_EVENTS: u64 = 256;

/// What to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditOptions {
    /// The room.
    pub room: Target,
    /// Up to where; the end of the log when `None`.
    pub at: Option<Seq>,
}

/// What was found out about a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    /// All that could be compared is the same.
    Agrees,
    /// From this event on the relay's log is not the one its hashes are over.
    Broken(Seq),
    /// From this event on this device has read something else.
    Differs(Seq),
}

/// Checks a log and prints the hash over it. `own` is the hash that this device has kept of a place
/// of a log, if any.
///
/// # Errors
/// [`ErrorKind::Trust`] when something differs; else when the relay refuses, doesn't answer, or
/// doesn't have the place.
pub async fn run<W: Write>(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    options: AuditOptions,
    own: impl Fn(&RoomName, LogId, Seq) -> Result<Option<LogHash>, CliError>,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let room = options.room.find(inbox).await?;
    let Opened { head, first, .. } = open(handle, inbox, &room).await?;
    let at = options.at.unwrap_or(head.seq);
    if at > head.seq {
        return Err(CliError::failed(say!(
            "audit-ends",
            room = room,
            at = head.seq
        )));
    }
    if at.next() < first {
        let message = say!("audit-begins", room = room, first = first);
        return Err(CliError::failed(message).hint(say!("audit-begins-hint")));
    }
    let mut log = Log {
        handle,
        inbox,
        room: &room,
        log: head.log,
    };
    let said = log.hash(at).await?;
    let mut compared = 0;
    let finding = if at == head.seq && said != head.hash {
        Finding::Broken(at)
    } else {
        let own = |seq| own(&room, head.log, seq);
        log.check(first, at, own, &mut compared).await?
    };
    let (agrees, differs_at) = match finding {
        Finding::Agrees => (true, None),
        Finding::Broken(seq) | Finding::Differs(seq) => (false, Some(seq.0)),
    };
    if out.is_json() {
        out.json(&Line::Audit {
            room: &room,
            log: head.log,
            first: first.0,
            seq: at.0,
            hash: said,
            agrees,
            compared,
            differs_at,
        })?;
    }
    match finding {
        Finding::Agrees if out.is_json() => Ok(()),
        Finding::Agrees => {
            out.text(&format!("{room} {at} log {} hash {said}", head.log))?;
            out.note(&match compared {
                0 => say!("audit-none-read"),
                _ => say!("audit-same", count = number(compared)),
            });
            Ok(())
        }
        Finding::Broken(seq) => Err(CliError::new(
            ErrorKind::Trust,
            say!("audit-broken", room = room, seq = seq),
        )
        .hint(say!("audit-broken-hint"))),
        Finding::Differs(seq) => Err(CliError::new(
            ErrorKind::Trust,
            say!("audit-differs", room = room, seq = seq),
        )
        .hint(say!("audit-differs-hint"))),
    }
}

/// Opens the room without reading it, to learn where its log stands.
async fn open(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    room: &RoomName,
) -> Result<Opened, CliError> {
    // To open a direct room is to make it; to ask for one that is not there is refused.
    let query = Query::History {
        room: room.clone(),
        before: None,
        count: 1,
    };
    ask(handle, inbox, query).await?;
    handle.open(room.clone(), false, Follow::Nothing);
    loop {
        match inbox.next().await? {
            Heard::Update(Update::Opened { room: name, opened }, _) if name == *room => {
                inbox.made_progress();
                return Ok(opened);
            }
            Heard::Update(
                Update::OpenRefused {
                    room: name,
                    refusal,
                },
                _,
            ) if name == *room => {
                return Err(CliError::from(&refusal));
            }
            Heard::Update(..)
            | Heard::Asked { .. }
            | Heard::Stats(_)
            | Heard::SendRefused { .. } => {}
        }
    }
}

/// A log at a relay.
struct Log<'a> {
    handle: &'a ClientHandle,
    inbox: &'a mut Inbox,
    room: &'a RoomName,
    log: LogId,
}

impl Log<'_> {
    /// Compares every event from `first` to `at` with the relay's hashes and with this device's own.
    async fn check(
        &mut self,
        first: Seq,
        at: Seq,
        own: impl Fn(Seq) -> Result<Option<LogHash>, CliError>,
        compared: &mut u64,
    ) -> Result<Finding, CliError> {
        let before = Seq(first.0.saturating_sub(1));
        let mut hash = self.hash(before).await?;
        if before == Seq(0) && hash != LogHash::EMPTY {
            return Ok(Finding::Broken(first));
        }
        let mut from = first;
        while from <= at {
            let last = at.min(Seq(from.0 + STEP_EVENTS - 1));
            let hashes = self.hashes(from, last).await?;
            let events = self.events(from, last).await?;
            let mut expected = from;
            for (event, said) in events.iter().zip(&hashes) {
                if event.seq != expected {
                    return self.lacks(expected).await;
                }
                hash = hash_after(hash, event);
                if hash != *said {
                    return Ok(Finding::Broken(expected));
                }
                if let Some(own) = own(expected)? {
                    *compared += 1;
                    if own != hash {
                        return Ok(Finding::Differs(expected));
                    }
                }
                expected = expected.next();
            }
            if expected <= last {
                return self.lacks(expected).await;
            }
            from = expected;
        }
        Ok(Finding::Agrees)
    }

    /// The relay has not told an event or its hash. That is a finding, unless the event was deleted
    /// in the meantime, as events are that need not be kept.
    async fn lacks(&mut self, seq: Seq) -> Result<Finding, CliError> {
        let before = Seq(seq.0.saturating_sub(1));
        self.hash(before).await?;
        Ok(Finding::Broken(seq))
    }

    /// The hash over the log up to a place.
    async fn hash(&mut self, seq: Seq) -> Result<LogHash, CliError> {
        let hashes = self.hashes(seq, seq).await?;
        hashes.first().copied().ok_or_else(|| self.moved_on())
    }

    /// The hashes from a place to another, both included; fewer when the relay has no more.
    async fn hashes(&mut self, first: Seq, last: Seq) -> Result<Vec<LogHash>, CliError> {
        let mut all = Vec::new();
        let wanted = last.0 - first.0 + 1;
        while (all.len() as u64) < wanted {
            let had = all.len() as u64;
            let query = Query::Hashes {
                room: self.room.clone(),
                first: Seq(first.0 + had),
                count: u32::try_from(wanted - had).unwrap_or(u32::MAX),
            };
            for (part, _) in ask(self.handle, self.inbox, query).await? {
                if let Answer::Hashes(log, hashes) = part {
                    self.check_log(log)?;
                    all.extend(hashes);
                }
            }
            if all.len() as u64 == had {
                break;
            }
        }
        all.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        Ok(all)
    }

    /// The events from a place to another, both included; fewer when the relay has no more.
    ///
    /// The relay answers with the newest events before a place, as many as fit, so a page may lack
    /// its oldest ones, which are asked for in turn.
    async fn events(&mut self, first: Seq, last: Seq) -> Result<Vec<Event>, CliError> {
        let mut newest_first: Vec<Event> = Vec::new();
        let mut before = last.next();
        while before > first {
            let query = Query::History {
                room: self.room.clone(),
                before: Some(before),
                count: u32::try_from(before.0 - first.0).unwrap_or(u32::MAX),
            };
            let mut page = Vec::new();
            for (part, _) in ask(self.handle, self.inbox, query).await? {
                if let Answer::Events(log, events) = part {
                    self.check_log(log)?;
                    page.extend(events);
                }
            }
            // Nothing a relay says makes this go on for ever: each page must lead further back.
            page.retain(|event| event.seq >= first && event.seq < before);
            let Some(oldest) = page.iter().map(|event| event.seq).min() else {
                break;
            };
            before = oldest;
            newest_first.extend(page.into_iter().rev());
        }
        newest_first.reverse();
        Ok(newest_first)
    }

    fn check_log(&self, log: LogId) -> Result<(), CliError> {
        if log == self.log {
            Ok(())
        } else {
            Err(self.moved_on())
        }
    }

    fn moved_on(&self) -> CliError {
        CliError::failed(say!("audit-moved", room = self.room)).hint(say!("audit-moved-hint"))
    }
}

#[cfg(test)]
mod tests;
