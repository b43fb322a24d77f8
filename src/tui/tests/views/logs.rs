//! Logs that are long, far ahead, have holes, or become others.

use super::*;
use crate::wire::Answer;

const OTHER: LogId = LogId([2; 8]);

fn line(desk: &mut Desk, log: LogId, seq: u64, from: &str, text: &str) {
    let event = event(seq, from, desk.wall, message(text));
    desk.update(Update::Event {
        room: lobby(),
        log,
        event,
        hash: LogHash([seq as u8; 16]),
    });
}

fn numbered(desk: &Desk, number: u64) -> String {
    format!("{} {number}", desk.either("line", "第"))
}

/// Scrolled up, while more comes below.
pub(super) fn scrolled(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    for number in 1..=120 {
        let text = numbered(&desk, number);
        desk.says("bob", &text);
    }
    desk.look();
    desk.press("PageUp");
    desk.look();
    for number in 121..=123 {
        let text = numbered(&desk, number);
        desk.says("carol", &text);
    }
    desk
}

pub(super) fn scrolled_nothing_new(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    for number in 1..=120 {
        let text = numbered(&desk, number);
        desk.says("bob", &text);
    }
    desk.look();
    desk.press("PageUp");
    desk
}

/// The top of what the relay keeps.
pub(super) fn gone(mut desk: Desk) -> Desk {
    desk.enter();
    let mut opened = opened(LOG, 45);
    opened.first = Seq(41);
    opened.after = Seq(40);
    desk.opened(&lobby(), opened);
    desk.members(&[("alice", Presence::Here), ("bob", Presence::Here)]);
    for number in 41..=45 {
        let text = numbered(&desk, number);
        line(&mut desk, LOG, number, "bob", &text);
    }
    desk.look();
    desk.press("Home");
    desk
}

/// What is said just now comes before what was said before it.
pub(super) fn ahead(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.open(&lobby(), 301);
    for number in 1..=3 {
        let text = numbered(&desk, number);
        desk.says("bob", &text);
    }
    let text = numbered(&desk, 300);
    desk.ahead(300, "carol", &text);
    let text = numbered(&desk, 301);
    desk.ahead(301, "bob", &text);
    desk
}

/// The relay was put back from an older copy.
pub(super) fn diverged(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let [both, mine, lost, instead] = [
        desk.either("both have it", "两边都有"),
        desk.either("mine", "我写的"),
        desk.either("lost", "丢了"),
        desk.either("instead", "后来的"),
    ];
    line(&mut desk, LOG, 1, "bob", both);
    line(&mut desk, LOG, 2, "alice", mine);
    line(&mut desk, LOG, 3, "carol", lost);
    desk.update(Update::Diverged {
        room: lobby(),
        log: LOG,
        at: Seq(2),
    });
    let mut forked = opened(OTHER, 2);
    (forked.after, forked.hash) = (Seq(1), LogHash([1; 16]));
    desk.opened(&lobby(), forked);
    line(&mut desk, OTHER, 2, "dave", instead);
    desk
}

/// Another relay, with another log of the room.
pub(super) fn another_log(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let [old, elsewhere] = [
        desk.either("on the old relay", "在旧的中继上"),
        desk.either("on the new relay", "在新的中继上"),
    ];
    line(&mut desk, LOG, 1, "alice", old);
    desk.delivered();
    let mut other = opened(OTHER, 302);
    other.after = Seq(300);
    desk.opened(&lobby(), other);
    line(&mut desk, OTHER, 301, "bob", elsewhere);
    line(&mut desk, OTHER, 302, "alice", elsewhere);
    desk
}

/// A message that was searched for and gone to, among others.
pub(super) fn found(desk: Desk) -> Desk {
    let mut desk = scrolled_nothing_new(desk);
    desk.press("C-f");
    desk.write("ladder");
    desk.press("Enter");
    let ladder = desk.either("the ladder", "梯子");
    let event = event(30, "bob", NOON, message(ladder));
    desk.answer(Answer::Found(vec![crate::wire::Found {
        room: lobby(),
        log: LOG,
        event,
        mark: 30,
    }]));
    desk.press("Enter");
    desk
}
