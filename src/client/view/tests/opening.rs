//! Rooms that are opened while they are open.

use super::*;

#[test]
fn opening_a_room_anew_replaces_its_channel() {
    let mut view = in_lobby(Follow::Nothing, 3);
    view.send(&lobby(), message(21)).unwrap();
    said(&mut view);
    open(&mut view, false, follow_last());
    let close = ToRelay::Close {
        channel: 1,
        leave: false,
    };
    assert_eq!(
        said(&mut view),
        [(CONTROL_CHANNEL, close), open_lobby(2, follow_last())]
    );
    assert_eq!(view.handle_message(NOW, 2, opened(LOG, 3, 3)), Ok(None));
    let send = Send {
        again: true,
        ..message(21)
    };
    assert_eq!(said(&mut view), [(2, ToRelay::Send(send))]);
}

#[test]
fn a_room_that_is_open_just_so_stays_as_it_is() {
    let mut view = new_view();
    open(&mut view, false, follow_last());
    open(&mut view, false, follow_last());
    view.enter(welcome(1));
    open(&mut view, false, follow_last());
    assert_eq!(said(&mut view), [open_lobby(1, follow_last())]);
    open(&mut view, false, follow_last());
    handle(&mut view, [opened(LOG, 10, 10), event(11, OTHER, 11)]);
    open(&mut view, false, follow_last());
    assert_eq!(said(&mut view), []);
    handle(&mut view, [event(12, OTHER, 12)]);
    assert_eq!(updates(&mut view), ["opened", "event #11", "event #12"]);
    // Closed, it is opened again.
    view.close_room(&lobby(), false);
    open(&mut view, false, follow_last());
    assert_eq!(said(&mut view).len(), 2);
}
