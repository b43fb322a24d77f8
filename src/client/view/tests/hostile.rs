//! Relays that break the rules, and more of everything than there may be.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::*;

#[test]
fn rooms_are_bounded_and_idle_ones_make_space() {
    let mut view = View::new(ME);
    view.enter(welcome(1));
    for index in 0..ROOMS_MAX as u32 {
        let room: RoomName = format!("room{index}").parse().unwrap();
        view.send(&room, message(u64::from(index))).unwrap();
    }
    assert_eq!(
        view.send(&lobby(), message(5000)),
        Err(SendError::TooManyRooms)
    );
    said(&mut view);
    handle(&mut view, [opened(LOG, 0, 0)]);
    said(&mut view);
    let idle = view.channels[&1].clone();
    let local = view.outbox.remove(&idle, LocalId(0)).unwrap().local;
    assert_eq!(local, LocalId(0));
    view.send(&lobby(), message(5000)).unwrap();
    let close = ToRelay::Close {
        channel: 1,
        leave: false,
    };
    assert_eq!(
        said(&mut view),
        [
            (CONTROL_CHANNEL, close),
            open_lobby(ROOMS_MAX as u32 + 1, Follow::Nothing)
        ]
    );
}

#[test]
fn places_out_of_range_end_the_session() {
    let mut view = View::new(ME);
    view.open(lobby(), false, follow_last());
    view.enter(welcome(1));
    said(&mut view);
    let result = view.handle_message(1, opened(LOG, u64::MAX, u64::MAX));
    assert_eq!(result, Err(Violation::Range));
    let mut view = in_lobby(follow_last(), SEQ_MAX.0);
    let result = view.handle_message(1, event(SEQ_MAX.0 + 1, OTHER, 1));
    assert_eq!(result, Err(Violation::Range));
}

#[test]
fn whatever_a_relay_says_nothing_panics_and_order_holds() {
    for seed in 0..300 {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let mut view = View::new(ME);
        view.open(lobby(), true, follow_last());
        let mut local = 0;
        let mut last = std::collections::BTreeMap::new();
        for _ in 0..200 {
            let seq = rng.random_range(0..12);
            let of = rng.random_range(0..12);
            let stream = rng.random_range(0..4);
            let log = LogId([rng.random_range(0..2); 8]);
            let message = match rng.random_range(0..12) {
                0 => opened(log, seq, of),
                1..=3 => event(seq, if of % 2 == 0 { ME } else { OTHER }, of),
                4..=5 => stored(of, seq),
                6 => ToMember::NotStored {
                    local: LocalId(of),
                    refusal: Refusal::NotAllowed,
                },
                7 => ToMember::Refused {
                    subject: of as u32,
                    refusal: Refusal::NotAllowed,
                },
                8 => {
                    view.enter(welcome(seq as u8 % 2));
                    continue;
                }
                9 => {
                    local += 1;
                    view.send(&lobby(), self::message(local)).unwrap();
                    continue;
                }
                10 => {
                    said(&mut view);
                    continue;
                }
                _ => {
                    view.seen(NOW, &lobby(), Seq(seq));
                    continue;
                }
            };
            if view.handle_message(stream, message).is_err() {
                view.lost();
            }
            while let Some(update) = view.poll_update() {
                match update {
                    Update::Opened { opened, .. } => {
                        // A log that ends before what was read of it has lost events.
                        let last = last.entry(opened.head.log).or_insert(opened.after);
                        if *last > opened.head.seq {
                            *last = opened.after;
                        }
                        *last = (*last).max(opened.after);
                    }
                    Update::Event { log, event, .. } => {
                        let last = last.get_mut(&log).expect("opened before");
                        assert_eq!(event.seq, last.next(), "seed {seed}");
                        *last = event.seq;
                    }
                    _ => {}
                }
            }
        }
    }
}
