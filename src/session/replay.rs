//! Each packet number is accepted once (the bitmap of RFC 6479).

/// Words of the bitmap. One word is always being cleared, so the window is 64 numbers shorter.
const WORDS: usize = 128;

/// How far back a packet may come late and still be accepted.
pub const WINDOW: u64 = (WORDS as u64 - 1) * 64;

/// Which packet numbers have been seen.
#[derive(Clone, Debug)]
pub struct ReplayWindow {
    /// The number after the highest seen.
    next: u64,
    words: Box<[u64; WORDS]>,
}

impl ReplayWindow {
    /// Nothing has been seen.
    pub fn new() -> Self {
        Self {
            next: 0,
            words: Box::new([0; WORDS]),
        }
    }

    /// Whether a packet with this number would be accepted. Changes nothing: the packet may be
    /// forged.
    pub fn is_fresh(&self, number: u64) -> bool {
        if number >= self.next {
            return number < u64::MAX;
        }
        if self.next - number > WINDOW {
            return false;
        }
        let (word, bit) = place(number);
        self.words[word] & bit == 0
    }

    /// The packet with this number is authentic.
    pub fn accept(&mut self, number: u64) {
        if number >= self.next {
            let first = self.next / 64;
            let last = number / 64;
            let fresh_words = (last - first).min(WORDS as u64);
            for word in last + 1 - fresh_words..=last {
                self.words[(word % WORDS as u64) as usize] = 0;
            }
            if self.next.is_multiple_of(64) {
                self.words[(first % WORDS as u64) as usize] = 0;
            }
            self.next = number + 1;
        }
        let (word, bit) = place(number);
        self.words[word] |= bit;
    }

    /// Whether no higher number has been accepted.
    pub fn is_newest(&self, number: u64) -> bool {
        number + 1 == self.next
    }
}

fn place(number: u64) -> (usize, u64) {
    ((number / 64 % WORDS as u64) as usize, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha12Rng;

    use super::*;

    #[test]
    fn it_agrees_with_a_set_that_remembers_everything() {
        for seed in 0..50 {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let mut window = ReplayWindow::new();
            let mut seen = BTreeSet::new();
            let mut top: u64 = 0;
            for _ in 0..5_000 {
                let number = match rng.random_range(0..10) {
                    0 => top + rng.random_range(0..20_000),
                    1..5 => top + rng.random_range(0..4),
                    _ => top.saturating_sub(rng.random_range(0..WINDOW + 200)),
                };
                let highest = seen.last().map_or(0, |highest| highest + 1);
                let is_fresh =
                    !seen.contains(&number) && (number >= highest || highest - number <= WINDOW);
                assert_eq!(window.is_fresh(number), is_fresh, "seed {seed}, {number}");
                if is_fresh {
                    window.accept(number);
                    seen.insert(number);
                    top = top.max(number);
                }
            }
        }
    }

    #[test]
    fn a_jump_to_the_end_of_all_numbers_is_survived() {
        let mut window = ReplayWindow::new();
        window.accept(5);
        assert!(!window.is_fresh(u64::MAX));
        window.accept(u64::MAX - 1);
        assert!(!window.is_fresh(u64::MAX - 1));
        assert!(window.is_fresh(u64::MAX - 2));
        assert!(!window.is_fresh(5));
    }
}
