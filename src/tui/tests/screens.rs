use super::*;
use crate::wire::Refusal;

#[test]
fn marks_show_how_far_a_message_got() {
    let mut desk = Desk::entered();
    let mut sent = Vec::new();
    for text in ["delivered", "stored", "refused", "queued"] {
        sent.push(desk.send_line(text));
    }
    desk.stored(sent[0], "delivered");
    desk.delivered();
    desk.stored(sent[1], "stored");
    let refusal = Refusal::Limit(SafeText::new("10 messages a second"));
    desk.update(Update::NotStored {
        room: lobby(),
        local: sent[2],
        refusal,
    });
    desk.shows(
        60,
        12,
        r"
 1 #lobby


───────────────── Monday 23 November 2026 ──────────────────
12:00 ✓✓      alice  delivered
12:00  ✓      alice  stored
12:00  ✗      alice  refused
                     not sent: the relay's limit is reached:
                     10 messages a second
12:00  …      alice  queued
─ #lobby  relay box1  encrypted  rtt 0.4 ms  unsent 1 ──────
> Write to #lobby, or /help
",
    );
}

#[test]
fn a_long_chinese_message_wraps_by_its_width() {
    let mut desk = Desk::entered();
    desk.says(
        "bob",
        "今天早上的会议改到下午三点，请大家准时参加。地点不变，还是二楼的小会议室。",
    );
    desk.shows(
        40,
        12,
        r"
 1 #lobby




─────── Monday 23 November 2026 ────────
12:00       bob  今天早上的会议改到下午
                 三点，请大家准时参加。
                 地点不变，还是二楼的小
                 会议室。
─ #lobby  relay box1  encrypted ────────
> Write to #lobby, or /help
",
    );
}

#[test]
fn columns_hold_whatever_the_clusters_are() {
    let mut desk = Desk::entered();
    for text in ["👨‍👩‍👧‍👦|", "❤️|", "e\u{301}\u{302}|", "👍🏽🇩🇪|", "नमस्ते|"]
    {
        desk.says("bob", text);
    }
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    // The text starts at column 21 of rows 17 to 21; the bar follows it, and the border holds.
    for (row, columns) in (17..).zip([2, 2, 1, 4, 4]) {
        assert_eq!(buffer[(21 + columns, row)].symbol(), "|", "row {row}");
        assert_eq!(buffer[(64, row)].symbol(), "│", "row {row}");
    }
}

#[test]
fn scrollback_stays_put_while_lines_arrive() {
    let mut desk = Desk::entered();
    desk.chatter(30);
    desk.draw(40, 12);
    desk.press("PageUp");
    let screen = r"
 1 #lobby
12:00       bob  line 14
12:00       bob  line 15
12:00       bob  line 16
12:00       bob  line 17
12:00       bob  line 18
12:00       bob  line 19
12:00       bob  line 20
12:00       bob  line 21
12:00       bob  line 22
─ #lobby  relay box1 ─────────── ↓ End ─
> Write to #lobby, or /help
";
    desk.shows(40, 12, screen);

    desk.says("bob", "line 31");
    desk.says("bob", "line 32");
    let screen = screen.replace("#lobby\n1", "#lobby 2\n1");
    let screen = screen.replace("── ↓ End", " ↓ 2 new");
    desk.shows(40, 12, &screen);

    // Wrapped anew, the same line stays the lowest.
    desk.draw(30, 12);
    desk.shows(40, 12, &screen);

    desk.press("End");
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[9], "12:00       bob  line 32");
}

#[test]
fn scrolling_down_follows_the_end_again() {
    let mut desk = Desk::entered();
    desk.chatter(30);
    desk.draw(40, 12);
    desk.press("S-Up C-Up");
    desk.says("bob", "line 31");
    desk.press("S-Down S-Down S-Down");
    desk.says("bob", "line 32");
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[9], "12:00       bob  line 32");
}

#[test]
fn sending_jumps_to_the_end() {
    let mut desk = Desk::entered();
    desk.chatter(30);
    desk.draw(40, 12);
    desk.press("PageUp PageUp");
    desk.send_line("hi");
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[9], "12:00  …  alice  hi");
}

#[test]
fn days_are_parted_and_what_addresses_the_user_stands_out() {
    let mut desk = Desk::entered();
    desk.says("bob", "see you tomorrow");
    desk.minutes(24 * 60);
    desk.says("bob", "Alice?");
    let (lines, _) = desk.draw(40, 12);
    let expected = [
        "─────── Monday 23 November 2026 ────────",
        "12:00       bob  see you tomorrow",
        "─────── Tuesday 24 November 2026 ───────",
        "12:00       bob  Alice?",
    ];
    assert_eq!(lines[6..10], expected);
    let mut terminal = Terminal::new(TestBackend::new(40, 12)).unwrap();
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    assert_ne!(buffer[(17, 9)].fg, buffer[(17, 7)].fg);
}

#[test]
fn edits_reactions_and_redactions_change_the_message_they_name() {
    let mut desk = Desk::entered();
    desk.says("bob", "teh ladder");
    desk.says("bob", "never mind");
    desk.event("bob", Body::Edit(Seq(1), SafeText::new("the ladder")));
    desk.event("carol", Body::Reaction(Seq(1), SafeText::new(":+1:")));
    desk.event("bob", Body::Redaction(Seq(2)));
    let (lines, _) = desk.draw(40, 12);
    let expected = [
        "12:00       bob  the ladder (edited)",
        "                 👍 1",
        "12:00       bob  message taken back",
    ];
    assert_eq!(lines[7..10], expected);
}

#[test]
fn that_a_message_was_edited_stands_behind_it_or_below_what_leaves_no_room() {
    let mut desk = Desk::entered();
    for text in ["the ladder is at it", "```\nx = 1\n```"] {
        desk.says("bob", "teh");
        let seq = Seq(desk.seq);
        desk.event("bob", Body::Edit(seq, SafeText::new(text)));
    }
    desk.shows(
        36,
        9,
        r"
 1 #lobby

───── Monday 23 November 2026 ──────
12:00       bob  the ladder is at it
                 (edited)
12:00       bob  │ x = 1
                 (edited)
─ #lobby  relay box1  encrypted ────
> Write to #lobby, or /help
",
    );
}

#[test]
fn a_changed_key_stops_everything_until_the_word_is_typed() {
    let mut desk = Desk::entered();
    let mut found = [0xab; 32];
    found[0] = 0x01;
    desk.update(Update::Contact(Contact::KeyChanged {
        relay_name: name("box1"),
        relay: RelayId([9; 8]),
        pinned: [0x5f; 32],
        found,
    }));
    desk.shows(
        40,
        14,
        r"
The key of relay box1 has changed

before
5f5f 5f5f 5f5f 5f5f 5f5f 5f5f 5f5f 5f5f
now
01ab abab abab abab abab abab abab abab

Either it was set up anew, or another
machine answers in its place and would
read and change what is said. Ask
whoever runs it before you go on.
Type trust and Enter to go on, Esc to
quit.
>
",
    );
    desk.enter_line("hello");
    desk.enter_line("trus");
    assert_eq!(desk.commands(), []);
    desk.enter_line("trust");
    assert_eq!(desk.commands(), [Command::Trust]);
    desk.contains("Write to #lobby");
}

#[test]
fn esc_and_ctrl_c_leave_at_a_changed_key() {
    for keys in ["Esc", "C-c"] {
        let mut desk = Desk::entered();
        desk.update(Update::Contact(Contact::KeyChanged {
            relay_name: name("box1"),
            relay: RelayId([9; 8]),
            pinned: [1; 32],
            found: [2; 32],
        }));
        desk.press(keys);
        assert_eq!(desk.commands(), [Command::Quit]);
    }
}

#[test]
fn a_new_user_is_asked_for_a_name_and_told_what_is_wrong_with_it() {
    let mut prompt = NamePrompt::new("alice", Looks::default(), Language::English);
    let (lines, cursor) = draw(50, 12, |frame| prompt.draw(frame));
    assert_screen(
        &lines,
        r"



  lanterm

  Your name, as others will see it:

  > alice

  Enter goes on. /nick changes it later.
",
    );
    assert_eq!(cursor, Position::new(9, 7));
    for c in " b".chars() {
        prompt.handle_key(KeyCode::Char(c).into());
    }
    let (lines, _) = draw(50, 6, |frame| prompt.draw(frame));
    assert_eq!(lines[3], "  The name contains a blank.");
    for _ in " b".chars() {
        prompt.handle_key(key("Backspace"));
    }
    prompt.handle_key(key("@"));
    let (lines, _) = draw(50, 6, |frame| prompt.draw(frame));
    assert_eq!(lines[3], "  The name contains a character that is not");
    assert_eq!(lines[4], "  allowed: @.");
    assert_eq!(prompt.handle_key(key("Enter")), None);
}

#[test]
fn the_status_line_says_how_the_user_stands_with_relays() {
    let mut desk = Desk::searching();
    let status = |desk: &mut Desk| desk.draw(60, 24).0[22].clone();
    assert!(status(&mut desk).starts_with("─ #lobby  searching… ─"));
    desk.enter();
    assert!(status(&mut desk).starts_with("─ #lobby  relay box1  encrypted ─"));
    desk.app.handle_input(super::super::Input::Hosting(true));
    assert!(status(&mut desk).starts_with("─ #lobby  hosting here  encrypted ─"));
    let reason = crate::client::update::LossReason::Silent;
    desk.update(Update::Contact(Contact::Lost { reason }));
    assert!(status(&mut desk).starts_with("─ #lobby  reconnecting… ─"));
    desk.contains("contact with the relay lost: the relay");
}

#[test]
fn a_user_alone_for_five_seconds_is_told_what_was_tried() {
    let mut desk = Desk::searching();
    let names = vec!["eth0".to_owned(), "wlan0".to_owned()];
    desk.app
        .handle_input(super::super::Input::Interfaces(names));
    desk.enter();
    desk.open(&lobby(), 0);
    desk.app.tick(Timestamp(NOON + 4_900_000));
    let quiet = desk.draw(80, 24).0.join("\n");
    assert!(!quiet.contains("Nobody"), "{quiet}");
    desk.app.tick(Timestamp(NOON + 5_000_000));
    let lines = desk.draw(80, 24).0;
    let text: Vec<&str> = lines[17..22]
        .iter()
        .map(|line| line.trim_end_matches([' ', '│']))
        .collect();
    let expected = [
        "12:00             ·  Nobody else here yet. Looked on eth0,",
        "                     wlan0 for relays; others join by starting",
        "                     lanterm on this network. If they don't",
        "                     appear, a firewall may block UDP",
        "                     5267-5268.",
    ];
    assert_eq!(text, expected);
}

#[test]
fn rooms_show_what_is_unread_in_them() {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    let direct = RoomName::direct(&name("alice"), &name("bob"));
    desk.update(Update::Waiting {
        room: direct.clone(),
        seq: Seq(2),
    });
    desk.open(&direct, 2);
    desk.says("bob", "one");
    desk.says("bob", "two");
    desk.event_in(&direct, "bob", message("psst"));
    let (lines, _) = desk.draw(60, 12);
    assert_eq!(lines[0], " 1 #lobby 2  2 #dev  3 @bob 1");
    desk.press("M-1");
    let (lines, _) = desk.draw(60, 12);
    assert_eq!(lines[0], " 1 #lobby  2 #dev  3 @bob 1");
}

#[test]
fn a_name_that_is_too_long_for_the_line_is_cut_before_it_is_left_out() {
    let mut desk = Desk::entered();
    desk.enter_line("/join a-room-with-a-long-name");
    desk.open(&"a-room-with-a-long-name".parse().unwrap(), 0);
    let (lines, _) = desk.draw(20, 6);
    assert_eq!(lines[0], " 2 #a-room-with-a-l…");
    assert_eq!(lines[4], "─ #a-room-with-a-… ─");
}

#[test]
fn another_name_than_asked_for_is_said_below_the_history_that_comes() {
    let mut desk = Desk::searching();
    desk.update(Update::Contact(Contact::Entered {
        welcome: Welcome {
            name: name("alice-2"),
            relay: RelayId([9; 8]),
            relay_name: name("box1"),
            is_hosted: false,
            is_durable: true,
            direct: vec![],
        },
        address: "10.0.0.1:5267".parse().unwrap(),
        key: [3; 32],
    }));
    desk.open(&lobby(), 40);
    desk.chatter(40);
    desk.contains("! you are alice-2 here, no longer alice");
    desk.press("Esc");
    let (lines, _) = desk.draw(80, 24);
    assert!(!lines.join("\n").contains("alice-2 here"), "{lines:?}");
}
