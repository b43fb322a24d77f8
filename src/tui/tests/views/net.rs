//! How the network is.

use super::super::net as panel;
use super::*;
use crate::wire::Answer;

pub(super) fn net_without_relay(mut desk: Desk) -> Desk {
    desk.press("F2");
    desk
}

/// The panel is opened in the second in which the relay is found.
pub(super) fn net_asking(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.press("F2");
    desk
}

pub(super) fn net_sound(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.seconds(3);
    desk.press("F2");
    let mut paths = panel::paths();
    paths.truncate(2);
    paths[0].rtt_micros = 420;
    paths[0].loss_to_percent = 0;
    paths[0].loss_from_percent = 0;
    desk.answer(Answer::Net(paths));
    desk
}

pub(super) fn net_lossy(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.says("bob", "who is lossy?");
    panel::seconds(&mut desk, 55);
    desk.press("F2");
    desk.answer(Answer::Net(panel::paths()));
    desk
}

/// Scrolled to its end.
pub(super) fn net_end(desk: Desk) -> Desk {
    let mut desk = net_lossy(desk);
    desk.look();
    desk.press("C-End");
    desk
}

/// In the status line, of a path that loses.
pub(super) fn lossy(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    panel::seconds(&mut desk, 30);
    desk
}
