//! Notices that a log lacks events, by the numbers their senders gave them.
//!
//! A sender counts its events in a room on a line, without gaps; see
//! [`Ordinal`](crate::wire::Ordinal). The first number seen of a line is where watching begins. A
//! number further on than the next means that those between are missing: the user is told, and the
//! relay is asked for them, one hole at a time. What it has as well is on its way or was there
//! before; of the rest the user is told that there is no hope. A missing number that comes in the
//! meantime, because its sender offers it again, counts as there.
//!
//! # Limits
//!
//! Only what was numbered is watched, and only within what one process reads of one log: a line
//! whose last events are lost, or that is not heard of again, is not noticed. Lines beyond
//! [`LINES_MAX`] push out those not heard of for longest. Of a hole wider than [`ASKED_MAX`] the
//! relay is asked for the latest numbers only; none further back would be answered otherwise.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::wire::{DeviceId, Event, Name, Query, RoomName, Seq};

/// The most lines watched in one room, in about 12 KiB. Arbitrary: more devices than write in a
/// room on one day, a few processes each.
pub(super) const LINES_MAX: usize = 256;

/// The most numbers of one hole that are asked for. Arbitrary: more than a screen shows.
pub(super) const ASKED_MAX: u32 = 256;

/// The most holes in one room that wait for an answer; those found while so many wait go unnoticed.
/// Arbitrary: a sender who makes holes on purpose is not worth more.
pub(super) const HOLES_MAX: usize = 16;

/// A line, and whose.
type LineId = (DeviceId, u32);

/// How far a line was seen.
#[derive(Debug)]
struct Line {
    /// The highest number.
    highest: u32,
    /// When it was last heard of, in events of lines.
    heard: u64,
}

/// Numbers missing from a line.
#[derive(Debug)]
struct Hole {
    line: LineId,
    from: Name,
    /// The numbers asked for.
    first: u32,
    last: u32,
    /// Missing numbers below `first`.
    older: u32,
    /// Those of `first` to `last` that have not come since.
    missing: BTreeSet<u32>,
}

/// So many events of somebody are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub from: Name,
    pub count: u32,
}

/// All lines of one room.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    lines: BTreeMap<LineId, Line>,
    heard: u64,
    /// In the order they were found; the first is being asked about.
    holes: VecDeque<Hole>,
}

impl Gaps {
    /// The next event of the log was read. Returns what is missing before it.
    pub fn read(&mut self, event: &Event) -> Option<Missing> {
        let (id, number) = ((event.device, event.ordinal.line), event.ordinal.number);
        if id.1 == 0 || number == 0 {
            return None;
        }
        self.heard += 1;
        let heard = self.heard;
        let Some(line) = self.lines.get_mut(&id) else {
            self.make_space();
            let highest = number;
            self.lines.insert(id, Line { highest, heard });
            return None;
        };
        line.heard = heard;
        let highest = line.highest;
        if number <= highest {
            self.fill(id, number);
            return None;
        }
        line.highest = number;
        let (first, last) = (highest + 1, number - 1);
        if first > last || self.holes.len() == HOLES_MAX {
            return None;
        }
        let asked = first.max(number.saturating_sub(ASKED_MAX));
        self.holes.push_back(Hole {
            line: id,
            from: event.from.clone(),
            first: asked,
            last,
            older: asked - first,
            missing: (asked..=last).collect(),
        });
        Some(Missing {
            from: event.from.clone(),
            count: last - highest,
        })
    }

    /// What to ask the relay next.
    pub fn question(&self, room: &RoomName) -> Option<Query> {
        let hole = self.holes.front()?;
        Some(Query::Numbered {
            room: room.clone(),
            device: hole.line.0,
            line: hole.line.1,
            first: hole.first,
            last: hole.last,
        })
    }

    /// The relay has answered the question of [`Gaps::question`]: these numbers it has. Returns
    /// what is missing all the same.
    pub fn answered(&mut self, has: impl IntoIterator<Item = (u32, Seq)>) -> Option<Missing> {
        let mut hole = self.holes.pop_front()?;
        for (number, _) in has {
            hole.missing.remove(&number);
        }
        // As many as the set was made with, so it fits.
        let missing = u32::try_from(hole.missing.len()).unwrap_or(ASKED_MAX);
        let count = hole.older.saturating_add(missing);
        (count > 0).then_some(Missing {
            from: hole.from,
            count,
        })
    }

    /// A missing number came after all.
    fn fill(&mut self, id: LineId, number: u32) {
        for hole in self.holes.iter_mut().filter(|hole| hole.line == id) {
            if number < hole.first && hole.older > 0 {
                hole.older -= 1;
            }
            hole.missing.remove(&number);
        }
    }

    /// Forgets the line not heard of for longest, when there is no space for another.
    fn make_space(&mut self) {
        if self.lines.len() < LINES_MAX {
            return;
        }
        let oldest = self.lines.iter().min_by_key(|(_, line)| line.heard);
        if let Some(oldest) = oldest.map(|(id, _)| *id) {
            self.lines.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, LocalId, Ordinal, SafeText, Timestamp};

    fn event(device: u8, line: u32, number: u32) -> Event {
        Event {
            seq: Seq(1),
            device: DeviceId([device; 8]),
            local: LocalId(1),
            ordinal: Ordinal { line, number },
            from: "bob".parse().unwrap(),
            sent_at: Timestamp(0),
            stored_after: 0,
            body: Body::Message(SafeText::new("hi")),
        }
    }

    /// How many are missing before each.
    fn read(gaps: &mut Gaps, line: u32, numbers: &[u32]) -> Vec<u32> {
        let mut count = |number: &u32| {
            let missing = gaps.read(&event(1, line, *number));
            missing.map_or(0, |missing| missing.count)
        };
        numbers.iter().map(&mut count).collect()
    }

    fn in_vain(gaps: &mut Gaps, has: &[u32]) -> u32 {
        let has = has.iter().map(|number| (*number, Seq(9)));
        gaps.answered(has).map_or(0, |missing| missing.count)
    }

    fn asked(gaps: &Gaps) -> Option<(u32, u32)> {
        match gaps.question(&RoomName::lobby())? {
            Query::Numbered { first, last, .. } => Some((first, last)),
            query => panic!("{query:?}"),
        }
    }

    #[test]
    fn what_is_missing_between_two_numbers_is_asked_for_once() {
        let mut gaps = Gaps::default();
        assert_eq!(read(&mut gaps, 7, &[5, 6, 9, 10]), [0, 0, 2, 0]);
        assert_eq!(asked(&gaps), Some((7, 8)));
        assert_eq!(in_vain(&mut gaps, &[7]), 1);
        assert_eq!(asked(&gaps), None);
    }

    #[test]
    fn each_line_of_each_device_begins_where_it_is_first_seen() {
        let mut gaps = Gaps::default();
        for (device, line, number) in [(1, 7, 5), (1, 8, 50), (2, 7, 500), (1, 7, 6), (2, 7, 501)] {
            assert_eq!(gaps.read(&event(device, line, number)), None);
        }
    }

    #[test]
    fn what_is_not_counted_is_never_missed() {
        let mut gaps = Gaps::default();
        assert_eq!(read(&mut gaps, 0, &[1, 5, 9]), [0; 3]);
        assert_eq!(read(&mut gaps, 7, &[1, 0, 2]), [0; 3]);
        assert_eq!(gaps.lines.len(), 1);
    }

    #[test]
    fn a_missing_number_that_comes_late_is_not_missing() {
        let mut gaps = Gaps::default();
        assert_eq!(read(&mut gaps, 7, &[1, 4, 2, 2, 3]), [0, 2, 0, 0, 0]);
        assert_eq!(in_vain(&mut gaps, &[]), 0);
    }

    #[test]
    fn a_hole_as_wide_as_numbers_go_costs_no_more_than_a_small_one() {
        let mut gaps = Gaps::default();
        assert_eq!(read(&mut gaps, 7, &[1, u32::MAX]), [0, u32::MAX - 2]);
        assert_eq!(asked(&gaps), Some((u32::MAX - ASKED_MAX, u32::MAX - 1)));
        assert_eq!(gaps.holes[0].missing.len() as u32, ASKED_MAX);
        assert_eq!(in_vain(&mut gaps, &[u32::MAX - 1, 3]), u32::MAX - 3);
        assert_eq!(read(&mut gaps, 7, &[u32::MAX, 1]), [0; 2]);
    }

    #[test]
    fn lines_and_holes_are_bounded() {
        let mut gaps = Gaps::default();
        for line in 1..=3 * LINES_MAX as u32 {
            read(&mut gaps, line, &[1, 3]);
            // Heard of all the time, so it is kept.
            read(&mut gaps, u32::MAX, &[line]);
        }
        assert_eq!(gaps.lines.len(), LINES_MAX);
        assert_eq!(gaps.holes.len(), HOLES_MAX);
        assert!(gaps.lines.contains_key(&(DeviceId([1; 8]), u32::MAX)));
    }
}
