use std::time::Duration;

use jiff::tz::TimeZone;
use rand::SeedableRng;
use tokio::io::AsyncReadExt;

use super::super::error::ErrorKind;
use super::super::inbox::tests::{Played, entered, play, update};
use super::*;
use crate::client::Contact;
use crate::io::client::{Command, Report};
use crate::wire::{Body, Cursor, LocalId, LogHash, Opened, Refusal, Seq};

const DEVICE: DeviceId = DeviceId([0xab; 8]);

fn opened(room: &RoomName) -> Report {
    let head = Cursor {
        hash: LogHash::EMPTY,
        log: LogId([1; 8]),
        seq: Seq(40),
    };
    update(Update::Opened {
        room: room.clone(),
        opened: Opened {
            hash: LogHash::EMPTY,
            first: Seq(1),
            head,
            after: Seq(40),
            topic: SafeText::default(),
        },
    })
}

/// Plays a relay that numbers what it stores from 41 on and refuses what says "no", and returns
/// the result, what was printed, and the texts that came.
async fn send(
    target: Target,
    messages: Messages<&[u8]>,
) -> (Result<(), CliError>, String, Vec<String>) {
    let Played {
        handle,
        mut inbox,
        mut commands,
        reports,
    } = play(Duration::from_secs(10));
    let relay = async move {
        let mut texts = Vec::new();
        // An error means that the command has ended without a relay.
        let _ = reports.send(entered("alice2")).await;
        while let Some(command) = commands.recv().await {
            let report = match command {
                Command::Open { room, .. } => opened(&room),
                Command::Send { room, send } => {
                    let Body::Message(text) = &send.body else {
                        panic!("{send:?}");
                    };
                    texts.push(text.to_string());
                    let (local, seq) = (send.local, Seq(40 + texts.len() as u64));
                    update(match text.as_str() {
                        "no" => Update::NotStored {
                            room,
                            local,
                            refusal: Refusal::NotAllowed,
                        },
                        _ => Update::Stored { room, local, seq },
                    })
                }
                other => panic!("{other:?}"),
            };
            if reports.send(report).await.is_err() {
                break;
            }
        }
        texts
    };
    let mut printed = Vec::new();
    let command = async {
        let mut out = Output::new(&mut printed, true, TimeZone::UTC);
        let options = SendOptions {
            target,
            create: false,
            device: DEVICE,
            rate: None,
            wait: Wait::Stored,
        };
        let mut rng = ChaCha12Rng::from_seed([1; 32]);
        let result = run(&handle, &mut inbox, options, messages, &mut rng, &mut out).await;
        drop((handle, inbox));
        result
    };
    let (result, texts) = tokio::join!(command, relay);
    (result, String::from_utf8(printed).unwrap(), texts)
}

#[tokio::test]
async fn one_message_is_stored_and_told() {
    let one = Messages::One("hi there".to_owned());
    let (result, printed, texts) = send(Target::Room(RoomName::lobby()), one).await;
    assert_eq!(result, Ok(()));
    assert_eq!(texts, ["hi there"]);
    assert!(printed.starts_with(r#"{"type":"sent","room":"lobby","seq":41,"id":"ab"#));
    assert_eq!(printed.lines().count(), 1);
}

#[tokio::test]
async fn a_direct_room_is_named_by_the_name_the_relay_gave() {
    let user = Target::User("bob".parse().unwrap());
    let (result, printed, _) = send(user, Messages::One("psst".to_owned())).await;
    assert_eq!(result, Ok(()));
    assert!(printed.contains(r#""room":"@alice2+bob","#), "{printed}");
}

#[tokio::test]
async fn thousands_of_lines_keep_their_order() {
    let lines: Vec<String> = (0..3_000).map(|number| number.to_string()).collect();
    let input = lines.join("\n\n");
    let target = Target::Room(RoomName::lobby());
    let (result, printed, texts) = send(target, Messages::Lines(input.as_bytes())).await;
    assert_eq!(result, Ok(()));
    assert_eq!(texts, lines);
    for (line, seq) in printed.lines().zip(41..) {
        assert!(line.contains(&format!("\"seq\":{seq},")), "{line}");
    }
    assert_eq!(printed.lines().count(), 3_000);
}

#[tokio::test]
async fn a_line_too_long_is_named_and_those_before_it_are_stored() {
    let input = format!("one\n\ntwo\n{}\nfour\n", "x".repeat(TEXT_BYTES_MAX + 1));
    let target = Target::Room(RoomName::lobby());
    let (result, printed, texts) = send(target, Messages::Lines(input.as_bytes())).await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "error: line 4 is over 16 KiB\n\
         hint: the lines before it are stored, those after it are not sent"
    );
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(printed.lines().count(), 2);
}

#[tokio::test]
async fn a_refused_line_is_named() {
    let target = Target::Room(RoomName::lobby());
    let (result, printed, _) = send(target, Messages::Lines(&b"yes\nno\nyes\n"[..])).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(
        error
            .to_string()
            .starts_with("error: line 2: not allowed\n")
    );
    assert!(printed.contains(r#""state":"failed","reason":"not allowed"}"#));
}

#[tokio::test]
async fn empty_and_oversized_texts_are_not_sent() {
    for (text, expected) in [
        (String::new(), "error: the message is empty"),
        ("\u{200b}".to_owned(), "error: the message is empty"),
        (
            "x".repeat(TEXT_BYTES_MAX + 1),
            "error: the message is over 16 KiB",
        ),
    ] {
        let target = Target::Room(RoomName::lobby());
        let (result, _, texts) = send(target, Messages::One(text)).await;
        let error = result.unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.kind()),
            (expected, ErrorKind::Usage)
        );
        assert!(texts.is_empty());
    }
}

#[tokio::test]
async fn an_unanswered_message_is_an_error_and_idle_input_is_not() {
    let Played {
        handle,
        mut inbox,
        mut commands,
        reports,
    } = play(Duration::from_millis(50));
    reports.send(entered("alice")).await.unwrap();
    reports.send(opened(&RoomName::lobby())).await.unwrap();
    let (reader, writer) = tokio::io::duplex(64);
    let command = async {
        let mut out = Output::new(Vec::new(), true, TimeZone::UTC);
        let options = SendOptions {
            target: Target::Room(RoomName::lobby()),
            create: false,
            device: DEVICE,
            rate: None,
            wait: Wait::Stored,
        };
        let messages = Messages::Lines(tokio::io::BufReader::new(reader));
        let mut rng = ChaCha12Rng::from_seed([1; 32]);
        run(&handle, &mut inbox, options, messages, &mut rng, &mut out).await
    };
    let typist = async {
        let idle =
            tokio::time::timeout(Duration::from_millis(200), commands_but_open(&mut commands));
        assert!(idle.await.is_err(), "something was sent");
        let mut writer = writer;
        tokio::io::AsyncWriteExt::write_all(&mut writer, b"hello\n")
            .await
            .unwrap();
        // Kept open: only the missing answer can end the command.
        let _ = writer.read_u8().await;
    };
    tokio::select! {
        result = command => {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unreachable);
        }
        () = typist => panic!("the input was closed"),
    }
}

async fn commands_but_open(commands: &mut tokio::sync::mpsc::UnboundedReceiver<Command>) {
    while let Some(Command::Open { .. }) = commands.recv().await {}
}

/// Sends lines to a relay that says what `answer` says to the nth message, from 1 on, and returns
/// the result and what was printed.
async fn answered(
    patience: Duration,
    wait: Wait,
    input: &str,
    is_durable: bool,
    mut answer: impl FnMut(u64, LocalId) -> Vec<Update>,
) -> (Result<(), CliError>, String) {
    let Played {
        handle,
        mut inbox,
        mut commands,
        reports,
    } = play(patience);
    let relay = async {
        let mut report = entered("alice");
        if let Report::Update {
            update: Update::Contact(Contact::Entered { welcome, .. }),
            ..
        } = &mut report
        {
            welcome.is_durable = is_durable;
        }
        reports.send(report).await.unwrap();
        let mut sends = 0;
        while let Some(command) = commands.recv().await {
            match command {
                Command::Open { room, .. } => reports.send(opened(&room)).await.unwrap(),
                Command::Send { send, .. } => {
                    sends += 1;
                    for said in answer(sends, send.local) {
                        reports.send(update(said)).await.unwrap();
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    };
    let mut printed = Vec::new();
    let mut out = Output::new(&mut printed, true, TimeZone::UTC);
    let options = SendOptions {
        target: Target::Room(RoomName::lobby()),
        create: false,
        device: DEVICE,
        rate: None,
        wait,
    };
    let mut rng = ChaCha12Rng::from_seed([1; 32]);
    let messages = Messages::Lines(input.as_bytes());
    let result = tokio::select! {
        result = run(&handle, &mut inbox, options, messages, &mut rng, &mut out) => result,
        () = relay => panic!("the relay ended"),
    };
    (result, String::from_utf8(printed).unwrap())
}

fn stored(seq: u64, local: LocalId) -> Update {
    Update::Stored {
        room: RoomName::lobby(),
        local,
        seq: Seq(seq),
    }
}

fn delivered(name: &str, seq: u64) -> Update {
    Update::Delivered {
        room: RoomName::lobby(),
        name: name.parse().unwrap(),
        seq: Seq(seq),
    }
}

/// The place and state of each line, and who has it.
fn states(printed: &str) -> Vec<(Option<u64>, String)> {
    let state = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let by = line["by"].as_str().map(|by| format!(" by {by}"));
        let state = line["state"].as_str().unwrap().to_owned();
        (line["seq"].as_u64(), state + &by.unwrap_or_default())
    };
    printed.lines().map(state).collect()
}

#[tokio::test]
async fn delivered_is_waited_for_message_by_message() {
    let patience = Duration::from_secs(10);
    let answer = |sends, local| match sends {
        // Somebody has all that was there before, and then the first of the new ones.
        1 => vec![delivered("bob", 40), stored(41, local)],
        2 => vec![delivered("bob", 41), stored(42, local)],
        // The others are read at once, and "read" may come before "stored".
        _ => vec![
            delivered("eve", 43),
            stored(43, local),
            delivered("bob", 43),
        ],
    };
    let (result, printed) = answered(patience, Wait::Delivered, "a\nb\nc\n", true, answer).await;
    assert_eq!(result, Ok(()));
    let by = |seq, name: &str| (Some(seq), format!("delivered by {name}"));
    assert_eq!(
        states(&printed),
        [by(41, "bob"), by(42, "eve"), by(43, "eve")]
    );
}

#[tokio::test]
async fn what_nobody_reads_is_told_to_be_stored() {
    let patience = Duration::from_millis(50);
    let answer = |sends, local| match sends {
        1 => vec![stored(41, local), delivered("bob", 41)],
        _ => vec![stored(40 + sends, local)],
    };
    let (result, printed) = answered(patience, Wait::Delivered, "a\nb\nc\n", true, answer).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(
        error.to_string(),
        "error: line 2: stored as #42 of \"lobby\", but not delivered within 0.05 s\n\
         hint: it waits at the relay until somebody else reads the room"
    );
    let expected = [(41, "delivered by bob"), (42, "stored"), (43, "stored")];
    assert_eq!(
        states(&printed),
        expected.map(|(seq, state)| (Some(seq), state.to_owned()))
    );
}

#[tokio::test]
async fn a_log_that_is_started_anew_ends_the_wait() {
    let answer = |_, local| {
        let Report::Update { update, .. } = opened(&RoomName::lobby()) else {
            panic!("it is an update");
        };
        let Update::Opened { room, mut opened } = update else {
            panic!("it is open");
        };
        opened.head.log = LogId([2; 8]);
        // The same place, in another log.
        vec![
            stored(41, local),
            Update::Opened { room, opened },
            delivered("bob", 41),
        ]
    };
    let patience = Duration::from_secs(10);
    let (result, printed) = answered(patience, Wait::Delivered, "a", true, answer).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.to_string().contains("stored as #41"), "{error}");
    assert_eq!(states(&printed), [(Some(41), "stored".to_owned())]);
}

#[tokio::test]
async fn a_relay_without_a_disk_holds_messages() {
    let answer = |_, local| vec![stored(41, local)];
    let patience = Duration::from_secs(10);
    let (result, printed) = answered(patience, Wait::Stored, "a", false, answer).await;
    assert_eq!(result, Ok(()));
    assert_eq!(states(&printed), [(Some(41), "held".to_owned())]);
}

fn delayed(local: LocalId) -> Update {
    Update::Delayed {
        room: RoomName::lobby(),
        local,
        refusal: Refusal::Store(SafeText::new("the disk is full")),
    }
}

#[tokio::test]
async fn a_relay_that_has_no_room_is_waited_for() {
    let patience = Duration::from_millis(50);
    // The first is delayed until the second is sent, the third for good.
    let mut first = None;
    let answer = |sends, local| match sends {
        1 => {
            first = Some(local);
            vec![delayed(local)]
        }
        2 => vec![stored(41, first.unwrap()), stored(42, local)],
        3 => vec![delayed(local)],
        _ => Vec::new(),
    };
    let (result, printed) = answered(patience, Wait::Stored, "a\nb\nc\nd\n", true, answer).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert_eq!(
        error.to_string(),
        "error: line 3: the relay could not store it: the disk is full\n\
         hint: --json tells what became of each line"
    );
    let expected = [
        (Some(41), "stored"),
        (Some(42), "stored"),
        (None, "failed"),
        (None, "failed"),
    ];
    assert_eq!(
        states(&printed),
        expected.map(|(seq, state)| (seq, state.to_owned()))
    );
    assert_eq!(
        printed.matches("\"reason\":\"the relay could not").count(),
        2
    );
}

#[tokio::test]
async fn a_relay_that_is_lost_while_it_has_no_room_is_a_relay_that_does_not_answer() {
    let patience = Duration::from_millis(50);
    let answer = |_, local| {
        let lost = Contact::Lost {
            reason: crate::client::update::LossReason::Silent,
        };
        vec![delayed(local), Update::Contact(lost)]
    };
    let (result, printed) = answered(patience, Wait::Stored, "a", true, answer).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Unreachable);
    assert_eq!(printed, "");
}
