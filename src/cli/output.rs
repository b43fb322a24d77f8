//! Standard output: data only, one line at a time, each flushed, as JSON or for people.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::error::{CliError, ErrorKind};
use super::json::{EventLine, Line, to_jiff};
use crate::client::update::MissingSearch;
use crate::locale::{Language, Said, number, say, tr};
use crate::room::text_of;
use crate::tui::reasons;
use crate::wire::{
    Body, Event, Found, LogId, Member, Name, PathQuality, Role, RoomInfo, RoomName, Seq, Timestamp,
};

/// Where a command's lines go, and in which form.
pub struct Output<W> {
    out: W,
    /// The zone in which people are shown times.
    zone: TimeZone,
    is_json: bool,
    /// What people are spoken to in; JSON is in none.
    language: Language,
}

impl<W: Write> Output<W> {
    /// Lines for `out`, with times of the zone when they are not JSON.
    pub fn new(out: W, is_json: bool, zone: TimeZone) -> Self {
        Self {
            out,
            zone,
            is_json,
            language: Language::English,
        }
    }

    /// The same in another language than English.
    #[must_use]
    pub fn in_language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// The language in which people are spoken to.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Tells people something that is no data, on standard error. When that is closed, nobody wants
    /// it.
    pub fn note(&self, said: &Said) {
        let text = tr!(self.language, "note", text = said);
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Whether lines are JSON.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Prints an event of a room.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn event(
        &mut self,
        room: &RoomName,
        log: LogId,
        event: &Event,
        received_at: Timestamp,
    ) -> Result<(), CliError> {
        if self.is_json {
            self.json(&EventLine::new(room, log, event, received_at))
        } else {
            let line = format!(
                "{} {} {}",
                self.time(event.stored_at()),
                event.seq,
                describe(event, self.language)
            );
            self.text(&line)
        }
    }

    /// Prints an event that was searched for in several rooms.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn found(&mut self, found: &Found, received_at: Timestamp) -> Result<(), CliError> {
        let Found {
            room, log, event, ..
        } = found;
        if self.is_json {
            self.json(&EventLine::new(room, *log, event, received_at))
        } else {
            let at = self.time(event.stored_at());
            self.text(&format!(
                "{room} {at} {} {}",
                event.seq,
                describe(event, self.language)
            ))
        }
    }

    /// Says that events which their sender numbered are not in a room's log.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn missing(
        &mut self,
        room: &RoomName,
        from: &Name,
        count: u32,
        search: MissingSearch,
    ) -> Result<(), CliError> {
        if self.is_json {
            let found = match search {
                MissingSearch::Asking => None,
                MissingSearch::InVain => Some(false),
            };
            return self.json(&Line::Missing {
                room,
                from,
                count,
                found,
            });
        }
        match search {
            // The answer is a moment away, and most often it is that nothing is missing.
            MissingSearch::Asking => {}
            MissingSearch::InVain => self.note(&missing_text(room, from, count)),
        }
        Ok(())
    }

    /// Says that older events of a room are gone.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn gone(&mut self, room: &RoomName, count: u64) -> Result<(), CliError> {
        if self.is_json {
            return self.json(&Line::Gone { room, count });
        }
        self.note(&gone_text(room, count));
        Ok(())
    }

    /// Says that a room's log is not the one that was read.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn diverged(&mut self, room: &RoomName, log: LogId, at: Seq) -> Result<(), CliError> {
        if self.is_json {
            let at = at.0;
            return self.json(&Line::Diverged { room, log, at });
        }
        self.note(&diverged_text(room, at));
        Ok(())
    }

    /// Prints members.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn members(&mut self, members: &[Member]) -> Result<(), CliError> {
        let width = widest(members.iter().map(|member| member.name.as_str()));
        for member in members {
            if self.is_json {
                self.json(&Line::member(member))?;
            } else {
                let name = padded(member.name.as_str(), width);
                let presence = reasons::presence(member.presence).tr(self.language);
                let since = tr!(self.language, "who-since", time = self.time(member.since));
                let line = format!("{name}  {presence}  {since}  {}", member.status);
                self.text(line.trim_end())?;
            }
        }
        Ok(())
    }

    /// Prints rooms.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn rooms(&mut self, rooms: &[RoomInfo]) -> Result<(), CliError> {
        let width = widest(rooms.iter().map(|room| room.name.as_str()));
        for room in rooms {
            if self.is_json {
                self.json(&Line::room(room))?;
            } else {
                let name = padded(room.name.as_str(), width);
                let topic = room.topic.one_line();
                let count = format!("{:>3}", room.members);
                let here = tr!(self.language, "list-room-here", count = count);
                let line = format!("{name}  {here}  {}  {topic}", room.seq);
                self.text(line.trim_end())?;
            }
        }
        Ok(())
    }

    /// Prints how well a relay reaches its sessions.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn paths(&mut self, paths: &[PathQuality]) -> Result<(), CliError> {
        if self.is_json {
            return paths
                .iter()
                .try_for_each(|path| self.json(&Line::path(path)));
        }
        let language = self.language;
        let heads = [
            tr!(language, "net-name"),
            tr!(language, "net-round-trip"),
            tr!(language, "net-lost-to"),
            tr!(language, "net-lost-from"),
        ];
        let rows = paths.iter().map(|path| {
            let (millis, tenths) = (path.rtt_micros / 1_000, path.rtt_micros % 1_000 / 100);
            [
                path.name.to_string(),
                format!("{millis}.{tenths} ms"),
                format!("{} %", path.loss_to_percent),
                format!("{} %", path.loss_from_percent),
            ]
        });
        let rows: Vec<[String; 4]> = std::iter::once(heads).chain(rows).collect();
        let widths: [usize; 4] =
            std::array::from_fn(|column| widest(rows.iter().map(|row| row[column].as_str())));
        rows.iter().try_for_each(|row| {
            let [name, figures @ ..] = row;
            let mut line = padded(name, widths[0]);
            for (figure, width) in figures.iter().zip(&widths[1..]) {
                let before = width.saturating_sub(figure.width());
                line.push_str(&" ".repeat(before + 2));
                line.push_str(figure);
            }
            self.text(&line)
        })
    }

    /// Prints a JSON object.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn json(&mut self, line: &impl Serialize) -> Result<(), CliError> {
        let line = serde_json::to_string(line).expect("lines hold only what JSON can express");
        self.text(&line)
    }

    /// Prints a line for people.
    ///
    /// # Errors
    /// When standard output is closed or full.
    pub fn text(&mut self, line: &str) -> Result<(), CliError> {
        writeln!(self.out, "{line}")
            .and_then(|()| self.out.flush())
            .map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => CliError::new(ErrorKind::OutputClosed, error),
                _ => CliError::failed(say!("error-stdout", error = error)),
            })
    }

    fn time(&self, at: Timestamp) -> String {
        to_jiff(at)
            .to_zoned(self.zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    }
}

fn missing_text(room: &RoomName, from: &Name, count: u32) -> Said {
    say!(
        "note-missing",
        count = number(count),
        name = from,
        room = room
    )
}

fn gone_text(room: &RoomName, count: u64) -> Said {
    say!("note-gone", count = number(count), room = room)
}

fn diverged_text(room: &RoomName, at: Seq) -> Said {
    say!("note-diverged", room = room, at = at)
}

/// An event in one line, without its time and place.
fn describe(event: &Event, language: Language) -> String {
    let from = &event.from;
    let text = text_of(&event.body).map(|text| text.replace(['\n', '\t'], " "));
    let text = text.unwrap_or_default();
    match &event.body {
        Body::Message(_) => format!("<{from}> {text}"),
        Body::Reply(of, _) => {
            let to = tr!(language, "event-reply", of = of);
            format!("<{from}> ({to}) {text}")
        }
        Body::Action(_)
        | Body::Edit(..)
        | Body::Reaction(..)
        | Body::Redaction(_)
        | Body::Join
        | Body::Leave
        | Body::Topic(_)
        | Body::Role(..)
        | Body::Rename(_) => {
            let text = happening(&event.body, from.as_str(), &text, language);
            format!("* {text}")
        }
    }
}

/// What somebody does, in a sentence that begins with the name given. `text` is that of the event, as
/// far as it is to be in the sentence; what somebody says is told by it alone.
pub(super) fn happening(body: &Body, name: &str, text: &str, language: Language) -> String {
    match body {
        Body::Message(_) | Body::Reply(..) => text.to_owned(),
        Body::Action(_) => format!("{name} {text}"),
        Body::Edit(of, _) => tr!(language, "event-edit", name = name, of = of, text = text),
        Body::Reaction(of, _) if text.is_empty() => {
            tr!(language, "event-no-reaction", name = name, of = of)
        }
        Body::Reaction(of, _) => {
            tr!(
                language,
                "event-reaction",
                name = name,
                of = of,
                text = text
            )
        }
        Body::Redaction(of) => tr!(language, "event-redaction", name = name, of = of),
        Body::Join => tr!(language, "room-joined", name = name),
        Body::Leave => tr!(language, "room-left", name = name),
        Body::Topic(_) if text.is_empty() => tr!(language, "event-no-topic", name = name),
        Body::Topic(_) => tr!(language, "room-topic-set", name = name, topic = text),
        Body::Role(whom, Role::Operator) => {
            tr!(language, "room-made-operator", name = name, whom = whom)
        }
        Body::Role(whom, Role::Member) => {
            tr!(language, "event-made-member", name = name, whom = whom)
        }
        Body::Rename(new) => tr!(language, "event-rename", name = name, new = new),
    }
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(UnicodeWidthStr::width).max().unwrap_or(0)
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{DeviceId, LocalId, Ordinal, Presence, SafeText};

    /// What `print` prints for people, in UTC.
    fn printed(print: impl FnOnce(&mut Output<&mut Vec<u8>>) -> Result<(), CliError>) -> String {
        let mut bytes = Vec::new();
        print(&mut Output::new(&mut bytes, false, TimeZone::UTC)).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn events_are_one_line_each() {
        let text = SafeText::new;
        let bob = || "bob".parse().unwrap();
        for (body, expected) in [
            (Body::Message(text("hi\nyou")), "<alice> hi you"),
            (Body::Action(text("waves")), "* alice waves"),
            (Body::Reply(Seq(9), text("yes")), "<alice> (to #9) yes"),
            (Body::Edit(Seq(9), text("ho")), "* alice edited #9: ho"),
            (
                Body::Reaction(Seq(9), text("+1")),
                "* alice reacted to #9: +1",
            ),
            (
                Body::Reaction(Seq(9), text("")),
                "* alice took back the reaction to #9",
            ),
            (Body::Redaction(Seq(9)), "* alice took back #9"),
            (Body::Join, "* alice joined"),
            (Body::Leave, "* alice left"),
            (Body::Topic(text("tea")), "* alice set the topic: tea"),
            (Body::Topic(text("")), "* alice removed the topic"),
            (
                Body::Role(bob(), Role::Operator),
                "* alice made bob an operator",
            ),
            (Body::Rename(bob()), "* alice is now called bob"),
        ] {
            let event = Event {
                seq: Seq(12),
                device: DeviceId([0; 8]),
                local: LocalId(1),
                ordinal: Ordinal::NONE,
                from: "alice".parse().unwrap(),
                sent_at: Timestamp(1_700_000_000_000_000),
                stored_after: 0,
                body,
            };
            let line =
                printed(|out| out.event(&RoomName::lobby(), LogId([0; 8]), &event, Timestamp(0)));
            assert_eq!(line, format!("2023-11-14 22:13:20 #12 {expected}\n"));
        }
    }

    #[test]
    fn what_is_no_data_is_no_output() {
        let (lobby, bob) = (RoomName::lobby(), "bob".parse().unwrap());
        let printed = printed(|out| {
            out.gone(&lobby, 2)?;
            out.diverged(&lobby, LogId([0; 8]), Seq(7))?;
            out.missing(&lobby, &bob, 2, MissingSearch::InVain)
        });
        assert_eq!(printed, "");
        assert_eq!(
            [
                gone_text(&lobby, 1).tr(Language::English),
                gone_text(&lobby, 2).tr(Language::English),
                missing_text(&lobby, &bob, 1).tr(Language::English),
                missing_text(&lobby, &bob, 2).tr(Language::English),
                diverged_text(&lobby, Seq(7)).tr(Language::English),
            ],
            [
                "an older message of \"lobby\" is gone: the relay has deleted it",
                "2 older messages of \"lobby\" are gone: the relay has deleted them",
                "a message of bob is missing from \"lobby\": the relay does not have it",
                "2 messages of bob are missing from \"lobby\": the relay does not have them",
                "the relay was put back from an older copy: \"lobby\" is another from #7 on",
            ]
        );
    }

    #[test]
    fn members_and_rooms_stand_in_columns() {
        let member = |name: &str, presence| Member {
            name: name.parse().unwrap(),
            device: DeviceId([0; 8]),
            presence,
            since: Timestamp(0),
            status: SafeText::new(if presence == Presence::Away {
                "lunch"
            } else {
                ""
            }),
        };
        let members = [member("al", Presence::Here), member("小明", Presence::Away)];
        assert_eq!(
            printed(|out| out.members(&members)),
            "al    here  since 1970-01-01 00:00:00\n小明  away  since 1970-01-01 00:00:00  lunch\n"
        );
        let rooms = [RoomInfo {
            name: RoomName::lobby(),
            members: 3,
            seq: Seq(12),
            topic: SafeText::default(),
        }];
        assert_eq!(printed(|out| out.rooms(&rooms)), "lobby    3 here  #12\n");
    }

    #[test]
    fn a_closed_output_is_told_apart() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut output = Output::new(Closed, false, TimeZone::UTC);
        let error = output.text("hi").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutputClosed);
    }
}
