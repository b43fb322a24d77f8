use rand::SeedableRng;

use super::*;
use crate::client::patience::{WAIT_MAX, WAIT_MIN};
use crate::wire::{Body, SafeText, Timestamp};

const NOW: Instant = Instant::ZERO;

fn outbox() -> Outbox {
    Outbox::new(ChaCha12Rng::seed_from_u64(1))
}

/// With entries 1 to `count` for the lobby, none handed over.
fn filled(count: u64) -> Outbox {
    let mut outbox = outbox();
    for local in 1..=count {
        push(&mut outbox, local);
    }
    outbox
}

fn push(outbox: &mut Outbox, local: u64) {
    let send = message(local, "x");
    outbox.push(&RoomName::lobby(), send).unwrap();
}

fn message(local: u64, text: &str) -> Send {
    Send::new(
        LocalId(local),
        Timestamp(0),
        Body::Message(SafeText::new(text)),
    )
}

#[test]
fn a_full_outbox_refuses_and_takes_more_once_something_is_answered() {
    let lobby = RoomName::lobby();
    let mut outbox = outbox();
    for local in 0..ENTRIES_MAX as u64 {
        assert_eq!(outbox.push(&lobby, message(local, "x")), Ok(()));
    }
    assert_eq!(
        outbox.push(&lobby, message(5000, "x")),
        Err(SendError::Full)
    );
    assert!(outbox.remove(&lobby, LocalId(7)).is_some());
    assert_eq!(outbox.push(&lobby, message(5000, "x")), Ok(()));
}

#[test]
fn bytes_are_bounded_too_and_given_back() {
    let lobby = RoomName::lobby();
    let mut outbox = outbox();
    let long = "x".repeat(TEXT_BYTES_MAX);
    let taken = (0..)
        .take_while(|local| outbox.push(&lobby, message(*local, &long)).is_ok())
        .count();
    assert_eq!(taken, BYTES_MAX / (TEXT_BYTES_MAX + ENTRY_OVERHEAD));
    assert_eq!(outbox.remove_room(&lobby).len(), taken);
    assert_eq!((outbox.len(), outbox.bytes), (0, 0));
    let longer = "x".repeat(TEXT_BYTES_MAX + 1);
    assert_eq!(
        outbox.push(&lobby, message(0, &longer)),
        Err(SendError::TooLong)
    );
}

#[test]
fn only_what_a_lost_channel_carried_is_marked_as_sent_again() {
    let lobby = RoomName::lobby();
    let mut outbox = outbox();
    for local in 1..=3 {
        outbox.push(&lobby, message(local, "x")).unwrap();
    }
    outbox.handed_over(&lobby);
    outbox.handed_over(&lobby);
    assert!(outbox.remove(&lobby, LocalId(1)).is_some());
    outbox.session_lost();
    let mut order = Vec::new();
    while let Some(send) = outbox.next(&lobby) {
        order.push((send.local.0, send.again));
        outbox.handed_over(&lobby);
    }
    assert_eq!(order, [(2, true), (3, false)]);
}

#[test]
fn the_same_message_is_queued_once() {
    let lobby = RoomName::lobby();
    let mut outbox = outbox();
    outbox.push(&lobby, message(1, "x")).unwrap();
    outbox.push(&lobby, message(1, "x")).unwrap();
    assert_eq!(outbox.len(), 1);
}

fn full() -> Refusal {
    Refusal::Store(SafeText::new("disk full"))
}

/// What a session with room for everything takes: which, its number, and whether it resumes.
fn hand_over(outbox: &mut Outbox) -> Vec<(u64, u32, bool)> {
    let mut order = Vec::new();
    while let Some(send) = outbox.next(&RoomName::lobby()) {
        order.push((send.local.0, send.ordinal.number, send.resumes));
        outbox.handed_over(&RoomName::lobby());
    }
    order
}

fn refuse(outbox: &mut Outbox, now: Instant, local: u64, refusal: &Refusal) -> Refused {
    outbox.refused(now, &RoomName::lobby(), LocalId(local), refusal)
}

fn store(outbox: &mut Outbox, local: u64) -> bool {
    outbox.remove(&RoomName::lobby(), LocalId(local)).is_some()
}

/// Line and number of an entry for the lobby.
fn ordinal(outbox: &Outbox, local: u64) -> Ordinal {
    let queue = &outbox.queues[&RoomName::lobby()];
    queue.entries[queue.position(LocalId(local)).unwrap()]
        .send
        .ordinal
}

#[test]
fn each_room_is_counted_from_one_on_a_line_that_is_not_zero() {
    let mut outbox = filled(2);
    let tea: RoomName = "tea".parse().unwrap();
    outbox.push(&tea, message(9, "x")).unwrap();
    assert_eq!(hand_over(&mut outbox), [(1, 1, false), (2, 2, false)]);
    let first_of_tea = outbox.next(&tea).unwrap().ordinal;
    let first_of_lobby = ordinal(&outbox, 1);
    assert_eq!(first_of_tea, first_of_lobby);
    assert_ne!(first_of_tea.line, 0);
    assert!(store(&mut outbox, 1) && store(&mut outbox, 2));
    push(&mut outbox, 3);
    assert_eq!(hand_over(&mut outbox), [(3, 3, false)]);
}

#[test]
fn a_full_disk_holds_the_room_and_then_all_goes_on_in_order_from_the_refused_one() {
    let mut outbox = filled(4);
    hand_over(&mut outbox);
    assert_eq!(refuse(&mut outbox, NOW, 2, &full()), Refused::Delayed);
    // Refused after the first, which is answered later.
    assert!(store(&mut outbox, 1));
    push(&mut outbox, 5);
    assert_eq!(hand_over(&mut outbox), []);
    assert_eq!(outbox.poll_timeout(), Some(NOW + WAIT_MIN));
    outbox.handle_timeout(NOW + WAIT_MIN / 2);
    assert_eq!(hand_over(&mut outbox), []);
    outbox.handle_timeout(NOW + WAIT_MIN);
    assert_eq!(outbox.poll_timeout(), None);
    assert_eq!(hand_over(&mut outbox), [(2, 2, true)]);
    assert!(store(&mut outbox, 2));
    assert_eq!(hand_over(&mut outbox), [(3, 3, false), (4, 4, false)]);
    assert!(store(&mut outbox, 3));
    assert_eq!(hand_over(&mut outbox), [(5, 5, false)]);
}

#[test]
fn a_room_held_again_and_again_is_tried_within_a_second_and_a_half_and_told_of_once() {
    let mut outbox = filled(1);
    let mut now = NOW;
    let mut told = Vec::new();
    for _ in 0..6 {
        hand_over(&mut outbox);
        told.push(refuse(&mut outbox, now, 1, &full()));
        let until = outbox.poll_timeout().unwrap();
        assert!(until <= now + WAIT_MAX);
        now = until;
        outbox.handle_timeout(now);
    }
    assert_eq!(told[0], Refused::Delayed);
    assert_eq!(told[1..], [Refused::Unchanged; 5]);
    hand_over(&mut outbox);
    let other = Refusal::Limit(SafeText::new("too much"));
    assert_eq!(refuse(&mut outbox, now, 1, &other), Refused::Delayed);
    // Something is stored: the next wait is the first.
    assert!(store(&mut outbox, 1));
    push(&mut outbox, 2);
    outbox.handle_timeout(now + WAIT_MAX);
    hand_over(&mut outbox);
    refuse(&mut outbox, now, 2, &full());
    assert_eq!(outbox.poll_timeout(), Some(now + WAIT_MIN));
}

#[test]
fn one_refused_for_good_leaves_no_gap_in_the_numbers() {
    let mut outbox = filled(4);
    hand_over(&mut outbox);
    assert!(store(&mut outbox, 1));
    assert_eq!(
        refuse(&mut outbox, NOW, 2, &Refusal::NotAllowed),
        Refused::Removed
    );
    assert_eq!(outbox.poll_timeout(), None);
    assert_eq!(hand_over(&mut outbox), [(3, 2, true)]);
    assert!(store(&mut outbox, 3));
    push(&mut outbox, 5);
    assert_eq!(hand_over(&mut outbox), [(4, 3, false), (5, 4, false)]);
}

#[test]
fn a_channel_that_stands_still_is_told_to_go_on_even_when_nothing_was_left_to_send() {
    let mut outbox = filled(1);
    hand_over(&mut outbox);
    refuse(&mut outbox, NOW, 1, &Refusal::NotAllowed);
    assert!(!outbox.has(&RoomName::lobby()));
    push(&mut outbox, 2);
    assert_eq!(hand_over(&mut outbox), [(2, 1, true)]);
    // A channel opened anew knows nothing of it.
    refuse(&mut outbox, NOW, 2, &Refusal::NotAllowed);
    outbox.channel_lost(&RoomName::lobby());
    push(&mut outbox, 3);
    assert_eq!(hand_over(&mut outbox), [(3, 1, false)]);
    refuse(&mut outbox, NOW, 3, &full());
    outbox.session_lost();
    assert_eq!(outbox.poll_timeout(), None);
    assert_eq!(hand_over(&mut outbox), [(3, 1, false)]);
}

#[test]
fn entries_that_are_all_refused_are_each_handed_over_about_once() {
    let count = ENTRIES_MAX as u64;
    let mut outbox = filled(count);
    let mut handed = 0;
    for local in 1..=count {
        handed += hand_over(&mut outbox).len();
        let refused = refuse(&mut outbox, NOW, local, &Refusal::NotAllowed);
        assert_eq!(refused, Refused::Removed);
    }
    assert_eq!(outbox.len(), 0);
    assert!(handed <= 2 * ENTRIES_MAX, "{handed}");
}

#[test]
fn a_refusal_of_what_is_stored_after_all_sends_the_rest_again_and_says_so() {
    let mut outbox = filled(3);
    hand_over(&mut outbox);
    // Met in the log while catching up, and refused when it was sent again.
    assert!(store(&mut outbox, 1));
    for local in [1, 99, 2] {
        assert_eq!(refuse(&mut outbox, NOW, local, &full()), Refused::Unchanged);
    }
    assert_eq!(hand_over(&mut outbox), []);
    outbox.handle_timeout(NOW + WAIT_MIN);
    let next = outbox.next(&RoomName::lobby()).unwrap();
    assert_eq!((next.local.0, next.again, next.resumes), (2, true, true));
}

#[test]
fn what_an_earlier_process_may_have_sent_is_not_numbered() {
    let mut outbox = outbox();
    let adopted = Send {
        again: true,
        ..message(1, "x")
    };
    outbox.push(&RoomName::lobby(), adopted).unwrap();
    push(&mut outbox, 2);
    assert_eq!(hand_over(&mut outbox), [(1, 0, false), (2, 1, false)]);
    assert_eq!(ordinal(&outbox, 1), Ordinal::NONE);
    refuse(&mut outbox, NOW, 1, &Refusal::NotAllowed);
    assert_eq!(hand_over(&mut outbox), [(2, 1, true)]);
}

#[test]
fn what_is_offered_again_keeps_its_number_and_goes_before_what_was_never_on_its_way() {
    let mut outbox = filled(3);
    let line = ordinal(&outbox, 1).line;
    outbox.handed_over(&RoomName::lobby());
    for (local, number) in [(71, 50), (72, 51)] {
        let offered = Send {
            ordinal: Ordinal { line, number },
            again: true,
            ..message(local, "x")
        };
        outbox.push(&RoomName::lobby(), offered).unwrap();
    }
    let expected = [
        (71, 50, false),
        (72, 51, false),
        (2, 2, false),
        (3, 3, false),
    ];
    assert_eq!(hand_over(&mut outbox), expected);
    refuse(&mut outbox, NOW, 71, &Refusal::NotAllowed);
    assert_eq!(hand_over(&mut outbox), [(72, 51, true)]);
    assert_eq!(ordinal(&outbox, 2), Ordinal { line, number: 2 });
}

#[test]
fn messages_to_a_room_that_is_refused_leave_no_gap_in_the_numbers() {
    let mut outbox = filled(3);
    hand_over(&mut outbox);
    assert!(store(&mut outbox, 1));
    assert_eq!(outbox.remove_room(&RoomName::lobby()).len(), 2);
    push(&mut outbox, 4);
    assert_eq!(hand_over(&mut outbox), [(4, 2, false)]);
}

#[test]
fn another_relay_gets_another_line_and_no_gap() {
    let mut outbox = filled(4);
    let before = ordinal(&outbox, 1).line;
    assert!(store(&mut outbox, 1));
    outbox.handed_over(&RoomName::lobby());
    outbox.session_lost();
    outbox.relay_changed();
    push(&mut outbox, 5);
    // The second may be stored at the relay before, under its number there.
    assert_eq!(ordinal(&outbox, 2).line, before);
    assert_ne!(ordinal(&outbox, 3).line, before);
    let numbers: Vec<u32> = hand_over(&mut outbox).iter().map(|(_, n, _)| *n).collect();
    assert_eq!(numbers, [2, 1, 2, 3]);
    refuse(&mut outbox, NOW, 2, &Refusal::NotAllowed);
    assert_eq!(hand_over(&mut outbox), [(3, 1, true)]);
}

#[test]
fn what_this_session_has_taken_keeps_its_number_on_another_line() {
    let mut outbox = filled(2);
    let before = ordinal(&outbox, 1);
    outbox.handed_over(&RoomName::lobby());
    outbox.relay_changed();
    assert_eq!(ordinal(&outbox, 1), before);
    assert_ne!(ordinal(&outbox, 2).line, before.line);
    assert_eq!(ordinal(&outbox, 2).number, 1);
}

#[test]
fn more_rooms_than_are_counted_begin_another_line() {
    let mut outbox = outbox();
    let mut lines = std::collections::BTreeSet::new();
    for index in 0..3 * COUNTS_MAX {
        let room: RoomName = format!("room{index}").parse().unwrap();
        outbox.push(&room, message(index as u64, "x")).unwrap();
        let send = outbox.next(&room).unwrap();
        assert_eq!(send.ordinal.number, 1);
        lines.insert(send.ordinal.line);
        assert!(outbox.remove(&room, send.local).is_some());
    }
    assert_eq!(lines.len(), 3);
    assert!(outbox.counts.len() <= COUNTS_MAX);
    assert!(outbox.queues.is_empty());
}
