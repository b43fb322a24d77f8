//! What commands tell: the help, the keys, and what is set.

use super::*;
use crate::tui::Input;
use crate::tui::clipboard::Multiplexer;
use crate::tui::notify::{Desktop, Osc, Passing, Shows, Terminal as Emulator};

pub(super) fn help(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/help");
    desk
}

pub(super) fn help_end(desk: Desk) -> Desk {
    let mut desk = help(desk);
    desk.press("C-End");
    desk
}

pub(super) fn keys(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.function(1);
    desk
}

pub(super) fn keys_middle(desk: Desk) -> Desk {
    let mut desk = keys(desk);
    desk.press("PageDown");
    desk
}

pub(super) fn keys_end(desk: Desk) -> Desk {
    let mut desk = keys(desk);
    desk.press("C-End");
    desk
}

pub(super) fn notify(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    for line in ["/notify", "/notify all", "/notify none", "/notify loud"] {
        desk.enter_line(line);
    }
    desk
}

pub(super) fn notify_test(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/notify test");
    desk.app.handle_input(Input::Terminal(Emulator::default()));
    desk
}

/// In tmux, which does not hand on what is for the terminal outside.
pub(super) fn notify_test_tmux(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/notify test");
    desk.app.handle_input(Input::Terminal(Emulator {
        name: Some("kitty".to_owned()),
        shows: Shows::Osc(Osc::NinetyNine),
        multiplexer: Multiplexer::Tmux,
        passing: Passing::Kept,
        tmux_focus: Some(false),
        desktop: Some(Desktop::NotifySend),
    }));
    desk
}

pub(super) fn ignore(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let [one, two] = [
        desk.either("buy my ladders", "快来买我的梯子"),
        desk.either("not now", "现在不行"),
    ];
    desk.enter_line("/ignore");
    desk.says("bob", one);
    desk.says("bob", one);
    desk.says("carol", two);
    desk.says("dave", one);
    desk.enter_line("/ignore dave");
    desk.enter_line("/ignore bob");
    desk.enter_line("/ignore");
    desk.enter_line("/unignore dave");
    desk
}

pub(super) fn theme(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    for line in ["/theme", "/theme light", "/theme neon"] {
        desk.enter_line(line);
    }
    desk
}
