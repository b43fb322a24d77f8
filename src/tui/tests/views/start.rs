//! Before anything is said: the name, the way to a relay, an empty room.

use super::*;
use crate::client::update::{CloseCode, LossReason};
use crate::tui::Input;
use crate::wire::Parting;

pub(super) fn name(language: Language) -> NamePrompt {
    NamePrompt::new("alice", Looks::default(), language)
}

pub(super) fn name_refused(language: Language) -> NamePrompt {
    NamePrompt::new("alice@attic", Looks::default(), language)
}

pub(super) fn name_too_long(language: Language) -> NamePrompt {
    NamePrompt::new(&"alice-".repeat(12), Looks::default(), language)
}

pub(super) fn searching(desk: Desk) -> Desk {
    desk
}

pub(super) fn searching_in_vain(mut desk: Desk) -> Desk {
    let names = vec!["eth0".to_owned(), "wlan0".to_owned()];
    desk.app.handle_input(Input::Interfaces(names));
    desk.app.tick(Timestamp(NOON + 6_000_000));
    desk
}

pub(super) fn searching_without_interface(mut desk: Desk) -> Desk {
    desk.app.tick(Timestamp(NOON + 6_000_000));
    desk
}

pub(super) fn connecting(mut desk: Desk) -> Desk {
    let address = "10.0.0.1:5267".parse().unwrap();
    desk.update(Update::Contact(Contact::Dialing { address }));
    desk
}

pub(super) fn hosting_alone(mut desk: Desk) -> Desk {
    desk.enter();
    desk.open(&lobby(), 0);
    desk.members(&[("alice", Presence::Here)]);
    desk.app.handle_input(Input::Hosting(true));
    let names = vec!["eth0".to_owned(), "wlan0".to_owned()];
    desk.app.handle_input(Input::Interfaces(names));
    desk.app.tick(Timestamp(NOON + 6_000_000));
    desk
}

pub(super) fn empty(desk: Desk) -> Desk {
    desk.come_in()
}

pub(super) fn unsupported(mut desk: Desk) -> Desk {
    let address = "10.0.0.1:5267".parse().unwrap();
    let versions = (4, 5);
    desk.update(Update::Contact(Contact::Unsupported { address, versions }));
    desk
}

pub(super) fn key_changed(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.update(Update::Contact(Contact::KeyChanged {
        relay_name: super::super::name("box1"),
        relay: RelayId([9; 8]),
        pinned: [0x5f; 32],
        found: [0xab; 32],
    }));
    desk
}

pub(super) fn key_changed_typed(desk: Desk) -> Desk {
    let mut desk = key_changed(desk);
    desk.write("trus");
    desk
}

/// A session that is lost, gone on with, and lost in other ways.
pub(super) fn lost(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let [morning, written] = [
        desk.either("good morning", "早上好"),
        desk.either("is anybody there?", "有人吗？"),
    ];
    desk.says("bob", morning);
    let text = format!(": {}", Parting::Silence.as_str());
    for reason in [
        LossReason::Silent,
        LossReason::Closed {
            code: CloseCode::TimedOut,
            text,
        },
    ] {
        desk.update(Update::Contact(Contact::Lost { reason }));
        desk.minutes(1);
        desk.enter();
    }
    let is_hosted = true;
    desk.update(Update::Contact(Contact::RelayClosing { is_hosted }));
    desk.enter();
    let reason = LossReason::NoAnswer("10.0.0.1:5267".parse().unwrap());
    desk.update(Update::Contact(Contact::Lost { reason }));
    desk.send_line(written);
    desk.enter_line("/who");
    desk.enter_line("/nick alicia");
    desk
}

pub(super) fn came_back(desk: Desk) -> Desk {
    let mut desk = lost(desk);
    let again = desk.either("here I am again", "我回来了");
    desk.minutes(1);
    desk.update(Update::Contact(Contact::Entered {
        welcome: Welcome {
            name: "alicia".parse().unwrap(),
            relay: RelayId([9; 8]),
            relay_name: "box1".parse().unwrap(),
            is_hosted: true,
            is_durable: false,
            direct: vec![],
        },
        address: "10.0.0.1:5267".parse().unwrap(),
        key: [3; 32],
    }));
    desk.open(&lobby(), 1);
    desk.says("bob", again);
    desk
}
