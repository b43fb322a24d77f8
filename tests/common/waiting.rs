//! Seeds, and waiting for what is to come.

use std::time::{Duration, Instant};

/// What random choices start from: `LANTERM_SEED`, or else the time. Said, for whoever wants it again.
pub fn seed(test: &str) -> u64 {
    let given = std::env::var("LANTERM_SEED").ok();
    let seed = given.map_or_else(
        || {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.unwrap().as_micros() as u64
        },
        |seed| seed.parse().expect("LANTERM_SEED is a number"),
    );
    println!("{test}: LANTERM_SEED={seed}");
    seed
}

/// Looks again and again until `condition` holds, within a time; how long it took.
///
/// # Panics
/// When it does not hold in time, with `what` it says then.
pub fn eventually(
    within: Duration,
    mut condition: impl FnMut() -> bool,
    what: impl FnOnce() -> String,
) -> Duration {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < within,
            "not within {within:?}: {}",
            what()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    start.elapsed()
}
