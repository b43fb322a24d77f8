//! Messages on their way to the screen: markup taken apart, wrapped, and coloured.
//!
//! The lines of a message are kept once made, so this is what a new message costs, and each message
//! in sight when the width changes. The worst texts are as long as one may be.

use std::fmt::{self, Display};
use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use lanterm::tui::markdown;
use lanterm::tui::rich::{self, Look};
use lanterm::tui::themes::Looks;
use lanterm::wire::text::TEXT_BYTES_MAX;
use ratatui::style::Style;

/// Columns of the text on a screen of 120.
const WIDTH: usize = 71;

fn main() {
    divan::main();
}

struct Sample {
    title: &'static str,
    part: &'static str,
    /// Whether the part is repeated up to the longest text.
    is_repeated: bool,
}

impl Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)
    }
}

impl Sample {
    fn text(&self) -> String {
        let count = if self.is_repeated {
            TEXT_BYTES_MAX / self.part.len()
        } else {
            1
        };
        self.part.repeat(count)
    }
}

const fn sample(title: &'static str, part: &'static str) -> Sample {
    Sample {
        title,
        part,
        is_repeated: false,
    }
}

const fn longest(title: &'static str, part: &'static str) -> Sample {
    Sample {
        title,
        part,
        is_repeated: true,
    }
}

const SAMPLES: [Sample; 12] = [
    sample(
        "plain",
        "good morning! does anybody know where the long ladder went?",
    ),
    sample(
        "markup",
        "see **the docs** at https://example.org/a_b_c (_really_), `cargo test` fails :tada:",
    ),
    sample(
        "chinese",
        "今天早上的会议改到**下午三点**，请大家准时参加。地点不变，还是二楼的小会议室。",
    ),
    sample(
        "code",
        "```rust\nfn main() {\n    // say it\n    println!(\"hello {}\", 1 + 2);\n}\n```",
    ),
    longest("16 KiB of words", "good morning to all of you, "),
    longest("16 KiB of lines", "a line of words\n"),
    longest("16 KiB of stars", "**a*"),
    longest("16 KiB of backticks", "`a``b```"),
    longest("16 KiB of brackets", "[a](http://"),
    longest("16 KiB of fences", "```x\n"),
    longest("16 KiB of colons", ":a"),
    longest("16 KiB of Chinese", "今天**早上**的会议，"),
];

#[divan::bench(args = SAMPLES)]
fn take_apart(bencher: Bencher, sample: &Sample) {
    let text = sample.text();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| markdown::parse(black_box(&text)));
}

#[divan::bench(args = SAMPLES)]
fn take_apart_and_wrap(bencher: Bencher, sample: &Sample) {
    let text = sample.text();
    let look = Look {
        theme: Looks::default().theme(),
        base: Style::new(),
        lead: Style::new(),
    };
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| rich::rows(&markdown::parse(black_box(&text)).blocks, WIDTH, &look));
}
