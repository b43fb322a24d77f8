//! A relay that can't take something just now, or never will.

use super::*;
use crate::client::patience::{WAIT_MAX, WAIT_MIN};

fn full() -> Refusal {
    Refusal::Store(SafeText::new("disk full"))
}

fn not_stored(local: u64, refusal: Refusal) -> ToMember {
    let local = LocalId(local);
    ToMember::NotStored { local, refusal }
}

fn refused(channel: u32, refusal: Refusal) -> ToMember {
    let subject = channel;
    ToMember::Refused { subject, refusal }
}

fn resumed(local: u64) -> (u32, ToRelay) {
    let resumes = true;
    let send = Send {
        resumes,
        ..message(local)
    };
    (1, ToRelay::Send(send))
}

#[test]
fn a_message_that_does_not_fit_now_is_delayed_and_sent_with_all_after_it() {
    let mut view = in_lobby(follow_last(), 0);
    for local in 21..=24 {
        view.send(&lobby(), message(local)).unwrap();
    }
    assert_eq!(said(&mut view).len(), 4);
    // The first is being committed still.
    handle(&mut view, [not_stored(22, full()), stored(21, 1)]);
    view.send(&lobby(), message(25)).unwrap();
    assert_eq!(
        updates(&mut view),
        ["delayed 22", "stored 21 #1", "event #1"]
    );
    assert_eq!(said(&mut view), []);
    assert_eq!(view.poll_timeout(), Some(NOW + WAIT_MIN));
    view.handle_timeout(NOW + WAIT_MIN);
    assert_eq!(view.poll_timeout(), None);
    assert_eq!(said(&mut view), [resumed(22)]);
    handle(&mut view, [stored(22, 2)]);
    assert_eq!(said(&mut view), [send(23, false), send(24, false)]);
    handle(&mut view, [stored(23, 3), stored(24, 4)]);
    assert_eq!(said(&mut view), [send(25, false)]);
    handle(&mut view, [stored(25, 5)]);
    assert_eq!(updates(&mut view).len(), 8);
    assert_eq!(view.unsent(), 0);
}

#[test]
fn a_message_refused_for_good_does_not_keep_the_others() {
    let mut view = in_lobby(follow_last(), 0);
    for local in 21..=23 {
        view.send(&lobby(), message(local)).unwrap();
    }
    said(&mut view);
    handle(&mut view, [not_stored(21, Refusal::NotAllowed)]);
    assert_eq!(updates(&mut view), ["not stored 21"]);
    assert_eq!(said(&mut view), [resumed(22)]);
    handle(&mut view, [stored(22, 1)]);
    assert_eq!(said(&mut view), [send(23, false)]);
}

#[test]
fn another_room_does_not_wait() {
    let mut view = in_lobby(Follow::Nothing, 0);
    let tea: RoomName = "tea".parse().unwrap();
    view.send(&lobby(), message(21)).unwrap();
    view.send(&tea, message(31)).unwrap();
    said(&mut view);
    handle_on(&mut view, 2, [opened(LOG, 0, 0)]);
    handle(&mut view, [not_stored(21, full())]);
    let [(2, ToRelay::Send(sent))] = &said(&mut view)[..] else {
        panic!("sent to tea alone");
    };
    assert_eq!(sent.local, LocalId(31));
}

#[test]
fn a_new_session_does_not_wait() {
    let mut view = in_lobby(follow_last(), 0);
    view.send(&lobby(), message(21)).unwrap();
    said(&mut view);
    handle(&mut view, [not_stored(21, full())]);
    view.enter(welcome(1));
    assert_eq!(view.poll_timeout(), None);
    said(&mut view);
    handle(&mut view, [opened(LOG, 0, 0)]);
    // It left no trace, so it need not be looked for.
    assert_eq!(said(&mut view), [send(21, false)]);
}

#[test]
fn a_room_that_can_not_be_opened_now_keeps_its_messages_and_is_opened_again() {
    for follow in [Some(follow_last()), Some(Follow::Nothing), None] {
        let mut view = new_view();
        if let Some(follow) = follow {
            open(&mut view, false, follow);
        }
        view.send(&lobby(), message(21)).unwrap();
        view.enter(welcome(1));
        let follow = follow.unwrap_or(Follow::Nothing);
        let mut now = NOW;
        for channel in 1..=5 {
            assert_eq!(said(&mut view), [open_lobby(channel, follow)]);
            let message = refused(channel, full());
            let news = view.handle_message(now, CONTROL_CHANNEL, message);
            assert_eq!(news, Ok(None));
            assert_eq!(said(&mut view), []);
            let until = view.poll_timeout().unwrap();
            assert!(until > now && until <= now + WAIT_MAX);
            now = until;
            view.handle_timeout(now);
        }
        assert_eq!(updates(&mut view), ["delayed 21"]);
        said(&mut view);
        handle_on(&mut view, 6, [opened(LOG, 0, 0)]);
        let [(6, ToRelay::Send(_))] = said(&mut view)[..] else {
            panic!("sent");
        };
    }
}

#[test]
fn a_room_in_use_that_can_not_be_opened_now_is_told_of_once_and_opened_again() {
    let mut view = new_view();
    open(&mut view, false, follow_last());
    view.enter(welcome(1));
    let mut now = NOW;
    for channel in 1..=3 {
        assert_eq!(said(&mut view), [open_lobby(channel, follow_last())]);
        let message = refused(channel, full());
        let news = view.handle_message(now, CONTROL_CHANNEL, message);
        assert_eq!(news, Ok(None));
        now = view.poll_timeout().unwrap();
        view.handle_timeout(now);
    }
    assert_eq!(updates(&mut view), ["open refused"]);
    // A new session asks at once.
    view.enter(welcome(1));
    assert_eq!(view.poll_timeout(), None);
    assert_eq!(said(&mut view), [open_lobby(1, follow_last())]);
}

#[test]
fn a_room_opened_for_messages_makes_space_once_they_are_delivered() {
    let mut view = in_lobby(Follow::Nothing, 0);
    let tea: RoomName = "tea".parse().unwrap();
    let cake: RoomName = "cake".parse().unwrap();
    view.send(&tea, message(31)).unwrap();
    said(&mut view);
    handle_on(&mut view, 2, [opened(LOG, 0, 0)]);
    said(&mut view);
    handle_on(&mut view, 2, [stored(31, 1)]);
    view.send(&cake, message(41)).unwrap();
    said(&mut view);
    let limit = Refusal::Limit(SafeText::new("two open rooms"));
    handle_on(&mut view, CONTROL_CHANNEL, [refused(3, limit)]);
    let close = ToRelay::Close {
        channel: 2,
        leave: false,
    };
    assert_eq!(said(&mut view), [(CONTROL_CHANNEL, close)]);
    assert_eq!(view.poll_timeout(), Some(NOW + WAIT_MIN));
}

#[test]
fn leaving_a_room_is_tried_again_and_closing_it_is_not() {
    for leave in [true, false] {
        let mut view = in_lobby(follow_last(), 0);
        view.lost();
        view.enter(welcome(1));
        said(&mut view);
        view.close_room(&lobby(), leave);
        handle_on(&mut view, CONTROL_CHANNEL, [refused(1, full())]);
        assert_eq!(view.poll_timeout().is_some(), leave);
        assert_eq!(view.rooms.len(), usize::from(leave));
        view.handle_timeout(NOW + WAIT_MIN);
        assert_eq!(said(&mut view).len(), usize::from(leave));
    }
}

#[test]
fn deliveries_are_told_to_those_who_only_send() {
    let delivered = |seq| ToMember::Delivered {
        name: "bob".parse().unwrap(),
        seq: Seq(seq),
    };
    let mut in_use = in_lobby(Follow::Nothing, 0);
    handle(&mut in_use, [delivered(1)]);
    assert_eq!(updates(&mut in_use), ["delivered bob #1"]);

    let mut view = new_view();
    view.send(&lobby(), message(21)).unwrap();
    view.enter(welcome(1));
    said(&mut view);
    handle(&mut view, [opened(LOG, 0, 0)]);
    said(&mut view);
    handle(&mut view, [stored(21, 1), delivered(1)]);
    assert_eq!(updates(&mut view), ["stored 21 #1", "delivered bob #1"]);

    view.close_room(&lobby(), false);
    handle(&mut view, [delivered(2)]);
    assert_eq!(updates(&mut view), [""; 0]);
}

#[test]
fn a_relay_that_takes_what_it_should_have_dropped_is_left_and_told_again() {
    let mut view = in_lobby(follow_last(), 0);
    view.send(&lobby(), message(21)).unwrap();
    view.send(&lobby(), message(22)).unwrap();
    said(&mut view);
    handle(&mut view, [not_stored(21, full())]);
    let result = view.handle_message(NOW, 1, stored(22, 1));
    assert_eq!(result, Err(Violation::Unsent));
    view.enter(welcome(1));
    said(&mut view);
    handle(&mut view, [opened(LOG, 0, 1)]);
    assert_eq!(said(&mut view), [send(21, false), send(22, true)]);
    handle(&mut view, [event(1, ME, 22)]);
    assert_eq!(view.unsent(), 1);
}
