//! Who is there, who types, and who is ignored.

use super::*;
use crate::tui::KnownRoom;

const MOMENT: Duration = Duration::from_secs(3);

#[test]
fn presence_is_told_once_it_has_settled() {
    let mut desk = Desk::new();
    desk.member("bob", Presence::Here, "");
    desk.member("bob", Presence::Idle, "");
    desk.wait(MOMENT);
    assert_eq!(desk.printed(), [""; 0]);
    desk.member("bob", Presence::Gone, "");
    desk.wait(Duration::from_secs(1));
    desk.member("bob", Presence::Here, "");
    desk.wait(MOMENT);
    assert_eq!(desk.printed(), [""; 0], "a moment's absence is none");
    let mut told = |presence, status| {
        desk.member("bob", presence, status);
        desk.wait(MOMENT);
        desk.printed()
    };
    assert_eq!(told(Presence::Away, "lunch"), ["bob is away: lunch"]);
    assert_eq!(told(Presence::Gone, ""), ["bob is gone"]);
    assert_eq!(told(Presence::Here, ""), ["bob is here"]);
    assert_eq!(desk.plain.poll_timeout(), None);
}

#[test]
fn who_speaks_is_here_and_that_is_no_line() {
    let mut desk = Desk::new();
    desk.member("bob", Presence::Here, "");
    desk.member("bob", Presence::Gone, "");
    desk.wait(MOMENT);
    assert_eq!(desk.printed(), ["bob is gone"]);
    desk.member("bob", Presence::Here, "");
    desk.hear("lobby", 11, "bob", message("back"));
    desk.wait(MOMENT);
    assert_eq!(desk.printed(), ["bob: back  #11"]);
}

#[test]
fn presence_in_chinese_or_not_at_all() {
    let mut desk = Desk::in_language(Language::Chinese);
    desk.member("bob", Presence::Away, "午饭");
    desk.wait(MOMENT);
    assert_eq!(desk.printed(), ["bob 暂离：午饭"]);
    let off = "presence 是 off：谁来了、走了、暂离";
    assert_eq!(desk.answer("/tell presence off"), [off]);
    desk.member("bob", Presence::Here, "");
    desk.hear("lobby", 11, "carol", Body::Join);
    desk.wait(MOMENT);
    assert_eq!(desk.printed(), [""; 0]);
}

#[test]
fn typing_is_told_when_wanted_and_once() {
    let mut desk = Desk::new();
    let typing = |desk: &mut Desk, in_room: &str| {
        let (room, name) = (room(in_room), name("bob"));
        desk.update(Update::Typing { room, name });
        desk.printed()
    };
    assert_eq!(typing(&mut desk, "lobby"), [""; 0]);
    let on = "typing is on: who types in the room you write to";
    assert_eq!(desk.answer("/tell typing on"), [on]);
    assert_eq!(typing(&mut desk, "lobby"), ["bob is typing"]);
    assert_eq!(typing(&mut desk, "lobby"), [""; 0]);
    assert_eq!(typing(&mut desk, "dev"), [""; 0]);
    desk.hear("lobby", 11, "bob", message("hi"));
    desk.printed();
    assert_eq!(typing(&mut desk, "lobby"), ["bob is typing"]);
}

#[test]
fn what_people_say_who_are_ignored_is_left_out() {
    let mut desk = Desk::on_terminal();
    desk.answer("/tell color off");
    desk.hear("lobby", 11, "mallory", message("buy"));
    desk.commands();
    desk.printed();
    let done = "mallory is ignored from now on; /unignore mallory ends that.";
    assert_eq!(desk.answer("/ignore mallory"), [done]);
    let kept = desk
        .commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Keep(settings) => Some(settings),
            _ => None,
        });
    let kept = kept.expect("it is kept").ignored;
    assert!(kept.has(&name("other"), device("mallory")), "by the device");
    desk.hear("lobby", 12, "mallory", message("ada, buy"));
    desk.hear(
        "lobby",
        13,
        "mallory",
        Body::Edit(Seq(11), SafeText::new("buy!")),
    );
    desk.hear(
        "lobby",
        14,
        "mallory",
        Body::Reaction(Seq(1), SafeText::new("x")),
    );
    desk.member("mallory", Presence::Away, "buy");
    desk.wait(MOMENT);
    assert_eq!(desk.printed(), [""; 0]);
    assert_eq!(desk.answer("/ignore"), ["Ignored: mallory"]);
    let undone = "mallory is not ignored any more.";
    assert_eq!(desk.answer("/unignore mallory"), [undone]);
    desk.hear("lobby", 15, "mallory", message("sorry"));
    assert_eq!(desk.printed(), ["mallory: sorry  #15"]);
    let none = "nobody called mallory is ignored";
    assert_eq!(desk.answer("/unignore mallory"), [none]);
    assert_eq!(desk.answer("/ignore ada"), ["that is your own name"]);
}

#[test]
fn a_relay_entered_anew_is_told_that_the_user_is_away() {
    let mut desk = Desk::new();
    let away = "You are away: lunch; /back ends that.";
    assert_eq!(desk.answer("/away lunch"), [away]);
    let told = Command::Presence(Presence::Away, SafeText::new("lunch"));
    assert!(desk.commands().contains(&told));
    desk.enter();
    assert!(desk.commands().contains(&told));
    assert_eq!(desk.answer("/back"), ["You are here again."]);
    desk.commands();
    desk.enter();
    assert!(!desk.commands().contains(&told));
}

#[test]
fn who_enters_other_rooms_is_not_told_and_a_new_name_once() {
    let mut desk = Desk::new();
    desk.write("/join dev");
    desk.opened("dev", 0, 0);
    desk.write("/join lobby");
    desk.printed();
    let rename = || Body::Rename(name("bobby"));
    for (room, seq) in [("dev", 1), ("lobby", 11)] {
        desk.hear(room, seq, "bob", Body::Join);
        desk.hear(room, seq + 1, "ada", Body::Join);
        desk.hear(room, seq + 2, "bob", rename());
    }
    assert_eq!(
        desk.printed(),
        ["#dev, bob is now called bobby", "bob joined"]
    );
}

#[test]
fn a_room_of_two_with_somebody_ignored_is_not_opened_for_what_they_write() {
    let mut desk = Desk::new();
    desk.answer("/ignore eve");
    desk.commands();
    for other in ["eve", "bob"] {
        let room = RoomName::direct(&name("ada"), &name(other));
        desk.update(Update::Waiting { room, seq: Seq(1) });
    }
    let opened = desk
        .commands()
        .into_iter()
        .filter_map(|command| match command {
            Command::Open { room, .. } => Some(room),
            _ => None,
        });
    assert_eq!(opened.collect::<Vec<_>>(), [room("@ada+bob")]);
}

#[test]
fn names_in_a_row_are_parted_as_the_language_has_it() {
    let mut desk = Desk::in_language(Language::Chinese);
    desk.answer("/ignore eve");
    desk.answer("/ignore bob");
    let told = desk.answer("/ignore");
    assert!(told[0].contains("bob、eve"), "{told:?}");
}

#[test]
fn somebody_ignored_is_not_told_that_they_were_read() {
    let mut desk = Desk::new();
    desk.answer("/ignore eve");
    desk.commands();
    for other in ["eve", "bob"] {
        let direct = format!("@ada+{other}");
        let (room, read) = (room(&direct), Some((LOG, Seq(1))));
        let known = KnownRoom {
            room,
            read,
            unread: 1,
            draft: String::new(),
            sent: Vec::new(),
        };
        desk.plain.handle_input(Input::Known(vec![known]));
        desk.hear(&direct, 2, other, message("psst"));
        desk.opened(&direct, 2, 2);
        desk.hear(&direct, 3, other, message("hello?"));
    }
    let told = desk
        .commands()
        .into_iter()
        .filter_map(|command| match command {
            Command::Read { room, seq, .. } => Some((room, seq)),
            _ => None,
        });
    assert_eq!(told.collect::<Vec<_>>(), [(room("@ada+bob"), Seq(3))]);
}

#[test]
fn whoever_comes_back_on_another_device_or_by_another_name_is_nowhere_else() {
    let mut desk = Desk::new();
    let room = RoomName::lobby;
    desk.member("bob", Presence::Here, "");
    let moved = |presence| Member {
        device: DeviceId([9; 8]),
        ..member("bob", presence, "")
    };
    let members = |desk: &mut Desk, member: Member| {
        let (room, members) = (room(), vec![member]);
        desk.update(Update::Members { room, members });
        desk.wait(MOMENT);
    };
    members(&mut desk, moved(Presence::Here));
    assert_eq!(desk.printed(), [""; 0]);
    members(&mut desk, moved(Presence::Gone));
    assert_eq!(desk.printed(), ["bob is gone"]);

    // The name is free once its owner has another.
    desk.member("carol", Presence::Here, "");
    let renamed = Member {
        name: name("caro"),
        ..member("carol", Presence::Here, "")
    };
    members(&mut desk, renamed);
    let other = Member {
        device: DeviceId([8; 8]),
        ..member("carol", Presence::Away, "new")
    };
    members(&mut desk, other);
    assert_eq!(desk.printed(), ["carol is away: new"]);
}
