//! How texts are chosen and put together. What is in the files, `tests/locale` looks at.

use super::*;

fn spoken(tags: &[&str]) -> Language {
    Language::first_spoken(tags.iter().map(|tag| (*tag).to_owned()))
}

#[test]
fn the_first_language_spoken_here_is_taken() {
    assert_eq!(spoken(&["zh-CN"]), Language::Chinese);
    assert_eq!(spoken(&["de-DE", "zh-CN", "en-GB"]), Language::Chinese);
    assert_eq!(spoken(&["de-DE", "en-GB", "zh-CN"]), Language::English);
    assert_eq!(spoken(&["de-DE"]), Language::English);
    assert_eq!(spoken(&[]), Language::English);
}

#[test]
fn a_system_that_was_told_no_language_speaks_english() {
    assert_eq!(spoken(&["C", "zh-CN"]), Language::English);
    assert_eq!(spoken(&["POSIX", "zh-CN"]), Language::English);
}

#[test]
fn a_tag_is_known_however_it_is_written() {
    for tag in ["zh", "ZH", "zh-CN", "zh_CN.UTF-8", "zh-Hant-TW", "zh@x"] {
        assert_eq!(Language::from_tag(tag), Some(Language::Chinese), "{tag}");
    }
    for tag in ["", "C", "zho", "z", "eng", "-zh"] {
        assert_eq!(Language::from_tag(tag), None, "{tag}");
    }
    for language in Language::ALL {
        assert_eq!(Language::from_tag(language.tag()), Some(language));
    }
}

#[test]
fn both_files_are_valid() {
    for file in [include_str!("en.ftl"), include_str!("zh.ftl")] {
        let Err((_, errors)) = FluentResource::try_new(file.to_owned()) else {
            continue;
        };
        panic!("{errors:?}");
    }
}

#[test]
fn a_text_that_is_not_there_is_its_key() {
    assert_eq!(tr!(Language::English, "no-such-text"), "no-such-text");
    assert_eq!(
        tr!(Language::Chinese, "no-such-text", a = 1),
        "no-such-text"
    );
}

#[test]
fn what_is_put_in_is_never_read_as_a_text_of_ours() {
    let why = "{ $name } { room-joined } \u{202e}";
    let text = tr!(Language::English, "pending-waiting", reason = why);
    assert_eq!(text, format!("waiting: {why}"));
}

#[test]
fn what_is_put_in_speaks_the_same_language() {
    let inner = say!("presence-gone");
    let outer = say!("pending-waiting", reason = inner);
    assert_eq!(outer.tr(Language::English), "waiting: gone");
    assert!(outer.tr(Language::Chinese).ends_with("离线"));
}

#[test]
fn plurals_go_by_the_number() {
    let gone = |count: u64| tr!(Language::English, "gone-older", count = number(count));
    assert_eq!(gone(1), "1 older message is gone");
    assert_eq!(gone(2), "2 older messages are gone");
    assert_eq!(gone(1_000_000), "1000000 older messages are gone");
}
