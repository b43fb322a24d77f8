//! Reactions to a message: each emoji once, with how many people chose it.

use ratatui::text::Span;

use super::changes::Change;
use super::emoji;
use super::theme::Theme;
use super::wrap;
use crate::wire::Name;

/// Columns of a reaction that is no emoji but a text.
const TEXT_COLUMNS_MAX: usize = 16;

/// Columns between two reactions.
const GAP: &str = "  ";

/// One emoji and those who chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji, or the text as it is when it names none.
    pub emoji: String,
    /// Who, in the order they became known.
    pub names: Vec<String>,
    /// Whether this user is one of them.
    pub is_own: bool,
}

/// The reactions to a message, in the order the first of each became known.
pub fn grouped(change: &Change, own: &Name) -> Vec<Reaction> {
    let mut groups: Vec<Reaction> = Vec::new();
    for (name, text) in change.reactions() {
        let emoji = emoji::of_reaction(text.as_str());
        let at = groups.iter().position(|group| group.emoji == emoji);
        let at = at.unwrap_or_else(|| {
            groups.push(Reaction {
                emoji,
                names: Vec::new(),
                is_own: false,
            });
            groups.len() - 1
        });
        groups[at].names.push(name.to_string());
        groups[at].is_own |= name == own;
    }
    groups
}

/// The reactions in rows of a width.
pub fn rows(reactions: &[Reaction], width: usize, theme: Theme) -> Vec<Vec<Span<'static>>> {
    let mut rows: Vec<Vec<Span<'static>>> = Vec::new();
    let mut column = 0;
    for reaction in reactions {
        let emoji = wrap::cut(&reaction.emoji, TEXT_COLUMNS_MAX);
        let text = wrap::cut(&format!("{emoji} {}", reaction.names.len()), width);
        let style = if reaction.is_own {
            theme.unread()
        } else {
            theme.faint()
        };
        let columns = wrap::columns(&text);
        if column > 0 && column + GAP.len() + columns <= width {
            column += GAP.len();
            if let Some(row) = rows.last_mut() {
                row.push(Span::raw(GAP));
            }
        } else {
            column = 0;
            rows.push(Vec::new());
        }
        if let Some(row) = rows.last_mut() {
            row.push(Span::styled(text, style));
        }
        column += columns;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::changes::Changes;
    use crate::wire::{Body, DeviceId, Event, LocalId, Ordinal, SafeText, Seq, Timestamp};

    fn change(reactions: &[(&str, &str)]) -> Change {
        let mut changes = Changes::default();
        for (seq, (from, text)) in (2..).zip(reactions) {
            changes.note(&Event {
                seq: Seq(seq),
                device: DeviceId([1; 8]),
                local: LocalId(seq),
                ordinal: Ordinal::NONE,
                from: from.parse().unwrap(),
                sent_at: Timestamp(0),
                stored_after: 0,
                body: Body::Reaction(Seq(1), SafeText::new(text)),
            });
        }
        changes.find(Seq(1)).unwrap().clone()
    }

    fn shown(reactions: &[Reaction], width: usize) -> Vec<String> {
        let rows = rows(
            reactions,
            width,
            crate::tui::themes::Looks::default().theme(),
        );
        rows.iter()
            .map(|row| row.iter().map(|span| &*span.content).collect())
            .collect()
    }

    #[test]
    fn the_same_emoji_is_counted_whatever_it_is_called() {
        let change = change(&[
            ("bob", ":+1:"),
            ("carol", ":tada:"),
            ("dave", "👍"),
            ("eve", "hm"),
        ]);
        let reactions = grouped(&change, &"dave".parse().unwrap());
        assert_eq!(reactions[0].names, ["bob", "dave"]);
        let own: Vec<bool> = reactions.iter().map(|reaction| reaction.is_own).collect();
        assert_eq!(own, [true, false, false]);
        assert_eq!(shown(&reactions, 40), ["👍 2  🎉 1  hm 1"]);
        assert_eq!(shown(&reactions, 12), ["👍 2  🎉 1", "hm 1"]);
    }
}
