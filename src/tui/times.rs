//! Days and times of day, in the words of a language.
//!
//! A time comes from a message, and so from anybody: one that no calendar has is called unknown.

use jiff::tz::TimeZone;

use crate::locale::{Language, number, tr};
use crate::wire::Timestamp;

/// A time in a zone; none beyond the years that can be shown.
pub fn local(at: Timestamp, zone: &TimeZone) -> Option<jiff::Zoned> {
    let at = jiff::Timestamp::from_microsecond(at.0).ok()?;
    Some(at.to_zoned(zone.clone()))
}

/// Whether two times fall on different local days.
pub fn is_other_day(a: Timestamp, b: Timestamp, zone: &TimeZone) -> bool {
    let day = |at| local(at, zone).map(|zoned| zoned.date());
    day(a) != day(b)
}

/// A day, with its weekday.
pub fn day(day: &jiff::Zoned, language: Language) -> String {
    tr!(
        language,
        "day-full",
        weekday = number(day.weekday().to_monday_one_offset()),
        day = day.day(),
        month = number(day.month()),
        year = day.year(),
    )
}

/// A date, and a time of day in this format of `strftime`.
pub fn moment(at: Timestamp, time: &str, zone: &TimeZone, language: Language) -> String {
    let Some(zoned) = local(at, zone) else {
        return tr!(language, "moment-unknown");
    };
    tr!(
        language,
        "moment",
        day = zoned.day(),
        month = number(zoned.month()),
        year = zoned.year(),
        time = zoned.strftime(time).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_no_calendar_has_is_in_no_day_and_called_unknown() {
        let zone = TimeZone::UTC;
        assert_eq!(local(Timestamp(i64::MAX), &zone), None);
        assert!(!is_other_day(
            Timestamp(i64::MAX),
            Timestamp(i64::MIN),
            &zone
        ));
        let unknown = moment(Timestamp(i64::MAX), "%H:%M", &zone, Language::English);
        assert_eq!(unknown, "at an unknown time");
    }
}
