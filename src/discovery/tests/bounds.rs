//! Bytes and floods from outside.

use super::*;

#[test]
fn own_foreign_damaged_and_newer_datagrams_are_counted_and_no_more() {
    let mut client = started();
    let from = address("10.0.0.2:4000");
    let relay = beacon(2, relay_announcement(2, 1));
    let mut newer = relay.clone();
    newer[4] = 2;
    let end = newer.len() - 4;
    let checksum = crc32fast::hash(&newer[..end]).to_be_bytes();
    newer[end..].copy_from_slice(&checksum);
    let mut damaged = relay.clone();
    damaged[20] ^= 1;
    let portless = beacon(
        3,
        Announcement::Relay {
            id: RelayId([3; 8]),
            key: [0; 32],
            port: 0,
            kind: RelayKind::Hosted,
            members: 0,
            versions: (1, 1),
        },
    );
    for bytes in [
        &newer,
        &newer,
        &damaged,
        &portless,
        &b"GET /".to_vec(),
        &Vec::new(),
        &probe(1),
    ] {
        client.handle_datagram(ms(1), IFACE, from, Cast::Multicast, bytes);
    }
    client.handle_datagram(ms(1), 77, from, Cast::Multicast, &relay);
    let version = DiscoveryEvent::OtherVersion {
        version: 2,
        address: from,
    };
    assert_eq!(events(&mut client), [version]);
    let expected = DiscoveryCounters {
        foreign: 2,
        damaged: 2,
        other_version: 2,
        own: 1,
        unlisted: 1,
        ..DiscoveryCounters::default()
    };
    assert_eq!(client.counters(), expected);
}

#[test]
fn floods_of_invented_relays_and_peers_stay_within_the_tables() {
    let mut client = started();
    let genuine = address("10.0.0.2:4000");
    let bytes = beacon(2, relay_announcement(2, 1));
    client.handle_datagram(ms(0), IFACE, genuine, Cast::Multicast, &bytes);
    client.handle_datagram(ms(1), IFACE, genuine, Cast::Unicast, &bytes);
    let mut alive = 0_i64;
    let mut asked = 0;
    for n in 0..20_000_u64 {
        let from = SocketAddr::from(([11, 0, 0, 1], u16::try_from(n).expect("small") + 1));
        let announcement = match n % 2 {
            0 => Announcement::Peer { relay: Some(from) },
            _ => {
                let mut announcement = relay_announcement(3, 1);
                if let Announcement::Relay { id, .. } = &mut announcement {
                    *id = RelayId((n + 1000).to_be_bytes());
                }
                announcement
            }
        };
        let bytes = beacon(1000 + n, announcement);
        client.handle_datagram(ms(2 + n / 100), IFACE, from, Cast::Multicast, &bytes);
        asked += transmits(&mut client).len();
        for event in events(&mut client) {
            assert_ne!(
                event,
                DiscoveryEvent::RelayGone {
                    id: RelayId([2; 8])
                }
            );
            alive += match event {
                DiscoveryEvent::Relay(relay) if relay.rtt.is_some() => 0,
                DiscoveryEvent::Relay(_) | DiscoveryEvent::Peer(_) => 1,
                DiscoveryEvent::RelayGone { .. } | DiscoveryEvent::PeerGone { .. } => -1,
                DiscoveryEvent::RelayAddressGone { .. } | DiscoveryEvent::OtherVersion { .. } => 0,
            };
        }
        let bound = i64::try_from(RELAYS_MAX + PEERS_MAX).expect("small");
        assert!(alive <= bound, "{alive} alive after {n}");
    }
    assert!(asked <= 50, "{asked} datagrams in 0.2 s for nothing");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let mut relay = relaying();
        relay.handle_datagram(ms(1), IFACE, address("10.0.0.2:4000"), Cast::Multicast, &bytes);
        let mut framed = beacon(2, relay_announcement(2, 1));
        framed.truncate(6);
        framed.extend_from_slice(&bytes);
        let checksum = crc32fast::hash(&framed).to_be_bytes();
        framed.extend_from_slice(&checksum);
        relay.handle_datagram(ms(2), IFACE, address("10.0.0.2:4000"), Cast::Unicast, &framed);
    }
}
