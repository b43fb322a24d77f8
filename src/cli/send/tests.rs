use std::time::Duration;

use jiff::tz::TimeZone;
use rand::SeedableRng;
use tokio::io::AsyncReadExt;

use super::super::error::ErrorKind;
use super::super::inbox::tests::{Played, entered, play, update};
use super::*;
use crate::io::client::{Command, Report};
use crate::wire::{Body, Cursor, LogHash, LogId, Opened, Refusal, Seq};

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
