//! Names, and who is seen to be here.

use super::*;
use crate::relay::limits;

const TELLING: Duration = Duration::from_millis(50);

#[test]
fn a_name_another_device_goes_by_gets_a_number() {
    let mut bench = Bench::new();
    let names = [(1, "alice"), (2, "alice-2"), (3, "alice-3"), (1, "alice")];
    for (device, expected) in names {
        let id = bench.enter_as(device, "alice", true);
        assert_eq!(bench.welcome(id).name, name(expected));
    }
}

#[test]
fn a_name_is_free_again_when_its_last_session_ends() {
    let mut bench = Bench::new();
    let first = bench.enter_as(1, "alice", true);
    bench.hall.close(bench.now, first, End::Closed);
    let second = bench.enter_as(2, "alice", true);
    assert_eq!(bench.welcome(second).name, name("alice"));
}

#[test]
fn several_sessions_of_a_device_are_one_member_that_goes_with_the_last() {
    let mut bench = Bench::new();
    let bob = bench.in_lobby("bob");
    let first = bench.in_lobby("alice");
    let second = bench.in_lobby("alice");
    bench.pass(TELLING);
    assert_eq!(bench.hall.members_present(), 2);
    bench.take(bob);
    bench.hall.close(bench.now, first, End::Closed);
    bench.pass(TELLING);
    assert_eq!(bench.members(bob), [[]; 0]);
    bench.hall.close(bench.now, second, End::Closed);
    bench.pass(TELLING);
    let gone = vec![("alice".to_owned(), Presence::Gone)];
    assert_eq!(bench.members(bob), [gone]);
}

#[test]
fn an_invisible_session_is_never_seen_and_joins_nothing() {
    let mut bench = Bench::new();
    let bob = bench.in_lobby("bob");
    bench.pass(TELLING);
    bench.take(bob);
    let script = bench.enter_as(9, "script", false);
    bench.open(script, "lobby", Follow::Last(0));
    bench.send(script, "done");
    bench.settle();
    bench.pass(TELLING);
    assert_eq!(bench.hall.members_present(), 1);
    let event = bench.take(bob);
    assert_eq!(event.len(), 1, "{event:?}");
    assert!(matches!(event[0].1, ToMember::Event(_)));
}

#[test]
fn hundreds_of_arrivals_are_told_together() {
    let mut bench = Bench::new();
    let bob = bench.in_lobby("bob");
    bench.pass(TELLING);
    bench.take(bob);
    for number in 0..300 {
        let device = u8::try_from(number % 251).unwrap();
        let id = bench.enter_as(device, &format!("guest{number}"), true);
        bench.open(id, "lobby", Follow::Last(0));
    }
    bench.pass(TELLING);
    let messages = bench.members(bob);
    assert!(messages.len() <= 4, "{} messages", messages.len());
    assert_eq!(messages.concat().len(), 300);
}

#[test]
fn being_away_is_told_with_the_time_it_began() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.pass(TELLING);
    bench.take(alice);
    bench.hall.set_wall(bench.now, Timestamp(7_000_000));
    let away = ToRelay::Presence(Presence::Away, SafeText::new("lunch"));
    bench.say(alice, 0, away);
    bench.pass(TELLING);
    let [(CHANNEL, ToMember::Members(members))] = &bench.take(alice)[..] else {
        panic!();
    };
    assert_eq!(seen(members), [("alice".to_owned(), Presence::Away)]);
    assert_eq!(members[0].since, Timestamp(7_000_000));
    assert_eq!(members[0].status.as_str(), "lunch");

    // Another text is told as well, with the time since when alice is away.
    bench.hall.set_wall(bench.now, Timestamp(9_000_000));
    let away = ToRelay::Presence(Presence::Away, SafeText::new("dentist"));
    bench.say(alice, 0, away);
    bench.pass(TELLING);
    let [(CHANNEL, ToMember::Members(members))] = &bench.take(alice)[..] else {
        panic!();
    };
    assert_eq!(members[0].status.as_str(), "dentist");
    assert_eq!(members[0].since, Timestamp(7_000_000));
}

#[test]
fn the_session_most_at_hand_decides_how_a_user_is_seen() {
    let mut bench = Bench::new();
    let first = bench.in_lobby("alice");
    let device = "alice".bytes().fold(0, u8::wrapping_add);
    let second = bench.enter_as(device, "alice", true);
    let say = |bench: &mut Bench, id, presence, text| {
        let presence = ToRelay::Presence(presence, SafeText::new(text));
        bench.say(id, 0, presence);
        bench.pass(TELLING);
        let alice = &bench.hall.members_of(RoomId(0))[0];
        (alice.presence, alice.status.to_string())
    };
    let seen = say(&mut bench, first, Presence::Away, "lunch");
    assert_eq!(seen, (Presence::Here, String::new()));
    let seen = say(&mut bench, second, Presence::Idle, "");
    assert_eq!(seen, (Presence::Idle, String::new()));
    bench.hall.close(bench.now, second, End::Closed);
    bench.pass(TELLING);
    let alice = &bench.hall.members_of(RoomId(0))[0];
    assert_eq!(alice.presence, Presence::Away);
    assert_eq!(alice.status.as_str(), "lunch");

    // Who is gone says nothing any more.
    bench.hall.close(bench.now, first, End::Closed);
    bench.pass(TELLING);
    let alice = &bench.hall.members_of(RoomId(0))[0];
    assert_eq!(alice.presence, Presence::Gone);
    assert!(alice.status.is_empty());
}

#[test]
fn a_rename_is_an_event_in_every_room_of_the_user() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    bench.say(alice, 6, open(6, "tea", Follow::Last(0)));
    bench.settle();
    bench.take(alice);
    bench.take(bob);
    bench.say(alice, 0, ToRelay::Rename(name("eve")));
    bench.settle();
    assert_eq!(bench.welcome(alice).name, name("eve"));
    assert_eq!(bench.events(bob), told(&[(3, "is eve")]));
    assert_eq!(bench.log.room(&room("tea")).unwrap().events.len(), 2);
    bench.pass(TELLING);
    let lobby = bench.hall.members_of(RoomId(0));
    let here = |name: &str| (name.to_owned(), Presence::Here);
    assert_eq!(seen(&lobby), [here("bob"), here("eve")]);

    // The old name is nobody's now, and messages come from the new one.
    let other = bench.enter_as(77, "alice", true);
    assert_eq!(bench.welcome(other).name, name("alice"));
    bench.send(alice, "hi");
    bench.settle();
    let log = &bench.log.room(&RoomName::lobby()).unwrap().events;
    assert_eq!(log.last().unwrap().from, name("eve"));
}

#[test]
fn a_rename_reaches_a_room_whose_joining_is_not_committed_yet() {
    let mut bench = Bench::new();
    let alice = bench.enter("alice");
    bench.say(alice, CHANNEL, open(CHANNEL, "lobby", Follow::Last(0)));
    bench.say(alice, 0, ToRelay::Rename(name("eve")));
    bench.settle();
    bench.pass(TELLING);
    let lobby = bench.hall.members_of(RoomId(0));
    assert_eq!(seen(&lobby), [("eve".to_owned(), Presence::Here)]);
}

#[test]
fn leaving_is_an_event_and_opening_again_another() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    bench.take(bob);
    let (channel, leave) = (CHANNEL, true);
    bench.say(alice, 0, ToRelay::Close { channel, leave });
    bench.say(alice, 6, open(6, "lobby", Follow::Last(0)));
    bench.settle();
    assert_eq!(bench.events(bob), told(&[(3, "leaves"), (4, "joins")]));
}

#[test]
fn what_overtakes_the_entering_or_the_opening_waits_for_it() {
    let mut bench = Bench::new();
    let alice = bench.session(1);
    bench.say(alice, CHANNEL, message(LocalId(1), "hi", false));
    bench.say(alice, 0, open(CHANNEL, "lobby", Follow::Last(0)));
    let (name, visible) = (name("alice"), true);
    bench.say(alice, 0, ToRelay::Enter(Enter { name, visible }));
    bench.settle();
    assert_eq!(bench.events(alice), told(&[(1, "joins"), (2, "mine")]));
}

#[test]
fn a_room_that_does_not_exist_refuses_its_opening_and_drops_what_was_sent_there() {
    let mut bench = Bench::new();
    let alice = bench.enter("alice");
    bench.take(alice);
    bench.say(alice, CHANNEL, message(LocalId(1), "hi", false));
    let open = Open {
        channel: CHANNEL,
        room: room("nowhere"),
        create: false,
        follow: Follow::Nothing,
    };
    bench.say(alice, 0, ToRelay::Open(open));
    bench.settle();
    let refusal = Refusal::NoSuchRoom(room("nowhere"));
    let subject = CHANNEL;
    let refused = ToMember::Refused { subject, refusal };
    assert_eq!(bench.take(alice), [(0, refused)]);
    assert_eq!(bench.hall.seats[&alice].early.len(), 0);
}

#[test]
fn a_full_room_takes_a_newcomer_for_whoever_is_gone_longest() {
    let mut bench = Bench::new();
    for number in 0..limits::ROOM_MEMBERS_MAX {
        let member = absent_member(
            name(&format!("old{number:04}")),
            DeviceId([1; 8]),
            Timestamp(1_000 + number as i64),
        );
        bench.hall.remember_member(RoomId(0), &member);
        bench.hall.rooms[0].room.members.insert(member.name);
    }
    let alice = bench.in_lobby("alice");
    let events = bench.events(alice);
    assert_eq!(events, told(&[(1, "leaves"), (2, "joins")]));
    assert!(!bench.hall.people.contains_key(&name("old0000")));
    assert!(bench.hall.people.contains_key(&name("old0001")));
}
