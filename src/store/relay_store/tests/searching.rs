use super::*;
use crate::room::log::Search;

fn wanted(words: &str, reader: &str) -> Search {
    Search {
        words: words.to_owned(),
        reader: reader.parse().unwrap(),
        room: None,
        from: None,
        after: None,
        count_max: 50,
    }
}

fn locals(store: &RelayStore, search: Search) -> Vec<u64> {
    let found = found(store, search);
    found.iter().map(|found| found.event.local.0).collect()
}

fn texts(texts: &[&str]) -> RelayStore {
    let mut store = RelayStore::open_memory().unwrap();
    append(&mut store, vec![lobby()]);
    let appends = (1..).zip(texts);
    let appends = appends.map(|(n, text)| event(n, n, Body::Message(SafeText::new(text))));
    assert_eq!(append(&mut store, appends.collect()), appended());
    store
}

#[test]
fn every_word_must_occur_and_the_newest_come_first() {
    let store = texts(&[
        "tea at four",
        "Tea time",
        "time for coffee",
        "TÉA, four times",
    ]);
    assert_eq!(locals(&store, wanted("tea", "eve")), [4, 2, 1]);
    assert_eq!(locals(&store, wanted("four tea", "eve")), [4, 1]);
    assert_eq!(locals(&store, wanted("time*", "eve")), [4, 3, 2]);
    assert_eq!(locals(&store, wanted("\"tea time\"", "eve")), [2]);
    assert_eq!(locals(&store, wanted("\"time tea\"", "eve")), [0; 0]);
    assert_eq!(locals(&store, wanted("te", "eve")), [0; 0]);
    assert_eq!(locals(&store, wanted("", "eve")), [0; 0]);
}

#[test]
fn any_run_of_characters_is_found_where_no_spaces_are_written() {
    let store = texts(&[
        "明天会议室见",
        "議室",
        "สวัสดีครับ",
        "안녕하세요 여러분",
        "ひらがな",
        "字",
    ]);
    for (words, found) in [
        ("会议室", 1),
        ("议室", 1),
        ("室见", 1),
        ("見", 0),
        ("天", 1),
        ("議室", 2),
        ("สดี", 3),
        ("ครับ", 3),
        ("하세", 4),
        ("らが", 5),
        ("字", 6),
        ("会室", 0),
    ] {
        let expected: Vec<u64> = (found > 0).then_some(found).into_iter().collect();
        assert_eq!(locals(&store, wanted(words, "eve")), expected, "{words}");
    }
}

#[test]
fn nothing_a_user_types_is_an_error() {
    let store = texts(&["a AND b", "x"]);
    for words in [
        "AND",
        "OR NOT",
        "\"",
        "\"\"\"",
        "a\"b",
        "*",
        "**",
        "^a",
        "text:a",
        "NEAR(a b)",
        "(",
        "a)",
        "-a",
        "{a}",
        "a AND",
        "'",
        ";",
        "\u{0}",
        "_r1",
        "_e1_1",
        "tokens : a",
        "😀",
        "%",
    ] {
        found(&store, wanted(words, "eve"));
    }
    assert_eq!(locals(&store, wanted("and", "eve")), [1]);
    let long = "x ".repeat(128);
    assert_eq!(locals(&store, wanted(&long, "eve")), [2]);
}

#[test]
fn sender_and_room_narrow_it_down() {
    let mut store = texts(&["hello"]);
    let kitchen: RoomName = "kitchen".parse().unwrap();
    let mut by_bob = event_in(&kitchen, 1, 2, Body::Action(SafeText::new("says hello")));
    if let Append::Event { event, .. } = &mut by_bob {
        event.from = "bob".parse().unwrap();
    }
    let log = LogId([5; 8]);
    let room = kitchen.clone();
    append(&mut store, vec![Append::Room { room, log }, by_bob]);

    let all = wanted("hello", "eve");
    assert_eq!(locals(&store, all.clone()), [2, 1]);
    let from = |name: &str| Search {
        from: Some(name.parse().unwrap()),
        ..all.clone()
    };
    assert_eq!(locals(&store, from("bob")), [2]);
    assert_eq!(locals(&store, from("b")), [0; 0]);
    let room = |name: &str| Search {
        room: Some(name.parse().unwrap()),
        ..all.clone()
    };
    assert_eq!(locals(&store, room("kitchen")), [2]);
    assert_eq!(locals(&store, room("nowhere")), [0; 0]);
}

#[test]
fn direct_rooms_are_found_by_their_users_only() {
    let mut store = texts(&["secret"]);
    let room: RoomName = "@alice+bob".parse().unwrap();
    let said = event_in(&room, 1, 2, Body::Message(SafeText::new("secret")));
    let log = LogId([5; 8]);
    append(
        &mut store,
        vec![
            Append::Room {
                room: room.clone(),
                log,
            },
            said,
        ],
    );
    for (reader, found) in [("alice", vec![2, 1]), ("bob", vec![2, 1]), ("eve", vec![1])] {
        assert_eq!(locals(&store, wanted("secret", reader)), found);
        let there = Search {
            room: Some(room.clone()),
            ..wanted("secret", reader)
        };
        let found: Vec<_> = found.into_iter().filter(|local| *local == 2).collect();
        assert_eq!(locals(&store, there), found);
    }
}

#[test]
fn a_search_goes_on_after_a_mark() {
    let store = texts(&["x"; 25]);
    let mut search = wanted("x", "eve");
    search.count_max = 10;
    let mut all = Vec::new();
    loop {
        let page = found(&store, search.clone());
        let Some(last) = page.last() else { break };
        search.after = Some(last.mark);
        all.extend(page.iter().map(|found| found.event.local.0));
    }
    assert_eq!(all, (1..=25).rev().collect::<Vec<_>>());
}

#[test]
fn a_message_is_found_once_by_its_text_as_it_is_now() {
    let mut store = texts(&["tea at four", "coffee at five"]);
    let edit = |seq, text: &str| event(seq, seq, Body::Edit(Seq(1), SafeText::new(text)));
    append(
        &mut store,
        vec![edit(3, "tea at six"), edit(4, "milk at six")],
    );
    assert_eq!(locals(&store, wanted("at", "eve")), [4, 2]);
    assert_eq!(locals(&store, wanted("six", "eve")), [4]);
    assert_eq!(locals(&store, wanted("tea", "eve")), [0; 0]);
    assert_eq!(locals(&store, wanted("four", "eve")), [0; 0]);
    // A text of no words leaves nothing to be found.
    append(&mut store, vec![edit(5, "!")]);
    assert_eq!(locals(&store, wanted("milk", "eve")), [0; 0]);
    append(&mut store, vec![edit(6, "tea again")]);
    assert_eq!(locals(&store, wanted("tea", "eve")), [6]);
}

#[test]
fn an_edit_by_another_device_replaces_nothing() {
    let mut store = texts(&["tea at four"]);
    let mut edit = event(2, 2, Body::Edit(Seq(1), SafeText::new("no tea")));
    if let Append::Event { event, .. } = &mut edit {
        event.device = DeviceId([8; 8]);
    }
    append(&mut store, vec![edit]);
    assert_eq!(locals(&store, wanted("tea", "eve")), [2, 1]);
}

#[test]
fn an_edit_is_found_and_what_its_device_took_back_is_not() {
    let mut store = texts(&["first words", "other words"]);
    append(
        &mut store,
        vec![
            event(3, 3, Body::Edit(Seq(1), SafeText::new("better words"))),
            event(4, 4, Body::Reaction(Seq(1), SafeText::new("words"))),
        ],
    );
    assert_eq!(locals(&store, wanted("words", "eve")), [3, 2]);

    let mut by_other = event(5, 5, Body::Redaction(Seq(2)));
    if let Append::Event { event, .. } = &mut by_other {
        event.device = DeviceId([8; 8]);
    }
    append(&mut store, vec![by_other]);
    assert_eq!(locals(&store, wanted("words", "eve")), [3, 2]);

    append(&mut store, vec![event(6, 6, Body::Redaction(Seq(1)))]);
    assert_eq!(locals(&store, wanted("words", "eve")), [2]);
    let late = event(7, 7, Body::Edit(Seq(1), SafeText::new("words again")));
    append(&mut store, vec![late]);
    assert_eq!(locals(&store, wanted("words", "eve")), [2]);
}

#[test]
fn a_batch_that_fails_is_not_found() {
    let mut store = texts(&["one"]);
    let reply = append(&mut store, vec![message(2, 2), message(9, 9)]);
    assert!(matches!(reply, LogReply::NotAppended { .. }));
    assert_eq!(locals(&store, wanted("hello", "eve")), [0; 0]);
}
