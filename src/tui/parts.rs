//! A text that is too long for one message, cut into several.
//!
//! It is cut at the ends of lines; a line that is longer than a message, between its characters. A
//! block of code that is cut is closed in the one part and opened again in the next, so that each of
//! them reads as code by itself. Put together, the lines of the parts are those of the text.

use unicode_segmentation::UnicodeSegmentation;

use super::markdown;

/// A block of code is opened again where both of its fences take no more than this share of a part;
/// otherwise they would leave no room for the code.
const FENCES_SHARE: usize = 4;

/// A block of code that is cut.
#[derive(Clone, Copy)]
struct Fences<'a> {
    open: &'a str,
    close: &'a str,
}

impl Fences<'_> {
    /// Bytes of the end of a line and the fence that closes the block.
    fn closing_bytes(self) -> usize {
        1 + self.close.len()
    }
}

/// The parts, filled one after the other.
struct Parts {
    bytes_max: usize,
    done: Vec<String>,
    part: String,
    /// Whether the part has nothing yet but a fence that opens a block again.
    is_fresh: bool,
}

/// Cuts a text into parts of at most so many bytes, which are never empty.
pub fn split(text: &str, bytes_max: usize) -> Vec<String> {
    let lines: Vec<&str> = text.split('\n').collect();
    let blocks = markdown::code_blocks(text);
    let mut blocks = blocks.iter().peekable();
    let mut parts = Parts {
        bytes_max,
        done: Vec::new(),
        part: String::new(),
        is_fresh: true,
    };
    for (at, line) in lines.iter().enumerate() {
        while blocks.next_if(|block| block.end < at).is_some() {}
        let block = blocks.peek().filter(|block| block.start <= at + 1);
        let fences = block.map(|block| Fences {
            open: lines[block.start - 1],
            close: lines[block.end],
        });
        let fences = fences.filter(|fences| {
            fences.open.len() + fences.close.len() + 2 <= bytes_max / FENCES_SHARE
        });
        let Some((block, fences)) = block.zip(fences) else {
            parts.add(line, 0, None);
            continue;
        };
        if block.end == at {
            // There is always room for it.
            parts.add(line, 0, Some(fences));
        } else if block.start == at + 1 {
            // The fence that opens the block stays with the first line of it, or with a good piece of
            // that when it fits nowhere.
            let first = lines[at + 1].len();
            let is_whole = line.len() + 1 + first + fences.closing_bytes() <= bytes_max;
            let first = if is_whole {
                first
            } else {
                bytes_max / FENCES_SHARE
            };
            parts.add(line, 1 + first + fences.closing_bytes(), None);
            parts.is_fresh = !is_whole;
        } else {
            parts.add(line, fences.closing_bytes(), Some(fences));
        }
    }
    parts.end(None);
    parts.done
}

impl Parts {
    /// Adds a line, behind which so many bytes are kept free. `fences` are those of the block that
    /// is cut when a part ends before the line.
    fn add(&mut self, line: &str, reserved: usize, fences: Option<Fences>) {
        if !self.fits(line, reserved) && !self.is_fresh {
            self.end(fences);
        }
        let mut line = line;
        while !self.fits(line, reserved) && !line.is_empty() {
            let room = self.bytes_max.saturating_sub(self.taken(reserved));
            let (start, rest) = line.split_at(cut(line, room));
            self.push(start);
            self.end(fences);
            line = rest;
        }
        self.push(line);
    }

    fn fits(&self, line: &str, reserved: usize) -> bool {
        self.taken(reserved) + line.len() <= self.bytes_max
    }

    /// Bytes that another line can't have, when so many are kept free.
    fn taken(&self, reserved: usize) -> usize {
        self.part.len() + usize::from(self.has_line()) + reserved
    }

    /// Whether a line stands in the part, be it an empty one.
    fn has_line(&self) -> bool {
        !self.part.is_empty() || !self.is_fresh
    }

    fn push(&mut self, line: &str) {
        if self.has_line() {
            self.part.push('\n');
        }
        self.part.push_str(line);
        self.is_fresh = false;
    }

    /// Ends the part; with it, and with the next one, the block of code that is cut.
    fn end(&mut self, fences: Option<Fences>) {
        let mut part = std::mem::take(&mut self.part);
        self.is_fresh = true;
        if let Some(fences) = fences {
            part.push('\n');
            part.push_str(fences.close);
            self.part.push_str(fences.open);
        }
        if !part.trim().is_empty() {
            self.done.push(part);
        }
    }
}

/// Where a line is cut that is longer than there is room for: behind the last character that fits,
/// and inside of one only when that alone does not fit.
fn cut(line: &str, room: usize) -> usize {
    let ends = line
        .grapheme_indices(true)
        .map(|(at, cluster)| at + cluster.len());
    let fitting = ends.take_while(|end| *end <= room).last();
    fitting.unwrap_or_else(|| {
        let mut end = room.min(line.len());
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        // Something must go, however little room there is.
        let first = line.chars().next().map_or(0, char::len_utf8);
        end.max(first)
    })
}

#[cfg(test)]
mod tests {
    use rand::{Rng, RngExt, SeedableRng};
    use rand_chacha::ChaCha12Rng;

    use super::*;

    fn cut_up(text: &str, bytes_max: usize) -> Vec<String> {
        let parts = split(text, bytes_max);
        for part in &parts {
            assert!(part.len() <= bytes_max, "{} bytes: {part}", part.len());
        }
        parts
    }

    #[test]
    fn lines_stay_whole_where_they_fit() {
        assert_eq!(cut_up("one\ntwo\nthree", 8), ["one\ntwo", "three"]);
        assert_eq!(cut_up("one\n\n\ntwo", 5), ["one\n\n", "two"]);
        assert_eq!(cut_up("short", 8), ["short"]);
        assert_eq!(cut_up("\n\n\n\n\n\n", 3), [""; 0]);
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        assert_eq!(cut_up("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(cut_up("a\nbcdefgh\ni", 4), ["a", "bcde", "fgh", "i"]);
        assert_eq!(cut_up("世界世界", 7), ["世界", "世界"]);
        let flags = "🇩🇪🇫🇷🇨🇳";
        assert_eq!(cut_up(flags, 15), ["🇩🇪", "🇫🇷", "🇨🇳"]);
        // One character of a family that is larger than a part.
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(cut_up(family, 8).concat(), family);
    }

    #[test]
    fn a_block_of_code_that_is_cut_is_one_in_every_part() {
        let code: Vec<String> = (10..20).map(|n| format!("line {n}")).collect();
        let text = format!("see:\n```rust\n{}\n```\nend", code.join("\n"));
        let parts = cut_up(&text, 60);
        let (first, last) = (&parts[0], &parts[parts.len() - 1]);
        assert!(parts.len() > 1, "{parts:?}");
        assert!(first.starts_with("see:\n```rust\nline 10\n"), "{first}");
        assert!(first.ends_with("\n```"), "{first}");
        assert!(last.starts_with("```rust\nline "), "{last}");
        assert!(last.ends_with("line 19\n```\nend"), "{last}");
        for part in &parts {
            assert_eq!(markdown::code_blocks(part).len(), 1, "{part}");
        }
    }

    #[test]
    fn a_block_does_not_start_at_the_end_of_a_part() {
        let text = format!("{}\n```\n{}\n```", "w".repeat(85), "c".repeat(40));
        let parts = cut_up(&text, 100);
        assert_eq!(parts[0], "w".repeat(85));
        assert_eq!(parts[1], format!("```\n{}\n```", "c".repeat(40)));
    }

    #[test]
    fn fences_without_a_block_are_text() {
        assert_eq!(cut_up("```\nab\ncd", 7), ["```\nab", "cd"]);
        // Fences that leave no room for code are not repeated.
        let fence = "`".repeat(30);
        let parts = cut_up(&format!("{fence}\n{}\n{fence}", "x".repeat(50)), 64);
        assert_eq!(parts.len(), 3, "{parts:?}");
    }

    /// A text without what fences are made of, which stand in it more often once it is cut.
    fn without_fences(text: &str) -> String {
        let text = text.chars().filter(|c| !"\n `~".contains(*c));
        text.collect::<String>().replace("rust", "")
    }

    #[test]
    fn whatever_the_text_nothing_is_lost_and_every_part_fits() {
        let pieces = [
            "a",
            "bc ",
            "\n",
            "\n",
            "```\n",
            "\n```\n",
            "~~~\n",
            "世",
            "👩\u{200d}👧",
            "e\u{301}",
            "    x = 1;\n",
            "```rust\n",
            "long long line of words ",
        ];
        for seed in 0..2_000_u64 {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let count = rng.random_range(0..60);
            let text: String = (0..count)
                .map(|_| pieces[rng.next_u32() as usize % pieces.len()])
                .collect();
            let bytes_max = rng.random_range(48..120);
            let parts = split(&text, bytes_max);
            for part in &parts {
                assert!(part.len() <= bytes_max, "seed {seed}: {part:?}");
                assert!(!part.trim().is_empty(), "seed {seed}");
            }
            assert_eq!(
                without_fences(&parts.concat()),
                without_fences(&text),
                "seed {seed}: {text:?} {parts:?}"
            );
        }
    }
}
