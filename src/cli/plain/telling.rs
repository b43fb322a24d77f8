//! Events as lines: who, what, and last the number and the time.

use std::time::Duration;

use super::Plain;
use super::wishes::Wish;
use crate::cli::json::to_jiff;
use crate::cli::output::happening;
use crate::locale::{number, tr};
use crate::room::{is_spoken, text_of};
use crate::tui::notify::Level;
use crate::tui::{is_mention, times};
use crate::wire::{Body, Event, RoomName, Seq, Timestamp};

/// Lines told of one message; the rest on request. Arbitrary: what one listens to before one stops it.
const TEXT_LINES_MAX: usize = 40;

/// Lines of a message on request: each takes two bytes, and these a screen or two hundred.
const READ_LINES_MAX: usize = 8_192;

/// The least time between two rings. Arbitrary: often enough for who waits for an answer.
const RING_GAP: Duration = Duration::from_secs(5);

/// What a terminal shows a name as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Usual,
    Bold,
    Faint,
    /// Somebody who speaks to this user.
    Reverse,
}

impl Plain {
    /// Tells an event of an open room.
    pub(super) fn tell(&mut self, room: &RoomName, event: &Event) {
        if self.hides(event) || (event.device == self.device && !self.wants(Wish::Own)) {
            return;
        }
        let time = self.time_to_tell(event.stored_at());
        let mut lines = self.told(room, event, time.as_deref(), TEXT_LINES_MAX);
        if let Some(first) = lines.first_mut() {
            self.place(room, first);
        }
        self.lines.extend(lines);
    }

    /// Puts before a line which room it is of, unless that is in front.
    pub(super) fn place(&self, room: &RoomName, line: &mut String) {
        if *room != self.room().name {
            let room = self.title(room);
            *line = tr!(
                self.language,
                "plain-in-room",
                room = room,
                what = line.as_str()
            );
        }
    }

    /// Tells a message again, all of it and with its whole time.
    pub(super) fn tell_again(&mut self, room: &RoomName, event: &Event) {
        let time = self.whole_time(event.stored_at());
        let lines = self.told(room, event, Some(&time), READ_LINES_MAX);
        self.lines.extend(lines);
    }

    /// A message that was found: its first lines, with its room and whole time.
    pub(super) fn tell_found(&mut self, room: &RoomName, event: &Event) {
        let time = self.whole_time(event.stored_at());
        let mut lines = self.told(room, event, Some(&time), TEXT_LINES_MAX);
        if let Some(first) = lines.first_mut() {
            self.place(room, first);
        }
        self.lines.extend(lines);
    }

    /// The lines of an event.
    fn told(
        &self,
        room: &RoomName,
        event: &Event,
        time: Option<&str>,
        lines_max: usize,
    ) -> Vec<String> {
        let (language, seq) = (self.language, event.seq);
        let name = self.weighted(event.from.as_str(), self.weight(room, event));
        let text = text_of(&event.body).unwrap_or_default();
        let (first, more) = match &event.body {
            Body::Message(_) | Body::Reply(..) | Body::Action(_) | Body::Edit(..) => {
                split(text, lines_max)
            }
            // They are named in a sentence.
            Body::Reaction(..) | Body::Topic(_) | Body::Rename(_) | Body::Role(..) => {
                (text.replace(['\n', '\t'], " "), More::default())
            }
            Body::Redaction(_) | Body::Join | Body::Leave => Default::default(),
        };
        let start = match &event.body {
            Body::Message(_) => format!("{name}: {first}"),
            Body::Reply(of, _) => self.answer_text(room, &name, *of, &first),
            Body::Action(_) => {
                let text = happening(&event.body, &name, &first, language);
                format!("* {text}")
            }
            Body::Edit(..)
            | Body::Reaction(..)
            | Body::Redaction(_)
            | Body::Join
            | Body::Leave
            | Body::Topic(_)
            | Body::Role(..)
            | Body::Rename(_) => happening(&event.body, &name, &first, language),
        };
        let mut rest = more.lines;
        if more.left_out > 0 {
            let count = number(more.left_out);
            rest.push(tr!(language, "plain-more-lines", count = count, of = seq));
        }
        let mut lines = vec![start];
        lines.extend(rest.into_iter().map(|line| {
            let line = format!("| {line}");
            line.trim_end().to_owned()
        }));
        let end = match (is_spoken(&event.body).then_some(seq), time) {
            (Some(seq), Some(time)) => {
                Some(tr!(language, "plain-number-time", of = seq, time = time))
            }
            (Some(seq), None) => Some(seq.to_string()),
            (None, Some(time)) => Some(time.to_owned()),
            (None, None) => None,
        };
        if let (Some(end), Some(last)) = (end, lines.last_mut()) {
            let end = self.weighted(&end, Weight::Faint);
            *last = format!("{last}  {end}");
        }
        lines
    }

    /// The first line of an answer: to whom, as far as that is known, and to which message.
    fn answer_text(&self, room: &RoomName, name: &str, of: Seq, text: &str) -> String {
        let language = self.language;
        let room = self.find(room).map(|index| &self.rooms[index]);
        match room.and_then(|room| room.memory.who(of)) {
            Some((whom, _)) => tr!(
                language,
                "plain-answers",
                name = name,
                whom = whom,
                of = of,
                text = text
            ),
            None => tr!(
                language,
                "plain-answers-one",
                name = name,
                of = of,
                text = text
            ),
        }
    }

    fn weight(&self, room: &RoomName, event: &Event) -> Weight {
        if event.device == self.device {
            Weight::Usual
        } else if self.is_addressed(room, event) {
            Weight::Reverse
        } else {
            Weight::Bold
        }
    }

    fn weighted(&self, text: &str, weight: Weight) -> String {
        if !self.has_color || !self.wants(Wish::Color) {
            return text.to_owned();
        }
        match weight {
            Weight::Usual => text.to_owned(),
            Weight::Bold => format!("\u{1b}[1m{text}\u{1b}[0m"),
            Weight::Faint => format!("\u{1b}[2m{text}\u{1b}[0m"),
            Weight::Reverse => format!("\u{1b}[7m{text}\u{1b}[0m"),
        }
    }

    /// Whether somebody says something to this user alone, or names them.
    fn is_addressed(&self, room: &RoomName, event: &Event) -> bool {
        let (Body::Message(text) | Body::Reply(_, text) | Body::Action(text)) = &event.body else {
            return false;
        };
        room.direct_users().is_some() || is_mention(text.as_str(), &self.name)
    }

    /// Rings for what happens now, if the level of the room says so. A burst is one ring.
    pub(super) fn ring(&mut self, room: &RoomName, event: &Event) {
        let (Body::Message(_) | Body::Reply(..) | Body::Action(_)) = &event.body else {
            return;
        };
        if !self.has_bell || event.device == self.device || self.hides(event) {
            return;
        }
        let rings = match self.settings.level(room) {
            Level::All => true,
            Level::Mentions => self.is_addressed(room, event),
            Level::None => false,
        };
        let quiet = self.quiet;
        let is_quiet = quiet.is_some_and(|quiet| quiet.covers(event.stored_at(), &self.zone));
        let rung = self.rung;
        let is_soon = rung.is_some_and(|rung| self.now.saturating_since(rung) < RING_GAP);
        if !rings || is_quiet || is_soon {
            return;
        }
        self.rung = Some(self.now);
        if let Some(line) = self.lines.back_mut() {
            line.insert(0, '\u{7}');
        }
    }

    /// The time of day, when it is another than was told last; before it, the day when that is.
    fn time_to_tell(&mut self, at: Timestamp) -> Option<String> {
        if !self.wants(Wish::Times) {
            return None;
        }
        let at = to_jiff(at).to_zoned(self.zone.clone());
        let minute = at.datetime().with().second(0).subsec_nanosecond(0).build();
        let minute = minute.ok()?;
        let before = self.minute.replace(minute);
        if before.map(jiff::civil::DateTime::date) != Some(minute.date()) {
            self.say(times::day(&at, self.language));
        }
        (before != Some(minute)).then(|| at.strftime("%H:%M").to_string())
    }

    fn whole_time(&self, at: Timestamp) -> String {
        self.moment(at, "%H:%M")
    }

    /// A date, and a time of day in this format of `strftime`.
    pub(super) fn moment(&self, at: Timestamp, time: &str) -> String {
        times::moment(at, time, &self.zone, self.language)
    }

    /// A message in a line, for a place where it is only named.
    pub(super) fn head_line(&self, room: &RoomName, event: &Event) -> Option<String> {
        self.told(room, event, None, 1).into_iter().next()
    }
}

/// What follows the first line of a text.
#[derive(Default)]
struct More {
    lines: Vec<String>,
    left_out: usize,
}

/// The lines of a text, at most so many. Of blank ones in a row one is left, and of tabs blanks: a tab
/// moves the cursor.
fn split(text: &str, lines_max: usize) -> (String, More) {
    let mut lines = Vec::new();
    let mut left_out = 0;
    let mut was_blank = false;
    for line in text.trim_matches('\n').split('\n') {
        let is_blank = line.trim().is_empty();
        if is_blank && std::mem::replace(&mut was_blank, is_blank) {
            continue;
        }
        was_blank = is_blank;
        if lines.len() < lines_max {
            lines.push(line.replace('\t', "    ").trim_end().to_owned());
        } else {
            left_out += 1;
        }
    }
    let first = if lines.is_empty() {
        String::new()
    } else {
        lines.remove(0)
    };
    (first, More { lines, left_out })
}
