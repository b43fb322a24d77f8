use std::time::Duration;

use super::*;
use crate::room::log::{Cutoff, Search};
use crate::wire::{
    Body, DeviceId, Event, LocalId, LogHash, LogId, Ordinal, RoomName, SafeText, Seq, Timestamp,
};

fn room() -> Append {
    Append::Room {
        room: RoomName::lobby(),
        log: LogId([2; 8]),
    }
}

fn event(seq: u64) -> Append {
    Append::Event {
        room: RoomName::lobby(),
        hash: LogHash([seq as u8; 16]),
        event: Event {
            seq: Seq(seq),
            device: DeviceId([7; 8]),
            local: LocalId(seq),
            ordinal: Ordinal::NONE,
            from: "alice".parse().unwrap(),
            sent_at: Timestamp(5),
            stored_after: 0,
            body: Body::Message(SafeText::new("hi")),
        },
    }
}

async fn reply(log: &mut RelayLog) -> LogReply {
    tokio::time::timeout(Duration::from_secs(60), log.reply())
        .await
        .expect("a reply within a minute")
}

async fn writes_in_order_and_questions_that_see_them(store: RelayStore) {
    let mut log = RelayLog::start(store).unwrap();
    log.ask(LogRequest::Append(vec![room()]));
    for seq in 1..=600 {
        log.ask(LogRequest::Append(vec![event(seq)]));
    }
    log.ask(LogRequest::Prune(Cutoff::default()));
    for _ in 0..=600 {
        assert!(matches!(reply(&mut log).await, LogReply::Appended { .. }));
    }
    assert!(matches!(reply(&mut log).await, LogReply::Pruned { .. }));
    let search = Search {
        words: "hi".to_owned(),
        reader: "eve".parse().unwrap(),
        room: None,
        from: None,
        after: None,
        count_max: 1_000,
    };
    log.ask(LogRequest::Search { ticket: 4, search });
    let found = reply(&mut log).await;
    assert!(matches!(found, LogReply::Found { ticket: 4, found: Ok(found) } if found.len() == 600));
    assert!(log.try_reply().is_none());
}

#[tokio::test]
async fn a_store_in_a_file_answers_on_two_threads() {
    let folder = tempfile::tempdir().unwrap();
    let store = RelayStore::open(&folder.path().join("relay.db")).unwrap();
    writes_in_order_and_questions_that_see_them(store).await;
}

#[tokio::test]
async fn a_store_in_memory_answers_on_one() {
    let store = RelayStore::open_memory().unwrap();
    writes_in_order_and_questions_that_see_them(store).await;
}
