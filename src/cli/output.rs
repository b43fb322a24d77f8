//! Standard output: data only, one line at a time, each flushed, as JSON or for people.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::error::{CliError, ErrorKind};
use super::json::{EventLine, Line, to_jiff};
use crate::wire::{Body, Event, LogId, Member, Role, RoomInfo, RoomName, Timestamp};

/// Where a command's lines go, and in which form.
pub struct Output<W> {
    out: W,
    /// The zone in which people are shown times.
    zone: TimeZone,
    is_json: bool,
}

impl<W: Write> Output<W> {
    /// Lines for `out`, with times of the zone when they are not JSON.
    pub fn new(out: W, is_json: bool, zone: TimeZone) -> Self {
        Self { out, zone, is_json }
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
                describe(event)
            );
            self.text(&line)
        }
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
                let presence = member.presence.as_str();
                let line = format!("{name}  {presence}  since {}", self.time(member.since));
                self.text(&line)?;
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
                let line = format!("{name}  {:>3} here  {}  {topic}", room.members, room.seq);
                self.text(line.trim_end())?;
            }
        }
        Ok(())
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
                _ => CliError::failed(format!("can't write to standard output: {error}")),
            })
    }

    fn time(&self, at: Timestamp) -> impl std::fmt::Display + use<W> {
        to_jiff(at)
            .to_zoned(self.zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    }
}

/// An event in one line, without its time and place.
fn describe(event: &Event) -> String {
    let from = &event.from;
    match &event.body {
        Body::Message(text) => format!("<{from}> {}", text.one_line()),
        Body::Action(text) => format!("* {from} {}", text.one_line()),
        Body::Edit(target, text) => format!("* {from} edited {target}: {}", text.one_line()),
        Body::Reaction(target, shortcode) if shortcode.is_empty() => {
            format!("* {from} took back the reaction to {target}")
        }
        Body::Reaction(target, shortcode) => {
            format!("* {from} reacted to {target}: {}", shortcode.one_line())
        }
        Body::Redaction(target) => format!("* {from} took back {target}"),
        Body::Join => format!("* {from} joined"),
        Body::Leave => format!("* {from} left"),
        Body::Topic(topic) if topic.is_empty() => format!("* {from} removed the topic"),
        Body::Topic(topic) => format!("* {from} set the topic: {}", topic.one_line()),
        Body::Role(name, Role::Operator) => format!("* {from} made {name} an operator"),
        Body::Role(name, Role::Member) => format!("* {from} made {name} a member"),
        Body::Rename(name) => format!("* {from} is now called {name}"),
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
    use crate::wire::{DeviceId, LocalId, Ordinal, Presence, SafeText, Seq};

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
    fn members_and_rooms_stand_in_columns() {
        let member = |name: &str, presence| Member {
            name: name.parse().unwrap(),
            device: DeviceId([0; 8]),
            presence,
            since: Timestamp(0),
        };
        let members = [member("al", Presence::Here), member("小明", Presence::Away)];
        assert_eq!(
            printed(|out| out.members(&members)),
            "al    here  since 1970-01-01 00:00:00\n小明  away  since 1970-01-01 00:00:00\n"
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
