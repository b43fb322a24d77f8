use std::time::Duration;

use jiff::tz::TimeZone;
use rand::SeedableRng;

use super::super::inbox::tests::{Played, entered, play, update};
use super::*;
use crate::client::update::MissingSearch;
use crate::io::client::{Command, Report};
use crate::wire::{Event, Found, LogId, Ordinal, Presence, Reader};

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
                Query::Net => Answer::Net(Vec::new()),
                Query::Members(_) => Answer::Members(Vec::new()),
                Query::History { .. } => Answer::Events(LogId([1; 8]), Vec::new()),
                Query::Search { room, .. } => Answer::Found(vec![Found {
                    room: room.unwrap_or(RoomName::lobby()),
                    log: LogId([1; 8]),
                    event: event(),
                    mark: 4711,
                }]),
                Query::Delivered(_) => Answer::Delivered(vec![Reader {
                    name: "bob".parse().unwrap(),
                    seq: Seq(12),
                    read: Seq(9),
                }]),
                Query::Hashes { .. } | Query::Numbered { .. } => panic!("{query:?}"),
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
        Command::TellStats => {
            let rtt_micros = 420;
            vec![Report::Stats(PathStats {
                rtt_micros,
                ..PathStats::default()
            })]
        }
        Command::Open { .. }
        | Command::Close { .. }
        | Command::Read { .. }
        | Command::Seen { .. }
        | Command::TellRead { .. }
        | Command::Typing(_)
        | Command::Presence(..)
        | Command::Rename(_)
        | Command::Trust
        | Command::Draft { .. }
        | Command::ShutDown => Vec::new(),
    }
}

fn event() -> Event {
    Event {
        seq: Seq(12),
        device: DeviceId([2; 8]),
        local: LocalId(1),
        ordinal: Ordinal::NONE,
        from: "bob".parse().unwrap(),
        sent_at: Timestamp(0),
        stored_after: 0,
        body: Body::Message(SafeText::new("tea")),
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
        let rooms = vec![Target::Room(RoomName::lobby())];
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
        "line 1: not JSON at column 1: expected value",
        "line 2: unknown variant `dance`",
        "line 4: give",
        "line 5: the room \\\"a b\\\" contains a blank",
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

#[test]
fn every_request_of_the_manual_is_understood() {
    let (_, said) = super::super::json::tests::examples();
    let mut kinds = std::collections::BTreeSet::new();
    for line in said {
        let request: Result<Request, _> = serde_json::from_str(line);
        assert!(request.is_ok(), "{line}: {request:?}");
        kinds.insert(line.split('"').nth(3).unwrap());
    }
    let all = "close delivered edit history net open presence reaction read redaction rooms search send stats topic typing who";
    assert_eq!(kinds.into_iter().collect::<Vec<_>>().join(" "), all);
}

#[tokio::test]
async fn a_bot_says_whether_it_is_at_hand() {
    let long = "x".repeat(129);
    let (lines, commands) = pipe(&format!(
        "{{\"type\":\"presence\",\"presence\":\"away\",\"status\":\"lunch\\n\"}}\n\
         {{\"type\":\"presence\",\"presence\":\"here\"}}\n\
         {{\"type\":\"presence\",\"presence\":\"gone\"}}\n\
         {{\"type\":\"presence\",\"presence\":\"away\",\"status\":\"{long}\"}}"
    ))
    .await;
    assert!(lines[0].contains("line 3: unknown variant `gone`"));
    assert!(lines[1].contains("line 4: the status is over 128 bytes"));
    assert_eq!(lines.len(), 2);
    let said = |command: &Command| matches!(command, Command::Presence(..));
    let commands: Vec<_> = commands.into_iter().filter(said).collect();
    let presence = |presence, text| Command::Presence(presence, SafeText::new(text));
    assert_eq!(
        commands,
        [
            presence(Presence::Away, "lunch"),
            presence(Presence::Here, "")
        ]
    );
}

#[tokio::test]
async fn a_bot_searches_and_asks_who_has_read() {
    let (lines, commands) = pipe(
        "{\"type\":\"search\",\"words\":\"tea\",\"room\":\"@zoe\",\"after\":9}\n\
         {\"type\":\"delivered\",\"room\":\"lobby\"}\n\
         {\"type\":\"search\",\"words\":\" \"}",
    )
    .await;
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(lines[0].starts_with(r#"{"type":"error","text":"line 3: there is nothing"#));
    assert!(lines[1].starts_with(r#"{"type":"message","room":"@bot+zoe","#));
    assert!(lines[1].ends_with(r#","mark":4711}"#), "{}", lines[1]);
    assert_eq!(lines[2], r#"{"type":"end","of":"search"}"#);
    assert_eq!(
        lines[3],
        r#"{"type":"reader","room":"lobby","name":"bob","seq":12,"read":9}"#
    );
    assert_eq!(lines[4], r#"{"type":"end","of":"delivered"}"#);
    let asked = commands.iter().find_map(|command| match command {
        Command::Ask { query, .. } => Some(query),
        _ => None,
    });
    let expected = Query::Search {
        words: "tea".to_owned(),
        room: Some("@bot+zoe".parse().unwrap()),
        from: None,
        after: Some(9),
        count: 20,
    };
    assert_eq!(asked, Some(&expected));
}

/// What comes out when the client says this, and how the pipe ends. Something is sent that is never
/// answered, and the input ends.
async fn hear(reports: Vec<Report>) -> (Vec<String>, CliError) {
    let mut played = play(Duration::from_millis(50));
    played.reports.send(entered("bot")).await.unwrap();
    let mut printed = Vec::new();
    let mut out = Output::new(&mut printed, true, TimeZone::UTC);
    let mut rng = ChaCha12Rng::from_seed([1; 32]);
    let input = &br#"{"type":"send","room":"lobby","text":"hi","tag":"a"}"#[..];
    let (handle, device) = (played.handle, DeviceId([0xab; 8]));
    let mut commands = played.commands;
    let telling = async {
        let local = loop {
            match commands.recv().await {
                Some(Command::Send { send, .. }) => break send.local,
                Some(_) => {}
                None => panic!("nothing was sent"),
            }
        };
        for mut report in reports {
            if let Report::Update {
                update: Update::Delayed { local: delayed, .. },
                ..
            } = &mut report
            {
                *delayed = local;
            }
            played.reports.send(report).await.unwrap();
        }
        std::future::pending::<()>().await;
    };
    let inbox = &mut played.inbox;
    let result = tokio::select! {
        result = run(&handle, inbox, device, Vec::new(), input, &mut rng, &mut out) => result,
        () = telling => unreachable!("it waits for ever"),
    };
    let printed = String::from_utf8(printed).unwrap();
    let lines = printed.lines().map(str::to_owned).collect();
    (lines, result.unwrap_err())
}

#[tokio::test]
async fn what_happens_to_a_log_is_told() {
    let (room, log) = (RoomName::lobby(), LogId([1; 8]));
    let bob = || "bob".parse().unwrap();
    let missing = |search| Update::Missing {
        room: RoomName::lobby(),
        from: "bob".parse().unwrap(),
        count: 2,
        search,
    };
    let updates = [
        Update::Delivered {
            room: room.clone(),
            name: bob(),
            seq: Seq(12),
        },
        Update::Typing {
            room: room.clone(),
            name: bob(),
        },
        missing(MissingSearch::Asking),
        missing(MissingSearch::InVain),
        Update::Gone {
            room: room.clone(),
            count: 300,
        },
        Update::Diverged {
            room: room.clone(),
            log,
            at: Seq(13),
        },
        // These say nothing that does not come again.
        Update::Queued {
            room: room.clone(),
            local: LocalId(7),
        },
        Update::Ahead {
            room,
            log,
            event: event(),
        },
    ];
    let (lines, error) = hear(updates.into_iter().map(update).collect()).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(
        lines,
        [
            r#"{"type":"delivered","room":"lobby","name":"bob","seq":12}"#,
            r#"{"type":"typing","room":"lobby","name":"bob"}"#,
            r#"{"type":"missing","room":"lobby","from":"bob","count":2,"found":null}"#,
            r#"{"type":"missing","room":"lobby","from":"bob","count":2,"found":false}"#,
            r#"{"type":"gone","room":"lobby","count":300}"#,
            r#"{"type":"diverged","room":"lobby","log":"0101010101010101","at":13}"#,
        ]
    );
}

#[tokio::test]
async fn a_message_that_the_relay_has_no_room_for_is_told_and_fails_at_the_end() {
    let delayed = Update::Delayed {
        room: RoomName::lobby(),
        local: LocalId(0),
        refusal: Refusal::Store(SafeText::new("the disk is full")),
    };
    let (lines, error) = hear(vec![update(delayed)]).await;
    assert_eq!(error.kind(), ErrorKind::Failed);
    let reason = "the relay could not store it: the disk is full";
    assert_eq!(error.to_string(), format!("error: {reason}"));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with(r#"{"type":"delayed","room":"lobby","id":"ab"#));
    let rest = format!(r#","reason":"{reason}","tag":"a"}}"#);
    assert!(lines[0].ends_with(&rest), "{}", lines[0]);
    assert!(lines[1].ends_with(&format!(r#","state":"failed"{rest}"#)));
}

#[tokio::test]
async fn a_bot_learns_how_its_own_path_is() {
    let (lines, commands) = pipe("{\"type\":\"stats\"}\n").await;
    assert!(commands.contains(&Command::TellStats), "{commands:?}");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with(r#"{"type":"stats","rtt_ms":0.42,"#),
        "{}",
        lines[0]
    );
    assert_eq!(lines[1], r#"{"type":"end","of":"stats"}"#);
}
