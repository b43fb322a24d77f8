//! What is refused, and what went wrong.

use super::*;
use crate::client::update::MissingSearch;
use crate::tui::Input;
use crate::wire::Refusal;

pub(super) fn unknown_command(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/jion tea");
    desk
}

pub(super) fn only_room(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/leave");
    desk
}

pub(super) fn incomplete(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/msg");
    desk
}

pub(super) fn nick_refused(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/nick alice@attic");
    desk
}

/// The disk of this machine is full: the text is in the input again.
pub(super) fn not_written(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let text = desk.either("good morning", "早上好");
    desk.enter_line(text);
    let local = desk.sent();
    let reason = "/home/alice/.local/share/lanterm/client.db: database or disk is full";
    desk.not_queued(local, reason);
    desk
}

pub(super) fn missing(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    for (count, search) in [
        (1, MissingSearch::Asking),
        (3, MissingSearch::InVain),
        (1, MissingSearch::InVain),
    ] {
        desk.update(Update::Missing {
            room: lobby(),
            from: name("bob"),
            count,
            search,
        });
    }
    let room = lobby();
    desk.update(Update::Gone { room, count: 12 });
    desk.enter_line("/topic");
    let earlier = LocalId(99);
    desk.update(Update::NotStored {
        room: "dev".parse().unwrap(),
        local: earlier,
        refusal: Refusal::NoSuchRoom("dev".parse().unwrap()),
    });
    desk
}

pub(super) fn settings_damaged(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let text = crate::locale::tr!(
        desk.app.viewer.language,
        "settings-damaged",
        file = "/home/alice/.config/lanterm/screen.toml",
        problem = "3: expected `=`",
        aside = "/home/alice/.config/lanterm/screen.toml.bad"
    );
    desk.app.handle_input(Input::Notice(text));
    desk
}
