//! The search: what is found as one types, over the panes.
//!
//! The newest stand on top, because those are asked for first and mostly meant; further down are
//! older ones, fetched as the user gets there.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::app::{App, Asked};
use super::keymap::{Action, KeyMap, ListAction};
use super::line_input::LineInput;
use super::message::Context;
use super::overlay::{Hit, Overlay};
use super::submit::SubmitError;
use super::times::moment;
use super::{highlight, reasons, wrap};
use crate::locale::{Language, Said, say, tr};
use crate::room::text_of;
use crate::wire::{Body, Found, Name, Query, Refusal, RoomName, StoreFault, Timestamp};

/// The longest search, in characters: what a relay takes.
pub const SEARCH_CHARS_MAX: usize = 256;

/// Messages asked for at a time: some screens full.
const FOUND_PAGE: u32 = 50;

/// Messages held. Arbitrary: who has gone through so many adds a word.
const FOUND_MAX: usize = 1_000;

/// More are asked for when fewer than this are below the one selected: a screen full.
const FOUND_LOW: usize = 10;

/// Rows of a message's text. Arbitrary: enough to know it by.
const TEXT_ROWS_MAX: usize = 3;

/// How long after the last key the relay is asked, in microseconds: longer than between two keys of
/// somebody who types fast, shorter than what feels like waiting.
const PAUSE_MICROS: i64 = 150_000;

/// Rows above what is found: the words, and how far it got.
const HEAD_ROWS: u16 = 2;

/// How far a search got.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    /// Nothing is searched for.
    Idle,
    /// Asked with this number.
    Asked(u32),
    /// There may be more after this mark.
    More(u64),
    /// All is here.
    Done,
    /// The relay refused, or would.
    Failed(Said),
}

/// What is asked of a relay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Question {
    words: String,
    /// Only in this room.
    room: Option<RoomName>,
}

/// A search under way, and what it found.
///
/// The relay is asked a moment after the last key, and never while an earlier answer is still to
/// come. That one is thrown away when something else is asked by then.
#[derive(Debug)]
pub struct Search {
    pub(super) input: LineInput,
    /// The room in front, and whether only it is searched.
    here: RoomName,
    is_here: bool,
    own: Name,
    /// What was asked last, and what `found` answers, but for a moment after.
    asked: Question,
    /// When to ask next, if something else is wanted.
    ask_at: Option<Timestamp>,
    found: Vec<Found>,
    progress: Progress,
    /// What of the answer under way is here.
    part: usize,
    /// Whether that answer goes on with `found`.
    is_more: bool,
    selected: usize,
    /// The first one in sight.
    top: usize,
}

impl App {
    /// Opens the search with nothing searched for yet.
    pub(super) fn open_search(&mut self) {
        let search = Search::new(self.room().name.clone(), self.viewer.name.clone());
        self.show_overlay(Overlay::Search(search));
    }

    /// Opens the search with these words, of all rooms or of the one in front.
    pub(super) fn start_search(&mut self, words: &str, is_here: bool) -> Result<(), SubmitError> {
        if words.chars().count() > SEARCH_CHARS_MAX {
            return Err(SubmitError::SearchTooLong);
        }
        let mut search = Search::new(self.room().name.clone(), self.viewer.name.clone());
        // Behind a blank, the last word is whole.
        search.input = LineInput::new(&format!("{words} "));
        search.is_here = is_here;
        self.show_overlay(Overlay::Search(search));
        self.ask_found();
        if !self.is_entered() {
            self.refuse(&say!("contact-none"));
        }
        Ok(())
    }

    fn search(&mut self) -> Option<&mut Search> {
        match &mut self.overlay {
            Some(Overlay::Search(search)) => Some(search),
            Some(Overlay::Jump(_) | Overlay::Net(_)) | None => None,
        }
    }

    /// When there is something to be asked, unless the user types on.
    pub(super) fn search_due(&self) -> Option<Timestamp> {
        match &self.overlay {
            Some(Overlay::Search(search)) if !search.is_asking() => search.ask_at,
            Some(Overlay::Search(_) | Overlay::Jump(_) | Overlay::Net(_)) | None => None,
        }
    }

    /// Asks what the user wants to find, once they paused.
    pub(super) fn ask_when_due(&mut self) {
        let wall = self.wall;
        // A clock set back does not make it wait.
        let is_due = |at: Timestamp| at <= wall || at.0 - wall.0 > PAUSE_MICROS;
        if self.search_due().is_some_and(is_due) {
            self.ask_found();
        }
    }

    /// Asks for what is wanted now, from its start.
    fn ask_found(&mut self) {
        self.is_dirty = true;
        let Some(search) = self.search() else { return };
        search.ask_at = None;
        search.asked = search.wanted();
        if search.asked.words.is_empty() {
            search.found.clear();
            search.progress = Progress::Idle;
        } else if search.asked.words.chars().count() > SEARCH_CHARS_MAX {
            search.found.clear();
            search.progress = Progress::Failed(SubmitError::SearchTooLong.said());
        } else {
            self.ask_page_of_found(None);
        }
    }

    fn ask_page_of_found(&mut self, after: Option<u64>) {
        let Some(search) = self.search() else { return };
        let query = Query::Search {
            words: search.asked.words.clone(),
            room: search.asked.room.clone(),
            from: None,
            after,
            count: FOUND_PAGE,
        };
        let request = self.ask(query, Asked::Found);
        if let Some(search) = self.search() {
            search.progress = Progress::Asked(request);
            search.part = 0;
            search.is_more = after.is_some();
        }
    }

    fn search_of(&mut self, request: u32) -> Option<&mut Search> {
        self.search()
            .filter(|search| search.progress == Progress::Asked(request))
    }

    /// Takes part of what was found.
    pub(super) fn handle_found(&mut self, request: u32, found: Vec<Found>) {
        if let Some(search) = self.search_of(request) {
            search.start_answer();
            let room = FOUND_MAX.saturating_sub(search.found.len());
            search.part += found.len();
            search.found.extend(found.into_iter().take(room));
        }
    }

    /// A search is answered in full.
    pub(super) fn finish_search(&mut self, request: u32) {
        if let Some(search) = self.search_of(request) {
            search.start_answer();
            // An answer may be short for its size: only an empty one says that this is all.
            let is_full = search.found.len() >= FOUND_MAX;
            search.progress = match search.found.last() {
                Some(last) if search.part > 0 && !is_full => Progress::More(last.mark),
                Some(_) | None => Progress::Done,
            };
            self.ask_when_due();
            self.select_found(0);
        }
    }

    /// A search is refused.
    pub(super) fn fail_search(&mut self, request: u32, refusal: &Refusal) {
        if let Some(search) = self.search_of(request) {
            search.found.clear();
            search.progress = Progress::Failed(match refusal {
                Refusal::Store(reason) => {
                    let reason = reasons::store_fault(&StoreFault::of(reason.as_str()));
                    say!("search-failed", reason = reason)
                }
                Refusal::NoSuchRoom(_)
                | Refusal::NotAllowed
                | Refusal::TooLong
                | Refusal::Limit(_)
                | Refusal::Diverged
                | Refusal::Moved
                | Refusal::Protocol => reasons::refusal(refusal),
            });
            self.ask_when_due();
        }
    }

    /// Goes to the message selected; asks at once where it is not the one looked for yet.
    pub(super) fn take_found(&mut self) {
        let Some(search) = self.search() else { return };
        if search.is_asking() && !search.is_more {
            return;
        }
        if search.asked != search.wanted() {
            return self.ask_found();
        }
        if let Some(found) = search.found.get(search.selected).cloned() {
            self.overlay = None;
            self.go_to(&found);
        }
    }

    /// Searches all rooms instead of this one, or this one instead of all.
    pub(super) fn turn_search(&mut self) {
        let wall = self.wall;
        if let Some(search) = self.search() {
            search.is_here = !search.is_here;
            search.changed(wall);
            if !search.is_asking() {
                self.ask_found();
            }
        }
    }

    /// Moves the selection; what is missing below is asked for.
    pub(super) fn select_found(&mut self, by: isize) {
        self.is_dirty = true;
        let Some(search) = self.search() else { return };
        let last = search.found.len().saturating_sub(1);
        search.selected = search.selected.saturating_add_signed(by).min(last);
        if search.selected + FOUND_LOW > last
            && search.ask_at.is_none()
            && let Progress::More(mark) = search.progress
        {
            self.ask_page_of_found(Some(mark));
        }
    }
}

impl Search {
    fn new(here: RoomName, own: Name) -> Self {
        Self {
            input: LineInput::default(),
            here,
            is_here: false,
            own,
            asked: Question::default(),
            ask_at: None,
            found: Vec::new(),
            progress: Progress::Idle,
            part: 0,
            is_more: false,
            selected: 0,
            top: 0,
        }
    }

    /// The user typed: the relay is asked a moment later.
    pub fn changed(&mut self, wall: Timestamp) {
        let is_new = self.wanted() != self.asked;
        self.ask_at = is_new.then(|| Timestamp(wall.0.saturating_add(PAUSE_MICROS)));
    }

    fn is_asking(&self) -> bool {
        matches!(self.progress, Progress::Asked(_))
    }

    /// What the user wants to find now.
    fn wanted(&self) -> Question {
        Question {
            words: live_words(self.input.text()),
            room: self.is_here.then(|| self.here.clone()),
        }
    }

    /// The first part of an answer takes the place of what was found before, unless it goes on
    /// with that.
    fn start_answer(&mut self) {
        if self.part == 0 && !self.is_more {
            self.found.clear();
            self.selected = 0;
            self.top = 0;
        }
    }

    /// Draws the list.
    pub fn draw(&mut self, context: &Context, keys: &KeyMap, area: Rect, frame: &mut Frame) {
        Clear.render(area, frame.buffer_mut());
        let row = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
        if area.height > 1 {
            self.draw_head(context, keys, row(1), frame.buffer_mut());
        }
        let height = usize::from(area.height.saturating_sub(HEAD_ROWS));
        self.bring_into_sight(context, height);
        let lines = (self.top..self.found.len()).flat_map(|at| self.lines(at, context));
        let rows = area.y.saturating_add(HEAD_ROWS)..area.bottom();
        for (y, line) in rows.zip(lines) {
            frame.buffer_mut().set_line(area.x, y, &line, area.width);
        }
        let prompt = tr!(context.language, "search-prompt");
        self.input.draw(&prompt, context.theme, row(0), frame);
    }

    /// Selects the message found that stands here, if any does.
    pub fn select_at(&mut self, at: Position, context: &Context, area: Rect) -> Hit {
        if !area.contains(at) {
            return Hit::Outside;
        }
        let Some(row) = (at.y - area.y).checked_sub(HEAD_ROWS) else {
            return Hit::Inside;
        };
        let mut below = usize::from(row);
        for index in self.top..self.found.len() {
            let rows = self.lines(index, context).len();
            if below < rows {
                self.selected = index;
                return Hit::Entry;
            }
            below -= rows;
        }
        Hit::Inside
    }

    /// How far it got, and where is searched.
    fn draw_head(&self, context: &Context, keys: &KeyMap, area: Rect, buffer: &mut Buffer) {
        let theme = context.theme;
        let here = self.here.title(&self.own);
        let all = tr!(context.language, "search-all-rooms");
        let (place, other) = if self.is_here {
            (here, all)
        } else {
            (all, here)
        };
        let state = self.state(context.language);
        let title = tr!(
            context.language,
            "search-state",
            place = place,
            state = state
        );
        let title = wrap::cut(&title, context.width);
        let columns = usize::from(area.width);
        let (end, _) = buffer.set_stringn(area.x, area.y, title, columns, theme.faint());
        let Some(key) = keys.key_of(Action::List(ListAction::Scope)) else {
            return;
        };
        let turn = tr!(context.language, "search-turn", key = key, place = other);
        let columns = u16::try_from(wrap::columns(&turn)).unwrap_or(u16::MAX);
        // Two blanks at least part the two.
        if columns.saturating_add(2) <= area.right().saturating_sub(end) {
            buffer.set_string(area.right() - columns, area.y, turn, theme.faint());
        }
    }

    fn state(&self, language: Language) -> String {
        let count = self.found.len();
        if self.ask_at.is_some() {
            return tr!(language, "search-searching");
        }
        match &self.progress {
            Progress::Idle => tr!(language, "search-idle"),
            Progress::Asked(_) if !self.is_more && self.part == 0 => {
                tr!(language, "search-searching")
            }
            Progress::Failed(reason) => reason.tr(language),
            Progress::Done if count == 0 => tr!(language, "search-none"),
            Progress::Done if count >= FOUND_MAX => tr!(language, "search-full", count = count),
            Progress::Done => tr!(language, "search-found", count = count),
            Progress::Asked(_) | Progress::More(_) => {
                tr!(language, "search-found-so-far", count = count)
            }
        }
    }

    /// Moves the first one in sight so that the one selected is whole in sight.
    fn bring_into_sight(&mut self, context: &Context, height: usize) {
        self.top = self.top.min(self.selected);
        let mut used = 0;
        let mut top = self.selected + 1;
        while top > self.top {
            used += self.lines(top - 1, context).len();
            if used > height {
                break;
            }
            top -= 1;
        }
        self.top = top.min(self.selected);
    }

    fn lines(&self, at: usize, context: &Context) -> Vec<Line<'static>> {
        let Some(found) = self.found.get(at) else {
            return Vec::new();
        };
        let theme = context.theme;
        let is_selected = at == self.selected;
        let (sign, style) = if is_selected {
            ("> ", theme.selected())
        } else {
            ("  ", theme.faint())
        };
        let event = &found.event;
        let at = moment(event.stored_at(), "%H:%M", context.zone, context.language);
        let room = found.room.title(&self.own);
        let mut head = vec![
            Span::styled(format!("{sign}{at}  {room}"), style),
            Span::raw("  "),
            Span::styled(event.from.to_string(), theme.nick(event.from.as_str())),
        ];
        if matches!(event.body, Body::Edit(..)) {
            let edited = tr!(context.language, "room-edited");
            head.push(Span::styled(format!("  {edited}"), theme.faint()));
        }
        let text = text_of(&event.body).unwrap_or_default();
        let text = text.replace(['\n', '\t'], " ");
        let mut lines = vec![Line::from(head)];
        lines.extend(self.text_lines(&text, context));
        lines
    }

    /// The text around the first part that was searched for, with all such parts marked, and with signs
    /// where it is cut.
    fn text_lines(&self, text: &str, context: &Context) -> Vec<Line<'static>> {
        // The sign at the end has a column of its own, as the one at the start has.
        let width = context.width.saturating_sub(3).max(1);
        let marked = highlight::matches(&self.asked.words, text);
        let rows = wrap::wrap(text, width);
        let first = marked.first().map_or(0, |range| range.start);
        let row = rows.iter().rposition(|row| row.start <= first).unwrap_or(0);
        let from = if row < TEXT_ROWS_MAX { 0 } else { row - 1 };
        let until = (from + TEXT_ROWS_MAX).min(rows.len());
        let is_more_behind = until < rows.len();
        let rows = (from..until).zip(&rows[from..until]);
        rows.map(|(index, row)| {
            let is_cut = from > 0 && index == from;
            let mut spans = vec![Span::raw(if is_cut { "… " } else { "  " })];
            let mut at = row.start;
            for part in &marked {
                let (start, end) = (part.start.max(at), part.end.min(row.end));
                if start >= end {
                    continue;
                }
                spans.push(Span::raw(text[at..start].to_owned()));
                spans.push(Span::styled(
                    text[start..end].to_owned(),
                    context.theme.notable(),
                ));
                at = end;
            }
            let rest = &text[at..row.end];
            if is_more_behind && index + 1 == until {
                let rest = format!("{}…", rest.trim_end());
                spans.push(Span::styled(rest, Style::new()));
            } else {
                spans.push(Span::styled(rest.to_owned(), Style::new()));
            }
            Line::from(spans)
        })
        .collect()
    }
}

/// What is asked while somebody types: the word they are at may go on.
fn live_words(typed: &str) -> String {
    let words = typed.trim();
    let is_phrase = words.matches('"').count() % 2 == 1;
    let goes_on = words.ends_with(char::is_alphanumeric) && words.len() == typed.trim_start().len();
    if goes_on && !is_phrase {
        format!("{words}*")
    } else {
        words.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_being_typed_may_go_on() {
        for (typed, asked) in [
            ("lad", "lad*"),
            (" long lad", "long lad*"),
            ("ladder ", "ladder"),
            ("lad*", "lad*"),
            ("\"long lad", "\"long lad"),
            ("\"long ladder\"", "\"long ladder\""),
            ("\"a b\" c", "\"a b\" c*"),
            ("梯子", "梯子*"),
            ("  ", ""),
        ] {
            assert_eq!(live_words(typed), asked, "{typed:?}");
        }
    }
}
