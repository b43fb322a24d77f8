//! What is said of the user while it reads and writes.

use std::time::Duration;

use super::*;
use crate::client::progress::PROGRESS_INTERVAL;
use crate::client::room::TYPING_INTERVAL;

const TYPING: (u32, ToRelay) = (1, ToRelay::Typing);

/// What the view has to say at a time.
fn said_at(view: &mut View, now: Instant) -> Vec<(u32, ToRelay)> {
    let mut said = Vec::new();
    while let Some(message) = view.next_message() {
        said.push((message.stream, message.message.clone()));
        view.handed_over(now, message);
    }
    said
}

#[test]
fn typing_is_said_every_three_seconds_while_it_goes_on() {
    let mut view = in_lobby(follow_last(), 0);
    let mut told = Vec::new();
    for tenth in 0..70 {
        let now = NOW + Duration::from_millis(100) * tenth;
        view.typing(now, &lobby());
        if said_at(&mut view, now) == [TYPING] {
            told.push(tenth);
        }
    }
    assert_eq!(told, [0, 30, 60]);
}

#[test]
fn a_message_that_is_sent_is_not_typed_any_more() {
    let mut view = in_lobby(follow_last(), 0);
    view.typing(NOW, &lobby());
    view.send(&lobby(), message(7)).unwrap();
    assert_eq!(said(&mut view), [send(7, false)]);
    // The next one is news at once.
    view.typing(NOW, &lobby());
    assert_eq!(said(&mut view), [TYPING]);
    view.send(&lobby(), message(8)).unwrap();
    said(&mut view);
    view.typing(NOW, &lobby());
    assert_eq!(said(&mut view), [TYPING]);
}

#[test]
fn typing_is_said_at_once_or_not_at_all() {
    let mut view = new_view();
    view.typing(NOW, &lobby());
    open(&mut view, false, follow_last());
    view.typing(NOW, &lobby());
    view.enter(welcome(1));
    view.typing(NOW, &lobby());
    assert_eq!(said(&mut view).len(), 1);
    handle(&mut view, [opened(LOG, 0, 0)]);
    assert_eq!(said(&mut view), []);
    view.typing(NOW, &lobby());
    view.lost();
    view.enter(welcome(1));
    said(&mut view);
    handle(&mut view, [opened(LOG, 0, 0)]);
    assert_eq!(said(&mut view), []);
    let later = NOW + TYPING_INTERVAL;
    view.typing(later, &lobby());
    assert_eq!(said_at(&mut view, later), [TYPING]);
}

#[test]
fn that_others_type_is_handed_out_of_rooms_that_are_followed() {
    let mut view = in_lobby(follow_last(), 0);
    let typing = || ToMember::Typing {
        name: "bob".parse().unwrap(),
    };
    handle(&mut view, [typing()]);
    assert_eq!(updates(&mut view), ["bob types"]);
    assert_eq!(
        view.handle_message(NOW, CONTROL_CHANNEL, typing()),
        Err(Violation::Channel)
    );
    view.close_room(&lobby(), false);
    handle(&mut view, [typing()]);
    assert!(updates(&mut view).is_empty());
}

#[test]
fn how_far_the_user_has_read_is_said_now_and_then_and_in_every_session() {
    let mut view = in_lobby(follow_last(), 5);
    let read = |seq| (1, ToRelay::Read(Seq(seq)));
    view.read(NOW, &lobby(), Seq(3));
    assert_eq!(said(&mut view), [read(3)]);
    // What comes right after waits for what may follow it; nothing goes back.
    for seq in [4, 2, 5, 1] {
        view.read(NOW, &lobby(), Seq(seq));
    }
    assert_eq!(said(&mut view), []);
    assert_eq!(view.poll_timeout(), Some(NOW + PROGRESS_INTERVAL));
    view.handle_timeout(NOW + PROGRESS_INTERVAL);
    assert_eq!(said(&mut view), [read(5)]);
    // What was not handed out can't be read.
    view.read(NOW + PROGRESS_INTERVAL * 2, &lobby(), Seq(6));
    assert_eq!(said(&mut view), []);

    view.lost();
    view.enter(welcome(1));
    said(&mut view);
    handle(&mut view, [opened(LOG, 5, 5)]);
    assert_eq!(said(&mut view), [read(5)]);

    // Of another log nothing is read yet.
    view.lost();
    view.enter(welcome(2));
    said(&mut view);
    handle(&mut view, [opened(LogId([8; 8]), 9, 9)]);
    assert_eq!(said(&mut view), []);
}

#[test]
fn how_far_a_room_is_stored_is_said_at_most_four_times_a_second() {
    let mut view = in_lobby(follow_last(), 0);
    handle(&mut view, (1..=9).map(|seq| event(seq, OTHER, seq)));
    view.seen(NOW, &lobby(), Seq(1));
    assert_eq!(said(&mut view), [(1, ToRelay::Seen(Seq(1)))]);
    view.seen(NOW, &lobby(), Seq(4));
    view.seen(NOW, &lobby(), Seq(9));
    view.seen(NOW, &lobby(), Seq(2));
    assert_eq!(said(&mut view), []);
    assert_eq!(view.poll_timeout(), Some(NOW + PROGRESS_INTERVAL));
    view.handle_timeout(NOW + PROGRESS_INTERVAL);
    assert_eq!(said(&mut view), [(1, ToRelay::Seen(Seq(9)))]);
    assert_eq!(view.poll_timeout(), None);
}

#[test]
fn how_far_a_room_is_stored_is_said_again_in_a_new_session_but_never_of_another_log() {
    let mut view = in_lobby(follow_last(), 0);
    handle(&mut view, [event(1, OTHER, 1)]);
    view.seen(NOW, &lobby(), Seq(1));
    said(&mut view);
    view.enter(welcome(1));
    said(&mut view);
    handle(&mut view, [opened(LOG, 1, 1)]);
    assert_eq!(said(&mut view), [(1, ToRelay::Seen(Seq(1)))]);
    view.enter(welcome(2));
    said(&mut view);
    handle(&mut view, [opened(LogId([8; 8]), 0, 5)]);
    view.seen(NOW, &lobby(), Seq(1));
    assert_eq!(said(&mut view), []);
}

#[test]
fn being_away_is_said_in_every_session() {
    let mut view = new_view();
    let lunch = || SafeText::new("lunch");
    view.set_presence(Presence::Away, lunch());
    let away = (CONTROL_CHANNEL, ToRelay::Presence(Presence::Away, lunch()));
    for _ in 0..2 {
        view.enter(welcome(1));
        assert_eq!(said(&mut view), std::slice::from_ref(&away));
    }
    // The text alone is news as well, the same once more is none.
    view.set_presence(Presence::Away, SafeText::default());
    view.set_presence(Presence::Away, SafeText::default());
    let away = ToRelay::Presence(Presence::Away, SafeText::default());
    assert_eq!(said(&mut view), [(CONTROL_CHANNEL, away)]);
}
