use super::*;

const OWN: DeviceId = DeviceId([1; 8]);

fn lobby() -> RoomName {
    RoomName::lobby()
}

/// What is kept of the only room open.
fn kept(store: &ClientStore) -> (String, Vec<String>) {
    let mut left = store.left_open(OWN).unwrap();
    let left = left.remove(0);
    (left.draft, left.sent)
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn a_draft_and_lines_come_back_until_the_room_is_closed() {
    let folder = folder();
    let mut store = open(&folder);
    store.set_open(&lobby()).unwrap();
    assert_eq!(kept(&store), (String::new(), vec![]));
    store.set_draft(&lobby(), "ha", &[]).unwrap();
    let sent = lines(&["one", "two"]);
    store.set_draft(&lobby(), "half", &sent).unwrap();
    drop(store);
    let mut store = open(&folder);
    assert_eq!(kept(&store), ("half".to_owned(), sent.clone()));
    store.set_draft(&lobby(), "", &[]).unwrap();
    assert_eq!(kept(&store), (String::new(), sent));
    store.set_closed(&lobby()).unwrap();
    store.set_open(&lobby()).unwrap();
    assert_eq!(kept(&store), (String::new(), vec![]));
}

#[test]
fn the_newest_lines_are_kept_of_each_room() {
    let folder = folder();
    let mut store = open(&folder);
    let other: RoomName = "other".parse().unwrap();
    store.set_open(&lobby()).unwrap();
    store.set_draft(&other, "", &lines(&["elsewhere"])).unwrap();
    for line in 1..=150 {
        let line = format!("line {line}");
        store.set_draft(&lobby(), "", &[line]).unwrap();
    }
    let long = "x".repeat(5_000);
    store.set_draft(&lobby(), "", &[long]).unwrap();
    let (_, sent) = kept(&store);
    assert_eq!((sent.len(), sent[0].as_str()), (100, "line 51"));
    store.set_open(&other).unwrap();
    assert_eq!(store.left_open(OWN).unwrap()[1].sent, ["elsewhere"]);
}

#[test]
fn a_draft_that_became_a_message_is_forgotten_with_its_queuing() {
    let folder = folder();
    let mut store = open(&folder);
    store.set_open(&lobby()).unwrap();
    store.set_draft(&lobby(), "another", &[]).unwrap();
    store.queue(&[(lobby(), message(1))]).unwrap();
    assert_eq!(kept(&store).0, "another");
    store.set_draft(&lobby(), "min ", &[]).unwrap();
    store.queue(&[(lobby(), message(2))]).unwrap();
    assert_eq!(kept(&store).0, "");
}
