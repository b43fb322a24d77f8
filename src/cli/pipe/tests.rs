use std::time::Duration;

use jiff::tz::TimeZone;
use rand::SeedableRng;

use super::super::inbox::tests::{Played, entered, play, update};
use super::*;
use crate::io::client::{Command, Report};
use crate::wire::{LogId, Refusal};

/// What a relay that stores everything as seq 1 answers to a command.
fn reports_for(command: Command) -> Vec<Report> {
    match command {
        Command::Send { room, send } => vec![match send.body {
            Body::Topic(_) => update(Update::NotStored {
                room,
                local: send.local,
                refusal: Refusal::NotAllowed,
            }),
            _ => update(Update::Stored {
                room,
                local: send.local,
                seq: Seq(1),
            }),
        }],
        Command::Open { room, .. } if room.as_str() == "nowhere" => {
            vec![update(Update::OpenRefused {
                room: room.clone(),
                refusal: Refusal::NoSuchRoom(room),
            })]
        }
        Command::Ask { tag, query } => {
            let part = match query {
                Query::Rooms => Answer::Rooms(Vec::new()),
                Query::Members(_) => Answer::Members(Vec::new()),
                Query::History { .. } => Answer::Events(LogId([1; 8]), Vec::new()),
                Query::Hashes { .. }
                | Query::Search { .. }
                | Query::Numbered { .. }
                | Query::Delivered(_) => panic!("{query:?}"),
            };
            let request = tag + 100;
            vec![
                Report::Asked { tag, request },
                update(Update::Answer {
                    request,
                    part,
                    is_last: true,
                }),
            ]
        }
        Command::Open { .. }
        | Command::Close { .. }
        | Command::Read { .. }
        | Command::Seen { .. }
        | Command::Presence(_)
        | Command::Rename(_)
        | Command::Trust
        | Command::ShutDown => Vec::new(),
    }
}

/// What comes out for this input, and what the client was asked for.
async fn pipe(input: &str) -> (Vec<String>, Vec<Command>) {
    let Played {
        handle,
        mut inbox,
        mut commands,
        reports,
    } = play(Duration::from_secs(10));
    let relay = async move {
        let mut all = Vec::new();
        reports.send(entered("bot")).await.unwrap();
        while let Some(command) = commands.recv().await {
            all.push(command.clone());
            for report in reports_for(command) {
                let _ = reports.send(report).await;
            }
        }
        all
    };
    let mut printed = Vec::new();
    let command = async {
        let mut out = Output::new(&mut printed, true, TimeZone::UTC);
        let device = DeviceId([0xab; 8]);
        let rooms = vec![RoomName::lobby()];
        let mut rng = ChaCha12Rng::from_seed([1; 32]);
        let handle = handle;
        run(
            &handle,
            &mut inbox,
            device,
            rooms,
            input.as_bytes(),
            &mut rng,
            &mut out,
        )
        .await
        .unwrap();
    };
    let ((), commands) = tokio::join!(command, relay);
    let printed = String::from_utf8(printed).unwrap();
    (printed.lines().map(str::to_owned).collect(), commands)
}

#[tokio::test]
async fn everything_sent_is_answered_before_the_pipe_ends() {
    let (lines, commands) = pipe(
        "{\"type\":\"send\",\"room\":\"lobby\",\"text\":\"hi\",\"tag\":\"a\"}\n\
         {\"type\":\"send\",\"to\":\"zoe\",\"text\":\"psst\"}\n\
         {\"type\":\"topic\",\"room\":\"lobby\",\"topic\":\"tea\"}\n\
         {\"type\":\"rooms\"}",
    )
    .await;
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(lines[0].starts_with(r#"{"type":"sent","room":"lobby","seq":1,"id":"ab"#));
    assert!(lines[0].ends_with(r#","state":"stored","tag":"a"}"#));
    assert!(lines[1].starts_with(r#"{"type":"sent","room":"@bot+zoe","seq":1,"#));
    assert!(lines[2].ends_with(r#""state":"failed","reason":"not allowed"}"#));
    assert_eq!(lines[3], r#"{"type":"end","of":"rooms"}"#);
    assert!(matches!(
        &commands[0],
        Command::Open { room, create: false, follow: Follow::Last(0) } if *room == RoomName::lobby()
    ));
}

#[tokio::test]
async fn what_makes_no_sense_is_an_error_line_and_the_pipe_goes_on() {
    let (lines, _) = pipe(
        "hello\n\
         {\"type\":\"dance\"}\n\
         \n\
         {\"type\":\"send\",\"text\":\"hi\"}\n\
         {\"type\":\"send\",\"room\":\"a b\",\"text\":\"hi\"}\n\
         {\"type\":\"send\",\"room\":\"lobby\",\"text\":\"\"}\n\
         {\"type\":\"open\",\"room\":\"nowhere\"}\n\
         {\"type\":\"who\"}",
    )
    .await;
    let expected = [
        "line 1: expected value",
        "line 2: unknown variant `dance`",
        "line 4: give",
        "line 5: contains a character",
        "line 6: the message is empty",
        "can't open",
    ];
    assert_eq!(lines.len(), expected.len() + 1, "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        let prefix = format!("{{\"type\":\"error\",\"text\":\"{expected}");
        assert!(line.starts_with(&prefix), "{line}");
    }
    assert_eq!(lines[6], r#"{"type":"end","of":"who"}"#);
}

#[tokio::test]
async fn thousands_of_lines_go_through_a_bounded_outbox() {
    let input = "{\"type\":\"send\",\"room\":\"lobby\",\"text\":\"hi\"}\n".repeat(3_000);
    let (lines, _) = pipe(&input).await;
    assert_eq!(lines.len(), 3_000);
}
