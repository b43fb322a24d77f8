//! The real screen in a real terminal.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of real processes use real time"
)]

mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use common::ledger::{history, texts};
use common::{Lan, Terminal, can_make_lans};

/// Two people on a network with a relay, each at a screen.
fn two_screens() -> (Lan, Terminal, Terminal) {
    let mut lan = Lan::simple(&["relay", "ann", "ben"]);
    lan.relay("relay");
    let ann = lan.screen("ann", (100, 30), "--name ann");
    let ben = lan.screen("ben", (100, 30), "--name ben");
    ann.wait_for("● ben");
    ben.wait_for("● ann");
    (lan, ann, ben)
}

#[test]
fn what_is_typed_pasted_and_done_on_one_screen_is_on_the_other() {
    if !can_make_lans() {
        return;
    }
    let (_lan, ann, ben) = two_screens();
    ann.type_text("hello from ann");
    ann.press(&["Enter"]);
    ben.wait_for("hello from ann");
    ann.wait_for("✓");
    ben.type_text("/me waves");
    ben.press(&["Enter"]);
    ann.wait_for("ben waves");
    // Two hundred lines stay one message and arrive whole.
    let pasted: String = (1..=200).map(|n| format!("pasted line {n}\n")).collect();
    ann.paste(&pasted);
    ann.wait_for("pasted line 200");
    ann.press(&["Enter"]);
    ben.wait_for("pasted line 200");
    // What is too long for one message is sent as several, once that is asked for.
    let long: String = (1..=900)
        .map(|n| format!("long line number {n}\n"))
        .collect();
    ann.paste(&long);
    ann.wait_for("Ctrl-S sends it in 2 parts");
    ann.press(&["C-s"]);
    ben.wait_for("long line number 900");
    ben.type_text("/msg ann just between us");
    ben.press(&["Enter"]);
    ann.wait_for("@ben");
    ben.type_text("/nick benjamin");
    ben.press(&["Enter"]);
    ann.wait_for("benjamin");
}

#[test]
fn every_size_down_to_forty_by_twelve_is_usable() {
    if !can_make_lans() {
        return;
    }
    let (_lan, ann, ben) = two_screens();
    for (columns, rows) in [(200, 60), (80, 24), (40, 12)] {
        ann.resize_and_settle(columns, rows);
        let text = format!("at {columns} by {rows}");
        ann.type_text(&text);
        ann.wait_for(&text);
        ann.press(&["Enter"]);
        ben.wait_for(&text);
        let screen = ann.wait_for("#lobby  relay");
        let widest = screen.lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap_or(0) <= usize::from(columns), "{screen}");
    }
    ann.resize(5, 3);
    ann.resize(100, 30);
    ann.wait_for("at 40 by 12");
}

/// The columns of a text in tmux 3.3: it joins families, and takes all else by characters.
fn columns_in_tmux(text: &str) -> usize {
    let columns = |cluster: &str| match cluster.contains('\u{200d}') {
        true => 2,
        false => cluster.chars().filter_map(UnicodeWidthChar::width).sum(),
    };
    text.graphemes(true).map(columns).sum()
}

#[test]
fn columns_hold_where_the_terminal_has_other_widths() {
    if !can_make_lans() {
        return;
    }
    let (_lan, ann, ben) = two_screens();
    ann.paste("👍🏽 ❤️ 1️⃣ 👨‍👩‍👧‍👦 🇩🇪 नमस्ते กำ ☺|");
    ann.press(&["Enter"]);
    let screen = ben.wait_for("☺|");
    // This terminal would give the hand four columns, and the heart and the key one each.
    assert!(screen.contains("👍 ❤️  1️⃣  👨"), "{screen}");
    let borders: BTreeSet<usize> = (screen.lines())
        .filter_map(|line| Some(columns_in_tmux(line.split_once('│')?.0)))
        .collect();
    assert_eq!(borders, BTreeSet::from([80]), "{screen}");
    // Keys typed while the terminal was asked for its widths are not lost, and its answers are
    // not taken for keys.
    assert!(!screen.contains("1;"), "{screen}");
}

#[test]
fn nothing_stays_of_a_flag_that_was_shown() {
    if !can_make_lans() {
        return;
    }
    let (_lan, ann, _ben) = two_screens();
    ann.type_text("+:ta");
    ann.wait_for(":taiwan:");
    ann.press(&["C-u"]);
    let screen = ann.wait_until(&["Write to #lobby"], &[":taiwan:"]);
    assert!(!screen.contains(['🇹', '🇼']), "{screen}");
}

#[test]
fn the_terminal_is_whole_again_after_quitting_and_after_every_signal() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["relay", "ann"]);
    lan.relay("relay");
    for way in ["quit", "TERM", "HUP", "INT"] {
        let terminal = lan.shell("ann");
        let line = lan.screen_line("ann", "--name ann");
        terminal.type_text(&format!(
            "{line}; stty -a | tr '\\n' ' '; printf 'en%s' ded"
        ));
        terminal.press(&["Enter"]);
        terminal.wait_for("● ann");
        match way {
            "quit" => {
                terminal.type_text("/quit");
                terminal.press(&["Enter"]);
            }
            signal => lan.signal_screen("ann", signal),
        }
        terminal.wait_for("ended");
        let screen = terminal.text();
        for setting in [" icanon", " echo ", " isig", " opost"] {
            assert!(screen.contains(setting), "{way}: no{setting} in\n{screen}");
        }
        assert!(!screen.contains("● ann"), "{way}: {screen}");
    }
}

#[test]
fn a_new_user_is_asked_for_nothing_but_a_name() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["relay", "ann"]);
    lan.relay("relay");
    let start = Instant::now();
    let ann = lan.screen("ann", (80, 24), "");
    ann.wait_for("ann");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    ann.press(&["Enter"]);
    ann.wait_for("#lobby");
    ann.wait_for("● ann");
}

#[test]
fn what_was_written_to_somebody_away_waits_for_them() {
    if !can_make_lans() {
        return;
    }
    let (lan, ann, ben) = two_screens();
    ben.type_text("/quit");
    ben.press(&["Enter"]);
    ann.wait_for("○ ben");
    ann.type_text("/msg ben see you tomorrow");
    ann.press(&["Enter"]);
    ann.wait_for("✓");
    ann.press(&["M-1"]);
    ann.type_text("and hello to all");
    ann.press(&["Enter"]);
    let ben = lan.screen("ben", (100, 30), "--name ben");
    ben.wait_for("and hello to all");
    ben.wait_for("@ann");
    ben.press(&["M-2"]);
    ben.wait_for("see you tomorrow");
}

/// Two people who do everything that a screen can do, one thing after the other. Both screens are
/// read after each step.
struct Walk {
    lan: Lan,
    ann: Terminal,
    ben: Terminal,
}

/// Wide enough for the rooms, the messages and the members.
const WIDE: (u16, u16) = (120, 40);

/// Behind the program in a shell's line: shows how it ended, and keeps the terminal open.
const THEN_STATUS: &str = "; echo ended with $?; exec cat";

#[test]
fn two_people_walk_through_everything_a_screen_can_do() {
    if !can_make_lans() {
        return;
    }
    let mut walk = Walk::first_run();
    walk.join();
    walk.message();
    walk.reply();
    walk.react();
    walk.edit();
    walk.delete();
    walk.message_to_one_away();
    walk.search();
    walk.jump();
    walk.paste();
    walk.resize();
    walk.theme();
    walk.quit();
}

impl Walk {
    fn both_show(&self, shown: &[&str], hidden: &[&str]) {
        self.ann.wait_until(shown, hidden);
        self.ben.wait_until(shown, hidden);
    }

    /// Selects the message `steps` above the last one.
    fn select(terminal: &Terminal, steps: usize) {
        // An Esc with a letter right behind it would be Alt and that letter.
        terminal.press(&["Escape"]);
        terminal.wait_until(&["r answer + react", "Esc done"], &[]);
        for _ in 0..steps {
            terminal.press(&["k"]);
        }
    }

    fn first_run() -> Self {
        let mut lan = Lan::simple(&["relay", "ann", "ben"]);
        lan.relay("relay");
        let ann = lan.screen("ann", WIDE, THEN_STATUS);
        let ben = lan.screen("ben", WIDE, THEN_STATUS);
        // The name of the account is offered. One of them takes it, the other one writes another.
        ann.wait_until(&["Your name", "ann", "Enter goes on"], &[]);
        ann.press(&["Enter"]);
        ann.wait_until(&["● ann you"], &["Your name"]);
        ben.wait_until(&["Your name", "ben"], &["● ann"]);
        ben.press(&["C-u"]);
        ben.say("benny");
        ben.wait_until(&["● ann", "● benny you"], &["Your name"]);
        let walk = Self { lan, ann, ben };
        walk.both_show(&["#lobby relay", "2 present", "● ann", "● benny"], &[]);
        walk
    }

    fn join(&self) {
        let Self { ann, ben, .. } = self;
        ann.say("/join kitchen");
        ann.wait_until(&["2 #kitchen", "1 present", "Write to #kitchen"], &[]);
        ben.wait_until(&["Write to #lobby"], &["#kitchen"]);
        ben.say("/join kitchen");
        self.both_show(&["2 #kitchen", "2 present", "benny joined"], &[]);
    }

    fn message(&self) {
        let Self { ann, ben, .. } = self;
        ann.say("the kettle is on teh stove");
        ben.wait_until(&["ann the kettle is on teh stove"], &["✓"]);
        ann.wait_until(&["✓✓ ann the kettle is on teh stove"], &[]);
    }

    fn reply(&self) {
        let Self { ben, .. } = self;
        Self::select(ben, 0);
        ben.press(&["r"]);
        ben.wait_until(
            &["↩ answer to ann: the kettle is on teh stove"],
            &["Esc done"],
        );
        ben.say("coming with cups");
        let quoted = "benny ┌ ann: the kettle is on teh stove";
        self.both_show(&[quoted, "coming with cups"], &["answer to"]);
        ben.wait_until(&["✓✓ benny"], &[]);
    }

    fn react(&self) {
        let Self { ann, ben, .. } = self;
        // On the message that is answered, by its number.
        Self::select(ben, 1);
        ben.press(&["+"]);
        ben.wait_until(&["reaction to ann: the kettle is on teh stove"], &[]);
        ben.press(&["4"]);
        self.both_show(&["🎉 1"], &["reaction to"]);
        // On the last message, by its name.
        ann.say("+:heart:");
        self.both_show(&["🎉 1", "❤️ 1"], &[":heart:"]);
    }

    fn edit(&self) {
        let Self { ann, ben, .. } = self;
        Self::select(ben, 0);
        ben.press(&["e"]);
        ben.wait_until(&["✎", "editing", "> coming with cups"], &[]);
        ben.say(" and cake");
        self.both_show(&["coming with cups and cake", "edited"], &["editing"]);
        ann.say("s/teh/the/");
        self.both_show(
            &["ann the kettle is on the stove"],
            &["s/teh/the/", "teh stove"],
        );
    }

    fn delete(&self) {
        let Self { ann, ben, .. } = self;
        ann.say("who took my spoon?");
        self.both_show(&["ann who took my spoon?"], &[]);
        Self::select(ann, 0);
        ann.press(&["d"]);
        ann.wait_until(&["d again takes it back", "who took my spoon?"], &[]);
        ben.wait_until(&["who took my spoon?"], &[]);
        ann.press(&["d"]);
        self.both_show(&["ann message taken back"], &["spoon"]);
    }

    fn message_to_one_away(&mut self) {
        self.ben.say("/quit");
        self.ben
            .wait_until(&["ended with 0"], &["#kitchen", "benny"]);
        self.ann.wait_until(&["○ benny"], &[]);
        self.ann.say("/msg benny the cake is for *you*");
        self.ann
            .wait_until(&["3 ○ benny", "✓ ann the cake is for you"], &["✓✓"]);
        // Whoever was here before is not asked for a name, and is told what came meanwhile.
        self.ben = self.lan.screen("ben", WIDE, THEN_STATUS);
        self.ben
            .wait_until(&["● benny you", "3 ● ann 1"], &["Your name"]);
        self.ann.wait_until(&["● benny"], &[]);
        self.ben.press(&["M-3"]);
        self.ben
            .wait_until(&["ann the cake is for you"], &["3 ● ann 1"]);
        self.ann.wait_until(&["✓✓ ann the cake is for you"], &[]);
    }

    fn search(&self) {
        let Self { ann, ben, .. } = self;
        ben.press(&["C-f"]);
        ben.wait_until(&["Search:"], &[]);
        ben.type_text("stove");
        ben.wait_until(
            &[
                "1 found",
                "#kitchen ann edited",
                "the kettle is on the stove",
            ],
            &[],
        );
        ben.press(&["Enter"]);
        ben.wait_until(
            &["ann the kettle is on the stove", "Write to #kitchen"],
            &["Search:", "the cake is for you"],
        );
        ann.wait_until(&["the cake is for you"], &["Search:"]);
    }

    fn jump(&self) {
        let Self { ann, ben, .. } = self;
        for terminal in [ann, ben] {
            terminal.press(&["C-k"]);
            terminal.wait_until(&["Go to:", "#lobby", "/help show this"], &[]);
            terminal.type_text("lby");
            terminal.wait_until(&["> #lobby"], &["/help show this"]);
            terminal.press(&["Enter"]);
            terminal.wait_until(&["Write to #lobby", "#lobby relay"], &["Go to:"]);
        }
    }

    fn paste(&self) {
        let Self { ann, ben, .. } = self;
        let lines = (1..=200).map(|number| format!("pasted {number} of 200"));
        let pasted = lines.collect::<Vec<_>>().join("\n");
        ann.paste(&pasted);
        ann.wait_until(&["pasted 200 of 200", "200 lines"], &[]);
        ben.wait_until(&["Write to #lobby"], &["pasted"]);
        ann.press(&["Enter"]);
        let sent = ["pasted 199 of 200", "pasted 200 of 200", "Write to #lobby"];
        self.both_show(&sent, &["200 lines", "unsent"]);
        assert_eq!(texts(&history(&self.lan, "relay")), [pasted]);
    }

    fn resize(&self) {
        let Self { ann, ben, .. } = self;
        let (rooms, members) = ("Rooms", "2 present");
        for (columns, rows, panes, hidden) in [
            (80, 24, &[members][..], &[rooms][..]),
            (40, 12, &[], &[rooms, members]),
            (120, 40, &[rooms, members], &[]),
        ] {
            let always = ["pasted 200 of 200", "#lobby relay", "Write to #lobby"];
            for terminal in [ann, ben] {
                terminal.resize_and_settle(columns, rows);
                terminal.wait_until(&[&always[..], panes].concat(), hidden);
            }
        }
    }

    fn theme(&self) {
        let Self { ann, ben, .. } = self;
        let styles = [("dark", "for a dark"), ("light", "for a light")].map(|(name, text)| {
            ann.say(&format!("/theme {name}"));
            let said = format!("Theme: {name} ({text} terminal).");
            ann.wait_until(&[&said, "Write to #lobby"], &[]);
            ben.wait_until(&["Write to #lobby"], &["Theme:"]);
            ann.styles()
        });
        assert_ne!(styles[0], styles[1], "the colours are the same");
    }

    fn quit(&self) {
        let Self { ann, ben, .. } = self;
        ann.say("/quit");
        ann.wait_until(&["ended with 0"], &["#lobby"]);
        ben.wait_until(&["○ ann", "1 present"], &["● ann"]);
        ben.press(&["C-d"]);
        ben.wait_until(&["ended with 0"], &["#lobby"]);
    }
}
