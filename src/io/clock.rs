//! The only maker of [`Instant`] and [`Timestamp`] in production.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use crate::time::Instant;
use crate::wire::Timestamp;

/// The current instant: microseconds since the first call in this process, never going back.
///
/// On Linux it goes on while the machine sleeps, so that a session notices at wake-up how long it
/// was silent; elsewhere it may stand still meanwhile.
pub fn now() -> Instant {
    let micros = monotonic().saturating_sub(*ORIGIN).as_micros();
    Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// The wall clock. It may jump, either way.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the wall clock is read"
)]
pub fn wall() -> Timestamp {
    let now = SystemTime::now();
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    Timestamp(match now.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => micros(since),
        Err(before) => -micros(before.duration()),
    })
}

/// What the monotonic clock showed at [`Instant::ZERO`].
static ORIGIN: LazyLock<Duration> = LazyLock::new(monotonic);

/// `instant` on the clock that [`now`] reads, for timers that take absolute times.
#[cfg(target_os = "linux")]
pub(super) fn on_boot_time(instant: Instant) -> Duration {
    ORIGIN.saturating_add(Duration::from_micros(instant.as_micros()))
}

/// Time since the machine started, sleep included.
#[cfg(target_os = "linux")]
fn monotonic() -> Duration {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME)
        .expect("every Linux since 2.6.39 has this clock")
        .into()
}

/// Time since an arbitrary start.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
fn monotonic() -> Duration {
    static START: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    let start = *START;
    std::time::Instant::now().saturating_duration_since(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_never_go_back() {
        let mut last = now();
        for _ in 0..1_000 {
            let next = now();
            assert!(next >= last);
            last = next;
        }
    }

    #[test]
    fn the_wall_clock_counts_microseconds_since_1970() {
        let year_2020 = 1_577_836_800_000_000;
        let year_2200 = 7_258_118_400_000_000;
        assert!((year_2020..year_2200).contains(&wall().0));
    }
}
