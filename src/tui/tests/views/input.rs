//! What is being written.

use super::*;

pub(super) fn menu_commands(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.write("/n");
    desk.press("Down");
    desk
}

pub(super) fn menu_names(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let text = desk.either("thanks @c", "谢谢 @c");
    desk.write(text);
    desk
}

pub(super) fn menu_emoji(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    desk.write(":ta");
    desk
}

fn said(desk: Desk) -> Desk {
    let mut desk = desk.come_in();
    let lines = [
        desk.either("where is the ladder?", "梯子在哪儿？"),
        desk.either("found the ladder", "找到梯子了"),
        desk.either("good", "好"),
    ];
    for line in lines {
        let local = desk.send_line(line);
        desk.stored(local, line);
    }
    desk
}

pub(super) fn recall(desk: Desk) -> Desk {
    let mut desk = said(desk);
    let words = desk.either("ladder", "梯子");
    desk.press("C-r");
    desk.write(words);
    desk
}

pub(super) fn recall_none(desk: Desk) -> Desk {
    let mut desk = said(desk);
    let words = desk.either("nails", "钉子");
    desk.press("C-r");
    desk.write(words);
    desk
}

/// An input of several lines, one of which is too long for the screen.
pub(super) fn lines(desk: Desk) -> Desk {
    let mut desk = said(desk);
    let text = desk.either(
        "a list:\n1. the long ladder, which stands behind the shed, and has to be carried around the house by two of us\n2. nails",
        "清单：\n1. 长梯子，放在棚子后面，要两个人一起抬着绕过屋子才能搬到前面来，请大家早点到，不要迟到\n2. 钉子",
    );
    desk.app.handle_paste(text);
    desk
}

/// More lines than the input shows.
pub(super) fn lines_many(desk: Desk) -> Desk {
    let mut desk = said(desk);
    let lines: Vec<String> = (1..=30).map(|number| format!("line {number}")).collect();
    desk.app.handle_paste(&lines.join("\n"));
    desk
}

pub(super) fn code_offered(desk: Desk) -> Desk {
    let mut desk = said(desk);
    desk.app
        .handle_paste("fn main() {\n    println!(\"hi\");\n}");
    desk
}

/// More than a message may have.
pub(super) fn too_long(desk: Desk) -> Desk {
    let mut desk = said(desk);
    desk.app.handle_paste(&"ladder ".repeat(3_000));
    desk.press("Enter");
    desk
}

/// More than the input holds.
pub(super) fn input_full(desk: Desk) -> Desk {
    let mut desk = said(desk);
    desk.app.handle_paste(&"ladder ".repeat(300_000));
    desk
}

pub(super) fn quit_armed(desk: Desk) -> Desk {
    let mut desk = said(desk);
    desk.press("C-c");
    desk
}

pub(super) fn two_keys(desk: Desk) -> Desk {
    let mut desk = said(desk);
    desk.press("C-x");
    desk
}
