//! The line above the input: which room, which relay, and how well it is reached.
//!
//! It is drawn as a rule, so that it also parts the messages from the input. On a narrow screen what
//! matters most is there, and of the rest whatever still fits. A hint stands beside it, never over it.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::wrap;
use crate::client::Contact;
use crate::client::update::PathStats;
use crate::locale::{Language, tr};

/// A loss from which on it is shown as a fault: what a sound LAN never reaches.
const LOSS_NOTABLE: f64 = 0.05;

/// As much of the room's name as stays when there is no room for all of it, in columns: less says
/// nothing. Arbitrary.
const ROOM_COLUMNS_MIN: usize = 6;

/// What the status line tells.
pub struct Status<'a> {
    /// The room in front, as titled.
    pub room: String,
    /// Whom the room is with, when they are gone.
    pub gone: Option<String>,
    /// How this user stands with relays.
    pub contact: &'a Contact,
    /// Whether this process hosts the relay.
    pub is_hosting: bool,
    /// Whether the user is marked as away.
    pub is_away: bool,
    /// The path, when in session.
    pub stats: PathStats,
    /// Messages the relay has not stored.
    pub unsent: usize,
    /// Whether the relay can't store some of them just now.
    pub is_delayed: bool,
    /// Who else is typing in the room in front, if anybody; in fewer and fewer words.
    pub typing: Vec<String>,
    /// What the input line has to say, at the right edge.
    pub hint: Option<String>,
    /// The language of the viewer.
    pub language: Language,
}

/// One piece of the line: what it says, in fewer and fewer words, and how soon it is left out, the
/// highest first.
struct Piece {
    texts: Vec<String>,
    style: Style,
    rank: u8,
}

/// The rank of the room in front: it is left out last.
const ROOM_RANK: u8 = 0;

/// What is said of the relay.
fn contact_text(status: &Status) -> (String, bool) {
    let language = status.language;
    match status.contact {
        Contact::Entered { .. } if status.is_hosting => (tr!(language, "status-hosting"), true),
        Contact::Entered { welcome, .. } => {
            let name = &welcome.relay_name;
            let text = if welcome.is_hosted {
                tr!(language, "status-hosted", name = name)
            } else {
                tr!(language, "status-relay", name = name)
            };
            (text, true)
        }
        Contact::Searching => (tr!(language, "status-searching"), false),
        Contact::Dialing { .. } => (tr!(language, "status-connecting"), false),
        Contact::Lost { .. } | Contact::RelayClosing { .. } => {
            (tr!(language, "status-reconnecting"), false)
        }
        Contact::KeyChanged { .. } => (tr!(language, "status-key-changed"), false),
        Contact::Unsupported { .. } => (tr!(language, "status-unsupported"), false),
    }
}

/// A round trip with as many digits as mean something.
pub(super) fn rtt_text(micros: u64) -> String {
    match micros {
        0..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

fn pieces(status: &Status, theme: Theme) -> Vec<Piece> {
    let piece = |text: String, style: Style, rank: u8| Piece {
        texts: vec![text],
        style,
        rank,
    };
    let language = status.language;
    let (contact, is_entered) = contact_text(status);
    let contact_style = if is_entered {
        Style::new()
    } else {
        theme.notable()
    };
    // That the relay can't store is worth more than what it is called.
    let (contact_rank, unsent_rank) = if status.is_delayed { (2, 1) } else { (1, 2) };
    let mut pieces = vec![
        piece(status.room.clone(), theme.strong(), ROOM_RANK),
        piece(contact, contact_style, contact_rank),
    ];
    if let Some(gone) = &status.gone {
        pieces.push(piece(
            tr!(language, "status-gone", name = gone),
            theme.notable(),
            3,
        ));
    }
    if is_entered {
        pieces.push(piece(tr!(language, "status-encrypted"), theme.good(), 4));
        // Zero means that nothing was measured yet: the kernel takes longer than a microsecond.
        if status.stats.rtt_micros > 0 {
            pieces.extend(figures(status, theme));
        }
    }
    if status.unsent > 0 {
        let unsent = if status.is_delayed {
            tr!(language, "status-unsent-delayed", count = status.unsent)
        } else {
            tr!(language, "status-unsent", count = status.unsent)
        };
        pieces.push(piece(unsent, theme.notable(), unsent_rank));
    }
    if status.is_away {
        pieces.push(piece(tr!(language, "status-away"), theme.notable(), 3));
    }
    if !status.typing.is_empty() {
        pieces.push(Piece {
            texts: status.typing.clone(),
            style: theme.faint(),
            rank: 3,
        });
    }
    pieces
}

/// The round trip, and the loss behind it; before it matters how long it takes, it matters what is lost.
fn figures(status: &Status, theme: Theme) -> Vec<Piece> {
    let language = status.language;
    let time = rtt_text(status.stats.rtt_micros);
    let rtt = tr!(language, "status-rtt", time = time);
    let percent = format!("{:.0}", status.stats.loss * 100.0);
    let loss = tr!(language, "status-loss", percent = percent);
    let piece = |texts: Vec<String>, style: Style, rank: u8| Piece { texts, style, rank };
    if status.stats.loss < LOSS_NOTABLE {
        let both = format!("{rtt}  {loss}");
        return vec![piece(vec![both, rtt], theme.faint(), 5)];
    }
    vec![
        piece(vec![rtt], theme.faint(), 5),
        piece(vec![loss], theme.notable(), 3),
    ]
}

/// The pieces that fit into so many columns, in their order.
fn fitting(mut pieces: Vec<Piece>, columns_max: usize) -> Vec<(String, Style)> {
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by_key(|at| pieces[*at].rank);
    // A rule's end and a blank stand around all, and a rule's end behind it.
    let mut used = 2;
    let mut chosen = vec![None; pieces.len()];
    for at in order {
        let texts = std::mem::take(&mut pieces[at].texts);
        // Two blanks stand behind each, or one and the rule.
        let taken = |text: &String| used + wrap::columns(text) + 2;
        let shortest = texts
            .last()
            .cloned()
            .filter(|_| pieces[at].rank == ROOM_RANK);
        let text = texts.into_iter().find(|text| taken(text) <= columns_max);
        // Which room it is stays, as far as there is room.
        let columns = columns_max.saturating_sub(used + 2);
        let room = shortest.filter(|_| columns >= ROOM_COLUMNS_MIN);
        if let Some(text) = text.or_else(|| room.map(|room| wrap::cut(&room, columns))) {
            used = taken(&text);
            chosen[at] = Some((text, pieces[at].style));
        }
    }
    chosen.into_iter().flatten().collect()
}

/// Draws the line.
pub fn draw(status: &Status, theme: Theme, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    let hint = status.hint.as_ref();
    let hint = hint.map(|hint| format!(" {} ", wrap::cut(hint, width.saturating_sub(2))));
    let hint_columns = hint.as_ref().map_or(0, |hint| wrap::columns(hint));
    let mut pieces = fitting(pieces(status, theme), width.saturating_sub(hint_columns));
    if pieces.is_empty() && hint.is_none() {
        // Some of the room's name is better than nothing.
        let room = wrap::cut(&status.room, width.saturating_sub(2));
        pieces.push((room, theme.strong()));
    }
    let rule = "─".repeat(width);
    buffer.set_string(area.x, area.y, rule, theme.faint());
    let mut end = area.x;
    if !pieces.is_empty() {
        let mut spans = vec![Span::styled("─ ", theme.faint())];
        for (index, (text, style)) in pieces.into_iter().enumerate() {
            spans.push(Span::raw(if index == 0 { "" } else { "  " }));
            spans.push(Span::styled(text, style));
        }
        spans.push(Span::raw(" "));
        (end, _) = buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
    }
    if let Some(hint) = &hint {
        let columns = u16::try_from(hint_columns).unwrap_or(area.width);
        let columns = columns.min(area.width);
        // The end of the rule stands behind it when there is still some before it.
        let is_framed = columns + 2 <= area.right() - end;
        let x = area.right() - columns - u16::from(is_framed);
        put_over(x, area.y, hint, theme.notable(), buffer);
    }
}

/// Puts a text over others. Of a wide character that begins before it nothing may be left, or it
/// would take the text's first column.
pub fn put_over(x: u16, y: u16, text: &str, style: Style, buffer: &mut Buffer) {
    let before = x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)));
    if let Some(cell) = before.filter(|cell| cell.cell_width() > 1) {
        cell.set_symbol(" ");
    }
    buffer.set_stringn(x, y, text, wrap::columns(text), style);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_have_the_digits_that_mean_something() {
        assert_eq!(rtt_text(420), "0.4 ms");
        assert_eq!(rtt_text(9_990), "9.9 ms");
        assert_eq!(rtt_text(12_700), "12 ms");
        assert_eq!(rtt_text(1_250_000), "1.2 s");
    }
}
