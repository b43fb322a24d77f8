//! The picture in the manual: a room with some life in it, drawn by the real screen.

use jiff::tz::TimeZone;

use crate::client::{Contact, PathStats, Update};
use crate::locale::Language;
use crate::tui::keymap::KeyMap;
use crate::tui::notify::NotifyConfig;
use crate::tui::settings::Settings;
use crate::tui::themes::Looks;
use crate::tui::{App, AppConfig, Input, picture};
use crate::wire::{
    Body, Cursor, DeviceId, Event, LocalId, LogHash, LogId, Member, Name, Opened, Ordinal,
    Presence, RelayId, RoomName, SafeText, Seq, Timestamp, Welcome,
};

/// 7 November 2026, 20:14 UTC.
const START: i64 = 1_794_082_440_000_000;

const LOG: LogId = LogId([1; 8]);

/// The screen of a small party, as the text of an SVG file. The same every time.
pub fn svg() -> String {
    let mut app = App::new(AppConfig {
        name: name("ada"),
        device: device("ada"),
        room: RoomName::lobby(),
        looks: Looks::default(),
        mouse: true,
        keys: KeyMap::default(),
        settings: Settings::default(),
        notify: NotifyConfig::default(),
        language: Language::English,
        zone: TimeZone::UTC,
        seed: [0; 32],
        wall: at(9),
    });
    app.handle_resize(COLUMNS, ROWS);
    for update in scene() {
        app.handle_input(Input::Update(update, at(9)));
    }
    app.handle_input(Input::Stats(PathStats {
        rtt_micros: 280,
        ..PathStats::default()
    }));
    picture::svg(&mut app, COLUMNS, ROWS)
}

const COLUMNS: u16 = 84;
const ROWS: u16 = 20;

fn scene() -> Vec<Update> {
    let message = |text| Body::Message(SafeText::new(text));
    let events = [
        ("bob", 0, Body::Join),
        ("bob", 0, message("anyone up for a round before dinner?")),
        ("ada", 1, message("in 5, the switch in row C is down again")),
        ("小明", 2, Body::Join),
        ("小明", 2, message("不好意思，踢到线了 🙈 it's back in")),
        ("ada", 3, message("link's up, 谢谢")),
        ("bob", 4, Body::Action(SafeText::new("starts the server"))),
        ("zoe", 6, Body::Join),
        ("zoe", 6, message("no internet here, and this just… works?")),
        ("bob", 6, Body::Reaction(Seq(9), SafeText::new("🎉"))),
        ("小明", 6, message("对，欢迎 zoe")),
        (
            "ada",
            7,
            message("that's the idea. seats in row B are free"),
        ),
        ("ada", 9, message("and dinner is at nine")),
    ];
    let room = RoomName::lobby;
    let head = Cursor {
        log: LOG,
        seq: Seq(0),
        hash: LogHash::EMPTY,
    };
    let members = [
        ("ada", Presence::Here),
        ("bob", Presence::Here),
        ("zoe", Presence::Here),
        ("小明", Presence::Away),
    ];
    let mut scene = vec![
        Update::Contact(Contact::Entered {
            welcome: Welcome {
                name: name("ada"),
                relay: RelayId([2; 8]),
                relay_name: name("attic"),
                is_hosted: false,
                is_durable: true,
                direct: Vec::new(),
            },
            address: ([10, 0, 0, 1], crate::wire::RELAY_PORT).into(),
            key: [3; 32],
        }),
        Update::Opened {
            room: room(),
            opened: Opened {
                head,
                after: Seq(0),
                hash: LogHash::EMPTY,
                first: Seq(1),
                topic: SafeText::new("LAN party, hall 2 · servers on 10.0.0.9"),
            },
        },
        Update::Members {
            room: room(),
            members: members
                .into_iter()
                .map(|(who, presence)| Member {
                    name: name(who),
                    device: device(who),
                    presence,
                    since: at(0),
                    status: SafeText::default(),
                })
                .collect(),
        },
    ];
    for ((who, minute, body), seq) in events.into_iter().zip(1..) {
        scene.push(Update::Event {
            room: room(),
            log: LOG,
            hash: LogHash::EMPTY,
            event: Event {
                seq: Seq(seq),
                device: device(who),
                local: LocalId(seq),
                ordinal: Ordinal::NONE,
                from: name(who),
                sent_at: at(minute),
                stored_after: 0,
                body,
            },
        });
    }
    scene.push(Update::Delivered {
        room: room(),
        name: name("zoe"),
        seq: Seq(12),
    });
    scene
}

fn name(text: &str) -> Name {
    text.parse().expect("a valid name")
}

/// A device for each name.
fn device(name: &str) -> DeviceId {
    DeviceId(std::array::from_fn(|index| {
        name.as_bytes().get(index).copied().unwrap_or(0)
    }))
}

fn at(minute: i64) -> Timestamp {
    Timestamp(START + minute * 60_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_shows_the_conversation_and_never_changes_by_itself() {
        let picture = svg();
        assert!(picture.starts_with("<svg") && picture.contains("dinner is at nine"));
        assert_eq!(picture, svg());
    }
}
