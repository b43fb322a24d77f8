//! Scenarios of one user at relays that are played by hand.

mod ahead;
mod closing;
mod hostile;
mod logs;
mod numbers;
mod opening;
mod refusals;
mod telling;

use rand::SeedableRng;

use super::*;
use crate::client::room::SEQ_MAX;
use crate::room::hash_after;
use crate::wire::{
    Answer, Body, CONTROL_CHANNEL, Cursor, Event, LocalId, LogHash, LogId, Open, Opened, Ordinal,
    RelayId, RoomInfo, Timestamp, ToMember, ToRelay,
};

const ME: DeviceId = DeviceId([1; 8]);
const OTHER: DeviceId = DeviceId([2; 8]);
const LOG: LogId = LogId([7; 8]);
const NOW: Instant = Instant::ZERO;

fn lobby() -> RoomName {
    RoomName::lobby()
}

fn welcome(relay: u8) -> Welcome {
    Welcome {
        name: "alice".parse().unwrap(),
        relay: RelayId([relay; 8]),
        relay_name: "office".parse().unwrap(),
        is_hosted: false,
        is_durable: true,
        direct: Vec::new(),
    }
}

fn new_view() -> View {
    View::new(ME, ChaCha12Rng::seed_from_u64(1))
}

/// The hash that the logs of these tests have at a place, when nothing was read before it.
fn hash_at(seq: u64) -> LogHash {
    LogHash(u128::from(seq).to_be_bytes())
}

fn opened(log: LogId, after: u64, head: u64) -> ToMember {
    ToMember::Opened(Opened {
        hash: hash_at(after),
        first: Seq(1),
        head: Cursor {
            hash: LogHash::EMPTY,
            log,
            seq: Seq(head),
        },
        after: Seq(after),
        topic: SafeText::default(),
    })
}

fn text(text: &str) -> Body {
    Body::Message(SafeText::new(text))
}

fn event(seq: u64, device: DeviceId, local: u64) -> ToMember {
    ToMember::Event(some_event(seq, device, local))
}

fn some_event(seq: u64, device: DeviceId, local: u64) -> Event {
    Event {
        seq: Seq(seq),
        device,
        local: LocalId(local),
        ordinal: Ordinal::NONE,
        from: "bob".parse().unwrap(),
        sent_at: Timestamp(5),
        stored_after: 1,
        body: text("hi"),
    }
}

fn stored(local: u64, seq: u64) -> ToMember {
    ToMember::Stored {
        local: LocalId(local),
        seq: Seq(seq),
        stored_after: 3,
    }
}

fn message(local: u64) -> Send {
    Send::new(LocalId(local), Timestamp(4), text("mine"))
}

fn follow_last() -> Follow {
    Follow::Last(50)
}

/// Everything the view has to say, taken by a session with room for all of it, without the numbers
/// of what is sent.
fn said(view: &mut View) -> Vec<(u32, ToRelay)> {
    let mut said = said_in_full(view);
    for (_, message) in &mut said {
        if let ToRelay::Send(send) = message {
            send.ordinal = Ordinal::NONE;
        }
    }
    said
}

fn said_in_full(view: &mut View) -> Vec<(u32, ToRelay)> {
    let mut said = Vec::new();
    while let Some(message) = view.next_message() {
        said.push((message.stream, message.message.clone()));
        view.handed_over(NOW, message);
    }
    said
}

/// Everything that changed, one word each.
fn updates(view: &mut View) -> Vec<String> {
    let mut words = Vec::new();
    while let Some(update) = view.poll_update() {
        words.push(match update {
            Update::Opened { .. } => "opened".to_owned(),
            Update::CarriedOver { send, .. } => format!("carried {}", send.local.0),
            Update::Event { event, .. } => format!("event {}", event.seq),
            Update::Stored { local, seq, .. } => format!("stored {} {seq}", local.0),
            Update::NotStored { local, .. } => format!("not stored {}", local.0),
            Update::OpenRefused { .. } => "open refused".to_owned(),
            Update::Answer { is_last, .. } => format!("answer {is_last}"),
            Update::AskRefused { .. } => "ask refused".to_owned(),
            Update::Ahead { event, .. } => format!("ahead {}", event.seq),
            Update::Delayed { local, .. } => format!("delayed {}", local.0),
            Update::Delivered { name, seq, .. } => format!("delivered {name} {seq}"),
            Update::Typing { name, .. } => format!("{name} types"),
            Update::Missing { count, search, .. } => format!("missing {count} {search:?}"),
            Update::Gone { count, .. } => format!("gone {count}"),
            Update::Diverged { at, .. } => format!("diverged {at}"),
            Update::Contact(_)
            | Update::Queued { .. }
            | Update::Members { .. }
            | Update::Waiting { .. } => format!("{update:?}"),
        });
    }
    words
}

/// A view whose lobby is open on channel 1, read up to `after`.
fn in_lobby(follow: Follow, after: u64) -> View {
    let mut view = new_view();
    open(&mut view, false, follow);
    view.enter(welcome(1));
    said(&mut view);
    handle(&mut view, [opened(LOG, after, after)]);
    updates(&mut view);
    view
}

fn open(view: &mut View, create: bool, follow: Follow) {
    view.open(lobby(), create, follow, KnownHashes::default());
}

fn handle(view: &mut View, messages: impl IntoIterator<Item = ToMember>) {
    handle_on(view, 1, messages);
}

fn handle_on(view: &mut View, stream: u32, messages: impl IntoIterator<Item = ToMember>) {
    for message in messages {
        assert_eq!(view.handle_message(NOW, stream, message), Ok(None));
    }
}

fn open_lobby(channel: u32, follow: Follow) -> (u32, ToRelay) {
    let open = Open {
        channel,
        room: lobby(),
        create: false,
        follow,
    };
    (CONTROL_CHANNEL, ToRelay::Open(open))
}

fn reopen_lobby(channel: u32, follow: Follow) -> (u32, ToRelay) {
    let (stream, message) = open_lobby(channel, follow);
    let ToRelay::Open(open) = message else {
        unreachable!("just made");
    };
    let create = true;
    (stream, ToRelay::Open(Open { create, ..open }))
}

fn send(local: u64, again: bool) -> (u32, ToRelay) {
    let send = Send {
        again,
        ..message(local)
    };
    (1, ToRelay::Send(send))
}

#[test]
fn events_come_out_in_order_and_once() {
    let mut view = in_lobby(follow_last(), 10);
    handle(
        &mut view,
        [
            event(11, OTHER, 1),
            event(11, OTHER, 1),
            event(3, OTHER, 2),
            event(12, OTHER, 3),
        ],
    );
    assert_eq!(updates(&mut view), ["event #11", "event #12"]);
}

#[test]
fn a_missing_event_ends_the_session() {
    let mut view = in_lobby(follow_last(), 10);
    let result = view.handle_message(NOW, 1, event(12, OTHER, 1));
    assert_eq!(result, Err(Violation::Gap));
    assert_eq!(updates(&mut view), [""; 0]);
}

#[test]
fn stored_stands_for_the_own_event_in_its_place() {
    let mut view = in_lobby(follow_last(), 0);
    view.send(&lobby(), message(21)).unwrap();
    assert_eq!(said(&mut view), [send(21, false)]);
    handle(
        &mut view,
        [event(1, OTHER, 1), stored(21, 2), event(3, OTHER, 2)],
    );
    assert_eq!(
        updates(&mut view),
        ["event #1", "stored 21 #2", "event #2", "event #3"]
    );
    assert_eq!(view.unsent(), 0);
}

#[test]
fn the_own_event_is_made_as_the_others_get_it() {
    let mut view = in_lobby(follow_last(), 0);
    view.send(&lobby(), message(21)).unwrap();
    let [(1, ToRelay::Send(sent))] = &said_in_full(&mut view)[..] else {
        panic!("sent");
    };
    handle(&mut view, [stored(21, 1)]);
    view.poll_update();
    let expected = Event {
        seq: Seq(1),
        device: ME,
        local: LocalId(21),
        ordinal: sent.ordinal,
        from: "alice".parse().unwrap(),
        sent_at: Timestamp(4),
        stored_after: 3,
        body: text("mine"),
    };
    assert_eq!(
        view.poll_update(),
        Some(Update::Event {
            hash: hash_after(LogHash::EMPTY, &expected),
            room: lobby(),
            log: LOG,
            event: expected
        })
    );
}

#[test]
fn the_own_event_carries_the_name_the_session_was_entered_with() {
    let mut view = in_lobby(follow_last(), 0);
    view.send(&lobby(), message(21)).unwrap();
    said(&mut view);
    let mut renamed = welcome(1);
    renamed.name = "alicia".parse().unwrap();
    view.renamed(renamed);
    handle(&mut view, [stored(21, 1)]);
    view.poll_update();
    let Some(Update::Event { event, .. }) = view.poll_update() else {
        panic!("no event");
    };
    assert_eq!(event.from.as_str(), "alice");
}

#[test]
fn a_room_that_is_not_followed_only_confirms() {
    let mut view = in_lobby(Follow::Nothing, 0);
    view.send(&lobby(), message(21)).unwrap();
    said(&mut view);
    handle(&mut view, [stored(21, 9)]);
    assert_eq!(updates(&mut view), ["stored 21 #9"]);
}

#[test]
fn sending_to_a_room_that_is_not_open_opens_it_for_that() {
    let mut view = new_view();
    view.send(&lobby(), message(21)).unwrap();
    assert_eq!(said(&mut view), []);
    view.enter(welcome(1));
    assert_eq!(said(&mut view), [open_lobby(1, Follow::Nothing)]);
    handle(&mut view, [opened(LOG, 4, 4)]);
    assert_eq!(said(&mut view), [send(21, false)]);
    handle(&mut view, [stored(21, 5)]);
    assert_eq!(updates(&mut view), ["stored 21 #5"]);
    // Nothing is left to deliver, so the next session does not open it.
    view.lost();
    view.enter(welcome(1));
    assert_eq!(said(&mut view), []);
}

#[test]
fn after_a_loss_reading_goes_on_and_what_is_unanswered_is_sent_again_in_order() {
    let mut view = in_lobby(follow_last(), 10);
    view.send(&lobby(), message(21)).unwrap();
    view.send(&lobby(), message(22)).unwrap();
    said(&mut view);
    handle(&mut view, [event(11, OTHER, 1)]);
    view.lost();
    view.send(&lobby(), message(23)).unwrap();
    view.enter(welcome(1));
    let cursor = Cursor {
        hash: hash_after(hash_at(10), &some_event(11, OTHER, 1)),
        log: LOG,
        seq: Seq(11),
    };
    assert_eq!(
        said(&mut view),
        [reopen_lobby(1, Follow::After(cursor, 50))]
    );
    handle(&mut view, [opened(LOG, 11, 12)]);
    assert_eq!(
        said(&mut view),
        [send(21, true), send(22, true), send(23, false)]
    );
}

#[test]
fn an_own_event_met_while_catching_up_settles_its_entry() {
    let mut view = in_lobby(follow_last(), 10);
    view.send(&lobby(), message(21)).unwrap();
    said(&mut view);
    view.lost();
    view.enter(welcome(1));
    said(&mut view);
    handle(
        &mut view,
        [
            opened(LOG, 10, 12),
            event(11, ME, 21),
            // The relay found what was sent again where it already stood.
            stored(21, 11),
            event(12, OTHER, 1),
        ],
    );
    assert_eq!(
        updates(&mut view),
        ["opened", "stored 21 #11", "event #11", "event #12"]
    );
    assert_eq!(view.unsent(), 0);
}

#[test]
fn an_event_confirmed_before_its_turn_waits_for_it() {
    for is_sent_as_well in [false, true] {
        let mut view = in_lobby(follow_last(), 10);
        view.send(&lobby(), message(21)).unwrap();
        said(&mut view);
        view.lost();
        view.enter(welcome(1));
        said(&mut view);
        handle(&mut view, [opened(LOG, 10, 13)]);
        said(&mut view);
        handle(&mut view, [stored(21, 12), event(11, OTHER, 1)]);
        if is_sent_as_well {
            handle(&mut view, [event(12, ME, 21)]);
        }
        handle(&mut view, [event(13, OTHER, 2)]);
        assert_eq!(
            updates(&mut view),
            [
                "opened",
                "stored 21 #12",
                "event #11",
                "event #12",
                "event #13"
            ]
        );
    }
}

#[test]
fn a_first_sending_confirmed_out_of_turn_ends_the_session() {
    let mut view = in_lobby(follow_last(), 10);
    view.send(&lobby(), message(21)).unwrap();
    said(&mut view);
    let result = view.handle_message(NOW, 1, stored(21, 12));
    assert_eq!(result, Err(Violation::Gap));
    // It is stored all the same; its event comes with the next session.
    assert_eq!(updates(&mut view), ["stored 21 #12"]);
}

#[test]
fn another_log_is_read_from_where_its_relay_starts() {
    let mut view = in_lobby(follow_last(), 10);
    view.lost();
    view.enter(welcome(2));
    said(&mut view);
    let other = LogId([8; 8]);
    handle(&mut view, [opened(other, 2, 3), event(3, OTHER, 1)]);
    assert_eq!(updates(&mut view), ["opened", "event #3"]);
}

#[test]
fn coming_back_to_a_relay_repeats_nothing() {
    let mut view = in_lobby(follow_last(), 10);
    let other = LogId([8; 8]);
    view.enter(welcome(2));
    said(&mut view);
    handle(&mut view, [opened(other, 2, 2)]);
    view.enter(welcome(1));
    let cursor = Cursor {
        hash: hash_at(10),
        log: LOG,
        seq: Seq(10),
    };
    assert_eq!(
        said(&mut view),
        [reopen_lobby(1, Follow::After(cursor, 50))]
    );
    handle(&mut view, [opened(LOG, 10, 11), event(11, OTHER, 1)]);
    assert_eq!(updates(&mut view), ["opened", "opened", "event #11"]);
}

#[test]
fn what_was_said_alone_is_sent_to_the_relay_before_anything_newer() {
    let mut view = in_lobby(follow_last(), 10);
    view.carry_over(NOW);
    let mut hosted = welcome(2);
    hosted.is_hosted = true;
    view.enter(hosted);
    view.carry_over(NOW);
    view.send(&RoomName::lobby(), message(21)).unwrap();
    view.send(&RoomName::lobby(), message(22)).unwrap();
    said(&mut view);
    let own = LogId([8; 8]);
    handle(&mut view, [opened(own, 0, 0)]);
    said(&mut view);
    handle(&mut view, [stored(21, 1), stored(22, 2)]);
    view.send(&RoomName::lobby(), message(23)).unwrap();
    view.enter(welcome(1));
    view.carry_over(NOW);
    said(&mut view);
    handle(&mut view, [opened(LOG, 10, 10)]);
    let sent = said(&mut view)
        .into_iter()
        .filter_map(|(_, said)| match said {
            ToRelay::Send(send) => Some((send.local.0, send.again)),
            _ => None,
        });
    assert_eq!(
        sent.collect::<Vec<_>>(),
        [(21, true), (22, true), (23, false)]
    );
    let carried = |update: &String| update.starts_with("carried");
    let updates: Vec<String> = updates(&mut view).into_iter().filter(carried).collect();
    assert_eq!(updates, ["carried 21", "carried 22"]);
    handle(&mut view, [stored(21, 11), stored(22, 12)]);
    assert_eq!(view.unsent(), 1);
}

#[test]
fn a_refused_room_refuses_what_was_sent_there() {
    let mut view = new_view();
    open(&mut view, false, Follow::Nothing);
    view.send(&lobby(), message(21)).unwrap();
    view.enter(welcome(1));
    said(&mut view);
    let refused = ToMember::Refused {
        subject: 1,
        refusal: Refusal::NoSuchRoom(lobby()),
    };
    assert_eq!(view.handle_message(NOW, CONTROL_CHANNEL, refused), Ok(None));
    assert_eq!(updates(&mut view), ["not stored 21", "open refused"]);
    assert_eq!(view.unsent(), 0);
    assert_eq!(said(&mut view), []);
}

#[test]
fn a_question_is_asked_again_and_its_parts_come_together() {
    let mut view = new_view();
    view.enter(welcome(1));
    let request = view.ask(Query::Rooms);
    let ask = ToRelay::Ask {
        request,
        query: Query::Rooms,
    };
    let part = |is_last| ToMember::Answer {
        request,
        part: Answer::Rooms(Vec::<RoomInfo>::new()),
        is_last,
    };
    assert_eq!(said(&mut view), [(CONTROL_CHANNEL, ask.clone())]);
    assert_eq!(
        view.handle_message(NOW, CONTROL_CHANNEL, part(false)),
        Ok(None)
    );
    view.enter(welcome(1));
    assert_eq!(said(&mut view), [(CONTROL_CHANNEL, ask)]);
    assert_eq!(
        view.handle_message(NOW, CONTROL_CHANNEL, part(false)),
        Ok(None)
    );
    assert_eq!(
        view.handle_message(NOW, CONTROL_CHANNEL, part(true)),
        Ok(None)
    );
    assert_eq!(updates(&mut view), ["answer false", "answer true"]);
}
