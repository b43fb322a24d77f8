//! After a refusal nothing is taken until the sender goes on from there.

use super::*;

/// The refusals of sends a session was told, by their local ids.
fn not_stored(bench: &mut Bench, id: SessionId) -> Vec<LocalId> {
    let messages = bench.take(id).into_iter();
    messages
        .filter_map(|(_, message)| match message {
            ToMember::NotStored { local, .. } => Some(local),
            _ => None,
        })
        .collect()
}

fn texts(bench: &Bench) -> Vec<String> {
    let room = bench.log.room(&RoomName::lobby()).unwrap();
    let events = room.events.iter().map(|event| text_of(&event.body));
    events.collect()
}

#[test]
fn what_follows_a_refused_send_is_dropped_until_its_sender_goes_on() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.take(alice);
    let refused = LocalId(7);
    let long = "x".repeat(16 * 1024 + 1);
    bench.send(alice, "before");
    bench.say(alice, CHANNEL, message(refused, &long, false));
    bench.send(alice, "dropped");
    bench.settle();
    assert_eq!(not_stored(&mut bench, alice), [refused]);
    bench.send(alice, "dropped as well");
    bench.send_on(alice, "on");
    bench.send(alice, "and on");
    bench.settle();
    assert_eq!(texts(&bench), ["joins", "before", "on", "and on"]);
}

#[test]
fn a_refusal_is_told_once_everything_before_it_is_answered() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.take(alice);
    bench.send(alice, "before");
    let request = bench.hall.poll_log(bench.now).unwrap();
    bench.say(alice, CHANNEL, message(LocalId(u64::MAX), "bad", false));
    bench.deliver();
    assert_eq!(bench.take(alice), []);
    let reply = bench.log.answer(request, Timestamp(1));
    bench.hall.handle_log(bench.now, reply);
    bench.settle();
    assert_eq!(not_stored(&mut bench, alice), [LocalId(u64::MAX)]);
}

#[test]
fn a_failed_commit_refuses_the_first_of_each_sender_and_drops_the_rest() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    bench.take(alice);
    bench.take(bob);
    bench.log.failure = Some("the disk is full");
    let first = [bench.send(alice, "a1"), bench.send(bob, "b1")];
    bench.send(alice, "a2");
    let request = bench.hall.poll_log(bench.now).unwrap();
    // These wait for the next commit, and one of them for a look-up as well.
    bench.send(alice, "a3");
    bench.say(alice, CHANNEL, message(LocalId(3), "a4", true));
    bench.send(alice, "a5");
    // And this is refused by itself, behind all of them.
    bench.say(alice, CHANNEL, message(LocalId(u64::MAX), "bad", false));
    let reply = bench.log.answer(request, Timestamp(1));
    bench.log.failure = None;
    bench.hall.handle_log(bench.now, reply);
    bench.settle();
    assert_eq!(not_stored(&mut bench, alice), first[..1]);
    assert_eq!(not_stored(&mut bench, bob), first[1..]);
    assert_eq!(texts(&bench), ["joins", "joins"]);
    bench.send_on(alice, "a1");
    bench.send(alice, "a2");
    bench.settle();
    assert_eq!(texts(&bench), ["joins", "joins", "a1", "a2"]);
    assert_eq!(bench.hall.seats[&alice].sends_unanswered, 0);
}

#[test]
fn a_number_that_is_another_rooms_is_refused_alone() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let local = bench.send(alice, "in the lobby");
    bench.settle();
    bench.say(alice, 9, open(9, "tea", Follow::Last(0)));
    bench.settle();
    bench.take(alice);
    // Announced, and not announced.
    for again in [true, false] {
        bench.say(alice, 9, message(local, "in the tea room", again));
        bench.say(alice, 9, message(LocalId(2), "dropped", false));
        bench.send(alice, "elsewhere");
        bench.settle();
        assert_eq!(not_stored(&mut bench, alice), [local]);
        let send = Send {
            resumes: true,
            ..Send::new(LocalId(1), Timestamp(0), Body::Topic(SafeText::new("tea")))
        };
        let again = Send {
            again: true,
            ..send
        };
        bench.say(alice, 9, ToRelay::Send(again));
        bench.settle();
    }
    assert_eq!(bench.log.room(&room("tea")).unwrap().events.len(), 2);
    let lobby = ["joins", "in the lobby", "elsewhere", "elsewhere"];
    assert_eq!(texts(&bench), lobby);
}

#[test]
fn another_channel_goes_on() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.say(alice, 9, open(9, "tea", Follow::Last(0)));
    bench.settle();
    bench.take(alice);
    bench.say(alice, 9, message(LocalId(u64::MAX), "bad", false));
    bench.send(alice, "here");
    bench.settle();
    assert_eq!(not_stored(&mut bench, alice), [LocalId(u64::MAX)]);
    assert_eq!(texts(&bench), ["joins", "here"]);
}
