//! Which key each relay is known by: the first one seen, until the user says otherwise.
//!
//! A relay is known by its id, which is kept with its store; under a new name it is still the same
//! relay and must still have the same key. Another id is another relay, even when it goes by a
//! known name: everybody may call theirs "office".

use std::collections::VecDeque;

use crate::session::PublicKey;
use crate::wire::{Name, RelayId};

/// Relays remembered at most. Arbitrary: a list of a hundred kilobytes. Relays beyond it are still
/// handed out to be written down, and only asked about again by the next process.
pub const PINS_MAX: usize = 1024;

/// A relay and the key it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Which relay.
    pub relay: RelayId,
    /// What it called itself when it was pinned.
    pub name: Name,
    /// Its public key.
    pub key: PublicKey,
}

/// What is known about a relay that says who it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has the key it is known by, or was not known.
    Fine,
    /// It has another key.
    Changed {
        /// The one it is known by.
        pinned: PublicKey,
    },
}

/// All known relays.
#[derive(Debug)]
pub(super) struct Pins {
    known: Vec<Pin>,
    learned: VecDeque<Pin>,
}

impl Pins {
    pub fn new(known: Vec<Pin>) -> Self {
        Self {
            known,
            learned: VecDeque::new(),
        }
    }

    /// Checks what a relay says of itself. A new relay, or a new name of a known one, is pinned.
    pub fn check(&mut self, found: Pin) -> Verdict {
        let other = self
            .known
            .iter()
            .find(|pin| pin.relay == found.relay && pin.key != found.key);
        if let Some(pin) = other {
            return Verdict::Changed { pinned: pin.key };
        }
        if !self.known.contains(&found) {
            self.learn(found);
        }
        Verdict::Fine
    }

    /// The user accepts this key in place of the one known.
    pub fn replace(&mut self, found: Pin) {
        self.known.retain(|pin| pin.relay != found.relay);
        self.learn(found);
    }

    /// The next pin to write down. It replaces every pin of the same relay that has another key.
    pub fn poll_pin(&mut self) -> Option<Pin> {
        self.learned.pop_front()
    }

    fn learn(&mut self, pin: Pin) {
        if self.known.len() < PINS_MAX {
            self.known.push(pin.clone());
        }
        if self.learned.len() < PINS_MAX {
            self.learned.push_back(pin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(relay: u8, name: &str, key: u8) -> Pin {
        Pin {
            relay: RelayId([relay; 8]),
            name: name.parse().unwrap(),
            key: [key; 32],
        }
    }

    #[test]
    fn a_known_relay_with_another_key_is_told_under_whatever_name() {
        let mut pins = Pins::new(vec![pin(1, "office", 10)]);
        let changed = Verdict::Changed { pinned: [10; 32] };
        assert_eq!(pins.check(pin(1, "office", 11)), changed);
        assert_eq!(pins.check(pin(1, "elsewhere", 11)), changed);
        assert_eq!(pins.poll_pin(), None);
    }

    #[test]
    fn a_known_name_with_another_id_is_a_new_relay() {
        let mut pins = Pins::new(vec![pin(1, "office", 10)]);
        assert_eq!(pins.check(pin(2, "office", 11)), Verdict::Fine);
        assert_eq!(pins.poll_pin(), Some(pin(2, "office", 11)));
    }

    #[test]
    fn an_accepted_key_replaces_the_old_one() {
        let mut pins = Pins::new(vec![pin(1, "office", 10)]);
        pins.replace(pin(1, "office", 11));
        assert_eq!(pins.poll_pin(), Some(pin(1, "office", 11)));
        assert_eq!(pins.check(pin(1, "office", 11)), Verdict::Fine);
        let changed = Verdict::Changed { pinned: [11; 32] };
        assert_eq!(pins.check(pin(1, "office", 10)), changed);
    }
}
