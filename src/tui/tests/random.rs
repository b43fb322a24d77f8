use std::collections::VecDeque;

use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::client::update::MissingSearch;
use crate::tui::room::{ENTRIES_MAX, RoomView};
use crate::tui::scroll::Scroll;
use crate::tui::window::Entry;
use crate::tui::{Input, KnownRoom, picture};
use crate::wire::{Answer, Found, Refusal};

const KEYS: &str = "a 你 Z / @ # : x C-a C-e C-b C-f C-d C-h C-k C-u C-w C-y C-j C-l C-n C-p C-c \
                    M-b M-f M-d M-1 M-2 M-3 M-Up M-Down Enter M-Enter Tab Esc Up Down Left Right \
                    Home End PageUp PageDown C-Home C-End S-Up S-Down C-Left C-Right Backspace \
                    M-Backspace Delete M-a M-k F2";

const TEXTS: [&str; 14] = [
    "",
    "hi alice",
    "👨‍👩‍👧‍👦❤️e\u{301}",
    "今天早上的会议改到下午三点，请大家准时参加。",
    "a\tb\n\n  c   ",
    "/join dev",
    "/msg bob hi",
    "/leave",
    "/help",
    "/search hi*",
    "/info",
    "/clear",
    "/net",
    "नमस्ते ｱﾞ \u{200d} \u{301}",
];

struct Chaos {
    rng: ChaCha12Rng,
}

impl Chaos {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.rng.next_u32()).unwrap() % bound
    }

    fn text(&mut self) -> &'static str {
        TEXTS[self.below(TEXTS.len())]
    }

    fn log(&mut self) -> LogId {
        [LOG, LOG, LogId([2; 8])][self.below(3)]
    }

    /// What becomes of messages and logs.
    fn log_step(&mut self, desk: &mut Desk, room: RoomName, from: &str) {
        let seq = Seq(self.below(60) as u64);
        let log = self.log();
        match self.below(9) {
            0..=2 => {
                let commands = desk.commands();
                desk.queue(&commands);
            }
            3 => {
                let event = event(seq.0, from, NOON, message(self.text()));
                desk.update(Update::Ahead { room, log, event });
            }
            4 => {
                let at = seq;
                desk.update(Update::Diverged { room, log, at });
            }
            5 => {
                let mut opened = opened(log, seq.0);
                opened.after = Seq(self.below(60) as u64);
                opened.first = Seq(self.below(10) as u64);
                desk.opened(&room, opened);
            }
            6 => {
                let local = desk.commands().iter().find_map(|command| match command {
                    Command::Send { local, .. } => Some(*local),
                    _ => None,
                });
                let local = local.unwrap_or(LocalId(seq.0));
                let reason = "full".to_owned();
                desk.app.handle_input(Input::SendRefused { local, reason });
            }
            7 => {
                let room = ["r1", "r2", "lobby"][self.below(3)].parse().unwrap();
                let read = Some((log, seq));
                let known = vec![KnownRoom {
                    room,
                    read,
                    unread: self.below(9),
                    draft: ["", "draft", "two\nlines"][self.below(3)].to_owned(),
                    sent: vec!["sent".to_owned()],
                }];
                desk.app.handle_input(Input::Known(known));
            }
            _ => {
                let search = MissingSearch::InVain;
                let (from, count) = (name(from), 1);
                desk.update(Update::Missing {
                    room: room.clone(),
                    from,
                    count,
                    search,
                });
                desk.update(Update::Gone { room, count: 3 });
                desk.app.handle_focus(self.below(2) == 0);
            }
        }
    }

    /// A click or a turn of the wheel somewhere.
    fn mouse(&mut self, desk: &mut Desk) {
        use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
        let kinds = [
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::ScrollUp,
            MouseEventKind::ScrollDown,
            MouseEventKind::Drag(MouseButton::Left),
        ];
        desk.app.handle_mouse(MouseEvent {
            kind: kinds[self.below(kinds.len())],
            column: self.below(200) as u16,
            row: self.below(60) as u16,
            modifiers: KeyModifiers::NONE,
        });
    }

    fn step(&mut self, desk: &mut Desk) {
        let keys: Vec<&str> = KEYS.split_whitespace().collect();
        let room = desk.app.room().name.clone();
        let from = ["alice", "bob", "carol", "小明"][self.below(4)];
        match self.below(35) {
            24..=33 => self.log_step(desk, room, from),
            0..=9 => desk.press(keys[self.below(keys.len())]),
            10 => desk.app.handle_paste(self.text()),
            11 => desk.enter_line(self.text()),
            12..=14 => {
                let body = message(self.text());
                desk.event_in(&room, from, body);
            }
            15 => {
                let target = Seq(self.below(20) as u64);
                let text = SafeText::new(self.text());
                let body = match self.below(3) {
                    0 => Body::Edit(target, text),
                    1 => Body::Reaction(target, text),
                    _ => Body::Redaction(target),
                };
                desk.event_in(&room, from, body);
            }
            16 => desk.open(&room, self.below(50) as u64),
            17 => desk.members(&[(from, Presence::Away)]),
            18 => {
                let first = self.below(20) as u64;
                let count = self.below(40) as u64;
                let seqs = first..first + count;
                let events: Vec<Event> = seqs
                    .map(|seq| event(seq, from, NOON, message("old")))
                    .collect();
                let part = if self.below(3) > 0 {
                    Answer::Events(self.log(), events)
                } else {
                    let log = self.log();
                    let found = |event| Found {
                        room: room.clone(),
                        log,
                        mark: 1,
                        event,
                    };
                    Answer::Found(events.into_iter().map(found).collect())
                };
                let request = self.below(40) as u32;
                desk.update(Update::Answer {
                    request,
                    part,
                    is_last: self.below(2) == 0,
                });
            }
            19 => {
                let local = desk
                    .commands()
                    .iter()
                    .rev()
                    .find_map(|command| match command {
                        Command::Send { local, .. } => Some(*local),
                        _ => None,
                    });
                if let Some(local) = local {
                    let refusal = Refusal::NotAllowed;
                    desk.update(Update::NotStored {
                        room,
                        local,
                        refusal,
                    });
                }
            }
            20 => {
                let seq = Seq(self.below(30) as u64);
                desk.update(Update::Delivered {
                    room,
                    name: name(from),
                    seq,
                });
            }
            21 => {
                let reason = crate::client::update::LossReason::Silent;
                desk.update(Update::Contact(Contact::Lost { reason }));
            }
            22 => desk.enter(),
            23 => self.mouse(desk),
            _ => desk.minutes(1),
        }
    }
}

/// Asserts what holds of every room whatever happens.
fn check(desk: &Desk) {
    let direct = |room: &RoomView| room.name.direct_users().is_some();
    assert!(desk.app.rooms.is_sorted_by_key(direct));
    assert!(desk.app.active < desk.app.rooms.len());
    for room in &desk.app.rooms {
        let end = room.end.as_ref();
        assert!(room.entries.len() + end.map_or(0, VecDeque::len) <= ENTRIES_MAX);
        assert!(end.is_none() || room.scroll != Scroll::Bottom);
        let current = |entry: &Entry| entry.current().map(|event| event.seq);
        let held: Vec<Seq> = room.entries.iter().filter_map(current).collect();
        assert!(held.is_sorted_by(|a, b| a < b), "{held:?}");
        let ahead: Vec<Seq> = room.ahead.iter().filter_map(current).collect();
        assert!(ahead.is_sorted_by(|a, b| a < b), "{ahead:?}");
    }
}

#[test]
fn no_keys_and_updates_at_any_size_panic() {
    for seed in 0..60 {
        println!("seed {seed}");
        let mut chaos = Chaos {
            rng: ChaCha12Rng::seed_from_u64(seed),
        };
        let mut desk = Desk::entered();
        for _ in 0..150 {
            chaos.step(&mut desk);
            check(&desk);
            let (columns, rows) = (1 + chaos.below(160), 1 + chaos.below(30));
            if chaos.below(2) == 0 {
                desk.draw(columns as u16, rows as u16);
            }
        }
    }
}

#[test]
fn tiny_screens_show_what_they_can() {
    for columns in 1..=20 {
        for rows in 1..=5 {
            let mut desk = Desk::entered();
            desk.chatter(3);
            desk.enter_line("/nothing");
            desk.draw(columns, rows);
            desk.press("PageUp x C-c C-c");
            desk.draw(columns, rows);
            for keys in ["C-k", "C-f l", "Esc"] {
                desk.press(keys);
                desk.draw(columns, rows);
            }
            desk.update(Update::Contact(Contact::KeyChanged {
                relay_name: name("box1"),
                relay: RelayId([9; 8]),
                pinned: [1; 32],
                found: [2; 32],
            }));
            desk.draw(columns, rows);
            let mut prompt = NamePrompt::new("小明", Looks::default(), Language::English);
            draw(columns, rows, |frame| prompt.draw(frame));
        }
    }
}

#[test]
fn a_picture_holds_what_the_screen_shows() {
    let mut desk = Desk::entered();
    desk.says("bob", "hello <world>");
    let svg = picture::svg(&mut desk.app, 80, 24);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("hello &lt;world&gt;"));
}
