//! For how long a relay keeps events: ages and sizes, as people write them.

use std::time::Duration;

/// The longest age, in days. Arbitrary: a hundred years is for ever.
const AGE_DAYS_MAX: u64 = 36_500;

/// The smallest size, in bytes. Arbitrary: an empty store takes some 100 KB, which no deleting
/// makes smaller.
const SIZE_BYTES_MIN: u64 = 1024 * 1024;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// What to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// Not an age.
    #[error("write 90d, 12h or 4w, up to 36500 days")]
    Age,
    /// Not a size.
    #[error("write 500M or 2G, at least 1M")]
    Size,
}

/// Reads an age: a number of days, or of hours (`12h`), days (`90d`) or weeks (`4w`).
///
/// # Errors
/// What to write instead.
pub fn parse_age(text: &str) -> Result<Duration, KeepError> {
    let units = [('h', HOUR), ('d', DAY), ('w', 7 * DAY)];
    match number(text, DAY, &units) {
        Some(secs) if (1..=AGE_DAYS_MAX * DAY).contains(&secs) => Ok(Duration::from_secs(secs)),
        Some(_) | None => Err(KeepError::Age),
    }
}

/// Reads a size in bytes: a number of them, or of KiB (`5000K`), MiB (`500M`) or GiB (`2G`).
///
/// # Errors
/// What to write instead.
pub fn parse_size(text: &str) -> Result<u64, KeepError> {
    let units = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
    match number(text, 1, &units) {
        Some(bytes) if bytes >= SIZE_BYTES_MIN => Ok(bytes),
        Some(_) | None => Err(KeepError::Size),
    }
}

/// A whole number times its unit; `None` when it is none, or too large to count.
fn number(text: &str, no_unit: u64, units: &[(char, u64)]) -> Option<u64> {
    let last = text.chars().next_back()?;
    let unit = units
        .iter()
        .find(|(letter, _)| last.eq_ignore_ascii_case(letter));
    let (digits, factor) = match unit {
        Some((letter, factor)) => (&text[..text.len() - letter.len_utf8()], *factor),
        None => (text, no_unit),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_days_unless_they_say_otherwise() {
        for (text, hours) in [
            ("1", 24),
            ("90d", 90 * 24),
            ("12h", 12),
            ("4W", 4 * 7 * 24),
            ("36500", 36_500 * 24),
        ] {
            assert_eq!(parse_age(text), Ok(Duration::from_secs(hours * HOUR)));
        }
        for text in [
            "",
            "d",
            "0",
            "0h",
            "-1",
            "+1",
            "1.5d",
            "1 d",
            "1m",
            "1y",
            "36501",
            "dd",
            "٣d",
            "99999999999999999999",
            "9999999999999999w",
        ] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes_unless_they_say_otherwise() {
        for (text, bytes) in [
            ("1048576", 1 << 20),
            ("5000K", 5_000 << 10),
            ("500m", 500 << 20),
            ("2G", 2 << 30),
        ] {
            assert_eq!(parse_size(text), Ok(bytes));
        }
        for text in [
            "",
            "G",
            "0",
            "1048575",
            "1023K",
            "1T",
            "1.5G",
            "17179869184G",
        ] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
