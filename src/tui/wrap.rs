//! Breaks text into rows of a width, counted in terminal columns.
//!
//! A row never ends inside a grapheme cluster, so that an emoji of several code points or a letter
//! with marks stays whole. Breaks are made after blanks and around wide characters, as Chinese and
//! Japanese expect, but not before closing punctuation. A word longer than a row is cut. Blanks
//! at a break hang over the edge: they belong to the row before it and are not shown.

use std::ops::Range;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// Columns between tab stops. Eight would waste a narrow screen.
pub const TAB_COLUMNS: usize = 4;

/// What hangs over the edge at the end of a row: the last is the blank of Chinese and Japanese.
const BLANKS: &[char] = &[' ', '\t', '\u{3000}'];

/// Wide punctuation that must not start a row.
const CLOSING: &str = "、。，．！？：；）］｝」』】》〉〕・ー…";

/// Wide punctuation that must not end a row.
const OPENING: &str = "（［｛「『【《〈〔";

/// The columns one grapheme cluster takes when it starts at `column`.
fn cluster_columns(cluster: &str, column: usize) -> usize {
    match cluster {
        "\t" => TAB_COLUMNS - column % TAB_COLUMNS,
        cluster if cluster.contains(char::is_control) => 0,
        cluster => usize::from(cluster.cell_width()),
    }
}

/// The columns `text` takes on one row that starts at column 0.
pub fn columns(text: &str) -> usize {
    text.graphemes(true).fold(0, |column, cluster| {
        column + cluster_columns(cluster, column)
    })
}

/// Whether a character takes two columns, as those of Chinese and Japanese do.
pub fn is_wide_char(c: char) -> bool {
    is_wide(c.encode_utf8(&mut [0; 4]))
}

/// The text of one row as it is drawn: tabs as blanks, nothing hanging over the end.
pub fn shown(row: &str) -> String {
    expanded(without_hanging(row))
}

/// A row without what hangs over its end.
pub fn without_hanging(row: &str) -> &str {
    row.trim_end_matches(BLANKS)
}

/// Text with its tabs as blanks.
pub fn expanded(text: &str) -> String {
    let mut column = 0;
    let mut shown = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        column += push_cluster(&mut shown, cluster, column);
    }
    shown
}

/// Adds a cluster that starts at `column` to a row as it is drawn; the columns it takes.
pub fn push_cluster(row: &mut String, cluster: &str, column: usize) -> usize {
    let width = cluster_columns(cluster, column);
    if cluster == "\t" {
        row.extend(std::iter::repeat_n(' ', width));
    } else {
        row.push_str(cluster);
    }
    width
}

/// `text`, or as much of its start as fits `columns_max` with an ellipsis at the end.
pub fn cut(text: &str, columns_max: usize) -> String {
    if columns(text) <= columns_max {
        return text.to_owned();
    }
    let mut column = 0;
    let mut start = String::new();
    for cluster in text.graphemes(true) {
        let width = cluster_columns(cluster, column);
        if column + width + 1 > columns_max {
            break;
        }
        start.push_str(cluster);
        column += width;
    }
    if columns_max > 0 {
        start.push('…');
    }
    start
}

/// The rows of `text` at `width` columns, as ranges of bytes.
///
/// A row excludes the line feed that ends it and includes the blanks that hang over its edge; at
/// least one row comes back. A width of 0 is taken as 1.
pub fn wrap(text: &str, width: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        wrap_line(line, start, width.max(1), &mut rows);
        start += line.len() + 1;
    }
    rows
}

fn wrap_line(line: &str, offset: usize, width: usize, rows: &mut Vec<Range<usize>>) {
    let mut row_start = 0;
    let mut column = 0;
    let mut break_at = None;
    let mut previous = "";
    for (at, cluster) in line.grapheme_indices(true) {
        if at > row_start && is_break(previous, cluster) {
            break_at = Some(at);
        }
        while !is_blank(cluster)
            && at > row_start
            && column + cluster_columns(cluster, column) > width
        {
            let next = break_at.take().unwrap_or(at);
            rows.push(offset + row_start..offset + next);
            row_start = next;
            column = columns(&line[row_start..at]);
        }
        column += cluster_columns(cluster, column);
        previous = cluster;
    }
    rows.push(offset + row_start..offset + line.len());
}

/// The rows of `text` at `width` columns, each as long as fits: for code, where a break between
/// words would look like one of the text's own. A width of 0 is taken as 1.
pub fn wrap_hard(text: &str, width: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let (mut row_start, mut column) = (0, 0);
        for (at, cluster) in line.grapheme_indices(true) {
            if at > row_start && column + cluster_columns(cluster, column) > width.max(1) {
                rows.push(start + row_start..start + at);
                (row_start, column) = (at, 0);
            }
            column += cluster_columns(cluster, column);
        }
        rows.push(start + row_start..start + line.len());
        start += line.len() + 1;
    }
    rows
}

fn is_blank(cluster: &str) -> bool {
    cluster.trim_matches(BLANKS).is_empty()
}

/// Whether a row may end between these two clusters.
fn is_break(before: &str, after: &str) -> bool {
    if is_blank(after) || CLOSING.contains(after) || OPENING.contains(before) {
        return false;
    }
    is_blank(before) || is_wide(before) || is_wide(after)
}

fn is_wide(cluster: &str) -> bool {
    cluster_columns(cluster, 0) > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, width: usize) -> Vec<String> {
        wrap(text, width)
            .into_iter()
            .map(|row| shown(&text[row]))
            .collect()
    }

    #[test]
    fn words_move_to_the_next_row_whole() {
        assert_eq!(rows("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(rows("", 10), [""]);
        assert_eq!(rows("a\n\nb", 10), ["a", "", "b"]);
    }

    #[test]
    fn a_word_longer_than_the_row_is_cut() {
        assert_eq!(rows("go abcdefghij", 4), ["go", "abcd", "efgh", "ij"]);
    }

    #[test]
    fn wide_characters_break_anywhere_but_before_closing_punctuation() {
        assert_eq!(rows("你好世界", 4), ["你好", "世界"]);
        assert_eq!(rows("你好世界", 5), ["你好", "世界"]);
        assert_eq!(rows("你好。世界", 4), ["你", "好。", "世界"]);
    }

    #[test]
    fn clusters_are_never_split() {
        assert_eq!(rows("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3), ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"]);
        assert_eq!(
            rows("e\u{301}e\u{301}e\u{301}", 2),
            ["e\u{301}e\u{301}", "e\u{301}"]
        );
        assert_eq!(rows("❤️", 1), ["❤️"]);
    }

    #[test]
    fn tabs_reach_the_next_stop_and_blanks_hang() {
        assert_eq!(rows("a\tb", 10), ["a   b"]);
        assert_eq!(rows("abc      def", 4), ["abc", "def"]);
        assert_eq!(rows("你好\u{3000}世界", 4), ["你好", "世界"]);
        assert_eq!(columns("a\tb"), 5);
    }

    #[test]
    fn every_byte_is_in_exactly_one_row() {
        let text = "a 你好 👨‍👩‍👧‍👦\t\tlonglonglong  \n\n e\u{301} x";
        for width in 0..20 {
            let mut at = 0;
            for row in wrap(text, width) {
                assert!(row.start == at || &text[at..row.start] == "\n");
                at = row.end;
            }
            assert_eq!(at, text.len());
        }
    }

    #[test]
    fn cut_text_ends_with_an_ellipsis_within_the_width() {
        assert_eq!(cut("alice", 5), "alice");
        assert_eq!(cut("alice", 4), "ali…");
        assert_eq!(cut("你好世界", 4), "你…");
        assert_eq!(cut("alice", 0), "");
    }
}
