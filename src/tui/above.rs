//! What stands above an entry that starts something: a rule for a new day or for what is not read
//! yet, a line for what can't be shown.

use ratatui::style::Style;
use ratatui::text::Line;

use super::message::{Context, local};
use super::wrap;
use crate::wire::Timestamp;

/// What starts with an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Above {
    /// Whether it is the first of its day.
    pub starts_day: bool,
    /// Whether it is the first that this user has not read.
    pub starts_new: bool,
    /// How many before it the relay keeps no longer.
    pub gone: u64,
    /// How many before it are still on their way.
    pub fetching: u64,
}

/// The lines above an entry of this time.
pub fn lines(above: &Above, at: Timestamp, context: &Context) -> Vec<Line<'static>> {
    let theme = context.theme;
    let mut lines = Vec::new();
    if above.gone > 0 {
        let text = format!(
            "{}: this relay keeps messages for a time only",
            gone_text(above.gone)
        );
        let rows = wrap::wrap(&text, context.width).into_iter();
        lines
            .extend(rows.map(|row| centred(&wrap::shown(&text[row]), " ", theme.faint(), context)));
    }
    if above.fetching > 0 {
        let text = match above.fetching {
            1 => " … 1 message is being fetched ".to_owned(),
            count => format!(" … {count} messages are being fetched "),
        };
        lines.push(centred(&text, "─", theme.notable(), context));
    }
    if above.starts_day {
        let day = local(at, context.zone).map_or(String::new(), |zoned| {
            zoned.strftime(" %A %-d %B %Y ").to_string()
        });
        lines.push(centred(&day, "─", theme.faint(), context));
    }
    if above.starts_new {
        lines.push(centred(" new ", "─", theme.notable(), context));
    }
    lines
}

/// Says how many older messages are gone.
pub fn gone_text(count: u64) -> String {
    match count {
        1 => "1 older message is gone".to_owned(),
        count => format!("{count} older messages are gone"),
    }
}

/// `text` in the middle of a line of `fill`.
fn centred(text: &str, fill: &str, style: Style, context: &Context) -> Line<'static> {
    let text = wrap::cut(text, context.width);
    let rest = context.width.saturating_sub(wrap::columns(&text));
    let (before, after) = (fill.repeat(rest / 2), fill.repeat(rest - rest / 2));
    Line::styled(format!("{before}{text}{after}"), style)
}
