//! Who may edit a message and take it back.

use super::*;

fn change(local: u64, body: Body) -> ToRelay {
    ToRelay::Send(Send::new(LocalId(local), Timestamp(0), body))
}

fn edit(seq: u64) -> Body {
    Body::Edit(Seq(seq), SafeText::new("better"))
}

fn said(text: &str) -> Body {
    Body::Message(SafeText::new(text))
}

/// What became of what a session sent: the places given, and the refusals by local id.
fn answers(bench: &mut Bench, id: SessionId) -> (Vec<u64>, Vec<(u64, Refusal)>) {
    let (mut stored, mut refused) = (Vec::new(), Vec::new());
    for (_, message) in bench.take(id) {
        match message {
            ToMember::Stored { seq, .. } => stored.push(seq.0),
            ToMember::NotStored { local, refusal } => refused.push((local.0, refusal)),
            _ => {}
        }
    }
    (stored, refused)
}

/// Alice and bob have joined the lobby (1 and 2), and each said something (3 and 4).
fn talk() -> (Bench, SessionId, SessionId) {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    bench.send(alice, "tee");
    bench.settle();
    bench.send(bob, "what?");
    bench.settle();
    bench.take(alice);
    bench.take(bob);
    (bench, alice, bob)
}

/// Has the relay forget its latest events, so that it must ask the store.
fn forget_tail(bench: &mut Bench) {
    for room in &mut bench.hall.rooms {
        room.room.tail.clear();
    }
}

#[test]
fn only_the_author_edits_a_message_or_takes_it_back() {
    for is_forgotten in [false, true] {
        let (mut bench, alice, bob) = talk();
        if is_forgotten {
            forget_tail(&mut bench);
        }
        bench.say(alice, CHANNEL, change(101, edit(3)));
        bench.say(bob, CHANNEL, change(201, edit(3)));
        bench.settle();
        assert_eq!(answers(&mut bench, alice), (vec![5], vec![]));
        let refused = vec![(201, Refusal::NotAllowed)];
        assert_eq!(answers(&mut bench, bob), (vec![], refused));
        bench.say(alice, CHANNEL, change(102, Body::Redaction(Seq(4))));
        bench.settle();
        let refused = vec![(102, Refusal::NotAllowed)];
        assert_eq!(answers(&mut bench, alice), (vec![], refused));
    }
}

#[test]
fn only_what_was_said_can_be_edited() {
    let (mut bench, alice, _) = talk();
    // Alice's joining, then her edit.
    bench.say(alice, CHANNEL, change(101, edit(1)));
    bench.settle();
    let refused = vec![(101, Refusal::NotAllowed)];
    assert_eq!(answers(&mut bench, alice), (vec![], refused));
    let resuming = Send {
        resumes: true,
        ..Send::new(LocalId(102), Timestamp(0), edit(3))
    };
    bench.say(alice, CHANNEL, ToRelay::Send(resuming));
    bench.say(alice, CHANNEL, change(103, edit(5)));
    bench.settle();
    // The last names a place that the log did not have when it came.
    let refused = vec![(103, Refusal::Protocol)];
    assert_eq!(answers(&mut bench, alice), (vec![5], refused));
}

#[test]
fn what_is_sent_behind_an_edit_waits_for_the_store_and_keeps_its_order() {
    let (mut bench, alice, bob) = talk();
    forget_tail(&mut bench);
    bench.say(alice, CHANNEL, change(101, edit(3)));
    bench.send(alice, "after it");
    // Bob's waits for nothing.
    bench.send(bob, "meanwhile");
    bench.settle();
    let room = bench.log.room(&RoomName::lobby()).unwrap();
    let of_alice = room
        .events
        .iter()
        .filter(|event| event.from.as_str() == "alice");
    let texts: Vec<&str> = of_alice.filter_map(|event| text_now(&event.body)).collect();
    assert_eq!(texts, ["tee", "better", "after it"]);
}

fn text_now(body: &Body) -> Option<&str> {
    crate::room::text_of(body)
}

#[test]
fn everything_behind_a_refused_edit_is_dropped() {
    let (mut bench, _, bob) = talk();
    forget_tail(&mut bench);
    bench.say(bob, CHANNEL, change(201, edit(3)));
    bench.send(bob, "dropped");
    bench.settle();
    let refused = vec![(201, Refusal::NotAllowed)];
    assert_eq!(answers(&mut bench, bob), (vec![], refused));
    assert_eq!(bench.hall.seats[&bob].sends_unanswered, 0);
}

#[test]
fn of_two_that_are_refused_the_first_is_told_of_however_late_that_is_known() {
    let (mut bench, _, bob) = talk();
    forget_tail(&mut bench);
    bench.say(bob, CHANNEL, change(201, edit(3)));
    bench.say(bob, CHANNEL, change(202, said("between")));
    // That one is refused without a look.
    bench.say(bob, CHANNEL, change(203, Body::Join));
    bench.settle();
    let refused = vec![(201, Refusal::NotAllowed)];
    assert_eq!(answers(&mut bench, bob), (vec![], refused));
    let resumes = |local, body| {
        ToRelay::Send(Send {
            resumes: true,
            ..Send::new(LocalId(local), Timestamp(0), body)
        })
    };
    bench.say(bob, CHANNEL, resumes(202, said("between")));
    bench.say(bob, CHANNEL, change(203, Body::Join));
    bench.settle();
    let refused = vec![(203, Refusal::Protocol)];
    assert_eq!(answers(&mut bench, bob), (vec![5], refused));
}

#[test]
fn an_edit_that_is_in_the_log_already_is_only_confirmed() {
    let (mut bench, alice, _) = talk();
    bench.say(alice, CHANNEL, change(101, edit(3)));
    bench.settle();
    bench.take(alice);
    forget_tail(&mut bench);
    let again = Send {
        again: true,
        ..Send::new(LocalId(101), Timestamp(0), edit(3))
    };
    bench.say(alice, CHANNEL, ToRelay::Send(again));
    bench.settle();
    assert_eq!(answers(&mut bench, alice), (vec![5], vec![]));
}

/// What is about an event, by who read the log with this hash up to it.
fn about(local: u64, body: Body, target: LogHash) -> ToRelay {
    ToRelay::Send(Send {
        target: Some(target),
        ..Send::new(LocalId(local), Timestamp(0), body)
    })
}

fn hash_at(bench: &Bench, seq: u64) -> LogHash {
    let tail = &bench.hall.rooms[0].room.tail;
    tail.hash(Seq(seq)).unwrap()
}

#[test]
fn what_is_about_an_event_of_another_log_is_refused() {
    for is_forgotten in [false, true] {
        let (mut bench, alice, bob) = talk();
        let (hash, other) = (hash_at(&bench, 3), hash_at(&bench, 4));
        if is_forgotten {
            forget_tail(&mut bench);
        }
        let bodies = [
            edit(3),
            Body::Reply(Seq(3), SafeText::new("yes")),
            Body::Reaction(Seq(3), SafeText::new("tada")),
            Body::Redaction(Seq(3)),
        ];
        for (local, body) in (101..).zip(bodies) {
            bench.say(alice, CHANNEL, about(local, body.clone(), other));
            bench.settle();
            let refused = vec![(local, Refusal::Diverged)];
            assert_eq!(answers(&mut bench, alice), (vec![], refused));
            let ToRelay::Send(send) = about(local + 100, body, hash) else {
                unreachable!();
            };
            let resuming = Send {
                resumes: true,
                ..send
            };
            bench.say(alice, CHANNEL, ToRelay::Send(resuming));
            bench.settle();
            let place = 5 + local - 101;
            assert_eq!(answers(&mut bench, alice), (vec![place], vec![]));
        }
        // It is the right event, and still another's.
        bench.say(bob, CHANNEL, about(300, edit(3), hash));
        bench.settle();
        let refused = vec![(300, Refusal::NotAllowed)];
        assert_eq!(answers(&mut bench, bob), (vec![], refused));
    }
}

#[test]
fn what_is_about_an_event_beyond_the_end_of_the_log_is_refused_as_of_another() {
    let (mut bench, alice, _) = talk();
    let hash = hash_at(&bench, 3);
    let reply = Body::Reply(Seq(9), SafeText::new("yes"));
    bench.say(alice, CHANNEL, about(101, reply, hash));
    bench.settle();
    let refused = vec![(101, Refusal::Diverged)];
    assert_eq!(answers(&mut bench, alice), (vec![], refused));
}

#[test]
fn what_was_stored_is_found_again_whatever_it_is_about() {
    let (mut bench, alice, _) = talk();
    let hash = hash_at(&bench, 3);
    bench.say(alice, CHANNEL, about(101, edit(3), hash));
    bench.settle();
    assert_eq!(answers(&mut bench, alice), (vec![5], vec![]));
    let ToRelay::Send(send) = about(101, edit(3), LogHash([7; 16])) else {
        unreachable!();
    };
    let again = Send {
        again: true,
        ..send
    };
    bench.say(alice, CHANNEL, ToRelay::Send(again));
    bench.settle();
    assert_eq!(answers(&mut bench, alice), (vec![5], vec![]));
}
