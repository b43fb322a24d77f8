//! Several rooms: what is unread in them, and what becomes of them.

use super::*;
use crate::wire::{Answer, Limit, Refusal, RoomInfo};

fn direct(other: &str) -> RoomName {
    RoomName::direct(&name("alice"), &name(other))
}

fn room(name: &str) -> RoomName {
    name.parse().unwrap()
}

/// Something unread in two rooms and from somebody alone, and a draft.
pub(super) fn rooms(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let [roof, draft, psst, mention, ladder] = [
        desk.either("the roof", "修屋顶"),
        desk.either("not sent yet", "还没有发"),
        desk.either("psst", "悄悄话"),
        desk.either("alice?", "alice？"),
        desk.either("who has the ladder?", "梯子在谁那儿？"),
    ];
    desk.event("bob", Body::Topic(SafeText::new(roof)));
    desk.enter_line("/join dev");
    desk.open(&room("dev"), 0);
    desk.write(draft);
    for who in ["bob", "dave"] {
        let room = direct(who);
        let seq = Seq(2);
        desk.update(Update::Waiting {
            room: room.clone(),
            seq,
        });
        desk.open(&room, 2);
    }
    desk.event_in(&direct("bob"), "bob", message(psst));
    desk.press("M-1");
    desk.enter_line("/join tea");
    desk.open(&room("tea"), 0);
    desk.press("M-1");
    for text in ["1", mention, "2"] {
        desk.event_in(&room("tea"), "carol", message(text));
    }
    desk.says("carol", ladder);
    desk
}

/// More rooms than any list has place for, and something unread in one out of sight.
pub(super) fn rooms_many(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    for number in 1..=45 {
        let line = format!("/join room-{number:02}");
        desk.enter_line(&line);
        desk.open(&room(&line[6..]), 0);
    }
    for _ in 0..1001 {
        desk.event_in(&room("room-40"), "bob", message("more"));
    }
    for _ in 0..20 {
        desk.press("M-Up");
    }
    desk.event_in(&room("room-44"), "bob", message("alice"));
    desk.look();
    desk
}

/// A room with a long name and a long topic.
pub(super) fn rooms_long(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let long = "the-long-name-of-a-workshop-room";
    desk.enter_line(&format!("/join {long}"));
    desk.open(&room(long), 0);
    let topic = desk.either(
        "everything about the roof, the ladder, the nails, and who has time to help on Saturday afternoon after two",
        "关于屋顶、梯子和钉子的一切，以及星期六下午两点以后谁有空来帮忙，请大家在这里报名并写明能带什么工具",
    );
    desk.event_in(&room(long), "bob", Body::Topic(SafeText::new(topic)));
    desk
}

/// A room is left while something in it is not sent yet.
pub(super) fn room_left(desk: Desk) -> Desk {
    let mut desk = rooms(desk);
    desk.press("M-3");
    let line = desk.either("on my way", "我这就来");
    desk.send_line(line);
    desk.enter_line("/leave");
    desk
}

/// What `/rooms` lists.
pub(super) fn rooms_listed(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/rooms");
    let topic = desk.either("ladders and nails", "梯子和钉子");
    let room = |name: &str, members, topic: &str| RoomInfo {
        name: name.parse().unwrap(),
        members,
        seq: Seq(1),
        topic: SafeText::new(topic),
    };
    desk.answer(Answer::Rooms(vec![
        room("lobby", 3, ""),
        room("workshop", 12, topic),
        room("茶室", 2, topic),
        room("the-long-name-of-a-workshop-room", 104, topic),
    ]));
    desk
}

pub(super) fn room_refused(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.enter_line("/join dev");
    let refusal = Refusal::from(Limit::Rooms);
    desk.update(Update::OpenRefused {
        room: room("dev"),
        refusal,
    });
    desk
}
