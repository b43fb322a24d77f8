//! Events told before their turn.

use super::*;

fn ahead(channel: u32, seq: u64, device: DeviceId, local: u64) -> ToMember {
    let event = some_event(seq, device, local);
    ToMember::Ahead { channel, event }
}

#[test]
fn an_event_ahead_is_shown_and_comes_again_in_its_turn() {
    let mut view = in_lobby(follow_last(), 10);
    handle_on(&mut view, CONTROL_CHANNEL, [ahead(1, 13, OTHER, 3)]);
    assert_eq!(updates(&mut view), ["ahead #13"]);
    handle(&mut view, (11..=13).map(|seq| event(seq, OTHER, seq - 10)));
    assert_eq!(updates(&mut view), ["event #11", "event #12", "event #13"]);
}

#[test]
fn an_own_event_ahead_is_stored_once_and_handed_out_in_its_turn() {
    // In its turn it is sent, or confirmed, or both.
    for turn in [
        vec![event(12, ME, 21)],
        vec![stored(21, 12)],
        vec![stored(21, 12), event(12, ME, 21)],
        vec![event(12, ME, 21), stored(21, 12)],
    ] {
        let mut view = in_lobby(follow_last(), 10);
        view.send(&lobby(), message(21)).unwrap();
        said(&mut view);
        handle_on(&mut view, CONTROL_CHANNEL, [ahead(1, 12, ME, 21)]);
        assert_eq!(updates(&mut view), ["stored 21 #12", "ahead #12"]);
        assert_eq!(view.unsent(), 0);
        handle(&mut view, [event(11, OTHER, 1)]);
        handle(&mut view, turn);
        handle(&mut view, [event(13, OTHER, 2)]);
        assert_eq!(updates(&mut view), ["event #11", "event #12", "event #13"]);
    }
}

#[test]
fn an_own_event_ahead_that_is_next_is_handed_out_when_it_is_confirmed() {
    let mut view = in_lobby(follow_last(), 10);
    view.send(&lobby(), message(21)).unwrap();
    said(&mut view);
    handle_on(&mut view, CONTROL_CHANNEL, [ahead(1, 11, ME, 21)]);
    assert_eq!(updates(&mut view), ["stored 21 #11", "ahead #11"]);
    handle(&mut view, [stored(21, 11)]);
    assert_eq!(updates(&mut view), ["event #11"]);
}

#[test]
fn nothing_is_ahead_of_a_place_handed_out_or_in_a_room_that_is_not_read() {
    let mut view = in_lobby(follow_last(), 10);
    view.send(&lobby(), message(21)).unwrap();
    said(&mut view);
    let ignored = [
        ahead(1, 10, OTHER, 1),
        ahead(1, 3, OTHER, 2),
        ahead(2, 12, OTHER, 3),
        ahead(0, 12, OTHER, 4),
        ahead(1, SEQ_MAX.0, OTHER, 5),
        ahead(1, u64::MAX, OTHER, 6),
    ];
    handle_on(&mut view, CONTROL_CHANNEL, ignored.clone());
    assert_eq!(updates(&mut view), [""; 0]);
    let mut view = in_lobby(Follow::Nothing, 0);
    handle_on(&mut view, CONTROL_CHANNEL, ignored);
    assert_eq!(updates(&mut view), [""; 0]);
    // On the channel itself it makes no sense.
    let result = view.handle_message(NOW, 1, ahead(1, 12, OTHER, 1));
    assert_eq!(result, Err(Violation::Channel));
}

#[test]
fn what_was_ahead_in_a_session_that_ended_is_read_from_the_log() {
    let mut view = in_lobby(follow_last(), 10);
    view.send(&lobby(), message(21)).unwrap();
    said(&mut view);
    handle_on(&mut view, CONTROL_CHANNEL, [ahead(1, 12, ME, 21)]);
    updates(&mut view);
    view.enter(welcome(1));
    said(&mut view);
    handle(&mut view, [opened(LOG, 10, 12), event(11, OTHER, 1)]);
    assert_eq!(updates(&mut view), ["opened", "event #11"]);
    assert_eq!(said(&mut view), []);
}
