use std::time::Duration;

use super::*;
use crate::wire::{Body, Ordinal, SafeText};

const LOG: LogId = LogId([3; 8]);
const OWN: DeviceId = DeviceId([1; 8]);

fn received(seq: u64) -> Received {
    Received {
        room: RoomName::lobby(),
        log: LOG,
        event: Event {
            seq: Seq(seq),
            device: OWN,
            local: LocalId(seq),
            ordinal: Ordinal::NONE,
            from: "alice".parse().unwrap(),
            sent_at: Timestamp(5),
            stored_after: 0,
            body: Body::Message(SafeText::new("hi")),
        },
        hash: LogHash([7; 16]),
        received_at: Timestamp(9),
    }
}

fn message(local: u64) -> Send {
    let body = Body::Message(SafeText::new("mine"));
    Send::new(LocalId(local), Timestamp(4), body)
}

async fn outcome(history: &mut History) -> Outcome {
    tokio::time::timeout(Duration::from_secs(60), history.outcome())
        .await
        .expect("an outcome within a minute")
}

/// Passes over whatever is not about recorded events.
async fn recorded_up_to(history: &mut History) -> u64 {
    loop {
        if let Outcome::Recorded(places) = outcome(history).await {
            return places[0].1.0;
        }
    }
}

#[tokio::test]
async fn what_a_dead_process_left_comes_before_anything_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alice.db");
    let mut dying = ClientStore::open(&path).unwrap();
    let lobby = RoomName::lobby();
    dying.set_open(&lobby).unwrap();
    dying
        .queue(&[(lobby.clone(), message(8)), (lobby.clone(), message(3))])
        .unwrap();
    drop(dying);

    let mut history = History::start(&path, OWN).unwrap();
    history.queue(lobby.clone(), message(1));
    history.recall(lobby.clone());
    let Outcome::Found { left_open, adopted } = outcome(&mut history).await else {
        panic!("found comes first");
    };
    assert_eq!(left_open[0].room, lobby);
    let locals: Vec<_> = adopted.iter().map(|(_, send)| send.local.0).collect();
    assert_eq!(locals, [8, 3]);
    let queued = outcome(&mut history).await;
    assert!(matches!(queued, Outcome::Queued(_, send) if send.local.0 == 1));
    history.end();
}

#[tokio::test]
async fn a_message_about_an_event_is_queued_with_the_hash_up_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alice.db");
    let lobby = RoomName::lobby();
    let mut history = History::start(&path, OWN).unwrap();
    outcome(&mut history).await;
    history.record(received(1));
    history.flush();
    assert_eq!(recorded_up_to(&mut history).await, 1);
    let reply = Body::Reply(Seq(1), SafeText::new("yes"));
    let send = Send::new(LocalId(5), Timestamp(0), reply);
    history.queue(lobby.clone(), send.clone());
    history.queue_again(vec![(lobby, send)]);
    let mut targets = Vec::new();
    while targets.len() < 2 {
        match outcome(&mut history).await {
            Outcome::Queued(_, send) => targets.push(send.target),
            Outcome::QueuedAgain(sends) => targets.push(sends[0].1.target),
            _ => {}
        }
    }
    assert_eq!(targets, [Some(LogHash([7; 16])); 2]);
    history.end();
}

#[tokio::test]
async fn what_was_read_is_recalled_with_its_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::start(&folder.path().join("alice.db"), OWN).unwrap();
    history.record(received(1));
    history.record(received(2));
    history.flush();
    history.recall(RoomName::lobby());
    assert_eq!(recorded_up_to(&mut history).await, 2);
    let Outcome::Recalled {
        read_to,
        hashes,
        events,
        ..
    } = outcome(&mut history).await
    else {
        panic!("recalled");
    };
    assert_eq!(read_to.unwrap().seq, Seq(2));
    assert_eq!(hashes, (Seq(1), vec![LogHash([7; 16]); 2]));
    assert_eq!(events, [received(1), received(2)]);
    history.own(RoomName::lobby(), LOG, Seq(2), Timestamp(0));
    let own = outcome(&mut history).await;
    assert!(matches!(own, Outcome::Own { events, .. } if events[0].seq == Seq(2)));
    history.end();
}

/// Another connection that keeps the database from being written, as a full disk does.
fn refuse_writing(path: &Path) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(path).unwrap();
    other
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON history
             BEGIN SELECT raise(ABORT, 'no room'); END",
        )
        .unwrap();
    other
}

#[tokio::test]
async fn what_could_not_be_written_is_written_when_there_is_room_though_nothing_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alice.db");
    let mut history = History::start(&path, OWN).unwrap();
    outcome(&mut history).await;
    let other = refuse_writing(&path);
    history.record(received(1));
    history.flush();
    let failed = outcome(&mut history).await;
    assert!(matches!(failed, Outcome::Failed { local: None, .. }));

    other.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(recorded_up_to(&mut history).await, 1);
    history.end();
}

#[tokio::test]
async fn events_given_up_are_a_gap_that_the_cursor_and_the_relay_never_see_passed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alice.db");
    let mut history = History::start(&path, OWN).unwrap();
    outcome(&mut history).await;
    history.record(received(1));
    history.flush();
    assert_eq!(recorded_up_to(&mut history).await, 1);

    let other = refuse_writing(&path);
    let kept = RETRY_EVENTS_MAX as u64 + 1;
    for seq in 2..=kept + 100 {
        history.record(received(seq));
    }
    history.flush();
    let failed = outcome(&mut history).await;
    assert!(matches!(failed, Outcome::Failed { local: None, .. }));
    other.execute_batch("DROP TRIGGER full").unwrap();
    history.record(received(kept + 101));
    history.flush();
    assert_eq!(recorded_up_to(&mut history).await, kept);
    history.record(received(kept + 102));
    history.flush();
    assert_eq!(recorded_up_to(&mut history).await, kept);
    history.end();
    let store = ClientStore::open(&path).unwrap();
    let read_to = store.cursor(&RoomName::lobby()).unwrap().unwrap();
    assert_eq!(read_to.seq, Seq(kept));
}
