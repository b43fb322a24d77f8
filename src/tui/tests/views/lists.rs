//! What commands tell: the help, the keys, and what is set.

use super::*;
use crate::tui::Input;
use crate::tui::notify::Terminal as Emulator;

pub(super) fn help(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/help");
    desk
}

pub(super) fn help_first(desk: Desk) -> Desk {
    let mut desk = help(desk);
    desk.look();
    desk.press("C-Home");
    desk
}

pub(super) fn keys(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.function(1);
    desk
}

pub(super) fn keys_first(desk: Desk) -> Desk {
    let mut desk = keys(desk);
    desk.look();
    desk.press("C-Home");
    desk
}

pub(super) fn keys_middle(desk: Desk) -> Desk {
    let mut desk = keys(desk);
    desk.look();
    desk.press("PageUp");
    desk.look();
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
