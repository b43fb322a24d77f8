//! A terminal as far as the screen needs one, with a width table of its own.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::tui::widths::{Widths, is_ambiguous, probe};

/// How a terminal counts columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By clusters, as this program does.
    Agreeing,
    /// By characters, as the system's table of ten years ago.
    Characters,
    /// By clusters, each as wide as its first character; emoji have two columns.
    Clusters,
    /// By characters, with two columns for what is wide among Chinese and for letters of flags.
    Chinese,
}

impl Kind {
    pub const ALL: [Self; 4] = [
        Self::Agreeing,
        Self::Characters,
        Self::Clusters,
        Self::Chinese,
    ];

    /// Whether a character joins the cluster before it, and the columns of both then.
    fn joined(self, before: &str, c: char) -> Option<usize> {
        let cluster = format!("{before}{c}");
        let is_one = cluster.graphemes(true).count() == 1;
        match self {
            Self::Agreeing => is_one.then(|| cluster.width()),
            Self::Clusters => is_one.then(|| {
                let is_emoji = crate::tui::emoji::is_known(&cluster);
                let first = cluster.chars().next().and_then(UnicodeWidthChar::width);
                if is_emoji { 2 } else { first.unwrap_or(0) }
            }),
            Self::Characters | Self::Chinese => (c.width() == Some(0)).then(|| self.width(before)),
        }
    }

    fn width(self, cluster: &str) -> usize {
        let first = cluster.chars().next().unwrap_or(' ');
        match self {
            Self::Agreeing => cluster.width(),
            Self::Characters | Self::Clusters => first.width().unwrap_or(0),
            Self::Chinese if matches!(first, '\u{1f1e6}'..='\u{1f1ff}') => 2,
            Self::Chinese if is_ambiguous(first) => 2,
            Self::Chinese => first.width_cjk().unwrap_or(0),
        }
    }
}

/// What is on its screen, and where its cursor is.
pub struct Vt {
    kind: Kind,
    columns: usize,
    /// The clusters; the right half of a wide one is empty.
    pub rows: Vec<Vec<String>>,
    x: usize,
    y: usize,
    /// Where the last cluster stands, while the next character may join it.
    last: Option<(usize, usize)>,
    answers: String,
}

impl Vt {
    pub fn new(kind: Kind, columns: usize, rows: usize) -> Self {
        Self {
            kind,
            columns,
            rows: vec![vec![" ".to_owned(); columns]; rows],
            x: 0,
            y: 0,
            last: None,
            answers: String::new(),
        }
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it says about its widths when asked as at the start.
    pub fn widths(kind: Kind) -> Widths {
        let mut vt = Self::new(kind, 80, 24);
        vt.write(&probe::question());
        let mut answers = probe::Answers::default();
        answers.take(vt.answers.as_bytes());
        assert!(answers.is_whole());
        assert!(vt.rows[0].iter().all(|cell| cell == " "));
        answers.widths()
    }

    pub fn write(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '\u{1b}' {
                self.print(c);
                continue;
            }
            let kind = chars.next();
            if kind == Some(']') {
                // One that says nothing of its background.
                let mut string = chars.by_ref().skip_while(|c| *c != '\\');
                assert_eq!(string.next(), Some('\\'));
                continue;
            }
            assert_eq!(kind, Some('['));
            let mut arguments = String::new();
            let last = loop {
                let c = chars.next().expect("a sequence ends");
                if c.is_ascii_alphabetic() {
                    break c;
                }
                arguments.push(c);
            };
            self.control(last, &arguments);
        }
    }

    fn control(&mut self, last: char, arguments: &str) {
        match last {
            'H' => {
                let mut numbers = arguments.split(';').map(|number| number.parse::<usize>());
                let mut next = || numbers.next().and_then(Result::ok).unwrap_or(1) - 1;
                (self.y, self.x) = (next(), next());
                self.last = None;
            }
            'K' => self.rows[self.y] = vec![" ".to_owned(); self.columns],
            'n' => self.answers += &format!("\x1b[{};{}R", self.y + 1, self.x + 1),
            'm' | 'h' | 'l' => {}
            other => panic!("a sequence this terminal does not know: {arguments}{other}"),
        }
    }

    fn print(&mut self, c: char) {
        if let Some((x, y)) = self.last {
            let before = self.rows[y][x].clone();
            if let Some(width) = self.kind.joined(&before, c) {
                self.put(x, y, &format!("{before}{c}"), width);
                return;
            }
        }
        let width = self.kind.width(&c.to_string());
        if width == 0 || self.x >= self.columns {
            return;
        }
        let (x, y) = (self.x, self.y);
        self.put(x, y, &c.to_string(), width);
        self.last = Some((x, y));
    }

    /// Puts a cluster there; what it covers half of is erased.
    fn put(&mut self, x: usize, y: usize, cluster: &str, width: usize) {
        let row = &mut self.rows[y];
        if row[x].is_empty() {
            let start = (0..x).rev().find(|at| !row[*at].is_empty()).unwrap_or(0);
            row[start..x].fill(" ".to_owned());
        }
        let end = (x + width).min(self.columns);
        if row.get(end).is_some_and(String::is_empty) {
            let after = (end..row.len()).find(|at| !row[*at].is_empty());
            row[end..after.unwrap_or(self.columns)].fill(" ".to_owned());
        }
        row[x..end].fill(String::new());
        row[x] = cluster.to_owned();
        self.x = end;
    }

    /// A row as text.
    pub fn row(&self, y: usize) -> String {
        self.rows[y].concat()
    }
}
