//! What events changed about earlier ones: edits, redactions, reactions.
//!
//! Pages of a log come in any order, so each change is kept with its place: the latest counts.

use std::collections::BTreeMap;

use crate::wire::{Body, Event, Name, SafeText, Seq};

/// Events of which changes are remembered, per room. Arbitrary: as many as are held.
const CHANGED_MAX: usize = super::room::ENTRIES_MAX;

/// Reactions kept for one message. Arbitrary: they take a line each.
const REACTIONS_MAX: usize = 32;

/// What later events changed about one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    text: Option<(Seq, SafeText)>,
    /// Whether it was taken back.
    pub is_redacted: bool,
    /// The last reaction of each, an empty one for none any more.
    reactions: Vec<(Name, Seq, SafeText)>,
}

impl Change {
    /// The new text.
    pub fn text(&self) -> Option<&SafeText> {
        self.text.as_ref().map(|(_, text)| text)
    }

    /// Who reacted, and with what.
    pub fn reactions(&self) -> impl Iterator<Item = (&Name, &SafeText)> {
        self.reactions
            .iter()
            .filter(|(_, _, shortcode)| !shortcode.is_empty())
            .map(|(name, _, shortcode)| (name, shortcode))
    }

    fn edit(&mut self, seq: Seq, text: &SafeText) {
        if self.text.as_ref().is_none_or(|(known, _)| *known < seq) {
            self.text = Some((seq, text.clone()));
        }
    }

    fn react(&mut self, name: &Name, seq: Seq, shortcode: &SafeText) {
        let known = self.reactions.iter().find(|(known, ..)| known == name);
        if known.is_some_and(|(_, known, _)| *known >= seq) {
            return;
        }
        self.reactions.retain(|(known, ..)| known != name);
        if self.reactions.len() < REACTIONS_MAX {
            let reaction = (name.clone(), seq, shortcode.clone());
            self.reactions.push(reaction);
        }
    }
}

/// The changes of one log.
#[derive(Debug, Default)]
pub struct Changes {
    by_target: BTreeMap<Seq, Change>,
}

impl Changes {
    /// What is known about an event.
    pub fn find(&self, seq: Seq) -> Option<&Change> {
        self.by_target.get(&seq)
    }

    /// Remembers what an event changes; the place of the one that looks different now.
    pub fn note(&mut self, event: &Event) -> Option<Seq> {
        let target = match &event.body {
            Body::Edit(target, text) => {
                self.change(*target).edit(event.seq, text);
                *target
            }
            Body::Redaction(target) => {
                self.change(*target).is_redacted = true;
                *target
            }
            Body::Reaction(target, shortcode) => {
                let change = self.change(*target);
                change.react(&event.from, event.seq, shortcode);
                *target
            }
            Body::Message(_) | Body::Reply(..) | Body::Action(_) => return None,
            Body::Join | Body::Leave => return None,
            Body::Topic(_) | Body::Role(..) | Body::Rename(_) => return None,
        };
        if self.by_target.len() > CHANGED_MAX {
            self.by_target.pop_first();
        }
        Some(target)
    }

    fn change(&mut self, target: Seq) -> &mut Change {
        self.by_target.entry(target).or_default()
    }

    /// Forgets what is known about events from a place on.
    pub fn forget_from(&mut self, seq: Seq) {
        self.by_target.split_off(&seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{DeviceId, LocalId, Ordinal, Timestamp};

    fn event(seq: u64, body: Body) -> Event {
        Event {
            seq: Seq(seq),
            device: DeviceId([1; 8]),
            local: LocalId(seq),
            ordinal: Ordinal::NONE,
            from: "bob".parse().unwrap(),
            sent_at: Timestamp(0),
            stored_after: 0,
            body,
        }
    }

    #[test]
    fn the_latest_change_counts_in_whatever_order_they_come() {
        let mut changes = Changes::default();
        changes.note(&event(9, Body::Edit(Seq(1), SafeText::new("last"))));
        changes.note(&event(8, Body::Edit(Seq(1), SafeText::new("first"))));
        changes.note(&event(7, Body::Reaction(Seq(1), SafeText::default())));
        changes.note(&event(6, Body::Reaction(Seq(1), SafeText::new("👍"))));
        let change = changes.find(Seq(1)).unwrap();
        assert_eq!(change.text(), Some(&SafeText::new("last")));
        assert_eq!(change.reactions().count(), 0);
    }
}
