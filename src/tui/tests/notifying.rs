//! Who does not look is told, of what they want to be told of, and not too often.

use super::*;
use crate::tui::Input;
use crate::tui::notify::{Delivery, Level, Terminal, Way};

const FAMILY: &str = "👨‍👩‍👧";

fn dev() -> RoomName {
    "dev".parse().unwrap()
}

/// Alice in the lobby, and in dev, which is behind it; of notifications only the text is sent.
fn desk() -> Desk {
    with_quiet(None)
}

fn with_quiet(quiet: Option<&str>) -> Desk {
    let mut desk = Desk::notified(NotifyConfig {
        ways: vec![Way::Osc],
        quiet: quiet.map(|hours| hours.parse().unwrap()),
        ..NotifyConfig::default()
    })
    .come_in();
    desk.enter_line("/join dev");
    desk.open(&dev(), 0);
    desk.press("M-1");
    desk.commands();
    desk
}

impl Desk {
    /// The text that a notification has, once it is time for one.
    fn told(&mut self) -> Option<String> {
        self.seconds(10);
        let Delivery { sequence, .. } = self.app.take_delivery()?;
        let text = sequence.strip_prefix("\x1b]9;")?;
        let (text, rest) = text.split_once('\x07')?;
        assert!(rest.starts_with("\x1b]777;notify;"), "{rest:?}");
        Some(text.to_owned())
    }

    fn says_in(&mut self, room: &RoomName, text: &str) {
        self.event_in(room, "bob", message(text));
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn who_looks_at_a_room_is_not_told_of_it() {
    let mut desk = desk();
    desk.says("bob", "alice!");
    assert_eq!(desk.told(), None);
    desk.app.handle_focus(false);
    desk.says("bob", "alice!");
    assert_eq!(desk.told(), text("bob in #lobby: alice!"));
    assert_eq!(desk.told(), None);
    desk.app.handle_focus(true);
    desk.says("bob", "alice!");
    assert_eq!(desk.told(), None);
}

#[test]
fn another_room_is_told_of_also_by_terminals_that_do_not_tell_of_focus() {
    let mut desk = desk();
    desk.says_in(&dev(), "alice: look");
    assert_eq!(desk.told(), text("bob in #dev: alice: look"));
    desk.press("M-2");
    desk.says_in(&dev(), "alice: again");
    assert_eq!(desk.told(), None);
}

#[test]
fn what_is_told_of_is_set_for_each_room() {
    let mut desk = desk();
    desk.app.handle_focus(false);
    desk.says("bob", "anybody?");
    assert_eq!(desk.told(), None);
    desk.enter_line("/notify all");
    desk.says("bob", "anybody?");
    assert_eq!(desk.told(), text("bob in #lobby: anybody?"));
    desk.says_in(&dev(), "anybody?");
    assert_eq!(desk.told(), None);
    desk.enter_line("/notify none");
    desk.says("bob", "alice!");
    assert_eq!(desk.told(), None);
}

#[test]
fn a_level_is_kept() {
    let mut desk = desk();
    desk.enter_line("/notify none");
    let kept = desk
        .commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Keep(settings) => Some(settings),
            _ => None,
        });
    assert_eq!(
        kept.map(|settings| settings.level(&lobby())),
        Some(Level::None)
    );
    desk.contains("#lobby does not notify you.");
    desk.enter_line("/notify mentions");
    desk.enter_line("/notify");
    desk.contains("#lobby notifies you of your name and of");
    desk.enter_line("/notify loud");
    desk.contains("/notify takes all, mentions, none or test");
}

#[test]
fn direct_messages_are_told_of_by_their_writer() {
    let mut desk = desk();
    let direct = RoomName::direct(&name("alice"), &name("bob"));
    desk.update(Update::Waiting {
        room: direct.clone(),
        seq: Seq(1),
    });
    desk.open(&direct, 1);
    desk.seq = 0;
    desk.says_in(&direct, &format!("are you there? {FAMILY}"));
    assert_eq!(desk.told(), text(&format!("bob: are you there? {FAMILY}")));
}

#[test]
fn a_burst_is_one_notification() {
    let mut desk = desk();
    desk.enter_line("/notify all");
    desk.app.handle_focus(false);
    desk.chatter(7);
    assert_eq!(desk.told(), text("lanterm: 7 messages in #lobby"));
    desk.chatter(3);
    desk.says_in(&dev(), "alice");
    assert_eq!(desk.told(), text("lanterm: 4 messages in 2 rooms"));
}

#[test]
fn notifications_keep_their_distance() {
    let mut desk = desk();
    desk.enter_line("/notify all");
    desk.app.handle_focus(false);
    let mut told = 0;
    for second in 0..60 {
        desk.says("bob", &format!("line {second}"));
        desk.seconds(1);
        told += usize::from(desk.app.take_delivery().is_some());
    }
    assert_eq!(told, 12);
}

#[test]
fn what_is_read_meanwhile_is_not_told_of() {
    let mut desk = desk();
    desk.says_in(&dev(), "alice!");
    desk.press("M-2");
    assert_eq!(desk.told(), None);
    desk.press("M-1");
    assert_eq!(desk.told(), None);
}

#[test]
fn in_quiet_hours_nothing_is_told_of() {
    let mut desk = with_quiet(Some("22:00-12:01"));
    desk.app.handle_focus(false);
    desk.says("bob", "alice!");
    assert_eq!(desk.told(), None);
    desk.enter_line("/notify");
    desk.contains("Quiet hours: 22:00-12:01, which is now.");
    desk.minutes(1);
    assert_eq!(desk.told(), None);
    desk.says("bob", "alice!");
    assert_eq!(desk.told(), text("bob in #lobby: alice!"));
}

#[test]
fn a_clock_set_back_holds_nothing_up() {
    let mut desk = desk();
    desk.app.handle_focus(false);
    desk.says("bob", "alice!");
    assert!(desk.told().is_some());
    desk.seconds(-7200);
    desk.says("bob", "alice!");
    assert!(desk.told().is_some());
}

#[test]
fn a_test_says_what_can_be_known() {
    let mut desk = Desk::entered();
    desk.enter_line("/notify test");
    assert_eq!(desk.commands(), [Command::FindTerminal]);
    desk.app.handle_input(Input::Terminal(Terminal::default()));
    let delivery = desk.app.take_delivery().unwrap();
    assert_eq!(
        delivery.sequence,
        "\x1b]9;lanterm: This is a test.\x07\x1b]777;notify;lanterm;This is a test.\x07\x07"
    );
    desk.shows(
        80,
        14,
        r"
 1 #lobby
                                                                │ 3 present
                                                                │ ● alice you
12:00             ·  bell: rung; the terminal decides whether   │ ● bob
                     it is heard                                │ ◐ carol
                     terminal: whether this terminal shows any  │ ○ dave
                     is not known; OSC 9 and OSC 777 were sent  │
                     desktop: no notifier here                  │
                     focus: the terminal has not told yet       │
                     whether it is in front; until it does,     │
                     only other rooms notify you                │
                     For messages: the bell, OSC 9, OSC 777.    │
─ #lobby  relay box1  encrypted  rtt 0.4 ms  loss 0 % ──────────┴───────────────
> Write to #lobby, or /help
",
    );
}
