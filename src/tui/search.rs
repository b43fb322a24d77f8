//! The list of messages found, over the room in front.
//!
//! The newest stand on top, because those are asked for first and mostly meant; further down are
//! older ones, fetched as the user gets there.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::above::moment;
use super::app::{App, Asked};
use super::message::Context;
use super::room::RoomView;
use super::submit::SubmitError;
use super::{highlight, reasons, wrap};
use crate::locale::{Language, Said, say, tr};
use crate::room::text_of;
use crate::wire::{Found, Name, Query, Refusal, RoomName};

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

/// How far a search got.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    /// Asked with this number.
    Asked(u32),
    /// There may be more after this mark.
    More(u64),
    /// All is here.
    Done,
    /// The relay refused.
    Failed(Said),
}

/// A search under way, and what it found.
#[derive(Debug)]
pub struct Search {
    words: String,
    room: Option<RoomName>,
    own: Name,
    found: Vec<Found>,
    progress: Progress,
    /// What of the answer under way is here.
    part: usize,
    selected: usize,
    /// The first one in sight.
    top: usize,
}

impl App {
    /// Starts a search, of all rooms or of one.
    pub(super) fn start_search(
        &mut self,
        words: String,
        room: Option<RoomName>,
    ) -> Result<(), SubmitError> {
        if words.chars().count() > SEARCH_CHARS_MAX {
            return Err(SubmitError::SearchTooLong);
        }
        self.search = Some(Search {
            words,
            room,
            own: self.viewer.name.clone(),
            found: Vec::new(),
            progress: Progress::Done,
            part: 0,
            selected: 0,
            top: 0,
        });
        self.ask_found(None);
        if !self.is_entered() {
            self.refuse(&say!("contact-none"));
        }
        Ok(())
    }

    fn ask_found(&mut self, after: Option<u64>) {
        let Some(search) = &self.search else { return };
        let query = Query::Search {
            words: search.words.clone(),
            room: search.room.clone(),
            from: None,
            after,
            count: FOUND_PAGE,
        };
        let request = self.ask(query, Asked::Found);
        if let Some(search) = &mut self.search {
            search.progress = Progress::Asked(request);
            search.part = 0;
        }
    }

    fn search_of(&mut self, request: u32) -> Option<&mut Search> {
        self.search
            .as_mut()
            .filter(|search| search.progress == Progress::Asked(request))
    }

    /// Takes part of what was found.
    pub(super) fn handle_found(&mut self, request: u32, found: Vec<Found>) {
        if let Some(search) = self.search_of(request) {
            let room = FOUND_MAX.saturating_sub(search.found.len());
            search.part += found.len();
            search.found.extend(found.into_iter().take(room));
        }
    }

    /// A search is answered in full.
    pub(super) fn finish_search(&mut self, request: u32) {
        if let Some(search) = self.search_of(request) {
            // An answer may be short for its size: only an empty one says that this is all.
            let is_full = search.found.len() >= FOUND_MAX;
            search.progress = match search.found.last() {
                Some(last) if search.part > 0 && !is_full => Progress::More(last.mark),
                Some(_) | None => Progress::Done,
            };
            self.select_found(0);
        }
    }

    /// A search is refused.
    pub(super) fn fail_search(&mut self, request: u32, refusal: &Refusal) {
        if let Some(search) = self.search_of(request) {
            search.progress = Progress::Failed(reasons::refusal(refusal));
        }
    }

    /// Takes a key while the list is open. Whether it was for the list.
    pub(super) fn handle_search_key(&mut self, key: KeyEvent) -> bool {
        let is_input_empty = self.room().editor.is_empty();
        let is_plain = key.modifiers.is_empty();
        let page = self.pane().1 / 3;
        let page = isize::try_from(page).unwrap_or(1).max(1);
        let Some(search) = &mut self.search else {
            return false;
        };
        let is_line = key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::SHIFT);
        match key.code {
            KeyCode::Esc => {
                self.search = None;
                self.toast = None;
                self.mark_read();
            }
            KeyCode::Enter if is_plain && is_input_empty => {
                if let Some(found) = search.found.get(search.selected).cloned() {
                    self.search = None;
                    self.go_to(&found);
                }
            }
            KeyCode::Up if is_line || is_plain && is_input_empty => self.select_found(-1),
            KeyCode::Down if is_line || is_plain && is_input_empty => self.select_found(1),
            KeyCode::PageUp if is_plain => self.select_found(-page),
            KeyCode::PageDown if is_plain => self.select_found(page),
            KeyCode::Home if is_input_empty => self.select_found(isize::MIN),
            KeyCode::End if is_input_empty => self.select_found(isize::MAX),
            _ => return false,
        }
        true
    }

    /// Moves the selection; what is missing below is asked for.
    pub(super) fn select_found(&mut self, by: isize) {
        self.is_dirty = true;
        let Some(search) = &mut self.search else {
            return;
        };
        let last = search.found.len().saturating_sub(1);
        search.selected = search.selected.saturating_add_signed(by).min(last);
        if search.selected + FOUND_LOW > last
            && let Progress::More(mark) = search.progress
        {
            self.ask_found(Some(mark));
        }
    }
}

impl Search {
    /// Draws the list.
    pub fn draw(&mut self, context: &Context, area: Rect, buffer: &mut Buffer) {
        let title = wrap::cut(&self.title(context.language), context.width);
        buffer.set_string(area.x, area.y, title, context.theme.strong());
        let height = usize::from(area.height).saturating_sub(1);
        self.bring_into_sight(context, height);
        let lines = (self.top..self.found.len()).flat_map(|at| self.lines(at, context));
        let rows = area.y + 1..area.bottom();
        for (y, line) in rows.zip(lines) {
            buffer.set_line(area.x, y, &line, area.width);
        }
    }

    fn title(&self, language: Language) -> String {
        let count = self.found.len();
        let room = match &self.room {
            Some(room) => {
                let room = tr!(language, "search-room", room = format_args!("#{room}"));
                format!(" {room}")
            }
            None => String::new(),
        };
        let state = match &self.progress {
            Progress::Asked(_) if count == 0 => tr!(language, "search-searching"),
            Progress::Failed(reason) => reason.tr(language),
            Progress::Done if count == 0 => tr!(language, "search-none"),
            Progress::Done if count >= FOUND_MAX => tr!(language, "search-full", count = count),
            Progress::Done => tr!(language, "search-found", count = count),
            Progress::Asked(_) | Progress::More(_) => {
                tr!(language, "search-found-so-far", count = count)
            }
        };
        format!("{}{room}: {state}", self.words)
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
        let at = moment(event.stored_at(), "%H:%M", context);
        let room = RoomView::new(found.room.clone(), false).title(&self.own);
        let head = vec![
            Span::styled(format!("{sign}{at}  {room}"), style),
            Span::raw("  "),
            Span::styled(event.from.to_string(), theme.nick(event.from.as_str())),
        ];
        let text = text_of(&event.body).unwrap_or_default();
        let text = text.replace(['\n', '\t'], " ");
        let mut lines = vec![Line::from(head)];
        lines.extend(self.text_lines(&text, context));
        lines
    }

    /// The text around the first part that was searched for, with all such parts marked.
    fn text_lines(&self, text: &str, context: &Context) -> Vec<Line<'static>> {
        let width = context.width.saturating_sub(2).max(1);
        let marked = highlight::matches(&self.words, text);
        let rows = wrap::wrap(text, width);
        let first = marked.first().map_or(0, |range| range.start);
        let row = rows.iter().rposition(|row| row.start <= first).unwrap_or(0);
        let from = if row < TEXT_ROWS_MAX { 0 } else { row - 1 };
        let until = (from + TEXT_ROWS_MAX).min(rows.len());
        let rows = rows[from..until].iter();
        rows.map(|row| {
            let mut spans = vec![Span::raw("  ")];
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
            spans.push(Span::styled(text[at..row.end].to_owned(), Style::new()));
            Line::from(spans)
        })
        .collect()
    }
}
