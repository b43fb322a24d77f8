//! What is said in a room.

use super::*;
use crate::wire::{Limit, Refusal, Role, StoreFault};

/// A morning with something of everything that happens.
pub(super) fn talk(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let ladder = desk.either(
        "good morning! does anybody know where the long ladder went?",
        "早上好！有人知道那把长梯子去哪儿了吗？昨天还靠在棚子后面的墙上。",
    );
    let points = desk.either("points at the shed", "指了指棚子");
    let roof = desk.either("the roof", "修屋顶");
    let there = desk.either("it was there yesterday", "昨天还在那里");
    let thanks = desk.either(
        "thanks alice\nI'll have a look:\n\t1. shed\n\t2. garage",
        "谢谢 alice\n我去看看：\n\t1. 棚子\n\t2. 车库",
    );
    let luck = desk.either("good luck", "祝你好运");
    for who in ["erin", "frank", "bob"] {
        desk.event(who, Body::Join);
    }
    desk.event("frank", Body::Leave);
    desk.says("bob", ladder);
    desk.minutes(1);
    desk.event("carol", Body::Action(SafeText::new(points)));
    desk.event("bob", Body::Topic(SafeText::new(roof)));
    desk.minutes(2);
    let local = desk.send_line(there);
    desk.stored(local, there);
    desk.delivered();
    desk.minutes(1);
    desk.says("bob", thanks);
    desk.event("dave", Body::Leave);
    let local = desk.send_line(luck);
    desk.stored(local, luck);
    desk
}

pub(super) fn marks(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let texts = [
        desk.either("on bob's device", "到了 bob 的设备上"),
        desk.either("on the relay", "到了中继"),
        desk.either("in the outbox", "在发件箱里"),
        desk.either("the relay has no room for it", "中继放不下"),
        desk.either("this one is refused", "这条被拒绝了"),
    ];
    for (text, is_delivered) in [(texts[0], true), (texts[1], false)] {
        let local = desk.send_line(text);
        desk.stored(local, text);
        if is_delivered {
            desk.delivered();
        }
    }
    let refused = desk.send_line(texts[4]);
    let refusal = Refusal::from(Limit::Messages);
    let room = lobby();
    desk.update(Update::NotStored {
        room,
        local: refused,
        refusal,
    });
    let delayed = desk.send_line(texts[3]);
    let refusal = Refusal::Store(SafeText::new(StoreFault::Full.as_str()));
    let room = lobby();
    desk.update(Update::Delayed {
        room,
        local: delayed,
        refusal,
    });
    desk.send_line(texts[2]);
    desk
}

/// A relay that keeps nothing on a disk.
pub(super) fn in_memory(mut desk: Desk) -> Desk {
    desk.enter_at(false);
    desk.open(&lobby(), 0);
    desk.members(&[("alice", Presence::Here), ("bob", Presence::Here)]);
    let text = desk.either("is anybody there?", "有人吗？");
    let local = desk.send_line(text);
    desk.stored(local, text);
    desk
}

pub(super) fn happenings(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let [topic, first, second, third] = [
        desk.either("the roof", "屋顶"),
        desk.either("where is the ladder?", "梯子在哪儿？"),
        desk.either("where is teh ladder?", "梯仔在哪？"),
        desk.either("where is the long ladder?", "长梯子在哪？"),
    ];
    desk.event("bob", Body::Join);
    let rob = "rob".parse().unwrap();
    desk.event("bob", Body::Rename(rob));
    desk.event("rob", Body::Topic(SafeText::new(topic)));
    desk.event("rob", Body::Topic(SafeText::default()));
    let carol = || "carol".parse().unwrap();
    desk.event("rob", Body::Role(carol(), Role::Operator));
    desk.event("rob", Body::Role(carol(), Role::Member));
    desk.says("carol", first);
    let seq = Seq(desk.seq);
    desk.event("carol", Body::Redaction(seq));
    desk.says("carol", second);
    let seq = Seq(desk.seq);
    desk.event("carol", Body::Edit(seq, SafeText::new(third)));
    for (who, with) in [
        ("bob", "🎉"),
        ("dave", "🎉"),
        ("alice", "👍"),
        ("bob", "👀"),
    ] {
        desk.event(who, Body::Reaction(seq, SafeText::new(with)));
    }
    desk.event("dave", Body::Join);
    desk.event("dave", Body::Leave);
    desk.event("erin", Body::Leave);
    desk
}

/// Two days, and what came while another room was in front.
pub(super) fn unread(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let [before, day, new, mention] = [
        desk.either("before", "之前"),
        desk.either("the day before", "前一天"),
        desk.either("this is new", "这条是新的"),
        desk.either("alice: do you have the key?", "alice：钥匙在你那儿吗？"),
    ];
    desk.says("carol", day);
    desk.minutes(24 * 60);
    desk.says("bob", before);
    desk.look();
    desk.enter_line("/join dev");
    desk.open(&"dev".parse().unwrap(), 0);
    desk.look();
    desk.says("bob", new);
    desk.says("carol", mention);
    desk.press("M-1");
    desk
}

/// Text that is styled.
pub(super) fn markdown(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let styled = desk.either(
        "**bold**, *italic* and `code`; see https://example.org/ladders/long?page=2",
        "**粗体**、*斜体* 和 `代码`；见 https://example.org/ladders/long?page=2",
    );
    let list = desk.either(
        "to do:\n- carry the ladder out of the shed, and lean it against the wall behind the house\n- nails\n1. first\n2. second",
        "要做的事：\n- 把梯子从棚子里搬出来，靠在屋子后面的墙上，再看看够不够长\n- 钉子\n1. 第一\n2. 第二",
    );
    let quote = desk.either(
        "> the ladder is in the shed, where it has been for a year, behind the boards\nit is not",
        "> 梯子在棚子里，已经放了一年了，就在那些木板后面，你去看看就知道\n不在",
    );
    desk.says("bob", styled);
    desk.says("carol", list);
    desk.says("bob", quote);
    desk.says(
        "carol",
        "```rust\nfn main() {\n    let ladder = Shed::open().find(\"ladder\").expect(\"it was there\");\n    ladder.carry(2);\n}\n```",
    );
    desk
}

/// Text that is wide, or long without a blank.
pub(super) fn wide(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.says(
        "bob",
        "屋顶上的瓦片松了三块，雨水顺着墙往下流。今天下午两点我们带上长梯子、锤子和钉子去修，谁有空请来帮忙！",
    );
    desk.says(
        "小明",
        "👍🏽👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🎉👍🏽👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🎉👍🏽👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🎉👍🏽👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🎉👍🏽👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🎉👍🏽👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🎉",
    );
    desk.says("carol", "see (https://example.org/a/very/long/path/that/has/no/blank/in/it/at/all/and/goes/on.html), it says so");
    desk.says(
        "maximilian-the-first-of-his-name",
        "mixed 中文 and English, wrapped where 字 meets word",
    );
    desk.says("dave", "नमस्ते สวัสดี مرحبا");
    desk
}
