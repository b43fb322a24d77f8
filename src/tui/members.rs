//! The pane on the right: who is in the room, those present first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::app::Viewer;
use super::wrap;
use crate::locale::tr;
use crate::wire::{Member, Presence};

/// The narrowest screen that shows the pane; below, the messages need the room.
pub const SCREEN_COLUMNS_MIN: u16 = 80;

/// The columns of the pane, its border included.
pub fn pane_columns(screen: u16) -> u16 {
    (screen / 5).clamp(16, 24)
}

/// Draws the members with their presence: `●` here, `◐` away, `○` gone.
pub fn draw(members: &[Member], viewer: &Viewer, area: Rect, buffer: &mut Buffer) {
    let (theme, language) = (viewer.theme, viewer.language);
    let rows = usize::from(area.height);
    let width = usize::from(area.width).saturating_sub(2);
    let present = members.iter().filter(|member| rank(member) < 2).count();
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by_cached_key(|member| (rank(member), member.name.as_str().to_lowercase()));

    let mut lines = vec![Line::styled(
        tr!(language, "members-present", count = present),
        theme.faint(),
    )];
    let room = rows.saturating_sub(lines.len());
    let shown = if sorted.len() > room {
        room.saturating_sub(1)
    } else {
        sorted.len()
    };
    lines.extend(
        sorted
            .iter()
            .take(shown)
            .map(|member| member_line(member, viewer, width)),
    );
    if shown < sorted.len() {
        let more = tr!(language, "members-more", count = sorted.len() - shown);
        lines.push(Line::styled(more, theme.faint()));
    }
    for y in 0..area.height {
        buffer.set_string(area.x, area.y + y, "│", theme.faint());
        if let Some(line) = lines.get(usize::from(y)) {
            let columns = area.width.saturating_sub(2);
            buffer.set_line(area.x + 2, area.y + y, line, columns);
        }
    }
}

fn rank(member: &Member) -> u8 {
    match member.presence {
        Presence::Here => 0,
        Presence::Away => 1,
        Presence::Gone => 2,
    }
}

fn member_line(member: &Member, viewer: &Viewer, width: usize) -> Line<'static> {
    let theme = viewer.theme;
    let name = wrap::cut(member.name.as_str(), width.saturating_sub(2));
    let (sign, sign_style, style) = match member.presence {
        Presence::Here => ("● ", theme.good(), theme.nick(member.name.as_str())),
        Presence::Away => ("◐ ", theme.notable(), theme.nick(member.name.as_str())),
        Presence::Gone => ("○ ", theme.faint(), theme.faint()),
    };
    let mut spans = vec![Span::styled(sign, sign_style), Span::styled(name, style)];
    if member.name == viewer.name {
        let you = format!(" {}", tr!(viewer.language, "members-you"));
        spans.push(Span::styled(you, theme.faint()));
    }
    Line::from(spans)
}
