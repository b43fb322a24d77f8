//! What a network of several hosts comes to, over many seeds.

use super::network::Network;
use super::*;

fn is_relay(event: &DiscoveryEvent) -> bool {
    matches!(event, DiscoveryEvent::Relay(_))
}

/// How long a newcomer takes until it sees the relay, over `seeds`; sorted. `settle` prepares the
/// network, in which the relay is host 0.
fn waits(loss: f64, seeds: u64, settle: impl Fn(&mut Network)) -> Vec<(Duration, u64)> {
    let mut waits: Vec<(Duration, u64)> = (0..seeds)
        .map(|seed| {
            let mut network = Network::new(seed, loss);
            network.start(Some(relay_announcement(1, 1)));
            settle(&mut network);
            network.run(ms(20_000), |_, _| false);
            let began = network.now;
            let newcomer = network.start(None);
            let seen = network.run(began + Duration::from_secs(30), |host, event| {
                host == newcomer && is_relay(event)
            });
            let wait = seen.map_or(Duration::MAX, |seen| seen - began);
            (wait, seed)
        })
        .collect();
    waits.sort();
    waits
}

#[test]
fn a_newcomer_sees_the_relay_within_250_ms_at_20_percent_loss() {
    let waits = waits(0.2, 1000, |_| {});
    let late: Vec<_> = waits
        .iter()
        .filter(|(wait, _)| *wait >= Duration::from_millis(250))
        .collect();
    assert!(late.len() <= 10, "late, with the seed: {late:?}");
}

#[test]
fn a_newcomer_sees_the_relay_within_12_ms_without_loss() {
    let (wait, seed) = *waits(0.0, 200, |_| {}).last().expect("some");
    assert!(
        wait <= Duration::from_millis(12),
        "{wait:?} with seed {seed}"
    );
}

#[test]
fn a_peer_heals_the_room_for_whoever_cannot_hear_the_relay() {
    let waits = waits(0.2, 1000, |network| {
        let relay = Some(address("10.0.0.1:5267"));
        network.start(Some(Announcement::Peer { relay }));
        // The newcomer will be host 2.
        network.deaf.push((0, 2));
    });
    let late: Vec<_> = waits
        .iter()
        .filter(|(wait, _)| *wait >= Duration::from_millis(800))
        .collect();
    assert!(late.len() <= 5, "late, with the seed: {late:?}");
}

#[test]
fn a_relay_known_only_through_a_peer_stays_known() {
    for seed in 0..20 {
        let mut network = Network::new(seed, 0.2);
        network.start(Some(relay_announcement(1, 1)));
        let relay = Some(address("10.0.0.1:5267"));
        network.start(Some(Announcement::Peer { relay }));
        network.deaf.push((0, 2));
        let newcomer = network.start(None);
        let gone = network.run(ms(600_000), |host, event| {
            host == newcomer && matches!(event, DiscoveryEvent::RelayGone { .. })
        });
        assert_eq!(gone, None, "gone with seed {seed}");
    }
}

#[test]
fn loss_alone_never_ends_a_relay() {
    for seed in 0..20 {
        let mut network = Network::new(seed, 0.2);
        network.start(Some(relay_announcement(1, 1)));
        network.start(None);
        let gone = network.run(ms(600_000), |_, event| {
            matches!(event, DiscoveryEvent::RelayGone { .. })
        });
        assert_eq!(gone, None, "gone with seed {seed}");
    }
}

#[test]
fn a_full_network_at_rest_is_quiet() {
    let mut network = Network::new(1, 0.0);
    network.start(Some(relay_announcement(1, 50)));
    for _ in 0..50 {
        let relay = Some(address("10.0.0.1:5267"));
        network.start(Some(Announcement::Peer { relay }));
    }
    network.run(ms(20_000), |_, _| false);
    let before = network.sent;
    network.run(ms(120_000), |_, _| false);
    let per_second = (network.sent - before) / 100;
    // One beacon per process every 5 s, and nothing besides.
    assert!((9..=12).contains(&per_second), "{per_second} datagrams/s");

    let before = network.sent;
    network.start(None);
    network.run(ms(121_000), |_, _| false);
    let cost = network.sent - before;
    // Seven probes, each answered by the relay and about four peers; the beacons of a second.
    assert!(cost <= 90, "a newcomer costs {cost} datagrams");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let trace = || {
        let mut network = Network::new(3, 0.2);
        network.start(Some(relay_announcement(1, 1)));
        network.start(Some(Announcement::Peer { relay: None }));
        network.start(None);
        network.run(ms(60_000), |_, _| false);
        (network.sent, network.events)
    };
    assert_eq!(trace(), trace());
}
