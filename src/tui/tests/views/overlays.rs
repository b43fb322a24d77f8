//! What lies over the room: the search and the jump.

use super::*;
use crate::wire::{Answer, Found, Refusal, StoreFault};

fn found(room: &RoomName, seq: u64, from: &str, text: &str) -> Found {
    Found {
        room: room.clone(),
        log: LOG,
        event: event(seq, from, NOON, message(text)),
        mark: seq,
    }
}

pub(super) fn search_idle(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.says("bob", "hi");
    desk.press("C-f");
    desk
}

pub(super) fn search_searching(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let line = desk.either("/search ladder", "/search 梯子");
    desk.enter_line(line);
    desk
}

pub(super) fn search(desk: Desk) -> Desk {
    let mut desk = search_searching(desk);
    let direct = RoomName::direct(&name("alice"), &name("bob"));
    let long = format!(
        "{} {}",
        desk.either("nails and boards, ", "钉子和木板，").repeat(14),
        desk.either("and the ladder at last", "最后才是梯子")
    );
    let [where_, shed] = [
        desk.either(
            "does anybody know where the long ladder went?",
            "有人知道那把长梯子去哪儿了吗？",
        ),
        desk.either(
            "your Ladder is in my shed,\nand has been for a year",
            "你的梯子在我的棚子里，\n都一年了",
        ),
    ];
    desk.answer(Answer::Found(vec![
        found(&lobby(), 900, "bob", where_),
        found(&direct, 7, "bob", shed),
        found(&lobby(), 30, "carol", &long),
    ]));
    // Short answers may be so for their size.
    desk.answer(Answer::Found(vec![]));
    desk.press("Down");
    desk
}

pub(super) fn search_part(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/search -r ladder");
    let page = (0..50).map(|n| found(&lobby(), 500 - n, "bob", "ladder"));
    desk.answer(Answer::Found(page.collect()));
    desk
}

pub(super) fn search_none(desk: Desk) -> Desk {
    let mut desk = search_searching(desk);
    desk.answer(Answer::Found(vec![]));
    desk
}

pub(super) fn search_without_relay(mut desk: Desk) -> Desk {
    desk.enter_line("/search ladder");
    desk
}

pub(super) fn search_failed(desk: Desk) -> Desk {
    let mut desk = search_searching(desk);
    let request = desk.question();
    let refusal = Refusal::Store(SafeText::new(StoreFault::Disk.as_str()));
    desk.update(Update::AskRefused { request, refusal });
    desk
}

pub(super) fn jump(desk: Desk) -> Desk {
    let mut desk = rooms::rooms(desk);
    desk.press("C-k");
    desk
}

pub(super) fn jump_narrowed(desk: Desk) -> Desk {
    let mut desk = jump(desk);
    desk.write("the");
    desk
}

pub(super) fn jump_none(desk: Desk) -> Desk {
    let mut desk = jump(desk);
    desk.write("qqqq");
    desk
}
