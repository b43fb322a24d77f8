//! Who is in a room.

use super::*;

fn present(desk: &mut Desk, members: &[(&str, Presence, &str)]) {
    present_in(desk, &lobby(), members);
}

fn present_in(desk: &mut Desk, room: &RoomName, members: &[(&str, Presence, &str)]) {
    let member = |(who, presence, status): &(&str, Presence, &str)| Member {
        name: name(who),
        device: device(who),
        presence: *presence,
        since: Timestamp(NOON),
        status: SafeText::new(status),
    };
    desk.update(Update::Members {
        room: room.clone(),
        members: members.iter().map(member).collect(),
    });
}

fn people(desk: &mut Desk) {
    let lunch = desk.either("lunch until two", "午饭，两点回来");
    let tea = desk.either("tea", "喝茶");
    present(
        desk,
        &[
            ("bob", Presence::Here, ""),
            ("carol", Presence::Away, lunch),
            ("dave", Presence::Gone, ""),
            ("erin", Presence::Idle, ""),
            ("小明", Presence::Away, tea),
            ("maximilian-the-first-of-his-name", Presence::Away, lunch),
        ],
    );
}

/// All kinds of presence, and two who type.
pub(super) fn members(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    people(&mut desk);
    for who in ["bob", "小明"] {
        desk.update(Update::Typing {
            room: lobby(),
            name: name(who),
        });
    }
    desk
}

pub(super) fn members_many(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    for number in 0..60 {
        let who = format!("guest{number:02}");
        let presence = match number % 4 {
            0 => Presence::Gone,
            1 => Presence::Idle,
            _ => Presence::Here,
        };
        present(&mut desk, &[(&who, presence, "")]);
    }
    for who in ["guest01", "guest02", "guest03"] {
        desk.update(Update::Typing {
            room: lobby(),
            name: name(who),
        });
    }
    desk
}

/// Alice is away herself, and somebody types.
pub(super) fn away(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    people(&mut desk);
    let lunch = desk.either("/away lunch", "/away 午饭");
    desk.enter_line(lunch);
    desk.update(Update::Typing {
        room: lobby(),
        name: name("bob"),
    });
    desk
}

/// What `/who` lists.
pub(super) fn who(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    people(&mut desk);
    desk.enter_line("/who");
    let members = desk.app.room().members.clone();
    desk.answer(crate::wire::Answer::Members(members));
    desk
}

fn direct(desk: &mut Desk, who: &str) {
    people(desk);
    desk.enter_line(&format!("/msg {who}"));
    let room = RoomName::direct(&name("alice"), &name(who));
    desk.open(&room, 0);
    present_in(desk, &room, &[("alice", Presence::Here, "")]);
    let text = desk.either("the key is under the mat", "钥匙在垫子下面");
    desk.event_in(&room, who, message(text));
}

/// A room with somebody who is away, and says why.
pub(super) fn direct_away(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    direct(&mut desk, "carol");
    desk
}

/// A room with somebody who is gone; what is written waits.
pub(super) fn direct_gone(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    direct(&mut desk, "dave");
    let text = desk.either("thanks, I have it", "谢谢，拿到了");
    desk.send_line(text);
    desk
}

/// The same, before anything is written.
pub(super) fn direct_gone_empty(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    direct(&mut desk, "dave");
    desk
}
