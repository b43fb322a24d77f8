//! Hundreds of runs, and proof that they would notice.

use std::panic::catch_unwind;

use super::checker::{Observation, ReaderId};
use super::*;
use crate::time::Instant;
use crate::wire::RoomName;

/// How many runs the test of many seeds makes: some 20 s without optimization.
const SEEDS: u64 = 300;

/// From the end of all faults until everybody has everything, at most (D6).
const SETTLED_AFTER_MAX: Duration = Duration::from_secs(2);

/// The run of a seed; a panic inside it names the command that repeats it.
fn play(seed: u64) -> Summary {
    match catch_unwind(|| run(seed)) {
        Ok(Ok(summary)) => summary,
        Ok(Err(failure)) => panic!("{failure}"),
        Err(_) => panic!("{}", Replay(seed)),
    }
}

#[test]
fn the_contract_is_kept_whatever_the_network_does() {
    let runs: Vec<Summary> = (0..SEEDS).map(play).collect();
    for (seed, run) in (0..).zip(&runs) {
        let after = run.settled_after;
        let is_soon = after <= SETTLED_AFTER_MAX;
        assert!(is_soon, "D6: settled after {after:?}\n{}", Replay(seed));
    }
    // A run in which nothing happens proves nothing.
    let happened = |count: fn(&Summary) -> u64| runs.iter().filter(|run| count(run) > 0).count();
    for (what, runs) in [
        ("shown", happened(|run| run.shown as u64)),
        ("lost", happened(|run| run.faults.lost)),
        ("doubled", happened(|run| run.faults.duplicated)),
        ("damaged", happened(|run| run.faults.corrupted)),
        ("reordered", happened(|run| run.faults.reordered)),
        ("cut off", happened(|run| run.cut_off)),
        ("restarted", happened(|run| run.relays - 1)),
        ("refused", happened(|run| run.refused as u64)),
    ] {
        assert!(runs >= SEEDS as usize / 10, "{what} in {runs} runs only");
    }
    assert!(runs.iter().all(|run| run.unsent == 0));
    assert!(
        runs.iter().any(|run| run.faults.lost == 0),
        "some are clean"
    );
}

#[test]
#[ignore = "repeats the run of LANTERM_SIM_SEED"]
fn replay() {
    let seed = std::env::var("LANTERM_SIM_SEED").expect("LANTERM_SIM_SEED is set");
    let seed = seed.parse().expect("LANTERM_SIM_SEED is a number");
    println!("{:#?}", Scenario::new(seed));
    println!("{:#?}", play(seed));
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
    let traces: Vec<_> = (0..10).map(|seed| play(seed).trace).collect();
    for (seed, trace) in (0..).zip(&traces) {
        let repeated = play(seed);
        assert_eq!(repeated.trace, *trace, "seed {seed}");
        let same = traces.iter().filter(|other| *other == trace);
        assert_eq!(same.count(), 1, "seed {seed}");
    }
}

/// The observations of a run that keeps the contract, with a reader of the lobby from its start.
fn played(seed: u64) -> World {
    let mut world = World::new(Scenario::new(seed));
    world.run().expect("rest");
    world
}

/// Where the so-many-th event of the lobby was shown to the first user.
fn nth_shown(world: &World, n: usize) -> usize {
    let is_shown = |observation: &Observation| {
        matches!(
            observation,
            Observation::Shown { reader: 0, room, .. } if *room == RoomName::lobby()
        )
    };
    let mut shown = (world.observations.iter().enumerate())
        .filter(|(_, observation)| is_shown(observation))
        .map(|(index, _)| index);
    shown.nth(n).expect("enough is shown")
}

fn lines(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(ToString::to_string).collect()
}

#[test]
fn an_event_that_is_not_shown_is_noticed() {
    let mut world = played(1);
    let index = nth_shown(&world, 5);
    world.observations.remove(index);
    let lines = lines(&judge(world));
    assert_eq!(lines, ["D4: reader 0 was shown #7 of lobby after #5"]);
}

#[test]
fn an_event_that_is_shown_twice_is_noticed() {
    let mut world = played(1);
    let index = nth_shown(&world, 5);
    let again = world.observations[index].clone();
    world.observations.insert(index + 1, again);
    let lines = lines(&judge(world));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], "D4: reader 0 was shown #6 of lobby after #6");
    assert!(lines[1].starts_with("D2: reader 0 was shown "), "{lines:?}");
}

#[test]
fn two_events_in_each_others_places_are_noticed() {
    let mut world = played(1);
    let (first, second) = (nth_shown(&world, 5), nth_shown(&world, 6));
    let [a, b] = (world.observations)
        .get_disjoint_mut([first, second])
        .expect("two of them");
    if let (Observation::Shown { event: a, .. }, Observation::Shown { event: b, .. }) = (a, b) {
        std::mem::swap(a, b);
        std::mem::swap(&mut a.seq, &mut b.seq);
    }
    let lines = lines(&judge(world));
    assert!(lines.iter().any(|line| line.starts_with("D2: ")));
    assert!(lines.iter().any(|line| line.starts_with("D3: ")));
}

#[test]
fn a_relay_whose_disk_lied_is_noticed() {
    let broken = (0..20).filter(|seed| {
        let mut world = World::new(Scenario::new(*seed));
        world.run_until(Instant::from_micros(30_000_000)).unwrap();
        let is_lobby = |room: &RoomName| *room == RoomName::lobby();
        if world.log.log.events().any(|(room, ..)| is_lobby(room)) {
            world.log.log.forget_last(&RoomName::lobby());
        }
        world.replace_relay();
        world.run().expect("rest");
        !judge(world).is_empty()
    });
    let broken = broken.count();
    assert!(broken >= 15, "noticed in {broken} of 20 runs");
}

#[test]
fn a_reader_that_stays_away_misses_the_end_and_is_noticed() {
    let mut world = played(1);
    let last = |observation: &Observation| {
        let Observation::Shown { reader, room, .. } = observation else {
            return false;
        };
        *reader == 0 as ReaderId && *room == RoomName::lobby()
    };
    let index = world.observations.iter().rposition(last).expect("shown");
    world.observations.remove(index);
    let lines = lines(&judge(world));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("D1: reader 0 was never shown "));
}
