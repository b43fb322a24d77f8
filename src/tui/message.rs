//! One entry of a room as lines of the screen.
//!
//! ```text
//! 12:04 ✓✓  alice  hello, and what follows is
//!                  indented under the text
//! ```
//!
//! The columns are the same for every entry of a width, so that times, marks, names and texts form
//! straight edges. Below [`COLUMNS_MIN`] there is no room for that: the name stands before the text.

use jiff::tz::TimeZone;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::above::{self, Above};
use super::app::Viewer;
use super::changes::Change;
use super::markdown;
use super::mention::is_mention;
use super::reactions;
use super::rich::{self, Block, Kind};
use super::theme::Theme;
use super::times::local;
use super::wrap;
use crate::locale::{Language, tr};
use crate::room::{edited, is_spoken, text_of};
use crate::wire::{self, Body, DeviceId, Event, LocalId, Name, SafeText, Seq, Timestamp};

/// The narrowest pane in which the entries have columns; below, half of it would be margin.
pub const COLUMNS_MIN: usize = 30;

/// Something shown in a room's pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An entry of the room's log.
    Event(Event),
    /// A message of this user that is not in the log, or not yet.
    Pending(Pending),
    /// A line of this program's own.
    Notice(Notice),
}

/// A message of this user that is not in the log, or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its number.
    pub local: LocalId,
    /// When the user sent it.
    pub sent_at: Timestamp,
    /// What it says.
    pub body: Body,
    /// How far it got.
    pub state: PendingState,
}

/// How far a message got that is not in the log on this screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PendingState {
    /// In the outbox.
    Queued,
    /// In the outbox, because the relay could not take it just now, with the reason.
    Delayed(String),
    /// Committed by the relay; its entry has not come back yet.
    Stored,
    /// Refused, with the reason.
    Failed(String),
}

/// A line of this program's own, in one room's pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// What; may have several lines.
    pub text: String,
    /// Whether something failed.
    pub is_error: bool,
}

/// The delivery mark of a message of this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Not a message of this device.
    None,
    /// `…`: in the outbox.
    Queued,
    /// `◦`: taken in by a relay that keeps nothing on a disk.
    Held,
    /// `✓`: committed by the relay.
    Stored,
    /// `✓✓`: stored by somebody else's device.
    Delivered,
    /// `✗`: refused.
    Failed,
}

/// How an entry is drawn, apart from its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Its delivery mark.
    pub mark: Mark,
    /// What stands above it.
    pub above: Above,
    /// How it stands out.
    pub look: Look,
}

/// How an entry stands out among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Not at all.
    Plain,
    /// It was sent ahead of its turn.
    Ahead,
    /// It was searched for and gone to, or it is selected.
    Found,
}

/// How far a room is stored, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// A device of somebody else has all up to here.
    pub delivered: Seq,
    /// Whether the relay keeps the room on a disk.
    pub is_durable: bool,
}

/// What drawing needs to know besides the entry.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Columns of the pane.
    pub width: usize,
    /// The language of all that is not written by people.
    pub language: Language,
    /// The zone in which times are shown.
    pub zone: &'a TimeZone,
    /// Styles.
    pub theme: Theme,
    /// The name this user goes by, for mentions.
    pub name: &'a Name,
    /// This device, for marks.
    pub device: DeviceId,
    /// Whom the user ignores.
    pub viewer: &'a Viewer,
}

impl Item {
    /// When it happened, for people.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.stored_at(),
            Self::Pending(pending) => pending.sent_at,
            Self::Notice(notice) => notice.at,
        }
    }

    /// The event it shows.
    pub fn event(&self) -> Option<&Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::Pending(_) | Self::Notice(_) => None,
        }
    }

    /// What it says, when somebody sent it.
    pub fn body(&self) -> Option<&Body> {
        match self {
            Self::Event(event) => Some(&event.body),
            Self::Pending(pending) => Some(&pending.body),
            Self::Notice(_) => None,
        }
    }

    /// Its delivery mark when the room is stored this far.
    pub fn mark(&self, device: DeviceId, reach: Reach) -> Mark {
        let stored = if reach.is_durable {
            Mark::Stored
        } else {
            Mark::Held
        };
        match self {
            Self::Event(event) if event.device != device || !is_sent(&event.body) => Mark::None,
            Self::Event(event) if event.seq <= reach.delivered => Mark::Delivered,
            Self::Event(_) => stored,
            Self::Pending(pending) => match pending.state {
                PendingState::Queued | PendingState::Delayed(_) => Mark::Queued,
                PendingState::Stored => stored,
                PendingState::Failed(_) => Mark::Failed,
            },
            Self::Notice(_) => Mark::None,
        }
    }
}

/// Whether this is a line that users send; the others are the relay's, or change another line.
pub fn is_sent(body: &Body) -> bool {
    match body {
        Body::Message(_) | Body::Reply(..) | Body::Action(_) | Body::Topic(_) => true,
        Body::Edit(..) | Body::Reaction(..) | Body::Redaction(_) | Body::Role(..) => false,
        Body::Join | Body::Leave | Body::Rename(_) => false,
    }
}

/// Whether an event has a line of its own.
pub fn is_shown(body: &Body) -> bool {
    match body {
        Body::Message(_) | Body::Reply(..) | Body::Action(_) => true,
        Body::Topic(_) | Body::Role(..) | Body::Join | Body::Leave | Body::Rename(_) => true,
        Body::Edit(..) | Body::Reaction(..) | Body::Redaction(_) => false,
    }
}

/// The parts of an entry, before they are put into columns.
struct Parts {
    /// Stands in the name column: a name or a sign.
    who: String,
    who_style: Style,
    has_name: bool,
    /// What it answers, on the row above the text.
    quote: Option<String>,
    blocks: Vec<Block>,
    text_style: Style,
    is_edited: bool,
    below: Vec<Below>,
}

/// Something under the text.
enum Below {
    /// A line of this program's own.
    Line(String, Style),
    /// Who reacted with what.
    Reactions(Vec<reactions::Reaction>),
}

impl Parts {
    fn quiet(who: &str, text: &str, theme: Theme) -> Self {
        Self {
            who: who.to_owned(),
            who_style: theme.faint(),
            has_name: false,
            quote: None,
            blocks: markdown::plain(text),
            text_style: theme.faint(),
            is_edited: false,
            below: Vec::new(),
        }
    }
}

/// Where the links of an entry lead, in their order.
pub fn links(item: &Item, change: Option<&Change>) -> Vec<String> {
    let Some(body) = item.body() else {
        return Vec::new();
    };
    if change.is_some_and(|change| change.is_redacted) || !is_spoken(body) {
        return Vec::new();
    }
    let edited = change.and_then(Change::text).map(SafeText::as_str);
    let text = edited.or_else(|| text_of(body)).unwrap_or_default();
    markdown::parse(text).links
}

/// The lines of an entry that tells of several: what stands in the name column, and the text.
pub fn fold_lines(
    item: &Item,
    (sign, text): (&str, &str),
    manner: &Manner,
    context: &Context,
) -> Vec<Line<'static>> {
    let parts = Parts::quiet(sign, text, context.theme);
    lines_of(item.at(), &parts, manner, context)
}

/// The lines of an entry; none for one that only changes another. An answer has a `quote` above it.
pub fn lines(
    item: &Item,
    change: Option<&Change>,
    quote: Option<String>,
    manner: &Manner,
    context: &Context,
) -> Vec<Line<'static>> {
    let Some(mut parts) = parts(item, change, context) else {
        return Vec::new();
    };
    let is_there = !change.is_some_and(|change| change.is_redacted);
    parts.quote = quote.filter(|_| is_there);
    match manner.look {
        Look::Plain => {}
        Look::Ahead => parts.text_style = context.theme.faint(),
        Look::Found => parts.text_style = context.theme.selected(),
    }
    lines_of(item.at(), &parts, manner, context)
}

fn lines_of(
    at: Timestamp,
    parts: &Parts,
    manner: &Manner,
    context: &Context,
) -> Vec<Line<'static>> {
    let mut lines = above::lines(&manner.above, at, context);
    if context.width < COLUMNS_MIN {
        lines_without_columns(parts, manner.mark, context, &mut lines);
    } else {
        lines_in_columns(at, parts, manner.mark, context, &mut lines);
    }
    lines
}

fn parts(item: &Item, change: Option<&Change>, context: &Context) -> Option<Parts> {
    match item {
        Item::Event(event) => {
            let new_text = change.and_then(Change::text);
            let rewritten = new_text.map(|text| edited(&event.body, text));
            let body = rewritten.as_ref().unwrap_or(&event.body);
            let mut parts = body_parts(body, &event.from, context)?;
            if let Some(change) = change {
                let is_edited = rewritten.is_some() && is_spoken(body);
                apply_change(&mut parts, is_edited, change, context);
            }
            let is_own = event.device == context.device;
            let text = text_of(body).unwrap_or_default();
            let is_there = !change.is_some_and(|change| change.is_redacted);
            if is_there && !is_own && is_spoken(body) && is_mention(text, context.name) {
                parts.text_style = context.theme.notable();
            }
            Some(parts)
        }
        Item::Pending(pending) => {
            let mut parts = body_parts(&pending.body, context.name, context)?;
            let language = context.language;
            let below = match &pending.state {
                PendingState::Queued | PendingState::Stored => None,
                PendingState::Delayed(why) => {
                    let text = tr!(language, "pending-waiting", reason = why);
                    Some(Below::Line(text, context.theme.notable()))
                }
                PendingState::Failed(why) => {
                    let text = tr!(language, "pending-failed", reason = why);
                    Some(Below::Line(text, context.theme.error()))
                }
            };
            parts.below.extend(below);
            Some(parts)
        }
        Item::Notice(notice) => {
            let mut parts = Parts::quiet("·", &notice.text, context.theme);
            if notice.is_error {
                parts.who = "!".to_owned();
                parts.who_style = context.theme.error();
                parts.text_style = context.theme.error();
            }
            Some(parts)
        }
    }
}

fn body_parts(body: &Body, from: &Name, context: &Context) -> Option<Parts> {
    let (theme, language) = (context.theme, context.language);
    let quiet = |who: &str, text: String| Parts::quiet(who, &text, theme);
    let parts = match body {
        Body::Message(text) | Body::Reply(_, text) => Parts {
            who: from.to_string(),
            who_style: theme.nick(from.as_str()),
            has_name: true,
            quote: None,
            blocks: markdown::parse(text.as_str()).blocks,
            text_style: Style::new(),
            is_edited: false,
            below: Vec::new(),
        },
        Body::Action(text) => {
            let mut blocks = markdown::parse(text.as_str()).blocks;
            rich::lead(&mut blocks, from.as_str());
            Parts {
                who: "*".to_owned(),
                who_style: theme.nick(from.as_str()),
                has_name: false,
                quote: None,
                blocks,
                text_style: Style::new(),
                is_edited: false,
                below: Vec::new(),
            }
        }
        Body::Join => quiet("→", tr!(language, "room-joined", name = from)),
        Body::Leave => quiet("←", tr!(language, "room-left", name = from)),
        Body::Rename(new) => quiet("·", tr!(language, "room-renamed", name = from, new = new)),
        Body::Topic(topic) if topic.is_empty() => {
            quiet("·", tr!(language, "room-topic-cleared", name = from))
        }
        Body::Topic(topic) => {
            let topic = topic.one_line();
            quiet(
                "·",
                tr!(language, "room-topic-set", name = from, topic = topic),
            )
        }
        Body::Role(whom, wire::Role::Operator) => quiet(
            "·",
            tr!(language, "room-made-operator", name = from, whom = whom),
        ),
        Body::Role(whom, wire::Role::Member) => quiet(
            "·",
            tr!(language, "room-made-member", name = from, whom = whom),
        ),
        Body::Edit(..) | Body::Reaction(..) | Body::Redaction(_) => return None,
    };
    Some(parts)
}

fn apply_change(parts: &mut Parts, is_edited: bool, change: &Change, context: &Context) {
    let (theme, language) = (context.theme, context.language);
    if change.is_redacted {
        parts.blocks = markdown::plain(&tr!(language, "room-redacted"));
        parts.text_style = theme.faint();
        return;
    }
    parts.is_edited = is_edited;
    let reactions = reactions::grouped(change, context.name);
    if !reactions.is_empty() {
        parts.below.push(Below::Reactions(reactions));
    }
}

/// The columns of the name, wider where there is room.
fn name_columns(width: usize) -> usize {
    (width / 6).clamp(6, 14)
}

/// The mark with a blank behind it, three columns in all.
fn mark_text(mark: Mark) -> &'static str {
    match mark {
        Mark::None => "   ",
        Mark::Queued => " … ",
        Mark::Held => " ◦ ",
        Mark::Stored => " ✓ ",
        Mark::Delivered => "✓✓ ",
        Mark::Failed => " ✗ ",
    }
}

fn mark_style(mark: Mark, theme: Theme) -> Style {
    match mark {
        Mark::None => Style::new(),
        Mark::Queued => theme.notable(),
        Mark::Held | Mark::Stored => theme.faint(),
        Mark::Delivered => theme.good(),
        Mark::Failed => theme.error(),
    }
}

fn lines_in_columns(
    at: Timestamp,
    parts: &Parts,
    mark: Mark,
    context: &Context,
    lines: &mut Vec<Line<'static>>,
) {
    let names = name_columns(context.width);
    let time = local(at, context.zone).map_or("     ".to_owned(), |zoned| {
        zoned.strftime("%H:%M").to_string()
    });
    let who = wrap::cut(&parts.who, names);
    let padding = " ".repeat(names.saturating_sub(wrap::columns(&who)));
    let mut head = vec![
        Span::styled(time, context.theme.faint()),
        Span::raw(" "),
        Span::styled(mark_text(mark), mark_style(mark, context.theme)),
        Span::raw(padding),
        Span::styled(who, parts.who_style),
        Span::raw("  "),
    ];
    let margin = 5 + 1 + 3 + names + 2;
    let width = context.width.saturating_sub(margin);
    for row in text_rows(&parts.blocks, parts, width, context) {
        let mut line = std::mem::take(&mut head);
        if line.is_empty() {
            line.push(Span::raw(" ".repeat(margin)));
        }
        line.extend(row);
        lines.push(Line::from(line));
    }
}

fn lines_without_columns(
    parts: &Parts,
    mark: Mark,
    context: &Context,
    lines: &mut Vec<Line<'static>>,
) {
    let who = if parts.has_name {
        tr!(context.language, "message-name", name = parts.who)
    } else {
        parts.who.clone()
    };
    let lead = format!("{}{who}", mark_text(mark));
    let mut blocks = parts.blocks.clone();
    rich::lead(&mut blocks, lead.trim_start());
    let rows = text_rows(&blocks, parts, context.width, context);
    lines.extend(rows.into_iter().map(Line::from));
}

/// The rows of the text and of what stands below it.
fn text_rows(
    blocks: &[Block],
    parts: &Parts,
    width: usize,
    context: &Context,
) -> Vec<Vec<Span<'static>>> {
    let theme = context.theme;
    let look = rich::Look {
        theme,
        base: parts.text_style,
        lead: parts.who_style,
    };
    let quote = parts.quote.iter();
    let quote = quote.map(|quote| vec![Span::styled(wrap::cut(quote, width), theme.faint())]);
    let mut rows: Vec<Vec<Span<'static>>> = quote.collect();
    rows.extend(rich::rows(blocks, width, &look));
    if parts.is_edited {
        let edited = tr!(context.language, "room-edited-behind");
        let is_words = blocks.last().is_some_and(|block| block.kind == Kind::Words);
        let edited = Span::styled(wrap::cut(&edited, width), theme.faint());
        put_behind(edited, is_words, width, &mut rows);
    }
    for below in &parts.below {
        match below {
            Below::Line(text, style) => {
                let below = wrap::wrap(text, width).into_iter();
                let row = |row| vec![Span::styled(wrap::shown(&text[row]), *style)];
                rows.extend(below.map(row));
            }
            Below::Reactions(reactions) => rows.extend(reactions::rows(reactions, width, theme)),
        }
    }
    rows
}

/// Puts a remark behind the last row, or where there is no room for it on a row of its own. A wide
/// bracket has its blank within.
fn put_behind(
    remark: Span<'static>,
    is_words: bool,
    width: usize,
    rows: &mut Vec<Vec<Span<'static>>>,
) {
    let is_wide = remark.content.starts_with('（');
    let blank = if is_wide { "" } else { " " };
    let last = rows.last_mut().filter(|_| is_words);
    let last = last.filter(|row| {
        let columns: usize = row.iter().map(Span::width).sum();
        columns + blank.len() + remark.width() <= width
    });
    match last {
        Some(row) => row.extend([Span::raw(blank), remark]),
        None => rows.push(vec![remark]),
    }
}
