use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::tui::picture;
use crate::wire::{Answer, Refusal};

const KEYS: &str = "a 你 Z / @ # : x C-a C-e C-b C-f C-d C-h C-k C-u C-w C-y C-j C-l C-n C-p C-c \
                    M-b M-f M-d M-1 M-2 M-3 M-Up M-Down Enter M-Enter Tab Esc Up Down Left Right \
                    Home End PageUp PageDown C-Home C-End S-Up S-Down C-Left C-Right Backspace \
                    M-Backspace Delete";

const TEXTS: [&str; 10] = [
    "",
    "hi alice",
    "👨‍👩‍👧‍👦❤️e\u{301}",
    "今天早上的会议改到下午三点，请大家准时参加。",
    "a\tb\n\n  c   ",
    "/join dev",
    "/msg bob hi",
    "/leave",
    "/help",
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

    fn step(&mut self, desk: &mut Desk) {
        let keys: Vec<&str> = KEYS.split_whitespace().collect();
        let room = desk.app.room().name.clone();
        let from = ["alice", "bob", "carol", "小明"][self.below(4)];
        match self.below(24) {
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
                let count = self.below(5) as u64;
                let events = (1..=count).map(|seq| event(seq, from, NOON, message("old")));
                let part = Answer::Events(LOG, events.collect());
                let request = self.below(20) as u32;
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
                let reason = "timed out".to_owned();
                desk.update(Update::Contact(Contact::Lost { reason }));
            }
            22 => desk.enter(),
            _ => desk.minutes(1),
        }
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
            let (columns, rows) = (1 + chaos.below(100), 1 + chaos.below(30));
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
            desk.update(Update::Contact(Contact::KeyChanged {
                relay_name: name("box1"),
                relay: RelayId([9; 8]),
                pinned: [1; 32],
                found: [2; 32],
            }));
            desk.draw(columns, rows);
            let mut prompt = NamePrompt::new("小明", true);
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
