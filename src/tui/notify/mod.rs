//! Telling a user who does not look: of what, when, and how often.
//!
//! What another person says in a room is told of when the room's [`Level`] says so and the user
//! does not have the room before them: the terminal is not in front, or another room is. A terminal
//! that never says whether it is in front counts as being there. In [`Quiet`] hours nothing is.
//!
//! A burst is one notification: what comes is gathered for a moment, and after a notification for
//! longer. What the user has read meanwhile is left out.

mod command;
mod desktop;
mod terminal;
mod ways;

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use command::NotifyRequest;
pub use desktop::Desktop;
pub use terminal::Terminal;
#[cfg(test)]
pub use terminal::{Osc, Passing, Shows};
pub use ways::{Alert, Delivery, Way};

use super::app::App;
use super::reading::Arrival;
use super::times::local;
use crate::locale::{Said, number, say, tr};
use crate::room::text_of;
use crate::wire::{Event, Name, RoomName, Timestamp};
use ways::Plan;

/// How long what comes is gathered before it is told of, in microseconds. Arbitrary: what a relay
/// sends after an absence comes within it, and nobody waits for a notification.
const GATHER_MICROS: i64 = 500_000;

/// The least time between two notifications, in microseconds. Arbitrary: often enough for who
/// waits for an answer, seldom enough for who does not.
const GAP_MICROS: i64 = 5_000_000;

/// What of a room is told of while nobody looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Everything that others say.
    All,
    /// What names this user, and all that is written to them alone.
    #[default]
    Mentions,
    /// Nothing.
    None,
}

impl Level {
    fn takes(self, arrival: Arrival) -> bool {
        match (self, arrival) {
            (Self::All, Arrival::Spoken | Arrival::Addressed)
            | (Self::Mentions, Arrival::Addressed) => true,
            (Self::All | Self::Mentions | Self::None, Arrival::Quiet)
            | (Self::Mentions, Arrival::Spoken)
            | (Self::None, Arrival::Spoken | Arrival::Addressed) => false,
        }
    }
}

/// Hours of the day in which nothing is told of, by the local clock; may go across midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// Minutes of the day; the first that is quiet.
    from: u16,
    /// The first that is not.
    until: u16,
}

/// Not hours of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietError;

impl QuietError {
    /// What to write instead.
    pub fn said(self) -> Said {
        say!("notify-quiet-error")
    }
}

impl Quiet {
    /// Whether a time is in these hours.
    pub fn covers(self, at: Timestamp, zone: &TimeZone) -> bool {
        let Some(at) = local(at, zone) else {
            return false;
        };
        let minute =
            u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs());
        if self.from < self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }
}

impl std::fmt::Display for Quiet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        write!(f, "{}-{}", time(self.from), time(self.until))
    }
}

impl FromStr for Quiet {
    type Err = QuietError;

    fn from_str(text: &str) -> Result<Self, QuietError> {
        let time = |text: &str| {
            let (hours, minutes) = text.trim().split_once(':')?;
            let is_number =
                |text: &str| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
            let is_time = is_number(hours) && is_number(minutes) && minutes.len() == 2;
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (is_time && hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        };
        let (from, until) = text.split_once('-').ok_or(QuietError)?;
        let (from, until) = (
            time(from).ok_or(QuietError)?,
            time(until).ok_or(QuietError)?,
        );
        if from == until {
            return Err(QuietError);
        }
        Ok(Self { from, until })
    }
}

/// How the user wants to be told, and what there is to do it with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyConfig {
    /// The ways wanted.
    pub ways: Vec<Way>,
    /// When not to.
    pub quiet: Option<Quiet>,
    /// The terminal.
    pub terminal: Terminal,
}

impl Default for NotifyConfig {
    fn default() -> Self {
        Self {
            ways: Way::ALL.to_vec(),
            quiet: None,
            terminal: Terminal::default(),
        }
    }
}

/// What somebody said while the user had another room before them, or none.
pub(super) struct Heard {
    from: Name,
    /// Its start.
    text: String,
}

/// What of one room is to be told of.
struct Gathered {
    count: usize,
    first: Heard,
}

/// What is to be told of, and when.
pub(super) struct Notifier {
    config: NotifyConfig,
    /// By room; no more than are open.
    gathered: BTreeMap<RoomName, Gathered>,
    /// Since when something is gathered.
    since: Option<Timestamp>,
    told_at: Option<Timestamp>,
    /// Whether the terminal ever said whether it is in front.
    tells_focus: bool,
    /// The number of the next notification.
    next: u32,
    delivery: Option<Delivery>,
}

impl Notifier {
    pub fn new(config: NotifyConfig) -> Self {
        Self {
            config,
            gathered: BTreeMap::new(),
            since: None,
            told_at: None,
            tells_focus: false,
            next: 1,
            delivery: None,
        }
    }

    /// The terminal says whether it is in front.
    pub fn handle_focus(&mut self) {
        self.tells_focus = true;
    }

    fn gather(&mut self, room: &RoomName, heard: Heard, now: Timestamp) {
        self.since.get_or_insert(now);
        match self.gathered.get_mut(room) {
            Some(gathered) => gathered.count += 1,
            None => {
                let gathered = Gathered {
                    count: 1,
                    first: heard,
                };
                self.gathered.insert(room.clone(), gathered);
            }
        }
    }

    /// What was gathered, when it is time to tell of it.
    fn take_due(&mut self, now: Timestamp) -> BTreeMap<RoomName, Gathered> {
        let Some(since) = self.since else {
            return BTreeMap::new();
        };
        // A clock set back ends the wait.
        let has_passed = |from: Timestamp, micros| {
            let passed = now.0.saturating_sub(from.0);
            passed < 0 || passed >= micros
        };
        let is_due = has_passed(since, GATHER_MICROS)
            && self.told_at.is_none_or(|told| has_passed(told, GAP_MICROS));
        if !is_due {
            return BTreeMap::new();
        }
        self.since = None;
        std::mem::take(&mut self.gathered)
    }

    fn tell(&mut self, plan: &Plan, alert: &Alert) {
        let multiplexer = self.config.terminal.multiplexer;
        self.delivery = Some(plan.deliver(alert, self.next, multiplexer));
        self.next = self.next.wrapping_add(1);
    }
}

impl App {
    /// What is to be done to notify the user; once for each time.
    pub fn take_delivery(&mut self) -> Option<Delivery> {
        self.notifier.delivery.take()
    }

    /// Whether the user has this room before them, as far as the terminal tells.
    fn is_before_user(&self, room: usize) -> bool {
        self.is_focused && room == self.active
    }

    /// What of an event the user may have to be told of, for [`App::gather`].
    pub(super) fn hear(&self, room: usize, event: &Event) -> Option<Heard> {
        let text = text_of(&event.body).filter(|_| !self.is_before_user(room))?;
        let from = event.from.clone();
        let text = Alert::new("", text).text;
        Some(Heard { from, text })
    }

    /// Something came in a room: remembers it, if the user is to be told.
    pub(super) fn gather(&mut self, room: usize, arrival: Arrival, heard: Heard) {
        let name = &self.rooms[room].name;
        if self.viewer.settings.level(name).takes(arrival) {
            self.notifier.gather(name, heard, self.wall);
        }
    }

    /// Tells the user what was gathered, when it is time to.
    pub(super) fn notify_when_due(&mut self) {
        let mut gathered = self.notifier.take_due(self.wall);
        gathered.retain(|room, _| {
            let index = self.find_room(room);
            index.is_some_and(|index| {
                self.rooms[index].news.unread > 0 && !self.is_before_user(index)
            })
        });
        let config = &self.notifier.config;
        let is_quiet = |quiet: Quiet| quiet.covers(self.wall, &self.viewer.zone);
        if gathered.is_empty() || config.quiet.is_some_and(is_quiet) {
            return;
        }
        let alert = self.alert(&gathered);
        let plan = Plan::usual(&config.ways, &config.terminal);
        self.notifier.told_at = Some(self.wall);
        self.notifier.tell(&plan, &alert);
    }

    fn alert(&self, gathered: &BTreeMap<RoomName, Gathered>) -> Alert {
        let language = self.language();
        let count: usize = gathered.values().map(|room| room.count).sum();
        let mut rooms = gathered.iter();
        let (Some((name, gathered)), None) = (rooms.next(), rooms.next()) else {
            let (count, rooms) = (number(count), gathered.len());
            let text = tr!(language, "notify-rooms", count = count, rooms = rooms);
            return Alert::new("lanterm", &text);
        };
        let room = self.find_room(name).map(|index| &self.rooms[index]);
        let room = room.map_or_else(|| name.to_string(), |room| room.title(&self.viewer.name));
        if gathered.count > 1 {
            let text = tr!(language, "notify-room", count = number(count), room = room);
            return Alert::new("lanterm", &text);
        }
        let title = if name.direct_users().is_some() {
            gathered.first.from.to_string()
        } else {
            tr!(
                language,
                "notify-title",
                name = gathered.first.from,
                room = room
            )
        };
        Alert::new(&title, &gathered.first.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn at(text: &str) -> Timestamp {
        let at: jiff::Timestamp = text.parse().unwrap();
        Timestamp(at.as_microsecond())
    }

    #[test]
    fn quiet_hours_go_by_the_local_clock_and_across_midnight() {
        let quiet: Quiet = "22:00-07:00".parse().unwrap();
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        for (time, is_quiet) in [
            ("2026-11-23T20:59:59Z", false),
            ("2026-11-23T21:00:00Z", true),
            ("2026-11-23T23:30:00Z", true),
            ("2026-11-24T05:59:59Z", true),
            ("2026-11-24T06:00:00Z", false),
        ] {
            assert_eq!(quiet.covers(at(time), &berlin), is_quiet, "{time}");
        }
        let noon: Quiet = "12:30-13:15".parse().unwrap();
        let covers = |time| noon.covers(at(time), &TimeZone::UTC);
        assert!(covers("2026-11-23T13:14:00Z") && !covers("2026-11-23T13:15:00Z"));
        assert!(!covers("2026-11-23T00:00:00Z"));
    }

    #[test]
    fn hours_are_read_strictly_and_written_as_they_are_read() {
        for text in ["22:00-07:00", "00:00-23:59"] {
            assert_eq!(text.parse::<Quiet>().unwrap().to_string(), text);
        }
        assert_eq!(
            "7:05 - 8:00".parse::<Quiet>().unwrap().to_string(),
            "07:05-08:00"
        );
        for text in [
            "",
            "22-7",
            "24:00-07:00",
            "22:60-07:00",
            "+2:00-07:00",
            "1:00-1:00",
            "1:5-2:00",
        ] {
            assert_eq!(text.parse::<Quiet>(), Err(QuietError), "{text}");
        }
        let said = QuietError.said().tr(Language::English);
        assert_eq!(said, "write HH:MM-HH:MM, like 22:00-07:00");
    }
}
