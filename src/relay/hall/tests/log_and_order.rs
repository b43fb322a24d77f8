//! Places in the log, commits and their failures, and each event once.

use super::*;

#[test]
fn all_readers_see_one_gapless_order_and_senders_a_receipt_in_its_place() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    bench.send(alice, "a1");
    bench.send(bob, "b1");
    bench.send(alice, "a2");
    bench.settle();

    let for_alice = [
        (1, "joins"),
        (2, "joins"),
        (3, "mine"),
        (4, "b1"),
        (5, "mine"),
    ];
    let for_bob = [
        (1, "joins"),
        (2, "joins"),
        (3, "a1"),
        (4, "mine"),
        (5, "a2"),
    ];
    assert_eq!(bench.events(alice), told(&for_alice));
    assert_eq!(bench.events(bob), told(&for_bob));
}

#[test]
fn another_session_of_the_sender_is_told_the_event_itself() {
    let mut bench = Bench::new();
    let first = bench.in_lobby("alice");
    let second = bench.in_lobby("alice");
    bench.send(first, "a1");
    bench.settle();
    assert_eq!(bench.events(first), told(&[(1, "joins"), (2, "mine")]));
    assert_eq!(bench.events(second), told(&[(1, "joins"), (2, "a1")]));
}

/// A receipt stands for an event under the name the session was entered with, and for no other.
#[test]
fn a_renamed_sender_is_told_the_event_itself() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.say(alice, 0, ToRelay::Rename(name("alicia")));
    bench.send(alice, "a1");
    bench.settle();
    bench.take(alice);
    bench.say(alice, 0, ToRelay::Rename(name("alice")));
    bench.send(alice, "a2");
    bench.settle();
    let expected = told(&[(4, "is alice"), (5, "mine")]);
    assert_eq!(bench.events(alice), expected);
    bench.say(alice, 0, ToRelay::Rename(name("alicia")));
    bench.send(alice, "a3");
    bench.settle();
    assert_eq!(bench.events(alice), told(&[(6, "is alicia"), (7, "a3")]));
}

#[test]
fn an_event_found_in_the_log_is_told_itself_because_its_name_may_be_another() {
    let mut bench = Bench::new();
    let before = bench.in_lobby("alice");
    let local = bench.send(before, "a1");
    bench.settle();
    bench.hall.close(bench.now, before, End::TimedOut);

    let after = bench.enter("alice");
    bench.stalled.insert(after);
    bench.open(after, "lobby", Follow::Since(Seq(1)));
    bench.say(after, CHANNEL, message(local, "a1", true));
    bench.settle();
    bench.resume(after);
    assert_eq!(bench.events(after), told(&[(2, "a1")]));
}

#[test]
fn nothing_is_confirmed_before_its_commit() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.take(alice);
    bench.send(alice, "a1");
    let request = bench.hall.poll_log(bench.now).unwrap();
    bench.deliver();
    assert_eq!(bench.take(alice), []);

    let reply = bench.log.answer(request, Timestamp(1));
    bench.hall.handle_log(bench.now, reply);
    bench.deliver();
    assert_eq!(bench.events(alice), told(&[(2, "mine")]));
}

#[test]
fn everything_sent_during_a_commit_shares_the_next() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    bench.log.appends.clear();
    bench.send(alice, "a1");
    let request = bench.hall.poll_log(bench.now).unwrap();
    for _ in 0..10 {
        bench.send(alice, "a");
        bench.send(bob, "b");
    }
    assert_eq!(bench.hall.poll_log(bench.now), None);
    let reply = bench.log.answer(request, Timestamp(1));
    bench.hall.handle_log(bench.now, reply);
    bench.settle();
    assert_eq!(bench.log.appends, [1, 20]);
}

#[test]
fn a_failed_commit_refuses_its_sends_and_leaves_no_gap() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    bench.take(alice);
    bench.take(bob);
    bench.log.failure = Some("the disk is full");
    let local = bench.send(alice, "lost");
    bench.settle();

    let refusal = Refusal::Store(SafeText::new("the disk is full"));
    let not_stored = ToMember::NotStored { local, refusal };
    assert_eq!(bench.take(alice), [(CHANNEL, not_stored)]);
    assert_eq!(bench.take(bob), []);

    bench.log.failure = None;
    bench.send(bob, "b1");
    bench.settle();
    assert_eq!(bench.events(alice), told(&[(3, "b1")]));
    let notices: Vec<String> = std::iter::from_fn(|| bench.hall.poll_notice())
        .map(|notice| notice.to_string())
        .collect();
    assert!(notices.contains(&"nothing can be stored: the disk is full".to_owned()));
    assert_eq!(notices.last().unwrap(), "events are stored again");
}

#[test]
fn whoever_could_not_join_a_full_disk_joins_with_the_first_message_that_fits() {
    let mut bench = Bench::new();
    bench.log.failure = Some("the disk is full");
    let alice = bench.in_lobby("alice");
    assert_eq!(bench.events(alice), []);
    bench.log.failure = None;
    bench.send(alice, "a1");
    bench.settle();
    assert_eq!(bench.events(alice), told(&[(1, "joins"), (2, "mine")]));
}

#[test]
fn an_event_sent_again_in_a_new_session_is_stored_once() {
    let mut bench = Bench::new();
    let before = bench.in_lobby("alice");
    let local = bench.send(before, "a1");
    bench.settle();
    bench.hall.close(bench.now, before, End::TimedOut);

    let after = bench.enter("alice");
    bench.open(after, "lobby", Follow::Last(0));
    bench.take(after);
    bench.say(after, CHANNEL, message(local, "a1", true));
    bench.send(after, "a2");
    bench.settle();
    assert_eq!(bench.events(after), told(&[(2, "mine"), (3, "mine")]));
    assert_eq!(bench.log.room(&RoomName::lobby()).unwrap().events.len(), 3);
}

#[test]
fn an_event_sent_again_while_the_first_is_being_committed_is_stored_once() {
    let mut bench = Bench::new();
    let before = bench.in_lobby("alice");
    let local = bench.send(before, "a1");
    let request = bench.hall.poll_log(bench.now).unwrap();
    bench.hall.close(bench.now, before, End::Closed);

    let after = bench.in_lobby("alice");
    bench.say(after, CHANNEL, message(local, "a1", true));
    bench.send(after, "a2");
    let reply = bench.log.answer(request, Timestamp(1));
    bench.hall.handle_log(bench.now, reply);
    bench.settle();
    let events = told(&[(1, "joins"), (2, "a1"), (2, "mine"), (3, "mine")]);
    assert_eq!(bench.events(after), events);
}

#[test]
fn sends_behind_a_look_up_wait_and_keep_their_order() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.take(alice);
    let first = LocalId(1);
    bench.say(alice, CHANNEL, message(first, "first", true));
    bench.send(alice, "second");
    let look_up = bench.hall.poll_log(bench.now).unwrap();
    assert!(matches!(look_up, LogRequest::Find { .. }), "{look_up:?}");
    assert_eq!(bench.hall.poll_log(bench.now), None);

    let reply = bench.log.answer(look_up, Timestamp(1));
    bench.hall.handle_log(bench.now, reply);
    bench.settle();
    let texts: Vec<String> = bench.log.room(&RoomName::lobby()).unwrap().events[1..]
        .iter()
        .map(|event| text_of(&event.body))
        .collect();
    assert_eq!(texts, ["first", "second"]);
}

#[test]
fn a_duplicate_nobody_announced_harms_no_one_else() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    let local = bench.send(alice, "a1");
    bench.settle();
    bench.take(alice);
    bench.take(bob);
    bench.send(bob, "b1");
    bench.say(alice, CHANNEL, message(local, "a1", false));
    bench.send(bob, "b2");
    bench.settle();
    assert_eq!(
        bench.events(alice),
        told(&[(3, "mine"), (4, "b1"), (5, "b2")])
    );
    assert_eq!(bench.events(bob), told(&[(4, "mine"), (5, "mine")]));
}

#[test]
fn the_same_event_twice_in_one_session_is_stored_once() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    for _ in 0..3 {
        bench.say(alice, CHANNEL, message(LocalId(1), "a1", false));
    }
    bench.settle();
    assert_eq!(bench.log.room(&RoomName::lobby()).unwrap().events.len(), 2);
    let events = told(&[(1, "joins"), (2, "mine"), (2, "mine"), (2, "mine")]);
    assert_eq!(bench.events(alice), events);
}

#[test]
fn only_what_a_member_may_send_is_taken() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.take(alice);
    let long = "x".repeat(16 * 1024 + 1);
    for (local, body, refusal) in [
        (1, Body::Join, Refusal::Protocol),
        (2, Body::Message(SafeText::new(&long)), Refusal::TooLong),
        (3, Body::Redaction(Seq(9)), Refusal::Protocol),
    ] {
        let local = LocalId(local);
        let send = Send {
            resumes: true,
            ..Send::new(local, Timestamp(0), body)
        };
        bench.say(alice, CHANNEL, ToRelay::Send(send));
        bench.settle();
        let not_stored = ToMember::NotStored { local, refusal };
        assert_eq!(bench.take(alice), [(CHANNEL, not_stored)]);
    }
}

#[test]
fn sends_beyond_the_limit_are_refused_with_it_and_the_others_stored() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.take(alice);
    for _ in 0..1_025 {
        bench.send(alice, "a");
    }
    bench.settle();
    let is_limit = |(_, message): &(u32, ToMember)| {
        matches!(
            message,
            ToMember::NotStored {
                refusal: Refusal::Limit(_),
                ..
            }
        )
    };
    assert_eq!(bench.take(alice).iter().filter(|m| is_limit(m)).count(), 1);
    assert_eq!(
        bench.log.room(&RoomName::lobby()).unwrap().events.len(),
        1 + 1_024
    );
}

#[test]
fn membership_and_rooms_are_those_of_the_log_after_a_restart() {
    let mut bench = Bench::new();
    bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    let leave = ToRelay::Close {
        channel: CHANNEL,
        leave: true,
    };
    bench.say(bob, 0, leave);
    bench.settle();

    let mut bench = Bench::over(bench.log);
    let carol = bench.in_lobby("carol");
    let members = bench.members(carol).concat();
    assert_eq!(members, [("alice".to_owned(), Presence::Gone)]);
    bench.pass(Duration::from_millis(50));
    let members = bench.members(carol).concat();
    assert_eq!(members, [("carol".to_owned(), Presence::Here)]);

    let alice = bench.in_lobby("alice");
    let events = bench.events(alice);
    assert_eq!(events.last().unwrap(), &(4, Some("joins".to_owned())));
}

/// A bench whose relay has just committed without a pause, with commits of 2 ms, and is done.
fn busy() -> (Bench, SessionId) {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    for _ in 0..50 {
        bench.send(alice, "a");
        let at = bench.hall.commits.poll_timeout().unwrap();
        bench.now = bench.now.max(at);
        let request = bench.hall.poll_log(bench.now).unwrap();
        bench.now += Duration::from_millis(2);
        let reply = bench.log.answer(request, Timestamp(1));
        bench.hall.handle_log(bench.now, reply);
        bench.deliver();
    }
    bench.log.appends.clear();
    (bench, alice)
}

#[test]
fn what_comes_while_commits_follow_each_other_gathers() {
    let (mut bench, alice) = busy();
    bench.send(alice, "a1");
    let at = bench.hall.commits.poll_timeout().unwrap();
    assert!(at > bench.now && at <= bench.now + Duration::from_millis(1));
    assert_eq!(bench.hall.poll_log(bench.now), None);
    bench.send(alice, "a2");
    bench.now = at;
    bench.settle();
    assert_eq!(bench.log.appends, [2]);
}

#[test]
fn a_full_batch_does_not_gather_any_longer() {
    let (mut bench, alice) = busy();
    for _ in 1..APPEND_EVENTS_MAX {
        bench.send(alice, "a");
    }
    bench.settle();
    assert_eq!(bench.log.appends, [APPEND_EVENTS_MAX - 1]);
}

#[test]
fn a_message_after_a_quiet_moment_is_committed_at_once() {
    let (mut bench, alice) = busy();
    bench.now += Duration::from_millis(20);
    bench.send(alice, "a1");
    bench.settle();
    assert_eq!(bench.log.appends, [1]);
}
