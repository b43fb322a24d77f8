//! Rooms that are left while something is still to be said there.

use super::*;

#[test]
fn a_room_is_closed_after_what_was_sent_there_is_answered() {
    let mut view = in_lobby(follow_last(), 0);
    view.send(&lobby(), message(21)).unwrap();
    view.close_room(&lobby(), true);
    assert_eq!(said(&mut view), [send(21, false)]);
    handle(&mut view, [event(1, OTHER, 1), stored(21, 2)]);
    assert_eq!(updates(&mut view), ["stored 21 #2"]);
    let close = ToRelay::Close {
        channel: 1,
        leave: true,
    };
    assert_eq!(said(&mut view), [(CONTROL_CHANNEL, close)]);
    // What the relay sent before it knew is dropped.
    handle(&mut view, [event(3, OTHER, 2)]);
    assert_eq!(updates(&mut view), [""; 0]);
}

#[test]
fn leaving_a_room_without_contact_is_said_later() {
    let mut view = in_lobby(follow_last(), 0);
    view.lost();
    view.close_room(&lobby(), true);
    view.enter(welcome(1));
    assert_eq!(said(&mut view), [open_lobby(1, Follow::Nothing)]);
    handle(&mut view, [opened(LOG, 0, 0)]);
    let close = ToRelay::Close {
        channel: 1,
        leave: true,
    };
    assert_eq!(said(&mut view), [(CONTROL_CHANNEL, close)]);
    assert_eq!(updates(&mut view), [""; 0]);
}
