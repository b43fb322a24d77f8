use super::*;
use crate::tui::keymap::Chord;

/// An editor of 20 columns with `keys` typed: `C-x` is control, `M-x` alt, others by name.
fn typed(text: &str, keys: &str) -> Editor {
    let mut editor = Editor::default();
    editor.set_width(20);
    editor.paste(text);
    press(&mut editor, keys);
    editor
}

fn press(editor: &mut Editor, keys: &str) {
    let map = KeyMap::default();
    for name in keys.split_whitespace() {
        let name = name.replace("C-", "ctrl-").replace("M-", "alt-");
        editor.press(&map, name.parse::<Chord>().unwrap().event());
    }
}

/// The text with `|` at the cursor.
fn shown(editor: &Editor) -> String {
    let (before, after) = editor.text().split_at(editor.cursor());
    format!("{before}|{after}")
}

#[test]
fn readline_keys_move_and_kill() {
    for (keys, expected) in [
        ("C-a", "|one two-three"),
        ("C-a C-f C-f C-b", "o|ne two-three"),
        ("M-b", "one two-|three"),
        ("M-b M-b", "one |two-three"),
        ("C-a M-f", "one| two-three"),
        ("C-w", "one |"),
        ("M-Backspace", "one two-|"),
        ("C-a M-d", "| two-three"),
        ("C-a C-d Delete", "|e two-three"),
        ("Home C-Right C-k", "one|"),
        ("M-b C-u", "|three"),
        ("M-b C-u End C-y", "threeone two-|"),
        ("C-h Backspace", "one two-thr|"),
    ] {
        let editor = typed("one two-three", keys);
        assert_eq!(shown(&editor), expected, "after {keys}");
    }
}

#[test]
fn the_cursor_never_stops_inside_a_cluster() {
    let editor = typed("a👨‍👩‍👧‍👦e\u{301}", "Left Left");
    assert_eq!(shown(&editor), "a|👨‍👩‍👧‍👦e\u{301}");
    let editor = typed("a👨‍👩‍👧‍👦e\u{301}", "Backspace Backspace");
    assert_eq!(shown(&editor), "a|");
    // A mark typed before the cursor's text melts into the letter before it.
    let editor = typed("ab", "Left \u{301}");
    assert_eq!(shown(&editor), "a\u{301}|b");
}

#[test]
fn up_and_down_move_by_rows_and_keep_the_column() {
    let editor = typed("first line\nab\nthird line", "Up");
    assert_eq!(shown(&editor), "first line\nab|\nthird line");
    let editor = typed("first line\nab\nthird line", "Up Up");
    assert_eq!(shown(&editor), "first line|\nab\nthird line");
    let editor = typed("first line\nab\nthird line", "Up Up Down Down");
    assert_eq!(shown(&editor), "first line\nab\nthird line|");
}

#[test]
fn history_keeps_what_was_being_written_and_edits_made_on_the_way() {
    let mut editor = typed("one", "");
    editor.submit();
    editor.paste("two");
    editor.submit();
    editor.paste("dra");
    press(&mut editor, "Up Up X Down");
    assert_eq!(shown(&editor), "two|");
    press(&mut editor, "Down");
    assert_eq!(shown(&editor), "dra|");
    press(&mut editor, "Up Up");
    assert_eq!(shown(&editor), "oneX|");
    assert_eq!(editor.submit(), "oneX");
    press(&mut editor, "Up Up Up");
    assert_eq!(shown(&editor), "one|");
}

#[test]
fn a_line_remembered_late_disturbs_nothing_that_is_written_or_browsed() {
    let mut editor = typed("one", "");
    editor.submit();
    editor.paste("dra");
    editor.remember("two".to_owned());
    press(&mut editor, "Up");
    assert_eq!(shown(&editor), "two|");
    editor.remember("three".to_owned());
    assert_eq!(shown(&editor), "two|");
    press(&mut editor, "Down Down");
    assert_eq!(shown(&editor), "dra|");
}

#[test]
fn text_put_back_stands_before_what_is_written() {
    let mut editor = typed("after", "Left");
    editor.put_back("before");
    assert_eq!(shown(&editor), "before\nafte|r");
    let mut editor = typed("one", "");
    editor.submit();
    editor.paste("dra");
    press(&mut editor, "Up");
    editor.put_back("before");
    assert_eq!(shown(&editor), "before\ndra|");
    let mut editor = typed("", "");
    editor.put_back("alone");
    assert_eq!(shown(&editor), "alone|");
}

#[test]
fn the_place_of_the_cursor_counts_columns_not_characters() {
    let editor = typed("你好👍🏽e\u{301}", "");
    assert_eq!(editor.place(&editor.rows()), (0, 7));
    let editor = typed("aaaaaaaaaa bbbbbbbbbb", "");
    assert_eq!(editor.place(&editor.rows()), (1, 10));
    let editor = typed(&"x".repeat(20), "");
    assert_eq!(editor.place(&editor.rows()), (0, 20));
}

#[test]
fn text_beyond_the_limit_is_refused_and_nothing_is_lost() {
    let mut editor = typed("kept", "");
    assert_eq!(editor.paste(&"x".repeat(EDITOR_BYTES_MAX)), Edit::Full);
    assert_eq!(shown(&editor), "kept|");
}

#[test]
fn typing_is_taken_back_by_words_and_done_again() {
    let mut editor = typed("", "o n e Space t w o");
    press(&mut editor, "C-_");
    assert_eq!(shown(&editor), "one |");
    press(&mut editor, "C-_");
    assert_eq!(shown(&editor), "|");
    press(&mut editor, "C-_ M-_");
    assert_eq!(shown(&editor), "one |");
    press(&mut editor, "M-_ M-_");
    assert_eq!(shown(&editor), "one two|");
    press(&mut editor, "Backspace Backspace C-_");
    assert_eq!(shown(&editor), "one two|");
}

#[test]
fn what_moves_the_cursor_parts_what_is_taken_back() {
    let mut editor = typed("", "a b Left c d");
    assert_eq!(shown(&editor), "acd|b");
    press(&mut editor, "C-_");
    assert_eq!(shown(&editor), "a|b");
    press(&mut editor, "C-_");
    assert_eq!(shown(&editor), "|");
}

#[test]
fn cuts_pastes_and_swaps_are_taken_back_one_by_one() {
    let mut editor = typed("one two", "C-w C-y C-t M-b M-u");
    assert_eq!(shown(&editor), "one TOW|");
    for expected in ["one |tow", "one two|", "one |", "one two|", "|"] {
        press(&mut editor, "C-_");
        assert_eq!(shown(&editor), expected);
    }
}

#[test]
fn what_was_taken_back_can_still_be_had_after_something_else_was_typed() {
    let mut editor = typed("", "o l d C-_ n e w");
    assert_eq!(shown(&editor), "new|");
    press(&mut editor, "C-_ C-_");
    assert_eq!(shown(&editor), "old|");
}

#[test]
fn an_emptied_line_can_be_had_back() {
    let mut editor = typed("all of it", "Left");
    editor.clear();
    assert_eq!(shown(&editor), "|");
    press(&mut editor, "C-_");
    assert_eq!(shown(&editor), "all of i|t");
}

#[test]
fn changes_belong_to_the_line_that_is_written() {
    let mut editor = typed("sent", "");
    editor.submit();
    press(&mut editor, "a C-_");
    assert_eq!(shown(&editor), "|");
    press(&mut editor, "b Up x C-_ C-_ C-_");
    assert_eq!(shown(&editor), "sent|");
    press(&mut editor, "Down C-_");
    assert_eq!(shown(&editor), "|");
    let mut editor = typed("", "a");
    editor.put_back("before");
    press(&mut editor, "C-_");
    assert_eq!(shown(&editor), "before\n|");
}

#[test]
fn the_changes_kept_have_a_bound() {
    let big = "x".repeat(EDITOR_BYTES_MAX);
    let mut editor = typed("kept", "");
    for _ in 0..20 {
        press(&mut editor, "C-u");
        editor.paste(&big);
    }
    press(&mut editor, &"C-_ ".repeat(50));
    assert!(editor.text() == big || editor.is_empty());
    press(&mut editor, "C-u");
    for _ in 0..3_000 {
        press(&mut editor, "a Left");
    }
    press(&mut editor, &"C-_ ".repeat(3_000));
    assert_eq!(editor.text().len(), 2_000);
}

#[test]
fn what_was_cut_in_one_go_is_one_text_and_older_ones_can_be_had() {
    let editor = typed("one two three", "C-w C-w C-y");
    assert_eq!(shown(&editor), "one two three|");
    let mut editor = typed("one two three", "C-w Left C-w End C-y");
    assert_eq!(shown(&editor), "one  two|");
    press(&mut editor, "C-u M-y");
    assert_eq!(shown(&editor), "|");
    press(&mut editor, "C-y M-y M-y");
    assert_eq!(shown(&editor), "three|");
    press(&mut editor, "M-y");
    assert_eq!(shown(&editor), "one  two|");
}

#[test]
fn characters_are_swapped_and_words_change_their_case() {
    for (text, keys, expected) in [
        ("ab", "C-t", "ba|"),
        ("abc", "Left C-t", "acb|"),
        ("a👍🏽", "C-t", "👍🏽a|"),
        ("a", "C-t", "a|"),
        ("a\nb", "C-t", "a\nb|"),
        ("one two", "C-a M-u M-c", "ONE Two|"),
        ("ONE", "C-a M-l", "one|"),
        ("straße", "C-a M-u", "STRASSE|"),
    ] {
        assert_eq!(shown(&typed(text, keys)), expected, "{text} {keys}");
    }
}

#[test]
fn sent_lines_are_found_by_words_in_them() {
    let mut editor = Editor::default();
    for line in ["make it so", "tea", "Make tea", "make it so"] {
        editor.remember(line.to_owned());
    }
    editor.paste("draft");
    assert!(editor.find_sent_before(editor.sent_at(), "make"));
    assert_eq!(shown(&editor), "|make it so");
    assert!(editor.find_sent_before(editor.sent_at(), "make"));
    assert_eq!(shown(&editor), "|Make tea");
    assert!(editor.find_sent_behind("make"));
    assert_eq!(shown(&editor), "|make it so");
    assert!(!editor.find_sent_before(editor.sent_at(), "coffee"));
}

#[test]
fn every_key_of_readline_does_what_it_is_known_for() {
    /// The text with the cursor, the keys, and what follows.
    const TABLE: &[(&str, &str, &str)] = &[
        ("one tw|o", "C-a", "|one two"),
        ("one tw|o", "Home", "|one two"),
        ("on|e two", "C-e", "one two|"),
        ("on|e two", "End", "one two|"),
        ("one\nt|wo\nsix", "C-a", "one\n|two\nsix"),
        ("one\nt|wo\nsix", "C-e", "one\ntwo|\nsix"),
        ("on|e", "C-b", "o|ne"),
        ("|one", "C-b Left", "|one"),
        ("on|e", "C-f", "one|"),
        ("one|", "C-f Right", "one|"),
        ("one|\ntwo", "C-f", "one\n|two"),
        ("one two|", "M-b", "one |two"),
        ("one, two|", "M-b M-b", "|one, two"),
        ("one two|", "C-Left", "one |two"),
        ("one two|", "M-Left", "one |two"),
        ("|one two", "M-f", "one| two"),
        ("|one, two", "M-f M-f", "one, two|"),
        ("|one two", "C-Right", "one| two"),
        ("|one two", "M-Right", "one| two"),
        ("one t|wo", "C-h", "one |wo"),
        ("|one", "Backspace C-h", "|one"),
        ("o|ne", "C-d", "o|e"),
        ("one|", "C-d Delete", "one|"),
        ("one two-three|", "C-w", "one |"),
        ("one two-three|", "M-Backspace", "one two-|"),
        ("one two-three|", "C-Backspace", "one two-|"),
        ("one  |", "C-w", "|"),
        ("|one", "C-w M-Backspace C-u", "|one"),
        ("one| two three", "M-d", "one| three"),
        ("one| two three", "C-Delete", "one| three"),
        ("one|", "M-d C-k", "one|"),
        ("one t|wo", "C-u", "|wo"),
        ("one\nt|wo", "C-u", "one\n|wo"),
        ("one\n|two", "C-u", "one|two"),
        ("one t|wo\nsix", "C-k", "one t|\nsix"),
        ("one|\nsix", "C-k", "one|six"),
        ("one tw|o", "C-u C-y", "one tw|o"),
        ("one tw|o", "C-k C-y C-y", "one twoo|"),
        ("one two three|", "C-w C-w C-y", "one two three|"),
        ("one two|", "M-b M-d M-b M-d C-y M-y", "two| "),
        ("one two|", "M-y", "one two|"),
        ("ab|c", "C-t", "acb|"),
        ("abc|", "C-t", "acb|"),
        ("|abc", "C-t", "|abc"),
        ("one |two", "M-u", "one TWO|"),
        ("one |TWO", "M-l", "one two|"),
        ("|one TWO", "M-c M-c", "One Two|"),
        ("one two|", "C-w C-_", "one two|"),
        ("one two|", "C-w C-/", "one two|"),
        ("one two|", "C-w C-x", "one |"),
        ("one two|", "C-w C-_ M-_", "one |"),
        ("one two|", "C-w C-_ M-/", "one |"),
        ("one|", "C-j x", "one\nx|"),
        ("one|", "M-Enter x", "one\nx|"),
        ("世界|", "C-b", "世|界"),
        ("世界|", "C-h", "世|"),
        ("世界 中|", "M-b M-b", "|世界 中"),
        ("世|界", "C-t", "界世|"),
    ];
    for (before, keys, expected) in TABLE {
        let (head, tail) = before.split_once('|').unwrap();
        let mut editor = typed(tail, "");
        editor.set_width(80);
        while editor.cursor() > 0 {
            press(&mut editor, "C-b");
        }
        editor.paste(head);
        press(&mut editor, keys);
        assert_eq!(shown(&editor), *expected, "{before:?} and {keys}");
    }
}

#[test]
fn a_line_of_the_history_is_sent_and_what_was_being_written_is_there_again() {
    let mut editor = typed("one", "");
    editor.submit();
    editor.paste("draft");
    press(&mut editor, "C-w x Up");
    assert_eq!(editor.submit(), "one");
    assert_eq!(shown(&editor), "x|");
    press(&mut editor, "C-_ C-_");
    assert_eq!(shown(&editor), "draft|");
    press(&mut editor, "Up Down");
    assert_eq!(shown(&editor), "draft|");
    assert_eq!(editor.submit(), "draft");
    assert_eq!(shown(&editor), "|");
}

#[test]
fn emptying_a_line_of_the_history_keeps_what_was_being_written() {
    let mut editor = typed("one", "");
    editor.submit();
    editor.paste("draft");
    press(&mut editor, "Up");
    editor.clear();
    assert_eq!(shown(&editor), "|");
    press(&mut editor, "Up Up");
    assert_eq!(shown(&editor), "draft|");
}
