//! A message is selected, and something is done with it.

use super::*;
use crate::wire::{Answer, Reader};

/// Something of alice's between two of bob's, an answer, and reactions.
fn talk(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let [pub_, sure, eight, answer] = [
        desk.either(
            "shall we go to the pub by the old bridge tonight, all of us?",
            "今晚我们大家一起去老桥旁边的那家小酒馆，好不好？",
        ),
        desk.either("sure, teh pub", "好，去小酒管"),
        desk.either(
            "at eight: https://example.org/pub",
            "八点：https://example.org/pub",
        ),
        desk.either("I'll be late", "我会晚到"),
    ];
    desk.says("bob", pub_);
    let local = desk.send_line(sure);
    desk.stored(local, sure);
    desk.delivered();
    desk.says("bob", eight);
    desk.event("carol", Body::Reply(Seq(1), SafeText::new(answer)));
    for (who, with) in [("bob", "👍"), ("carol", "👍"), ("alice", "🎉")] {
        desk.event(who, Body::Reaction(Seq(2), SafeText::new(with)));
    }
    desk.look();
    desk.commands();
    desk
}

pub(super) fn quote(desk: Desk) -> Desk {
    talk(desk)
}

pub(super) fn selected(desk: Desk) -> Desk {
    let mut desk = talk(desk);
    desk.press("Esc k");
    desk
}

pub(super) fn taking_back(desk: Desk) -> Desk {
    let mut desk = talk(desk);
    desk.press("Esc k k d");
    desk
}

pub(super) fn not_own(desk: Desk) -> Desk {
    let mut desk = talk(desk);
    desk.press("Esc e");
    desk
}

pub(super) fn answering(desk: Desk) -> Desk {
    let mut desk = talk(desk);
    desk.press("Esc k k k r");
    desk
}

pub(super) fn answering_written(desk: Desk) -> Desk {
    let mut desk = answering(desk);
    let text = desk.either("let us", "走吧");
    desk.write(text);
    desk
}

pub(super) fn editing(desk: Desk) -> Desk {
    let mut desk = talk(desk);
    desk.press("Esc k k e");
    desk
}

pub(super) fn reacting(desk: Desk) -> Desk {
    let mut desk = talk(desk);
    desk.press("Esc k +");
    desk
}

pub(super) fn reacting_typed(desk: Desk) -> Desk {
    let mut desk = reacting(desk);
    desk.write("par");
    desk
}

/// What is known of a message, once the relay has said who has it.
pub(super) fn info(desk: Desk) -> Desk {
    let mut desk = talk(desk);
    desk.enter_line("/info");
    let reader = |who: &str, seq, read| Reader {
        name: name(who),
        seq: Seq(seq),
        read: Seq(read),
    };
    desk.answer(Answer::Delivered(vec![
        reader("bob", 4, 4),
        reader("carol", 4, 1),
    ]));
    let later = desk.either("see you", "回头见");
    desk.send_line(later);
    desk.enter_line("/info");
    desk
}

pub(super) fn link_copied(desk: Desk) -> Desk {
    let mut desk = talk(desk);
    desk.press("Esc k l");
    let link = desk.app.take_opened().unwrap();
    desk.app.copy_instead(link);
    desk
}

pub(super) fn change_refused(desk: Desk) -> Desk {
    let mut desk = talk(desk);
    let line = desk.either("s/teh/the/", "s/管/馆/");
    desk.enter_line(line);
    let commands = desk.commands();
    let local = desk.queue(&commands).unwrap();
    desk.update(Update::NotStored {
        room: lobby(),
        local,
        refusal: crate::wire::Refusal::NotAllowed,
    });
    desk
}
