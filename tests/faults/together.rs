//! Runs the tests of this file at the same time.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};
use std::thread::JoinHandle;

use crate::{client_disk, clock, hosting, network, relay_disk, standstill};

/// Each test, by the name it is asked for.
const SCENARIOS: &[(&str, fn())] = &[
    (
        "standstill::a_relay_that_was_killed",
        standstill::relay_killed,
    ),
    (
        "standstill::a_relay_that_was_killed_and_is_back_at_once",
        standstill::relay_restarted,
    ),
    (
        "standstill::a_relay_that_stood_still",
        standstill::relay_stopped,
    ),
    (
        "standstill::a_client_that_stood_still",
        standstill::client_stopped,
    ),
    ("network::a_changed_address", network::address),
    ("network::a_cable_pulled_shortly", network::cable_shortly),
    ("network::a_cable_pulled_for_long", network::cable_for_long),
    ("relay_disk::a_full_disk_at_the_relay", relay_disk::full),
    (
        "hosting::a_relay_that_is_stood_in_for",
        hosting::stood_in_for,
    ),
    ("hosting::a_relay_whose_address_changes", hosting::address),
    (
        "relay_disk::a_relay_that_starts_on_a_full_disk",
        relay_disk::start_on_full,
    ),
    (
        "client_disk::a_screen_that_starts_on_a_full_disk",
        client_disk::start_on_full,
    ),
    ("client_disk::a_full_disk_at_a_client", client_disk::full),
    ("clock::ten_years_at_the_relay", clock::at_relay),
    ("clock::ten_years_at_a_client", clock::at_client),
];

/// The flags that leave it to the names which tests are run.
const HARMLESS: [&str; 4] = [
    "--nocapture",
    "--show-output",
    "--include-ignored",
    "--quiet",
];

/// Those that were asked for, all under way from the first moment on.
static RUNNING: LazyLock<Mutex<BTreeMap<&str, JoinHandle<()>>>> = LazyLock::new(|| {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (flags, names): (Vec<String>, Vec<String>) =
        args.into_iter().partition(|arg| arg.starts_with('-'));
    // One that is started must be asked for as well, or it would be left alone at the end.
    if !flags.iter().all(|flag| HARMLESS.contains(&flag.as_str())) {
        return Mutex::default();
    }
    let wanted = SCENARIOS.iter().filter(|(known, _)| {
        names.is_empty() || names.iter().any(|name| known.contains(name.as_str()))
    });
    let running = wanted.map(|(name, run)| {
        let thread = std::thread::Builder::new().name((*name).to_owned());
        (*name, thread.spawn(*run).unwrap())
    });
    Mutex::new(running.collect())
});

/// The outcome of a test that was started with the others; of one that was not, by running it now.
pub fn outcome(name: &str) {
    let running = RUNNING.lock().unwrap().remove(name);
    let Some(running) = running else {
        let (_, run) = SCENARIOS.iter().find(|(known, _)| *known == name).unwrap();
        return run();
    };
    if let Err(panic) = running.join() {
        std::panic::resume_unwind(panic);
    }
}
