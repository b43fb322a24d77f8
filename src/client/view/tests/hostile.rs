//! Relays that break the rules, and more of everything than there may be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::RngExt;

use super::*;
use crate::client::hashes::HASHES_MAX;
use crate::client::update::MissingSearch;

#[test]
fn rooms_are_bounded_and_idle_ones_make_space() {
    let mut view = new_view();
    view.enter(welcome(1));
    for index in 0..ROOMS_MAX as u32 {
        let room: RoomName = format!("room{index}").parse().unwrap();
        view.send(&room, message(u64::from(index))).unwrap();
    }
    assert_eq!(
        view.send(&lobby(), message(5000)),
        Err(SendError::TooManyRooms)
    );
    said(&mut view);
    handle(&mut view, [opened(LOG, 0, 0)]);
    said(&mut view);
    let idle = view.channels[&1].clone();
    let local = view.outbox.remove(&idle, LocalId(0)).unwrap().local;
    assert_eq!(local, LocalId(0));
    view.send(&lobby(), message(5000)).unwrap();
    let close = ToRelay::Close {
        channel: 1,
        leave: false,
    };
    // This session has no channel for it any more.
    assert_eq!(said(&mut view), [(CONTROL_CHANNEL, close)]);
    view.enter(welcome(1));
    let opened = said(&mut view);
    assert_eq!(opened.len(), CHANNEL_MAX as usize);
    assert_eq!(opened[0], open_lobby(1, Follow::Nothing));
}

#[test]
fn places_out_of_range_end_the_session() {
    let mut view = new_view();
    open(&mut view, false, follow_last());
    view.enter(welcome(1));
    said(&mut view);
    let result = view.handle_message(NOW, 1, opened(LOG, u64::MAX, u64::MAX));
    assert_eq!(result, Err(Violation::Range));
    let mut view = in_lobby(follow_last(), SEQ_MAX.0);
    let result = view.handle_message(NOW, 1, event(SEQ_MAX.0 + 1, OTHER, 1));
    assert_eq!(result, Err(Violation::Range));
}

/// A relay that says anything at all, in any order.
struct Madness {
    rng: ChaCha12Rng,
    view: View,
    now: Instant,
    local: u64,
    /// Questions that were asked, and channels that were asked for.
    subjects: Vec<u32>,
    /// The last event handed out of each log, as far as it is certain.
    read: BTreeMap<LogId, Option<Seq>>,
    /// Messages sent and not answered.
    unanswered: BTreeSet<LocalId>,
    /// What changed so far, by kind.
    kinds: BTreeMap<&'static str, u32>,
}

impl Madness {
    fn new(seed: u64) -> Self {
        let mut view = new_view();
        open(&mut view, true, follow_last());
        Self {
            rng: ChaCha12Rng::seed_from_u64(seed),
            view,
            now: NOW,
            local: 0,
            subjects: vec![0],
            read: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            kinds: BTreeMap::new(),
        }
    }

    fn small(&mut self) -> u64 {
        self.rng.random_range(0..12)
    }

    /// The number of a message, most likely of one that was sent.
    fn recent(&mut self) -> u64 {
        self.local.saturating_sub(3) + self.rng.random_range(0..5)
    }

    fn refusal(&mut self) -> Refusal {
        match self.rng.random_range(0..12) {
            0 => Refusal::NotAllowed,
            1 => Refusal::NoSuchRoom(lobby()),
            2 => Refusal::Protocol,
            3..=4 => Refusal::Limit(SafeText::new("some")),
            5..=6 => Refusal::Store(SafeText::new("disk full")),
            7..=9 => Refusal::Diverged,
            _ => Refusal::Moved,
        }
    }

    /// A place, most likely the next.
    fn place(&mut self) -> u64 {
        let room = self.view.rooms.get(&lobby());
        match room.and_then(|room| room.cursor()) {
            Some(cursor) if self.rng.random_range(0..4) > 0 => {
                cursor.seq.0 + self.rng.random_range(0..3)
            }
            Some(_) | None => self.small(),
        }
    }

    fn event(&mut self) -> Event {
        let (seq, local) = (self.place(), self.recent());
        let device = if local.is_multiple_of(2) { ME } else { OTHER };
        let huge = self.rng.random_range(0..20) == 0;
        Event {
            ordinal: Ordinal {
                line: self.rng.random_range(0..3),
                number: if huge {
                    self.rng.random()
                } else {
                    self.small() as u32
                },
            },
            ..some_event(seq, device, local)
        }
    }

    fn answer(&mut self) -> Answer {
        let count = self.small();
        match self.rng.random_range(0..5) {
            0..=2 => {
                let log = LogId([self.rng.random_range(0..3); 8]);
                let first = self.small();
                Answer::Hashes(log, (first..first + count).map(hash_at).collect())
            }
            3 => Answer::Numbered((0..count).map(|n| (n as u32, Seq(n))).collect()),
            _ => Answer::Rooms(Vec::new()),
        }
    }

    fn message(&mut self) -> (u32, ToMember) {
        let (seq, of) = (self.place(), self.recent());
        let index = self.rng.random_range(0..self.subjects.len());
        let subject = match self.rng.random_range(0..8) {
            0 => self.small() as u32,
            1 => self.subjects[index],
            2..=3 => *self.subjects.last().expect("never empty"),
            _ => self.view.next_channel - 1,
        };
        let control = match self.rng.random_range(0..20) {
            0 => subject,
            _ => CONTROL_CHANNEL,
        };
        match self.rng.random_range(0..17) {
            0..=1 | 15..=16 => {
                let log = LogId([self.rng.random_range(0..2); 8]);
                let (after, head) = (self.small(), 8 + self.small());
                let ToMember::Opened(opened) = opened(log, after, head) else {
                    unreachable!("just made");
                };
                let first = Seq(self.small());
                (subject, ToMember::Opened(Opened { first, ..opened }))
            }
            2..=5 => (subject, ToMember::Event(self.event())),
            6..=7 => (subject, stored(of, seq)),
            8..=9 => {
                let local = LocalId(of);
                let refusal = self.refusal();
                (subject, ToMember::NotStored { local, refusal })
            }
            10..=11 => {
                let refusal = self.refusal();
                (control, ToMember::Refused { subject, refusal })
            }
            12 => {
                let (channel, event) = (subject, self.event());
                (control, ToMember::Ahead { channel, event })
            }
            13..=14 => {
                // What it says of its log may be true of none.
                self.read.clear();
                let part = self.answer();
                let is_last = self.rng.random_range(0..3) > 0;
                let request = subject;
                let answer = ToMember::Answer {
                    request,
                    part,
                    is_last,
                };
                (control, answer)
            }
            _ => unreachable!("out of range"),
        }
    }

    /// What a relay with all its wits might say now.
    fn sane_message(&mut self) -> Option<(u32, ToMember)> {
        let room = self.view.rooms.get(&lobby())?;
        let (channel, cursor) = (room.channel, room.cursor());
        match channel {
            Channel::Opening(number) => {
                let after = self.small();
                Some((number, opened(LogId([0; 8]), after, 20)))
            }
            Channel::Open(number) if self.rng.random_range(0..5) > 0 => {
                let seq = cursor?.seq.0 + 1;
                let mut event = some_event(seq, OTHER, seq);
                event.ordinal.line = 1;
                event.ordinal.number = self.rng.random_range(0..8) / 7 + 2 * seq as u32;
                Some((number, ToMember::Event(event)))
            }
            Channel::Closed
            | Channel::Waiting { .. }
            | Channel::Comparing(_)
            | Channel::Open(_) => {
                self.read.clear();
                let request = *self.subjects.last().expect("never empty");
                let part = self.answer();
                let is_last = true;
                Some((
                    CONTROL_CHANNEL,
                    ToMember::Answer {
                        request,
                        part,
                        is_last,
                    },
                ))
            }
        }
    }

    fn step(&mut self) {
        match self.rng.random_range(0..12) {
            0 => {
                let relay = self.rng.random_range(0..2);
                self.view.enter(welcome(relay));
            }
            1 => {
                self.local += 1;
                let local = self.local;
                let taken = self.view.send(&lobby(), self::message(local));
                if taken.is_ok() {
                    self.unanswered.insert(LocalId(local));
                }
            }
            2 => {
                let seq = Seq(self.small());
                self.view.seen(self.now, &lobby(), seq);
            }
            3 => {
                let pause = Duration::from_millis(self.small() * 100);
                self.now += pause;
                self.view.handle_timeout(self.now);
            }
            4 if self.view.rooms.is_empty() => {
                self.read.clear();
                open(&mut self.view, true, follow_last());
            }
            _ => {
                let is_sane = self.rng.random_range(0..2) == 0;
                let sane = is_sane.then(|| self.sane_message()).flatten();
                let (stream, message) = sane.unwrap_or_else(|| self.message());
                let result = self.view.handle_message(self.now, stream, message);
                if result.is_err() {
                    self.view.enter(welcome(1));
                }
            }
        }
        self.take_said();
        self.take_updates();
        self.check_bounds();
    }

    fn take_said(&mut self) {
        let mut count = 0;
        while let Some(message) = self.view.next_message() {
            match &message.message {
                ToRelay::Open(open) => self.subjects.push(open.channel),
                ToRelay::Ask { request, .. } => self.subjects.push(*request),
                _ => {}
            }
            self.view.handed_over(self.now, message);
            count += 1;
            assert!(count < 200, "it does not stop talking");
        }
    }

    fn take_updates(&mut self) {
        while let Some(update) = self.view.poll_update() {
            *self.kinds.entry(kind(&update)).or_default() += 1;
            match update {
                Update::Opened { opened, .. } => {
                    let log = opened.head.log;
                    let read = self.read.entry(log).or_insert(None);
                    *read = read.filter(|read| *read <= opened.head.seq);
                    *read = read.map(|read| read.max(opened.after));
                }
                Update::Diverged { .. } => self.read.clear(),
                Update::Event { log, event, .. } => {
                    let read = self.read.entry(log).or_insert(None);
                    if let Some(read) = read {
                        assert_eq!(event.seq, read.next());
                    }
                    *read = Some(event.seq);
                }
                Update::Stored { local, .. } | Update::NotStored { local, .. } => {
                    assert!(self.unanswered.remove(&local), "answered twice");
                }
                Update::Delayed { local, .. } => assert!(self.unanswered.contains(&local)),
                _ => {}
            }
        }
        assert_eq!(self.unanswered.len(), self.view.unsent());
    }

    fn check_bounds(&mut self) {
        // Nothing is due again at once.
        self.view.handle_timeout(self.now);
        self.take_said();
        let timeout = self.view.poll_timeout();
        assert!(timeout.is_none_or(|at| at > self.now), "{timeout:?}");
        assert!(self.view.rooms.len() <= 1);
        assert!(self.view.channels.len() <= 1);
    }
}

#[test]
fn whatever_a_relay_says_nothing_panics_loops_or_is_lost_and_order_holds() {
    let mut kinds = BTreeMap::new();
    for seed in 0..300 {
        // Shown when it fails: the last is the one.
        println!("seed {seed}");
        let mut madness = Madness::new(seed);
        for _ in 0..300 {
            madness.step();
        }
        for (kind, count) in madness.kinds {
            *kinds.entry(kind).or_default() += count;
        }
    }
    // It says enough that makes sense for everything to happen.
    let often = |kind: &&str| kinds.get(*kind).is_some_and(|count: &u32| *count > 20);
    let seldom: Vec<_> = KINDS.iter().filter(|kind| !often(kind)).collect();
    assert!(seldom.is_empty(), "{seldom:?} in {kinds:?}");
}

const KINDS: [&str; 11] = [
    "ahead",
    "delayed",
    "diverged",
    "event",
    "gone",
    "missing",
    "missing in vain",
    "not stored",
    "open refused",
    "opened",
    "stored",
];

fn kind(update: &Update) -> &'static str {
    match update {
        Update::Ahead { .. } => "ahead",
        Update::Delayed { .. } => "delayed",
        Update::Diverged { .. } => "diverged",
        Update::Event { .. } => "event",
        Update::Gone { .. } => "gone",
        Update::Missing {
            search: MissingSearch::Asking,
            ..
        } => "missing",
        Update::Missing {
            search: MissingSearch::InVain,
            ..
        } => "missing in vain",
        Update::NotStored { .. } => "not stored",
        Update::OpenRefused { .. } => "open refused",
        Update::Opened { .. } => "opened",
        Update::Stored { .. } => "stored",
        _ => "other",
    }
}

#[test]
fn a_flood_of_refusals_moves_few_bytes() {
    let mut view = in_lobby(follow_last(), 0);
    for local in 0..1000 {
        view.send(&lobby(), message(local)).unwrap();
    }
    let mut handed = said(&mut view).len();
    for round in 0..1000 {
        let local = LocalId(5000 + round);
        let refusal = Refusal::NotAllowed;
        handle(&mut view, [ToMember::NotStored { local, refusal }]);
        handed += said(&mut view).len();
    }
    assert_eq!(handed, 1000);
    assert_eq!(view.unsent(), 1000);
    assert_eq!(updates(&mut view), [""; 0]);
}

#[test]
fn a_session_without_channels_left_is_given_up_only_when_another_helps() {
    let mut view = new_view();
    open(&mut view, true, follow_last());
    view.enter(welcome(1));
    let mut now = NOW;
    for channel in 1..=CHANNEL_MAX {
        assert!(!view.is_used_up());
        assert_eq!(said(&mut view).len(), 1);
        let refused = ToMember::Refused {
            subject: channel,
            refusal: Refusal::Limit(SafeText::new("open rooms")),
        };
        let news = view.handle_message(now, CONTROL_CHANNEL, refused);
        assert_eq!(news, Ok(None));
        now = view.poll_timeout().unwrap();
        view.handle_timeout(now);
    }
    assert_eq!(said(&mut view), []);
    assert!(view.is_used_up());
    view.enter(welcome(1));
    assert!(!view.is_used_up());
    assert_eq!(said(&mut view), [open_create(1)]);

    let mut view = new_view();
    for index in 0..ROOMS_MAX as u32 {
        let room: RoomName = format!("room{index}").parse().unwrap();
        view.open(room, true, follow_last(), KnownHashes::default());
    }
    view.enter(welcome(1));
    assert_eq!(said(&mut view).len(), CHANNEL_MAX as usize);
    assert!(!view.is_used_up());
}

#[test]
fn an_answer_that_does_not_end_ends_the_session() {
    let mut view = new_view();
    let cursor = Cursor {
        log: LOG,
        seq: Seq(16),
        hash: hash_at(16),
    };
    open(&mut view, true, Follow::After(cursor, 50));
    view.enter(welcome(1));
    said(&mut view);
    let refused = ToMember::Refused {
        subject: 1,
        refusal: Refusal::Diverged,
    };
    handle_on(&mut view, CONTROL_CHANNEL, [refused]);
    let [(_, ToRelay::Ask { request, .. })] = said(&mut view)[..] else {
        panic!("asked");
    };
    let part = ToMember::Answer {
        request,
        part: Answer::Hashes(LOG, vec![hash_at(16)]),
        is_last: false,
    };
    let mut parts = 0;
    let violation = loop {
        match view.handle_message(NOW, CONTROL_CHANNEL, part.clone()) {
            Ok(_) => parts += 1,
            Err(violation) => break violation,
        }
    };
    assert_eq!((violation, parts), (Violation::Endless, 256));
}

#[test]
fn hashes_kept_of_many_logs_are_bounded() {
    let mut view = in_lobby(follow_last(), 0);
    for log in 0..20 {
        view.enter(welcome(log));
        said(&mut view);
        handle(&mut view, [opened(LogId([log; 8]), 5, 5)]);
        handle(&mut view, (6..1000).map(|seq| event(seq, OTHER, seq)));
        while view.poll_update().is_some() {}
        let room = &view.rooms[&lobby()];
        let (logs, hashes) = room.memory();
        assert!(logs <= 8 && hashes <= HASHES_MAX, "{logs} {hashes}");
    }
}

fn open_create(channel: u32) -> (u32, ToRelay) {
    reopen_lobby(channel, follow_last())
}
