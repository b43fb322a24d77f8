//! The pane on the right: who is in the room, those present first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::app::Viewer;
use super::pane::PaneScroll;
use super::theme::Theme;
use super::{reasons, wrap};
use crate::locale::{Language, tr};
use crate::wire::{Member, Presence, SafeText};

/// The narrowest screen that shows the pane; below, the messages need the room.
pub const SCREEN_COLUMNS_MIN: u16 = 80;

/// The columns of the pane, its border included.
pub fn pane_columns(screen: u16) -> u16 {
    (screen / 5).clamp(16, 24)
}

/// Draws the members with their presence: `●` here, `◌` idle, `◐` away, `○` gone; what they say of being
/// away goes as far as there is room. Without contact they are as they were, and that is said.
pub fn draw(
    members: &[Member],
    is_current: bool,
    scroll: PaneScroll,
    viewer: &Viewer,
    area: Rect,
    buffer: &mut Buffer,
) {
    let (theme, language) = (viewer.theme, viewer.language);
    let width = usize::from(area.width).saturating_sub(2);
    let present = members
        .iter()
        .filter(|member| member.presence != Presence::Gone)
        .count();
    // Before anything is known of the room, nobody is counted: this user is in it.
    let count = if members.is_empty() {
        String::new()
    } else if is_current {
        tr!(language, "members-present", count = present)
    } else {
        tr!(language, "members-before")
    };
    let mut lines = vec![Line::styled(count, theme.faint())];
    let (shown, more) = in_sight(members, scroll, height(area));
    let shown = shown.into_iter();
    lines.extend(shown.map(|member| member_line(member, viewer, width)));
    if more > 0 {
        let more = tr!(language, "members-more", count = more);
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

/// The rows for members: the first one of the pane says how many are present.
pub fn height(area: Rect) -> usize {
    usize::from(area.height).saturating_sub(1)
}

/// The member on this row of the pane, counted from its top, of so many rows for members.
pub fn on_row(
    members: &[Member],
    scroll: PaneScroll,
    row: usize,
    height: usize,
) -> Option<&Member> {
    let (shown, _) = in_sight(members, scroll, height);
    shown.get(row.checked_sub(1)?).copied()
}

/// The members in sight, and how many more there are below them.
fn in_sight(members: &[Member], scroll: PaneScroll, height: usize) -> (Vec<&Member>, usize) {
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by_cached_key(|member| order(member));
    let mut shown = sorted.split_off(scroll.top(sorted.len(), height));
    let count = shown.len();
    if count > height {
        shown.truncate(height.saturating_sub(1));
    }
    let more = count - shown.len();
    (shown, more)
}

/// By what members are sorted: those present first.
pub fn order(member: &Member) -> (Presence, String) {
    (member.presence, member.name.as_str().to_lowercase())
}

/// How somebody is there, and what they say of it.
pub fn state_text(presence: Presence, status: &SafeText, language: Language) -> String {
    let presence = reasons::presence(presence);
    if status.is_empty() {
        return presence.tr(language);
    }
    let why = status.one_line();
    tr!(language, "presence-why", presence = presence, why = why)
}

/// The sign for how somebody is there, with a blank behind it.
pub fn presence_sign(presence: Presence, theme: Theme) -> (&'static str, Style) {
    match presence {
        Presence::Here => ("● ", theme.good()),
        Presence::Idle => ("◌ ", theme.faint()),
        Presence::Away => ("◐ ", theme.notable()),
        Presence::Gone => ("○ ", theme.faint()),
    }
}

fn member_line(member: &Member, viewer: &Viewer, width: usize) -> Line<'static> {
    let theme = viewer.theme;
    let name = wrap::cut(member.name.as_str(), width.saturating_sub(2));
    let (sign, sign_style) = presence_sign(member.presence, theme);
    let style = match member.presence {
        Presence::Here | Presence::Idle | Presence::Away => theme.nick(member.name.as_str()),
        Presence::Gone => theme.faint(),
    };
    let mut spans = vec![Span::styled(sign, sign_style), Span::styled(name, style)];
    if member.name == viewer.name {
        let you = format!(" {}", tr!(viewer.language, "members-you"));
        spans.push(Span::styled(you, theme.faint()));
    }
    let used: usize = spans.iter().map(|span| wrap::columns(&span.content)).sum();
    // A blank before it, and two columns at the least: a letter and the sign that it is cut.
    if let Some(room) = width.checked_sub(used + 1).filter(|room| *room >= 2) {
        let status = wrap::cut(member.status.as_str(), room);
        if !status.is_empty() {
            spans.push(Span::styled(format!(" {status}"), theme.faint()));
        }
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::tui::theme::Theme;
    use crate::tui::wrap::columns;
    use crate::wire::{DeviceId, Timestamp};

    fn line(who: &str, presence: Presence, status: &str) -> String {
        let member = Member {
            name: who.parse().unwrap(),
            device: DeviceId([0; 8]),
            presence,
            since: Timestamp(0),
            status: SafeText::new(status),
        };
        let viewer = Viewer {
            settings: crate::tui::settings::Settings::default(),
            zone: TimeZone::UTC,
            theme: Theme::PLAIN,
            language: Language::English,
            name: "zoe".parse().unwrap(),
            device: DeviceId([1; 8]),
        };
        let line = member_line(&member, &viewer, 14);
        let text = line.to_string();
        assert!(columns(&text) <= 14, "{text:?}");
        text
    }

    #[test]
    fn what_somebody_says_of_being_away_is_cut_to_the_column() {
        assert_eq!(line("bob", Presence::Idle, ""), "◌ bob");
        assert_eq!(line("bob", Presence::Away, "tea"), "◐ bob tea");
        assert_eq!(line("bob", Presence::Away, "back at two"), "◐ bob back at…");
        assert_eq!(line("bob", Presence::Away, "茶茶茶茶茶"), "◐ bob 茶茶茶…");
        assert_eq!(line("zoe", Presence::Away, "lunch"), "◐ zoe you lun…");
        assert_eq!(line("montgomery", Presence::Away, "tea"), "◐ montgomery");
        let long = line("maximilian-the-1st", Presence::Away, "x");
        assert_eq!(long, "◐ maximilian-…");
    }
}
