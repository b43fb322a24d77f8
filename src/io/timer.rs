//! A timer that is fine enough for a link whose round trip takes 200 µs.
//!
//! Tokio's timers have a granularity of 1 ms. On Linux this one is a timerfd, which the event loop
//! waits for like for any socket; elsewhere it is tokio's.

use std::io;

use super::clock;
use crate::time::Instant;

#[cfg(target_os = "linux")]
pub use linux::PreciseTimer;
#[cfg(not(target_os = "linux"))]
pub use portable::PreciseTimer;

#[cfg(target_os = "linux")]
mod linux {
    use nix::sys::time::TimeSpec;
    use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    use super::{Instant, clock, io};

    /// One timer, set anew with every wait. Late by about 50 µs on an idle machine.
    pub struct PreciseTimer {
        timer: AsyncFd<TimerDescriptor>,
        /// What the kernel's timer is set to, if it has not been seen to expire.
        armed_for: Option<Instant>,
    }

    impl PreciseTimer {
        /// A timer that is set to nothing.
        ///
        /// # Errors
        /// When the process has no file descriptor left.
        ///
        /// # Panics
        /// Outside of a tokio runtime.
        #[expect(
            deprecated,
            reason = "its successor is the same but unsafe to call; this descriptor stays open \
                      for as long as its owner does"
        )]
        pub fn new() -> io::Result<Self> {
            let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
            let timer = TimerFd::new(ClockId::CLOCK_BOOTTIME, flags)?;
            Ok(Self {
                timer: AsyncFd::with_interest(TimerDescriptor(timer), Interest::READABLE)?,
                armed_for: None,
            })
        }

        /// Waits until `deadline`, or forever when there is none.
        ///
        /// Cancel-safe: dropping the wait loses nothing, and waiting again for the same deadline
        /// costs no system call to set it.
        pub async fn sleep_until(&mut self, deadline: Option<Instant>) {
            let Some(deadline) = deadline else {
                return std::future::pending().await;
            };
            if clock::now() >= deadline {
                return;
            }
            if self.armed_for != Some(deadline) {
                self.arm(deadline);
            }
            loop {
                let Ok(mut ready) = self.timer.readable().await else {
                    // The runtime is shutting down, and this task with it.
                    return std::future::pending().await;
                };
                // Readiness may stem from an earlier setting: then there is nothing to read yet.
                let expired = ready.try_io(|timer| Ok(timer.get_ref().0.wait()?));
                if matches!(expired, Ok(Ok(()))) && clock::now() >= deadline {
                    self.armed_for = None;
                    return;
                }
            }
        }

        fn arm(&mut self, deadline: Instant) {
            let at = TimeSpec::from_duration(clock::on_boot_time(deadline));
            self.timer
                .get_ref()
                .0
                .set(
                    Expiration::OneShot(at),
                    TimerSetTimeFlags::TFD_TIMER_ABSTIME,
                )
                .expect("any time after the start of the machine can be set");
            self.armed_for = Some(deadline);
        }
    }

    /// Gives the timer to tokio.
    struct TimerDescriptor(TimerFd);

    impl std::os::fd::AsRawFd for TimerDescriptor {
        fn as_raw_fd(&self) -> std::os::fd::RawFd {
            use std::os::fd::AsFd;
            self.0.as_fd().as_raw_fd()
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use super::{Instant, clock, io};

    /// One timer. Late by up to 1 ms, or 16 ms on Windows.
    pub struct PreciseTimer(());

    impl PreciseTimer {
        /// A timer that is set to nothing.
        ///
        /// # Errors
        /// Never on this platform.
        pub fn new() -> io::Result<Self> {
            Ok(Self(()))
        }

        /// Waits until `deadline`, or forever when there is none. Cancel-safe.
        pub async fn sleep_until(&mut self, deadline: Option<Instant>) {
            match deadline {
                Some(deadline) => tokio::time::sleep(deadline - clock::now()).await,
                None => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn sleeps_until_the_deadline_and_not_much_longer() {
        let mut timer = PreciseTimer::new().unwrap();
        let mut lateness: Vec<Duration> = Vec::new();
        for round in 0..200 {
            let deadline = clock::now() + Duration::from_micros(100 + 5 * round);
            timer.sleep_until(Some(deadline)).await;
            let woken = clock::now();
            assert!(woken >= deadline);
            lateness.push(woken - deadline);
        }
        lateness.sort();
        let (median, worst) = (lateness[100], lateness[199]);
        println!("late by {median:?} (median), {worst:?} (worst of 200)");
        assert!(median < Duration::from_millis(20));
    }

    #[tokio::test]
    async fn a_deadline_passed_is_over_at_once() {
        let mut timer = PreciseTimer::new().unwrap();
        timer.sleep_until(Some(Instant::ZERO)).await;
        timer.sleep_until(Some(clock::now())).await;
    }

    #[tokio::test]
    async fn a_wait_given_up_does_not_cut_the_next_one_short() {
        let mut timer = PreciseTimer::new().unwrap();
        let soon = clock::now() + Duration::from_millis(2);
        let later = clock::now() + Duration::from_millis(10);
        tokio::select! {
            biased;
            () = timer.sleep_until(Some(soon)) => panic!("woke before its time"),
            () = tokio::task::yield_now() => {}
        }
        timer.sleep_until(Some(later)).await;
        assert!(clock::now() >= later);
        let again = clock::now() + Duration::from_millis(2);
        timer.sleep_until(Some(again)).await;
        assert!(clock::now() >= again);
    }

    #[tokio::test]
    async fn no_deadline_is_never_over() {
        let mut timer = PreciseTimer::new().unwrap();
        let mut other = PreciseTimer::new().unwrap();
        let soon = Some(clock::now() + Duration::from_millis(2));
        tokio::select! {
            () = timer.sleep_until(None) => panic!("never came"),
            () = other.sleep_until(soon) => {}
        }
    }
}
