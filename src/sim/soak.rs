//! Runs for as long as one likes, on all processors; `scripts/sim` starts it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::tests::{number, verdict};
use super::{Fault, FaultCounts, Summary};

/// Failures shown at most: the first ones tell the story.
const FAILURES_MAX: usize = 10;

/// What all runs were together.
#[derive(Default)]
struct Totals {
    runs: u64,
    virtual_time: Duration,
    settled_after_max: Duration,
    sent: usize,
    refused: usize,
    shown: usize,
    checked: usize,
    datagrams: u64,
    sessions: u64,
    faults: FaultCounts,
    failures: Vec<String>,
    failed: u64,
}

impl Totals {
    fn add(&mut self, run: &Summary) {
        self.runs += 1;
        self.virtual_time += run.virtual_time;
        self.settled_after_max = self.settled_after_max.max(run.settled_after);
        self.sent += run.sent;
        self.refused += run.refused;
        self.shown += run.shown;
        self.checked += run.checked;
        self.datagrams += run.datagrams;
        self.sessions += run.sessions;
        self.faults.add_all(&run.faults);
    }

    fn fail(&mut self, failure: String) {
        self.runs += 1;
        self.failed += 1;
        if self.failures.len() < FAILURES_MAX {
            self.failures.push(failure);
        }
    }

    fn print(&self, first: u64, elapsed: Duration) {
        let hours = self.virtual_time.as_secs_f64() / 3600.0;
        let speed = self.virtual_time.as_secs_f64() / elapsed.as_secs_f64();
        println!(
            "runs                {:>12}  (seeds from {first})",
            self.runs
        );
        println!("simulated hours     {hours:>12.1}");
        println!("times as fast       {speed:>12.0}  (all processors together)");
        println!("messages sent       {:>12}", self.sent);
        println!("  refused           {:>12}", self.refused);
        println!("events shown        {:>12}", self.shown);
        println!("observations judged {:>12}", self.checked);
        println!("datagrams           {:>12}", self.datagrams);
        println!("sessions            {:>12}", self.sessions);
        println!(
            "settled after       {:>12.3}  s at most",
            self.settled_after_max.as_secs_f64()
        );
        println!("faults");
        for fault in Fault::ALL {
            println!("  {:>12}  {fault}", self.faults.of(*fault));
        }
        println!("runs that failed    {:>12}", self.failed);
        for failure in &self.failures {
            println!("\n{failure}");
        }
    }
}

#[test]
#[ignore = "runs for LANTERM_SIM_SECONDS; see scripts/sim"]
#[expect(
    clippy::disallowed_methods,
    reason = "how fast it is, is told by the clock"
)]
fn soak() {
    let begun_at = Instant::now();
    let seconds = Duration::from_secs(number("LANTERM_SIM_SECONDS", 60));
    let first = number("LANTERM_SIM_FIRST_SEED", 0);
    let next = AtomicU64::new(first);
    let totals = Mutex::new(Totals::default());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while begun_at.elapsed() < seconds {
                    let run = verdict(next.fetch_add(1, Ordering::Relaxed));
                    let mut totals = totals.lock().expect("no thread panics with it");
                    match run {
                        Ok(run) => totals.add(&run),
                        Err(failure) => totals.fail(failure),
                    }
                }
            });
        }
    });
    let totals = totals.into_inner().expect("no thread panicked with it");
    totals.print(first, begun_at.elapsed());
    assert_eq!(totals.failed, 0, "runs failed");
}
