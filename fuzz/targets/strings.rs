//! Text from users and from the network: what may be shown, names, addresses, `--chaos`, commands
//! of the screen, rows.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use lanterm::chaos::ChaosSpec;
use lanterm::cli::args::{BindAddress, RelayAddress};
use lanterm::tui::{commands, wrap};
use lanterm::wire::text::{NAME_CHARS_MAX, ROOM_CHARS_MAX};
use lanterm::wire::{DeviceId, Name, RoomName, SafeText};

/// Zero-width characters that one character with a width keeps, at most.
const ZERO_WIDTH_MAX: usize = 8;

/// The first byte is a width in columns; the others are the text.
pub fn run(data: &[u8]) {
    let (width, text) = data.split_first().unwrap_or((&0, &[]));
    let text = String::from_utf8_lossy(text);
    safe_text(&text, usize::from(*width));
    round_trip::<ChaosSpec>(&text);
    round_trip::<RelayAddress>(&text);
    round_trip::<DeviceId>(&text);
    let _ = text.parse::<BindAddress>();
    let _ = commands::parse(&text);
    let name = round_trip::<Name>(&text);
    if let Some(name) = &name {
        let chars = name.as_str().chars().count();
        assert!((1..=NAME_CHARS_MAX).contains(&chars));
        assert_eq!(SafeText::new(name.as_str()).as_str(), name.as_str());
        let myself = RoomName::direct(name, name);
        assert_eq!(myself.direct_users(), Some((name.clone(), name.clone())));
        assert_eq!(myself.as_str().parse(), Ok(myself));
    }
    if let Some(room) = round_trip::<RoomName>(&text) {
        let chars = room.as_str().chars().count();
        match room.direct_users() {
            Some((a, b)) => assert_eq!(RoomName::direct(&b, &a), room),
            None => assert!((1..=ROOM_CHARS_MAX).contains(&chars)),
        }
        assert_eq!(SafeText::new(room.as_str()).as_str(), room.as_str());
    }
}

/// What is read, shown and read again is the same.
fn round_trip<T>(text: &str) -> Option<T>
where
    T: FromStr + Display + Debug + PartialEq,
    T::Err: Debug + PartialEq,
{
    let value: T = text.parse().ok()?;
    let shown = value.to_string();
    assert_eq!(shown.parse().as_ref(), Ok(&value), "shown as {shown:?}");
    Some(value)
}

fn safe_text(text: &str, width: usize) {
    let safe = SafeText::new(text);
    assert_eq!(
        SafeText::new(safe.as_str()),
        safe,
        "clean text stays as it is"
    );
    // A single line end can stand for one of two characters, never for more than there were.
    assert!(safe.as_str().len() <= text.len());
    let mut zero_width = 0;
    for c in safe.as_str().chars() {
        assert!(!c.is_control() || matches!(c, '\n' | '\t'), "{c:?}");
        let is_override = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!is_override && c != '\u{2028}' && c != '\u{2029}', "{c:?}");
        if unicode_width::UnicodeWidthChar::width(c) == Some(0) {
            zero_width += 1;
            assert!(zero_width <= ZERO_WIDTH_MAX, "a tower ends in {c:?}");
        } else {
            zero_width = 0;
        }
    }
    assert!(!safe.one_line().contains(['\n', '\t']));
    rows(safe.as_str(), width);
}

/// Every byte is in one row, and what is drawn of a row fits the width, unless it is one cluster.
fn rows(text: &str, width: usize) {
    let mut at = 0;
    for row in wrap::wrap(text, width) {
        assert!(row.start == at || &text[at..row.start] == "\n");
        at = row.end;
        let shown = wrap::shown(&text[row]);
        let is_cluster = wrap::wrap(&shown, 1).len() == 1;
        assert!(
            is_cluster || wrap::columns(&shown) <= width.max(1),
            "{shown:?}"
        );
    }
    assert_eq!(at, text.len());
    assert!(wrap::columns(&wrap::cut(text, width)) <= width);
}
