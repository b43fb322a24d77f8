//! What a device offers again after a relay went on from an older copy of a log.
//!
//! From the first event that differs on, the relay's log lacks what this device sent; everybody
//! else's devices offer theirs. A message comes back as its writer left it: with the text of the
//! last edit, and not at all when it was taken back. Edits, reactions and redactions name a place,
//! which means the same in both logs only below the one where they part: what is about later places
//! is left out. Topics come back as they were. What relays write is theirs to write again.
//!
//! Each keeps its id, so that a relay which has it already recognises it, its place among its
//! sender's events, and its time. What is left out leaves no hole in the numbers of a line: those that
//! come back are numbered without gaps from the first lost number of their line on, and what this
//! device sends next is counted on another line (see [`Outbox`](super::outbox)). So a reader, be it one
//! who reads the log from its start, is not told that folded edits are missing. Only a message that
//! was on its way when the relay died keeps its number: before it readers miss as many as were left
//! out, though nothing was lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::room::edited;
use crate::wire::{Body, Event, Ordinal, SafeText, Send, Seq, Timestamp};

/// What was sent longer ago is not offered again: relays remember the ids of what they have deleted
/// for 30 days, and would take an older one for new.
pub const OFFERED_AGE_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What to offer again, in order: `own` are this device's own events of the log that was read, from
/// the place `at` on, in order; `wall` is the time.
pub fn offers(own: &[Event], at: Seq, wall: Timestamp) -> Vec<Send> {
    let own = own.iter().filter(|event| event.seq >= at);
    let recent = own.clone().filter(|event| is_recent(event.sent_at, wall));
    let mut numbers = first_numbers(recent);
    let redacted: BTreeSet<Seq> = own.clone().filter_map(redacted_place).collect();
    let left = own.filter(|event| !redacted.contains(&event.seq));
    let texts: BTreeMap<Seq, &SafeText> = left.clone().filter_map(edit_of).collect();
    left.filter(|event| is_recent(event.sent_at, wall))
        .filter_map(|event| {
            let text = texts.get(&event.seq);
            let body = text.map_or_else(|| event.body.clone(), |text| edited(&event.body, text));
            let body = match body {
                // What it answers is another event in the relay's log, or none.
                Body::Reply(about, text) if about >= at => Body::Message(text),
                Body::Message(_) | Body::Reply(..) | Body::Action(_) | Body::Topic(_) => body,
                Body::Edit(about, _) | Body::Reaction(about, _) | Body::Redaction(about)
                    if about < at =>
                {
                    body
                }
                Body::Edit(..)
                | Body::Reaction(..)
                | Body::Redaction(_)
                | Body::Join
                | Body::Leave
                | Body::Role(..)
                | Body::Rename(_) => return None,
            };
            Some(Send {
                ordinal: next_ordinal(&mut numbers, event.ordinal),
                again: true,
                ..Send::new(event.local, event.sent_at, body)
            })
        })
        .collect()
}

/// The first number of each line.
fn first_numbers<'a>(own: impl Iterator<Item = &'a Event>) -> BTreeMap<u32, u32> {
    let mut numbers = BTreeMap::new();
    for Ordinal { line, number } in own.map(|event| event.ordinal) {
        let first = numbers.entry(line).or_insert(number);
        *first = number.min(*first);
    }
    numbers
}

/// The next number of the line on which an event was counted.
fn next_ordinal(numbers: &mut BTreeMap<u32, u32>, before: Ordinal) -> Ordinal {
    match numbers.get_mut(&before.line) {
        Some(next) if before != Ordinal::NONE => {
            let number = *next;
            *next = next.saturating_add(1);
            Ordinal { number, ..before }
        }
        Some(_) | None => before,
    }
}

fn redacted_place(event: &Event) -> Option<Seq> {
    match &event.body {
        Body::Redaction(about) => Some(*about),
        Body::Message(_)
        | Body::Reply(..)
        | Body::Action(_)
        | Body::Edit(..)
        | Body::Reaction(..)
        | Body::Join
        | Body::Leave
        | Body::Topic(_)
        | Body::Role(..)
        | Body::Rename(_) => None,
    }
}

fn edit_of(event: &Event) -> Option<(Seq, &SafeText)> {
    match &event.body {
        Body::Edit(about, text) => Some((*about, text)),
        Body::Message(_)
        | Body::Reply(..)
        | Body::Action(_)
        | Body::Redaction(_)
        | Body::Reaction(..)
        | Body::Join
        | Body::Leave
        | Body::Topic(_)
        | Body::Role(..)
        | Body::Rename(_) => None,
    }
}

/// Whether this was sent within [`OFFERED_AGE_MAX`], or after now, by a clock that was set since.
fn is_recent(sent_at: Timestamp, wall: Timestamp) -> bool {
    let age = u64::try_from(wall.0.saturating_sub(sent_at.0)).unwrap_or(0);
    Duration::from_micros(age) <= OFFERED_AGE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{DeviceId, LocalId};

    fn own(seq: u64, body: Body) -> Event {
        Event {
            seq: Seq(seq),
            device: DeviceId([1; 8]),
            local: LocalId(100 + seq),
            ordinal: Ordinal {
                line: 7,
                number: seq as u32,
            },
            from: "alice".parse().unwrap(),
            sent_at: Timestamp(1000 + seq as i64),
            stored_after: 4,
            body,
        }
    }

    fn text(text: &str) -> SafeText {
        SafeText::new(text)
    }

    fn message(words: &str) -> Body {
        Body::Message(text(words))
    }

    fn offered(own: &[Event]) -> Vec<(u64, Body)> {
        let offers = offers(own, Seq(10), Timestamp(5000));
        let pairs = offers
            .into_iter()
            .map(|send| (send.local.0 - 100, send.body));
        pairs.collect()
    }

    #[test]
    fn it_keeps_its_id_its_number_and_its_time() {
        let expected = Send {
            local: LocalId(112),
            ordinal: Ordinal {
                line: 7,
                number: 12,
            },
            sent_at: Timestamp(1012),
            body: message("tea?"),
            target: None,
            again: true,
            resumes: false,
        };
        let own = [own(12, message("tea?"))];
        assert_eq!(offers(&own, Seq(10), Timestamp(5000)), [expected]);
    }

    #[test]
    fn messages_actions_and_topics_come_back_in_order_and_what_the_relay_writes_does_not() {
        let own = [
            own(9, message("both have it")),
            own(10, Body::Join),
            own(11, message("tea?")),
            own(13, Body::Action(text("waves"))),
            own(14, Body::Rename("eve".parse().unwrap())),
            own(15, Body::Topic(text("tea"))),
            own(16, Body::Leave),
        ];
        let expected = [
            (11, message("tea?")),
            (13, Body::Action(text("waves"))),
            (15, Body::Topic(text("tea"))),
        ];
        assert_eq!(offered(&own), expected);
    }

    #[test]
    fn a_message_comes_back_as_its_writer_left_it() {
        let own = [
            own(11, message("te?")),
            own(12, message("oops")),
            own(13, Body::Edit(Seq(11), text("tea?"))),
            own(14, Body::Edit(Seq(11), text("tea!"))),
            own(15, Body::Edit(Seq(12), text("ooops"))),
            own(16, Body::Redaction(Seq(12))),
            own(17, Body::Action(text("wave"))),
            own(18, Body::Edit(Seq(17), text("waves"))),
        ];
        let expected = [(11, message("tea!")), (17, Body::Action(text("waves")))];
        assert_eq!(offered(&own), expected);
    }

    #[test]
    fn what_is_about_another_event_comes_back_only_when_both_logs_have_that() {
        let own = [
            own(11, Body::Edit(Seq(9), text("better"))),
            own(12, Body::Edit(Seq(10), text("of somebody else"))),
            own(13, Body::Reaction(Seq(8), text("tada"))),
            own(14, Body::Reaction(Seq(12), text("tada"))),
            own(15, Body::Redaction(Seq(7))),
            own(16, Body::Redaction(Seq(10))),
        ];
        let places: Vec<u64> = offered(&own).into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(places, [11, 13, 15]);
    }

    #[test]
    fn what_is_left_out_leaves_no_hole_in_the_numbers_of_its_line() {
        let mut own = [
            own(10, message("gone")),
            own(11, message("te")),
            own(12, message("one")),
            own(13, Body::Redaction(Seq(10))),
            own(14, Body::Edit(Seq(11), text("tea"))),
            own(15, message("two")),
            own(16, Body::Join),
            own(17, message("three")),
        ];
        for (event, (line, number)) in own.iter_mut().zip([
            (7, 20),
            (7, 21),
            (8, 1),
            (7, 22),
            (7, 23),
            (7, 24),
            (0, 0),
            (8, 2),
        ]) {
            event.ordinal = Ordinal { line, number };
        }
        let offers = offers(&own, Seq(10), Timestamp(5000)).into_iter();
        let numbers: Vec<_> = offers
            .map(|send| (send.ordinal.line, send.ordinal.number))
            .collect();
        assert_eq!(numbers, [(7, 20), (8, 1), (7, 21), (8, 2)]);
    }

    #[test]
    fn an_answer_to_what_only_the_lost_log_had_comes_back_as_a_message() {
        let own = [
            own(11, Body::Reply(Seq(9), text("both have it"))),
            own(12, Body::Reply(Seq(11), text("lost"))),
        ];
        let expected = [
            (11, Body::Reply(Seq(9), text("both have it"))),
            (12, message("lost")),
        ];
        assert_eq!(offered(&own), expected);
    }

    #[test]
    fn what_is_older_than_thirty_days_stays_where_it_is() {
        let own = [own(11, message("old")), own(12, message("new"))];
        let age = i64::try_from(OFFERED_AGE_MAX.as_micros()).unwrap();
        let offers = |wall| offers(&own, Seq(10), Timestamp(wall)).len();
        assert_eq!(offers(1011 + age), 2);
        assert_eq!(offers(1012 + age), 1);
        assert_eq!(offers(1013 + age), 0);
        assert_eq!(offers(0), 2);
        assert_eq!(offers(i64::MIN), 2);
    }
}
