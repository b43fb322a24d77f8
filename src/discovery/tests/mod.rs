//! Discovery in virtual time, on a network of the test's own.

mod bounds;
mod network;
mod scenarios;

use super::*;
use crate::wire::beacon::BEACON_BYTES_MAX;
use network::{name, relay_announcement};

const IFACE: u32 = 2;

fn interface(index: u32, address: &str) -> Interface {
    Interface {
        index,
        name: format!("eth{index}"),
        addresses: vec![address.parse().expect("an address")],
        is_loopback: false,
    }
}

fn started() -> Discovery {
    let mut discovery = Discovery::new(Instant::ZERO, 1, [7; 32]);
    discovery.handle_interfaces(Instant::ZERO, &[interface(IFACE, "10.0.0.1")]);
    discovery
}

fn relaying() -> Discovery {
    let mut discovery = started();
    discovery.announce(Instant::ZERO, name("hut"), Some(relay_announcement(1, 3)));
    discovery
}

fn ms(ms: u64) -> Instant {
    Instant::from_micros(ms * 1000)
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn transmits(discovery: &mut Discovery) -> Vec<DiscoveryTransmit> {
    std::iter::from_fn(|| discovery.poll_transmit()).collect()
}

fn events(discovery: &mut Discovery) -> Vec<DiscoveryEvent> {
    std::iter::from_fn(|| discovery.poll_event()).collect()
}

/// Runs until `until` and returns what was sent, each with its time.
fn run(discovery: &mut Discovery, until: Instant) -> Vec<(Instant, DiscoveryTransmit)> {
    let mut now = Instant::ZERO;
    let mut sent = Vec::new();
    loop {
        sent.extend(transmits(discovery).into_iter().map(|sent| (now, sent)));
        match discovery.poll_timeout() {
            Some(at) if at <= until => {
                now = now.max(at);
                discovery.handle_timeout(now);
                while discovery.poll_event().is_some() {}
            }
            Some(_) | None => return sent,
        }
    }
}

fn decoded(transmit: &DiscoveryTransmit) -> DiscoveryDatagram {
    DiscoveryDatagram::decode(&transmit.bytes).expect("our own datagrams are well-formed")
}

fn is_beacon(transmit: &DiscoveryTransmit) -> bool {
    matches!(decoded(transmit), DiscoveryDatagram::Beacon(_))
}

fn is_gone(transmit: &DiscoveryTransmit) -> bool {
    matches!(decoded(transmit), DiscoveryDatagram::Beacon(beacon) if beacon.announcement == Announcement::Gone)
}

fn beacon(instance: u64, announcement: Announcement) -> Vec<u8> {
    Beacon {
        instance,
        name: name("them"),
        announcement,
    }
    .encode()
}

fn probe(instance: u64) -> Vec<u8> {
    Probe { instance }.encode()
}

#[test]
fn beacons_come_as_a_burst_of_three_and_then_every_five_seconds_or_so() {
    let mut relay = relaying();
    let times: Vec<Instant> = run(&mut relay, ms(600_000))
        .iter()
        .filter(|(_, sent)| is_beacon(sent))
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(times[0], Instant::ZERO);
    assert!((ms(70)..=ms(130)).contains(&times[1]), "{:?}", times[1]);
    assert!(times[2] <= ms(390), "{:?}", times[2]);
    for pair in times[2..].windows(2) {
        let gap = pair[1] - pair[0];
        assert!((3500..=6500).contains(&gap.as_millis()), "{gap:?}");
    }
    assert!((110..=135).contains(&times.len()), "{}", times.len());
}

#[test]
fn a_silent_process_sends_seven_probes_and_then_nothing() {
    let sent = run(&mut started(), ms(60_000));
    assert_eq!(sent.len(), 7);
    assert!(sent.iter().all(|(_, sent)| sent.bytes == probe(1)));
    assert!(sent[4].0 <= ms(210), "the fifth at {:?}", sent[4].0);
}

#[test]
fn both_families_are_used_where_the_interface_has_both() {
    let mut discovery = Discovery::new(Instant::ZERO, 1, [7; 32]);
    let mut both = interface(IFACE, "10.0.0.1");
    both.addresses.push("fe80::1".parse().expect("an address"));
    discovery.handle_interfaces(Instant::ZERO, &[both, interface(3, "fe80::2")]);
    let sent: Vec<_> = transmits(&mut discovery)
        .into_iter()
        .map(|sent| (sent.interface, sent.destination))
        .collect();
    assert_eq!(
        sent,
        [
            (IFACE, Destination::Multicast(Family::V4)),
            (IFACE, Destination::Multicast(Family::V6)),
            (3, Destination::Multicast(Family::V6)),
        ]
    );
}

#[test]
fn a_new_interface_and_a_new_address_get_bursts_and_the_others_nothing() {
    let mut relay = relaying();
    run(&mut relay, ms(1000));
    let first = interface(IFACE, "10.0.0.1");
    relay.handle_interfaces(ms(1000), &[first.clone(), interface(3, "10.1.0.1")]);
    let on =
        |sent: &[DiscoveryTransmit]| sent.iter().map(|sent| sent.interface).collect::<Vec<_>>();
    assert_eq!(on(&transmits(&mut relay)), [3, 3]);

    relay.handle_interfaces(ms(1001), &[first, interface(3, "10.1.0.2")]);
    assert_eq!(on(&transmits(&mut relay)), [3, 3]);
    relay.handle_interfaces(ms(1002), &[]);
    assert_eq!(run(&mut relay, ms(60_000)), []);
}

#[test]
fn goodbye_is_said_twice_and_then_nothing_more() {
    let mut relay = relaying();
    transmits(&mut relay);
    relay.withdraw(Instant::ZERO);
    assert!(relay.is_leaving());
    let sent = run(&mut relay, ms(60_000));
    assert!(!relay.is_leaving());
    let gone = sent.iter().filter(|(_, sent)| is_gone(sent)).count();
    let beacons = sent.iter().filter(|(_, sent)| is_beacon(sent)).count();
    assert_eq!((gone, beacons), (2, 2));
}

#[test]
fn only_the_number_of_members_changes_without_a_burst() {
    let mut relay = relaying();
    run(&mut relay, ms(1000));
    relay.announce(ms(1000), name("hut"), Some(relay_announcement(1, 4)));
    assert_eq!(transmits(&mut relay), []);
    relay.announce(ms(1000), name("hall"), Some(relay_announcement(1, 4)));
    assert_eq!(transmits(&mut relay).len(), 1);
}

#[test]
fn the_longest_name_is_cut_to_fit_a_beacon() {
    let mut relay = started();
    let longest = name(&"\u{1d5d4}".repeat(32));
    let announcement = Announcement::Relay {
        id: RelayId([255; 8]),
        key: [255; 32],
        port: u16::MAX,
        kind: RelayKind::Dedicated,
        members: u32::MAX,
        versions: (255, 255),
    };
    relay.announce(Instant::ZERO, longest, Some(announcement));
    let sent = transmits(&mut relay);
    assert!(sent.iter().any(is_beacon));
    assert!(sent.iter().all(|sent| sent.bytes.len() <= BEACON_BYTES_MAX));
}

#[test]
fn a_relay_answers_a_probe_to_all_within_10_ms_and_one_to_itself_at_once() {
    for cast in [Cast::Multicast, Cast::Unicast] {
        let mut relay = relaying();
        run(&mut relay, ms(500));
        let from = address("10.0.0.9:4000");
        relay.handle_datagram(ms(500), IFACE, from, cast, &probe(9));
        if cast == Cast::Multicast {
            let due = relay.poll_timeout().expect("an answer waits");
            assert!(due <= ms(510), "{due:?}");
            relay.handle_timeout(due);
        }
        let sent = transmits(&mut relay);
        assert_eq!(sent.len(), 1, "{cast:?}");
        assert_eq!(sent[0].destination, Destination::Unicast(from));
        assert!(is_beacon(&sent[0]));
    }
}

#[test]
fn a_flood_of_probes_is_answered_within_the_limits() {
    let mut relay = relaying();
    run(&mut relay, ms(500));
    let mut to_victim = 0;
    let mut to_all = 0;
    for n in 0..100_000_u32 {
        let now = Instant::from_micros(500_000 + u64::from(n) * 100);
        let from = match n % 2 {
            0 => address("10.0.0.9:4000"),
            _ => SocketAddr::from(((0x0b00_0000 + n).to_be_bytes(), 4000)),
        };
        relay.handle_datagram(now, IFACE, from, Cast::Multicast, &probe(9));
        for sent in transmits(&mut relay) {
            match sent.destination {
                Destination::Unicast(to) if to == address("10.0.0.9:4000") => to_victim += 1,
                Destination::Unicast(_) => {}
                Destination::Multicast(_) => to_all += 1,
            }
        }
    }
    assert!(to_victim <= 32 + 80, "{to_victim} answers in 10 s");
    // Beacons stand in for the answers, at most two a second, on one interface.
    assert!((4..=25).contains(&to_all), "{to_all} beacons in 10 s");
    assert!(relay.counters().limited > 90_000);
}

#[test]
fn a_peer_keeps_quiet_when_the_relay_speaks_up() {
    for has_relay_spoken in [false, true] {
        let mut peer = started();
        let relay = Some(address("10.0.0.2:5267"));
        peer.announce(
            Instant::ZERO,
            name("ann"),
            Some(Announcement::Peer { relay }),
        );
        run(&mut peer, ms(500));
        let asker = address("10.0.0.9:4000");
        peer.handle_datagram(ms(500), IFACE, asker, Cast::Multicast, &probe(9));
        let due = peer.poll_timeout().expect("an answer waits");
        assert!((ms(530)..=ms(650)).contains(&due), "{due:?}");
        if has_relay_spoken {
            let bytes = beacon(2, relay_announcement(2, 1));
            let from = address("10.0.0.2:4000");
            peer.handle_datagram(ms(510), IFACE, from, Cast::Multicast, &bytes);
        }
        peer.handle_timeout(ms(650));
        let sent = transmits(&mut peer);
        let is_answer = |sent: &&DiscoveryTransmit| sent.destination == Destination::Unicast(asker);
        let answers = sent.iter().filter(is_answer).count();
        assert_eq!(answers, usize::from(!has_relay_spoken));
    }
}

#[test]
fn of_many_peers_about_four_answer() {
    let mut answers = 0;
    for seed in 0..100 {
        let mut peer = Discovery::new(Instant::ZERO, 1, [seed; 32]);
        peer.handle_interfaces(Instant::ZERO, &[interface(IFACE, "10.0.0.1")]);
        peer.announce(
            Instant::ZERO,
            name("ann"),
            Some(Announcement::Peer { relay: None }),
        );
        for other in 0..99 {
            let bytes = beacon(100 + other, Announcement::Peer { relay: None });
            let from =
                SocketAddr::from(([10, 0, 1, 1], 1000 + u16::try_from(other).expect("small")));
            peer.handle_datagram(ms(1), IFACE, from, Cast::Multicast, &bytes);
        }
        let asker = address("10.0.0.9:4000");
        peer.handle_datagram(ms(2), IFACE, asker, Cast::Multicast, &probe(9));
        answers += run(&mut peer, ms(200))
            .iter()
            .filter(|(_, sent)| sent.destination == Destination::Unicast(asker))
            .count();
    }
    assert!((1..=12).contains(&answers), "{answers} of 100 peers answer");
}

#[test]
fn a_silent_relay_is_asked_for_5_s_and_then_gone() {
    let mut client = started();
    run(&mut client, ms(1000));
    let from = address("10.0.0.2:4000");
    let bytes = beacon(2, relay_announcement(2, 1));
    client.handle_datagram(ms(1000), IFACE, from, Cast::Multicast, &bytes);
    let mut asked = Vec::new();
    let mut gone_at = None;
    while let Some(now) = client.poll_timeout() {
        client.handle_timeout(now);
        asked.extend(transmits(&mut client).iter().map(|_| now));
        if events(&mut client).contains(&DiscoveryEvent::RelayGone {
            id: RelayId([2; 8]),
        }) {
            gone_at = Some(now);
        }
    }
    assert_eq!(gone_at, Some(ms(17_000)));
    let measured = asked.iter().filter(|at| **at < ms(3000)).count();
    let doubted = asked.iter().filter(|at| **at >= ms(12_000)).count();
    assert!(measured == 3 && (9..=10).contains(&doubted), "{asked:?}");
}

#[test]
fn a_relay_that_could_not_be_asked_is_asked_again_with_its_next_beacon() {
    let mut client = started();
    run(&mut client, ms(1000));
    let from = address("10.0.0.2:4000");
    let bytes = beacon(2, relay_announcement(2, 1));
    client.handle_datagram(ms(1000), IFACE, from, Cast::Multicast, &bytes);
    assert_eq!(run(&mut client, ms(5000)).len(), 3);
    client.handle_datagram(ms(5000), IFACE, from, Cast::Multicast, &bytes);
    assert_eq!(transmits(&mut client).len(), 1);
    client.handle_datagram(ms(5001), IFACE, from, Cast::Unicast, &bytes);
    assert!(
        matches!(&events(&mut client)[..], [DiscoveryEvent::Relay(relay)]
        if relay.rtt == Some(Duration::from_millis(1)))
    );
}

#[test]
fn a_goodbye_ends_a_relay_and_a_peer_at_once() {
    let mut client = started();
    let from = address("10.0.0.2:4000");
    for announcement in [relay_announcement(2, 1), Announcement::Peer { relay: None }] {
        client.handle_datagram(
            ms(1),
            IFACE,
            from,
            Cast::Multicast,
            &beacon(2, announcement),
        );
        assert_eq!(events(&mut client).len(), 1);
        client.handle_datagram(
            ms(2),
            IFACE,
            from,
            Cast::Multicast,
            &beacon(2, Announcement::Gone),
        );
        assert_eq!(events(&mut client).len(), 1);
    }
}

#[test]
fn a_relay_that_becomes_a_peer_is_gone() {
    let mut client = started();
    let from = address("10.0.0.2:4000");
    let relay = beacon(2, relay_announcement(2, 1));
    let peer = beacon(2, Announcement::Peer { relay: None });
    client.handle_datagram(ms(1), IFACE, from, Cast::Multicast, &relay);
    events(&mut client);
    client.handle_datagram(ms(2), IFACE, from, Cast::Multicast, &peer);
    let events = events(&mut client);
    assert_eq!(
        events[0],
        DiscoveryEvent::RelayGone {
            id: RelayId([2; 8])
        }
    );
    assert!(matches!(events[1], DiscoveryEvent::Peer(_)));
}

#[test]
fn a_relay_heard_at_two_addresses_is_gone_with_the_second() {
    let mut client = started();
    let one = interface(IFACE, "10.0.0.1");
    client.handle_interfaces(ms(0), &[one.clone(), interface(3, "10.1.0.1")]);
    let bytes = beacon(2, relay_announcement(2, 1));
    client.handle_datagram(
        ms(1),
        IFACE,
        address("10.0.0.2:4000"),
        Cast::Multicast,
        &bytes,
    );
    client.handle_datagram(ms(1), 3, address("10.1.0.2:4000"), Cast::Multicast, &bytes);
    let seen = events(&mut client);
    assert!(
        matches!(&seen[..], [DiscoveryEvent::Relay(a), DiscoveryEvent::Relay(b)]
        if a.address == address("10.0.0.2:5267") && b.address == address("10.1.0.2:5267"))
    );
    let id = RelayId([2; 8]);
    client.handle_interfaces(ms(2), &[one]);
    let address = address("10.1.0.2:5267");
    assert_eq!(
        events(&mut client),
        [DiscoveryEvent::RelayAddressGone { id, address }]
    );
    client.handle_interfaces(ms(3), &[]);
    assert_eq!(events(&mut client), [DiscoveryEvent::RelayGone { id }]);
}

#[test]
fn the_round_trip_is_measured_from_question_to_answer() {
    let mut client = started();
    let from = address("10.0.0.2:4000");
    let bytes = beacon(2, relay_announcement(2, 1));
    client.handle_datagram(ms(1), IFACE, from, Cast::Multicast, &bytes);
    assert_eq!(events(&mut client).len(), 1);
    client.handle_datagram(
        Instant::from_micros(1300),
        IFACE,
        from,
        Cast::Unicast,
        &bytes,
    );
    let seen = events(&mut client);
    assert!(
        matches!(&seen[..], [DiscoveryEvent::Relay(relay)]
        if relay.rtt == Some(Duration::from_micros(300))),
        "{seen:?}"
    );
    // Nothing new: no event.
    client.handle_datagram(ms(9), IFACE, from, Cast::Multicast, &bytes);
    assert_eq!(events(&mut client), []);
}

#[test]
fn a_peer_that_tells_of_a_relay_makes_us_ask_the_relay() {
    let cases = [
        ("10.0.0.3:5267", "10.0.0.3:5268"),
        // Its own loopback is its host.
        ("127.0.0.1:5267", "10.0.0.2:5268"),
    ];
    for (told, asked) in cases {
        let mut client = started();
        run(&mut client, ms(1000));
        let relay = Some(address(told));
        let bytes = beacon(2, Announcement::Peer { relay });
        for at in [1000, 1001] {
            client.handle_datagram(
                ms(at),
                IFACE,
                address("10.0.0.2:4000"),
                Cast::Multicast,
                &bytes,
            );
        }
        let sent = transmits(&mut client);
        assert_eq!(sent.len(), 1, "{told}");
        assert_eq!(sent[0].destination, Destination::Unicast(address(asked)));
        assert_eq!(sent[0].bytes, probe(1));
        assert_eq!(
            run(&mut client, ms(2000)).len(),
            6,
            "six more, then it gives up"
        );
    }
}

#[test]
fn nobody_can_make_us_ask_ourselves_or_the_network_at_large() {
    let mut client = started();
    run(&mut client, ms(1000));
    for told in [
        "10.0.0.1:5267",
        "239.255.76.84:5267",
        "0.0.0.0:5267",
        "10.0.0.3:0",
    ] {
        let bytes = beacon(
            2,
            Announcement::Peer {
                relay: Some(address(told)),
            },
        );
        client.handle_datagram(
            ms(1000),
            IFACE,
            address("10.0.0.2:4000"),
            Cast::Multicast,
            &bytes,
        );
        assert_eq!(transmits(&mut client), [], "{told}");
    }
}

#[test]
fn a_probe_to_one_process_is_answered_for_the_relay_beside_it() {
    let mut neighbour = started();
    run(&mut neighbour, ms(1000));
    let relay = beacon(2, relay_announcement(2, 1));
    let beside = address("10.0.0.1:4000");
    neighbour.handle_datagram(ms(1000), IFACE, beside, Cast::Multicast, &relay);
    neighbour.handle_datagram(ms(1001), IFACE, beside, Cast::Unicast, &relay);
    transmits(&mut neighbour);
    let asker = address("10.0.0.9:4000");
    neighbour.handle_datagram(ms(1002), IFACE, asker, Cast::Unicast, &probe(9));
    let sent = transmits(&mut neighbour);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].destination, Destination::Unicast(asker));
    assert!(
        matches!(decoded(&sent[0]), DiscoveryDatagram::Beacon(beacon)
        if beacon.instance == 2 && matches!(beacon.announcement, Announcement::Relay { .. }))
    );
    // It stops when the relay itself is no longer heard, whatever others say in its name.
    neighbour.handle_datagram(ms(8000), IFACE, beside, Cast::Unicast, &relay);
    transmits(&mut neighbour);
    neighbour.handle_datagram(ms(8001), IFACE, asker, Cast::Unicast, &probe(9));
    assert_eq!(transmits(&mut neighbour), []);
}
