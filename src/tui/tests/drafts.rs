use super::*;
use crate::tui::{Input, KnownRoom};

fn dev() -> RoomName {
    "dev".parse().unwrap()
}

impl Desk {
    /// What was handed over to be kept since the last call: room, text, and the lines sent.
    fn kept(&mut self) -> Vec<(String, String, Vec<String>)> {
        let others = self.commands();
        assert!(
            others.iter().all(|command| *command != Command::Quit),
            "nothing follows the end"
        );
        let drafts = std::mem::take(&mut self.drafts).into_iter();
        let draft = |command| match command {
            Command::Draft { room, text, sent } => Some((room.to_string(), text, sent)),
            _ => None,
        };
        drafts.filter_map(draft).collect()
    }

    fn millis(&mut self, millis: i64) {
        self.wall += millis * 1_000;
        self.app.tick(Timestamp(self.wall));
    }
}

fn draft(room: &str, text: &str) -> (String, String, Vec<String>) {
    (room.to_owned(), text.to_owned(), Vec::new())
}

fn known(draft: &str, sent: &[&str]) -> Input {
    Input::Known(vec![KnownRoom {
        room: lobby(),
        read: None,
        unread: 0,
        draft: draft.to_owned(),
        sent: sent.iter().map(|line| (*line).to_owned()).collect(),
    }])
}

#[test]
fn what_is_written_is_kept_twice_a_second_at_most() {
    let mut desk = Desk::entered();
    desk.write("h");
    assert_eq!(desk.kept(), [draft("lobby", "h")]);
    desk.write("al");
    desk.millis(499);
    assert_eq!(desk.kept(), []);
    desk.write("f");
    desk.millis(1);
    assert_eq!(desk.kept(), [draft("lobby", "half")]);
    desk.minutes(1);
    assert_eq!(desk.kept(), []);
    desk.write("!");
    desk.minutes(-10);
    assert_eq!(desk.kept(), [draft("lobby", "half!")]);
}

#[test]
fn what_is_written_is_kept_at_once_when_the_room_is_left() {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    desk.kept();
    desk.write("a");
    assert_eq!(desk.kept(), [draft("dev", "a")]);
    desk.write("b");
    desk.press("C-p");
    assert_eq!(desk.kept(), [draft("dev", "ab")]);
}

#[test]
fn what_is_written_is_kept_before_the_end() {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    desk.kept();
    desk.write("a");
    desk.kept();
    desk.write("b");
    desk.press("C-p");
    desk.enter_line("/quit");
    let mut asked: Vec<Command> = std::iter::from_fn(|| desk.app.poll_command()).collect();
    assert_eq!(asked.pop(), Some(Command::Quit));
    let kept = Command::Draft {
        room: dev(),
        text: "ab".to_owned(),
        sent: vec![],
    };
    assert!(asked.contains(&kept), "{asked:?}");
}

#[test]
fn a_message_is_no_draft_any_more_once_it_is_in_the_outbox() {
    let mut desk = Desk::entered();
    desk.write("hello");
    assert_eq!(desk.kept(), [draft("lobby", "hello")]);
    desk.press("Enter");
    desk.minutes(1);
    let sent = desk.commands();
    assert_eq!(desk.kept(), []);
    desk.queue(&sent);
    let lines = vec!["hello".to_owned()];
    let after = ("lobby".to_owned(), String::new(), lines);
    assert_eq!(desk.kept(), [after]);
}

#[test]
fn a_line_of_the_history_is_no_draft_until_it_is_changed() {
    let mut desk = Desk::entered();
    desk.send_line("sent");
    desk.write("own");
    desk.press("Up");
    desk.minutes(1);
    assert_eq!(desk.kept().last().unwrap().1, "own");
    desk.write("!");
    desk.minutes(1);
    assert_eq!(desk.kept(), [draft("lobby", "sent!")]);
}

#[test]
fn an_edit_does_not_come_back_as_a_message() {
    let mut desk = Desk::entered();
    let local = desk.send_line("teh");
    desk.stored(local, "teh");
    desk.minutes(1);
    desk.kept();
    desk.press("Esc e");
    desk.write(" end");
    desk.minutes(1);
    assert_eq!(desk.kept(), [draft("lobby", "")]);
}

#[test]
fn a_draft_and_the_lines_sent_come_back() {
    let mut desk = Desk::searching();
    desk.app.handle_input(known("half a", &["one", "two"]));
    assert_eq!(desk.input().0, "> half a");
    desk.minutes(1);
    assert_eq!(desk.kept(), []);
    desk.press("Up Up");
    assert_eq!(desk.input().0, "> one");
    desk.press("Down Down");
    assert_eq!(desk.input().0, "> half a");
}

#[test]
fn what_was_typed_before_a_draft_came_back_stands_behind_it() {
    let mut desk = Desk::searching();
    desk.write("new");
    desk.app.handle_input(known("old", &[]));
    desk.contains("> old");
    assert_eq!(desk.input().0, "  new");
    desk.minutes(1);
    assert_eq!(desk.kept().last().unwrap().1, "old\nnew");
}
