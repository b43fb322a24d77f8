//! The network as this user has it: a panel over the room, with the path to the relay over the last
//! minute, and with what the relay measures of everybody.
//!
//! One sample is taken in each second of the wall clock, whether the panel is open or not, so that
//! it has a past when it is opened. A second without a session has none. What is counted per second
//! is shown as the mean over three of them, and as a bar for each. While the panel is open,
//! the relay is asked every two seconds, and never while it still owes an answer.
//!
//! | pane | what is not there |
//! |---|---|
//! | columns below 50, more or less by language | the bars; before, each stands for two or three seconds |
//! | rows below 16 | the bars; the figures stand two on a line, one line of words, the relay last |
//! | columns below 40 | in the table, loss from; then loss to, then the round trip |
//!
//! What does not fit below that is scrolled to.

mod samples;

use std::cmp::Reverse;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

pub(super) use self::samples::NetWatch;
use self::samples::{
    LOSS_PERMILLE_NOTABLE, Measure, RTT_MICROS_NOTABLE, SAMPLES, SECOND_MICROS, Sample, percent,
};
use super::app::{App, Asked};
use super::overlay::Overlay;
use super::pane::PaneScroll;
use super::status::rtt_text;
use super::wrap;
use crate::client::{Contact, Update};
use crate::locale::{Language, say, tr};
use crate::wire::{Name, PathQuality, Query, VERSION};

/// Between two questions. Arbitrary: often enough to watch, a datagram or two each.
const ASK_MICROS: i64 = 2 * SECOND_MICROS;

/// Sessions listed. Arbitrary: more than a relay of a LAN has; the relay decides how many come.
pub(super) const PATHS_MAX: usize = 1_000;

/// Bytes of the relay's key shown: enough to tell two relays apart, not to trust one.
const KEY_BYTES: usize = 4;

/// Columns of a figure: "1023.9 KiB/s".
const FIGURE_COLUMNS: usize = 12;

/// Bars fewer than these say nothing; arbitrary.
const BARS_MIN: usize = 20;

/// A pane with fewer rows has two figures on a line.
const TALL_ROWS_MIN: u16 = 16;

/// Columns of a name in the table below which another column is left out; arbitrary.
const NAME_COLUMNS_MIN: usize = 8;

/// The panel while it is open.
#[derive(Default)]
pub struct NetPanel {
    scroll: PaneScroll,
}

impl App {
    /// Opens the panel.
    pub(super) fn open_net(&mut self) {
        self.net.paths = None;
        self.net.asked_at = None;
        self.show_overlay(Overlay::Net(NetPanel::default()));
        self.ask_paths_when_due();
    }

    /// Has a second go by.
    pub(super) fn watch_net(&mut self) {
        let is_entered = self.is_entered();
        let is_new = self.net.sample(self.wall, &self.stats, is_entered);
        self.is_dirty |= is_new && self.is_net_open();
        self.ask_paths_when_due();
    }

    fn is_net_open(&self) -> bool {
        matches!(self.overlay, Some(Overlay::Net(_)))
    }

    fn ask_paths_when_due(&mut self) {
        // A clock set back does not end the questions.
        let is_due = self
            .net
            .asked_at
            .is_none_or(|at| !(0..ASK_MICROS).contains(&self.wall.0.saturating_sub(at.0)));
        if self.is_net_open() && self.is_entered() && is_due && !self.is_asking_for_paths() {
            self.net.asked_at = Some(self.wall);
            self.ask(Query::Net, Asked::Paths(Vec::new()));
        }
    }

    /// Whether an update answers how well the relay reaches its sessions: that comes all the time,
    /// and mostly changes nothing.
    pub(super) fn is_about_paths(&mut self, update: &Update) -> bool {
        let (Update::Answer { request, .. } | Update::AskRefused { request, .. }) = update else {
            return false;
        };
        matches!(self.ask_mut(*request), Some(Asked::Paths(_)))
    }

    /// Takes what the relay measures, all of it.
    pub(super) fn handle_paths(&mut self, mut paths: Vec<PathQuality>) {
        paths.sort_by_cached_key(|path| {
            let loss = path.loss_to_percent.max(path.loss_from_percent);
            (Reverse((loss, path.rtt_micros)), path.name.to_string())
        });
        let paths = Some(paths);
        self.is_dirty |= self.is_net_open() && self.net.paths != paths;
        self.net.paths = paths;
    }

    /// Scrolls the panel; [`App::draw`] stops at its ends.
    pub(super) fn scroll_net(&mut self, by: isize) {
        let area = self.layout().middle;
        let rows = self.net_lines(area).len();
        if let Some(Overlay::Net(panel)) = &mut self.overlay {
            panel.scroll.scroll(by, rows, usize::from(area.height));
        }
    }

    /// Draws the panel over all of `area`.
    pub(super) fn draw_net(&self, panel: &NetPanel, area: Rect, frame: &mut Frame) {
        let lines = self.net_lines(area);
        let top = panel.scroll.top(lines.len(), usize::from(area.height));
        let buffer = frame.buffer_mut();
        Clear.render(area, buffer);
        for (row, line) in area.rows().zip(lines.iter().skip(top)) {
            buffer.set_line(row.x, row.y, line, row.width);
        }
    }

    fn net_lines(&self, area: Rect) -> Vec<Line<'static>> {
        let columns = usize::from(area.width);
        let is_tall = area.height >= TALL_ROWS_MIN;
        let mut words = self.net_words();
        if !is_tall {
            // The figures tell the rest.
            words.truncate(1);
        }
        let words = self.wrapped(&words, columns, self.viewer.theme.notable());
        let relay = self.wrapped(&[self.relay_words()], columns, self.viewer.theme.plain());
        let figures = self.figures(area);
        let table = self.table(columns);
        if !is_tall {
            return [words, figures, table, relay].concat();
        }
        let mut parts = vec![relay, words, figures, table];
        parts.retain(|part| !part.is_empty());
        let rows = parts.iter().map(Vec::len).sum::<usize>() + parts.len() - 1;
        if rows <= usize::from(area.height) {
            parts.join(&Line::default())
        } else {
            // A line of the table is worth more than a blank one.
            parts.concat()
        }
    }

    fn wrapped(&self, texts: &[String], columns: usize, style: Style) -> Vec<Line<'static>> {
        let lines = texts.iter().flat_map(|text| {
            let rows = wrap::wrap(text, columns).into_iter();
            rows.map(|row| Line::styled(wrap::shown(&text[row]), style))
        });
        lines.collect()
    }

    /// Which relay it is, or why there is none.
    fn relay_words(&self) -> String {
        let language = self.language();
        let Contact::Entered {
            welcome,
            address,
            key,
        } = &self.contact
        else {
            return tr!(language, "net-no-relay");
        };
        let place = if self.is_hosting {
            say!("net-hosted-here")
        } else if welcome.is_hosted {
            say!("net-hosted")
        } else {
            say!("net-not-hosted")
        };
        let store = if welcome.is_durable {
            say!("net-disk")
        } else {
            say!("net-memory")
        };
        let key: String = key
            .iter()
            .take(KEY_BYTES)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        tr!(
            language,
            "net-relay",
            name = welcome.relay_name,
            address = address,
            place = place,
            store = store,
            key = key,
            version = VERSION
        )
    }

    /// What is wrong, in words.
    fn net_words(&self) -> Vec<String> {
        let language = self.language();
        let mut words = Vec::new();
        let Some(sample) = self.net.now() else {
            return words;
        };
        let (out, back) = (sample.loss_out_permille, sample.loss_in_permille);
        if out > LOSS_PERMILLE_NOTABLE {
            words.push(tr!(language, "net-words-out", loss = percent(out)));
        }
        if back > LOSS_PERMILLE_NOTABLE {
            words.push(tr!(language, "net-words-in", loss = percent(back)));
        }
        if sample.rtt_micros > RTT_MICROS_NOTABLE {
            let time = rtt_text(sample.rtt_micros);
            words.push(tr!(language, "net-words-slow", time = time));
        }
        words
    }

    /// The own path.
    fn figures(&self, area: Rect) -> Vec<Line<'static>> {
        let Some(sample) = self.net.now() else {
            return Vec::new();
        };
        if area.height < TALL_ROWS_MIN {
            let texts = short_figures(&sample, self.language());
            return self.wrapped(&texts, usize::from(area.width), Style::new());
        }
        let labels = Measure::ALL.map(|measure| tr!(self.language(), measure.label()));
        let widest = labels.iter().map(|label| wrap::columns(label)).max();
        let label_columns = widest.unwrap_or(0) + 2;
        let free = usize::from(area.width).saturating_sub(label_columns + FIGURE_COLUMNS + 2);
        // Each bar stands for the same time, and all of them for the whole of it.
        let seconds = [1, 2, 3].into_iter().find(|s| SAMPLES / s <= free);
        let seconds = seconds.filter(|seconds| SAMPLES / seconds >= BARS_MIN);
        let lines = Measure::ALL
            .into_iter()
            .zip(labels)
            .map(|(measure, label)| {
                let style = measure.style(&sample, &self.viewer);
                let mut spans = vec![
                    Span::raw(left(&label, label_columns)),
                    Span::styled(right(&measure.figure(&sample), FIGURE_COLUMNS), style),
                ];
                if let Some(seconds) = seconds {
                    let bars = self.net.bars(measure, seconds);
                    spans.push(Span::styled(format!("  {bars}"), self.viewer.theme.good()));
                }
                Line::from(spans)
            });
        lines.collect()
    }

    /// Everybody, as the relay measures.
    fn table(&self, columns: usize) -> Vec<Line<'static>> {
        let language = self.language();
        if !self.is_entered() {
            return Vec::new();
        }
        let theme = self.viewer.theme;
        let Some(paths) = &self.net.paths else {
            return self.wrapped(&[tr!(language, "net-asking")], columns, theme.faint());
        };
        let mut heads = vec![
            tr!(language, "net-round-trip"),
            tr!(language, "net-lost-to"),
            tr!(language, "net-lost-from"),
        ];
        let cell_columns = |head: &String| wrap::columns(head).max(7) + 2;
        let taken = |heads: &[String]| heads.iter().map(cell_columns).sum::<usize>();
        while !heads.is_empty() && taken(&heads) + NAME_COLUMNS_MIN > columns {
            heads.pop();
        }
        let free = columns.saturating_sub(taken(&heads));
        let names = paths.iter().map(|path| self.path_name(&path.name, free));
        let names: Vec<String> = names.collect();
        let titles = [
            tr!(language, "net-everybody"),
            tr!(language, "net-everybody-short"),
        ];
        let mut titles = titles.into_iter();
        let title = titles.find(|title| wrap::columns(title) <= free);
        let title = title.unwrap_or_else(|| tr!(language, "net-name"));
        let widest = names.iter().chain([&title]).map(|name| wrap::columns(name));
        let width = widest.max().unwrap_or(0).min(free);
        let line = |name: &str, cells: &[String; 3], style: Style| {
            let mut line = left(name, width);
            for (cell, head) in cells.iter().zip(&heads) {
                line.push_str(&right(cell, cell_columns(head)));
            }
            Line::styled(line, style)
        };
        let mut lines = Vec::with_capacity(1 + paths.len());
        let full = [
            tr!(language, "net-round-trip"),
            tr!(language, "net-lost-to"),
            tr!(language, "net-lost-from"),
        ];
        lines.push(line(&title, &full, theme.faint()));
        for (path, name) in paths.iter().zip(&names) {
            let loss = path.loss_to_percent.max(path.loss_from_percent);
            let is_notable = u64::from(loss) * 10 > LOSS_PERMILLE_NOTABLE
                || path.rtt_micros > RTT_MICROS_NOTABLE;
            let style = if is_notable {
                theme.notable()
            } else {
                theme.plain()
            };
            let cells = [
                rtt_text(path.rtt_micros),
                format!("{} %", path.loss_to_percent),
                format!("{} %", path.loss_from_percent),
            ];
            lines.push(line(name, &cells, style));
        }
        lines
    }

    /// A name for so many columns, and whether it is this user's if there is room to say so.
    fn path_name(&self, name: &Name, columns_max: usize) -> String {
        let own = tr!(self.language(), "name-you", name = name);
        if *name == self.viewer.name && wrap::columns(&own) <= columns_max {
            own
        } else {
            name.to_string()
        }
    }
}

/// The figures for a pane with few rows: two on a line.
fn short_figures(sample: &Sample, language: Language) -> [String; 5] {
    let figure = |measure: Measure| measure.figure(sample);
    [
        tr!(
            language,
            "net-short-time",
            time = figure(Measure::RoundTrip),
            variation = figure(Measure::Variation)
        ),
        tr!(
            language,
            "net-short-loss",
            out = figure(Measure::LossOut),
            back = figure(Measure::LossIn)
        ),
        tr!(
            language,
            "net-short-resent",
            count = figure(Measure::Resent),
            queue = figure(Measure::Queue)
        ),
        tr!(
            language,
            "net-short-datagrams",
            out = figure(Measure::DatagramsOut),
            back = figure(Measure::DatagramsIn)
        ),
        tr!(
            language,
            "net-short-bytes",
            out = figure(Measure::BytesOut),
            back = figure(Measure::BytesIn)
        ),
    ]
}

/// At the left of so many columns.
fn left(text: &str, columns: usize) -> String {
    let text = wrap::cut(text, columns);
    let blanks = columns.saturating_sub(wrap::columns(&text));
    format!("{text}{}", " ".repeat(blanks))
}

/// At the right of so many columns.
fn right(text: &str, columns: usize) -> String {
    let text = wrap::cut(text, columns);
    let blanks = columns.saturating_sub(wrap::columns(&text));
    format!("{}{text}", " ".repeat(blanks))
}
