//! Who is typing, on the screen, and telling others.

use super::*;

fn types(desk: &mut Desk, who: &str) {
    let room = lobby();
    let name = name(who);
    desk.update(Update::Typing { room, name });
}

/// The status line of a screen this wide.
fn status(desk: &mut Desk, columns: u16) -> String {
    let (lines, _) = desk.draw(columns, 12);
    lines[10].clone()
}

/// How often others were told that alice types, since this was last asked.
fn told(desk: &mut Desk) -> usize {
    let commands = std::iter::from_fn(|| desk.app.poll_command());
    let told = Command::Typing(lobby());
    commands.filter(|command| *command == told).count()
}

fn wait(desk: &mut Desk, millis: i64) {
    desk.wall += millis * 1_000;
    desk.app.tick(Timestamp(desk.wall));
}

#[test]
fn who_types_stands_in_the_status_line_until_they_have_said_it() {
    let mut desk = Desk::entered();
    types(&mut desk, "bob");
    assert_eq!(
        status(&mut desk, 79).trim_end_matches('─').trim_end(),
        "─ #lobby  relay box1  encrypted  rtt 0.4 ms  loss 0 %  bob is typing"
    );
    types(&mut desk, "carol");
    desk.contains("bob and carol are typing");
    assert_eq!(
        status(&mut desk, 40).trim_end_matches('─').trim_end(),
        "─ #lobby  relay box1  2 are typing"
    );
    types(&mut desk, "dave");
    desk.contains("3 are typing");
    desk.says("bob", "there");
    desk.contains("carol and dave are typing");
    types(&mut desk, "carol");
    desk.event("dave", Body::Action(SafeText::new("waves")));
    desk.contains("carol is typing");
}

#[test]
fn who_is_not_heard_of_for_six_seconds_types_no_more() {
    let mut desk = Desk::entered();
    types(&mut desk, "bob");
    wait(&mut desk, 3_000);
    types(&mut desk, "carol");
    wait(&mut desk, 2_999);
    desk.contains("bob and carol are typing");
    assert!(!desk.app.is_dirty());
    wait(&mut desk, 1);
    assert!(desk.app.is_dirty());
    desk.contains("carol is typing");
    wait(&mut desk, 3_000);
    assert!(!status(&mut desk, 79).contains("typing"));
}

#[test]
fn others_are_told_of_a_message_being_typed_but_not_of_a_command() {
    let mut desk = Desk::entered();
    desk.write("/msg bob hi");
    assert_eq!(told(&mut desk), 0);
    desk.press("C-u");
    desk.write("h");
    assert_eq!(told(&mut desk), 1);
    desk.write("ello, everybody");
    assert_eq!(told(&mut desk), 0);
    wait(&mut desk, 1_000);
    desk.app.handle_paste("more");
    desk.write("!");
    assert_eq!(told(&mut desk), 1);
}
