//! Who is typing.

use super::*;
use crate::relay::limits::TYPING_INTERVAL;
use crate::room::DELIVERED_SESSIONS_MAX;

fn typing(bench: &mut Bench, id: SessionId) {
    bench.say(id, CHANNEL, ToRelay::Typing);
    bench.deliver();
}

/// Who a session was told of, since it was last asked anything.
fn heard(bench: &mut Bench, id: SessionId) -> Vec<String> {
    let messages = bench.take(id).into_iter();
    messages
        .filter_map(|message| match message {
            (CHANNEL, ToMember::Typing { name }) => Some(name.to_string()),
            (_, ToMember::Typing { .. }) => panic!("on another channel"),
            _ => None,
        })
        .collect()
}

#[test]
fn those_who_read_along_hear_who_types_and_nobody_else_does() {
    let mut bench = Bench::new();
    let [alice, bob] = ["alice", "bob"].map(|who| bench.in_lobby(who));
    let tea = bench.enter("tea");
    bench.open(tea, "tea", Follow::Last(0));
    let writer = bench.enter("writer");
    bench.open(writer, "lobby", Follow::Nothing);
    let device = "alice".bytes().fold(0, u8::wrapping_add);
    let other = bench.enter_as(device, "alice", true);
    bench.open(other, "lobby", Follow::Last(0));
    let logged = bench.log.room(&RoomName::lobby()).unwrap().events.len();

    typing(&mut bench, alice);
    assert_eq!(heard(&mut bench, bob), ["alice"]);
    for id in [alice, other, tea, writer] {
        assert!(heard(&mut bench, id).is_empty());
    }
    // Who only writes may type.
    typing(&mut bench, writer);
    assert_eq!(heard(&mut bench, bob), ["writer"]);
    bench.settle();
    let events = &bench.log.room(&RoomName::lobby()).unwrap().events;
    assert_eq!(events.len(), logged);
}

#[test]
fn a_device_that_goes_on_typing_is_told_every_two_seconds() {
    let mut bench = Bench::new();
    let [alice, bob] = ["alice", "bob"].map(|who| bench.in_lobby(who));
    bench.take(bob);
    for _ in 0..100 {
        typing(&mut bench, alice);
    }
    assert_eq!(heard(&mut bench, bob), ["alice"]);
    // Another name makes no other device of it.
    bench.say(alice, 0, ToRelay::Rename(name("eve")));
    typing(&mut bench, alice);
    assert!(heard(&mut bench, bob).is_empty());
    bench.pass(TYPING_INTERVAL);
    typing(&mut bench, alice);
    assert_eq!(heard(&mut bench, bob), ["eve"]);
}

#[test]
fn what_somebody_types_is_told_before_what_they_then_say() {
    let mut bench = Bench::new();
    let [alice, bob] = ["alice", "bob"].map(|who| bench.in_lobby(who));
    bench.settle();
    bench.take(bob);
    bench.stalled.insert(bob);
    typing(&mut bench, alice);
    bench.send(alice, "hi");
    bench.settle();
    bench.resume(bob);
    let messages = bench.take(bob).into_iter().map(|(_, message)| message);
    let messages: Vec<_> = messages
        .filter(|message| !matches!(message, ToMember::Members(_)))
        .collect();
    assert!(
        matches!(&messages[..], [ToMember::Typing { .. }, ToMember::Event(_)]),
        "{messages:?}"
    );
}

#[test]
fn in_a_crowd_nobody_hears_who_types() {
    let mut bench = Bench::new();
    let bob = bench.in_lobby("bob");
    let alice = bench.in_lobby("alice");
    for number in 2..DELIVERED_SESSIONS_MAX {
        let device = u8::try_from(number).unwrap();
        let id = bench.enter_as(device, &format!("guest{number}"), true);
        bench.open(id, "lobby", Follow::Last(0));
    }
    typing(&mut bench, alice);
    assert_eq!(heard(&mut bench, bob), ["alice"]);
    bench.pass(TYPING_INTERVAL);
    bench.in_lobby("one-more");
    typing(&mut bench, alice);
    assert!(heard(&mut bench, bob).is_empty());
}

#[test]
fn typing_on_a_channel_that_is_not_open_is_dropped() {
    let mut bench = Bench::new();
    let bob = bench.in_lobby("bob");
    let alice = bench.enter("alice");
    typing(&mut bench, alice);
    bench.say(alice, 0, ToRelay::Typing);
    assert_eq!(bench.hall.nonsense, 2);
    assert!(heard(&mut bench, bob).is_empty());
}
