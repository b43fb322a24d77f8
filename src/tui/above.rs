//! What stands above an entry that starts something: a rule for a new day or for what is not read
//! yet, a line for what can't be shown.

use ratatui::style::Style;
use ratatui::text::Line;

use super::message::Context;
use super::times::{self, local};
use super::wrap;
use crate::locale::{Language, number, tr};
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
    let (theme, language) = (context.theme, context.language);
    let mut lines = Vec::new();
    if above.gone > 0 {
        let gone = gone_text(above.gone, language);
        let text = tr!(language, "above-gone", gone = gone);
        let rows = wrap::wrap(&text, context.width).into_iter();
        lines
            .extend(rows.map(|row| centred(&wrap::shown(&text[row]), " ", theme.faint(), context)));
    }
    if above.fetching > 0 {
        let text = tr!(language, "above-fetching", count = number(above.fetching));
        let text = format!(" … {text} ");
        lines.push(centred(&text, "─", theme.notable(), context));
    }
    if above.starts_day {
        let day = local(at, context.zone);
        let day = day.map_or(String::new(), |zoned| {
            format!(" {} ", times::day(&zoned, language))
        });
        lines.push(centred(&day, "─", theme.faint(), context));
    }
    if above.starts_new {
        let text = format!(" {} ", tr!(language, "above-new"));
        lines.push(centred(&text, "─", theme.notable(), context));
    }
    lines
}

/// Says how many older messages are gone.
pub fn gone_text(count: u64, language: Language) -> String {
    tr!(language, "gone-older", count = number(count))
}

/// `text` in the middle of a line of `fill`.
fn centred(text: &str, fill: &str, style: Style, context: &Context) -> Line<'static> {
    let text = wrap::cut(text, context.width);
    let rest = context.width.saturating_sub(wrap::columns(&text));
    let (before, after) = (fill.repeat(rest / 2), fill.repeat(rest - rest / 2));
    Line::styled(format!("{before}{text}{after}"), style)
}
