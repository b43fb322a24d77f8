//! Golden bytes of every datagram, and what damage does to them.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::beacon::DiscoveryDatagram;
use super::frame::FRAMES_BYTES_MAX;
use super::*;

fn hello() -> Hello {
    Hello {
        client: ConnectionId([0xc1; 8]),
        versions: (1, 1),
        nonce: [0x0e; 16],
    }
}

fn beacon(announcement: Announcement) -> Beacon {
    Beacon {
        instance: 7,
        name: "box".parse().unwrap(),
        announcement,
    }
}

fn relay_announcement() -> Announcement {
    Announcement::Relay {
        id: RelayId([0x1d; 8]),
        key: [0xee; 32],
        port: 5267,
        kind: RelayKind::Dedicated,
        members: 3,
        versions: (1, 1),
    }
}

/// Every cleartext datagram of the handshake, with its bytes up to the checksum.
fn handshake() -> Vec<(Cleartext, String)> {
    let client = "c1".repeat(8);
    let relay = "5e".repeat(8);
    let hello_body = format!("{client}0101{}", "0e".repeat(16));
    let cookie = "c0".repeat(24);
    vec![
        (
            Cleartext::Hello(hello()),
            format!("4c4e544d0103{hello_body}{}", "00".repeat(256 - 6 - 26 - 4)),
        ),
        (
            Cleartext::Retry {
                client: ConnectionId([0xc1; 8]),
                cookie: Cookie([0xc0; 24]),
            },
            format!("4c4e544d0104{client}{cookie}"),
        ),
        (
            Cleartext::Init(Init {
                hello: hello(),
                cookie: Cookie([0xc0; 24]),
                noise: vec![0xe1, 0xe2],
            }),
            format!("4c4e544d0105{hello_body}{cookie}e1e2"),
        ),
        (
            Cleartext::Response {
                client: ConnectionId([0xc1; 8]),
                relay: ConnectionId([0x5e; 8]),
                noise: vec![0xe3],
            },
            format!("4c4e544d0106{client}{relay}e3"),
        ),
        (
            Cleartext::Finish {
                relay: ConnectionId([0x5e; 8]),
                noise: vec![0xe4],
            },
            format!("4c4e544d0107{relay}e4"),
        ),
        (
            Cleartext::Unsupported {
                client: ConnectionId([0xc1; 8]),
                versions: (2, 4),
            },
            format!("4c4e544d0108{client}0204"),
        ),
        (
            Cleartext::Unknown {
                connection: ConnectionId([0x5e; 8]),
            },
            format!("4c4e544d0109{relay}"),
        ),
    ]
}

/// Every datagram of discovery, with its bytes up to the checksum.
fn discovery() -> Vec<(DiscoveryDatagram, Vec<u8>, String)> {
    let probe = Probe { instance: 7 };
    let relay = beacon(relay_announcement());
    let peer = beacon(Announcement::Peer {
        relay: Some("10.0.0.1:5267".parse().unwrap()),
    });
    let gone = beacon(Announcement::Gone);
    vec![
        (
            DiscoveryDatagram::Probe(probe.clone()),
            probe.encode(),
            "4c4e544d01019107".to_owned(),
        ),
        (
            DiscoveryDatagram::Beacon(relay.clone()),
            relay.encode(),
            format!(
                "4c4e544d01029307a3626f7881a17296c408{}c420{}cd1493a16403920101",
                "1d".repeat(8),
                "ee".repeat(32)
            ),
        ),
        (
            DiscoveryDatagram::Beacon(peer.clone()),
            peer.encode(),
            "4c4e544d01029307a3626f7881a1709181a2563492940a000001cd1493".to_owned(),
        ),
        (
            DiscoveryDatagram::Beacon(gone.clone()),
            gone.encode(),
            "4c4e544d01029307a3626f78a162".to_owned(),
        ),
    ]
}

fn frames() -> Vec<(Frame<'static>, &'static str)> {
    vec![
        (Frame::Ping, "01"),
        (
            Frame::Ack(AckRanges {
                delay_micros: 300,
                runs: [(90, 100), (70, 80)].into_iter().collect(),
            }),
            "024064412c0a0108 0a",
        ),
        (Frame::AckNow, "03"),
        (Frame::AckLater, "09"),
        (
            Frame::Message {
                stream: 1,
                number: 64,
                data: b"hi",
            },
            "04014040026869",
        ),
        (
            Frame::Fragment {
                stream: 1,
                number: 2,
                total: 100,
                offset: 98,
                data: b"hi",
            },
            "05010240644062026869",
        ),
        (Frame::PathChallenge([0xaa; 8]), "06aaaaaaaaaaaaaaaa"),
        (Frame::PathResponse([0xbb; 8]), "07bbbbbbbbbbbbbbbb"),
        (
            Frame::Close {
                code: 5,
                text: "bye",
            },
            "080503627965",
        ),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hands every truncation and every single-bit flip of `datagram` to `refuse`.
fn damage(datagram: &[u8], mut refuse: impl FnMut(&[u8], String)) {
    for length in 0..datagram.len() {
        refuse(&datagram[..length], format!("cut to {length}"));
    }
    for bit in 0..datagram.len() * 8 {
        let mut flipped = datagram.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        refuse(&flipped, format!("bit {bit} flipped"));
    }
    let mut longer = datagram.to_vec();
    longer.push(0);
    refuse(&longer, "a byte more".to_owned());
}

#[test]
fn handshake_datagrams_have_their_golden_bytes() {
    for (cleartext, golden) in handshake() {
        let bytes = cleartext.encode();
        assert_eq!(hex(&bytes[..bytes.len() - 4]), golden, "{cleartext:?}");
        let checksum = crc32fast::hash(&bytes[..bytes.len() - 4]);
        assert_eq!(bytes[bytes.len() - 4..], checksum.to_be_bytes());
        assert_eq!(Cleartext::decode(&bytes), Ok(cleartext));
    }
}

#[test]
fn discovery_datagrams_have_their_golden_bytes() {
    for (datagram, bytes, golden) in discovery() {
        assert_eq!(hex(&bytes[..bytes.len() - 4]), golden, "{datagram:?}");
        assert_eq!(DiscoveryDatagram::decode(&bytes), Ok(datagram));
    }
}

#[test]
fn record_headers_have_their_golden_bytes() {
    let header = RecordHeader {
        phase: true,
        connection: ConnectionId([0x5e; 8]),
        number: 258,
    };
    let bytes = header.encode();
    assert_eq!(hex(&bytes), "e15e5e5e5e5e5e5e5e0000000000000102");
    let mut record = bytes.to_vec();
    record.resize(RECORD_OVERHEAD + 1, 0);
    assert_eq!(RecordHeader::decode(&record), Ok(header));
    for length in 0..record.len() {
        assert_eq!(
            RecordHeader::decode(&record[..length]),
            Err(WireError::Truncated)
        );
    }
    let highest = RecordHeader {
        number: (1 << 62) - 1,
        ..header
    };
    record[..RecordHeader::LENGTH].copy_from_slice(&highest.encode());
    assert_eq!(RecordHeader::decode(&record), Ok(highest));
    // No acknowledgement could name a higher one: a varint holds 62 bits.
    record[9] |= 0x40;
    assert_eq!(RecordHeader::decode(&record), Err(WireError::Malformed));
}

#[test]
fn frames_have_their_golden_bytes_and_are_refused_when_cut() {
    for (frame, golden) in frames() {
        let mut bytes = Vec::new();
        frame.write(&mut bytes);
        assert_eq!(hex(&bytes), golden.replace(' ', ""), "{frame:?}");
        let read: Result<Vec<_>, _> = FrameReader::new(&bytes).collect();
        assert_eq!(read, Ok(vec![frame.clone()]));
        for length in 1..bytes.len() {
            let read: Result<Vec<_>, _> = FrameReader::new(&bytes[..length]).collect();
            assert!(read.is_err(), "{frame:?} cut to {length}");
        }
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_of_a_cleartext_datagram_is_an_error() {
    for (cleartext, _) in handshake() {
        damage(&cleartext.encode(), |bytes, how| {
            assert!(Cleartext::decode(bytes).is_err(), "{cleartext:?} {how}");
        });
    }
    for (datagram, bytes, _) in discovery() {
        damage(&bytes, |bytes, how| {
            assert!(
                DiscoveryDatagram::decode(bytes).is_err(),
                "{datagram:?} {how}"
            );
        });
    }
}

/// Decodes a datagram of so many bytes and checks what that allocates.
fn bounded(length: usize, decode: impl FnOnce() -> bool) {
    let mut is_valid = false;
    let info = allocation_counter::measure(|| is_valid = decode());
    // The MessagePack reader has a buffer of 128 bytes, whatever it reads; what a refused value
    // costs is the sentence in the reader's own error.
    let bound = length as u64 + if is_valid { 128 } else { 1024 };
    assert!(info.bytes_max <= bound, "{} for {length}", info.bytes_max);
}

#[test]
fn no_datagram_makes_a_decoder_allocate_more_than_its_own_size() {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let mut samples: Vec<Vec<u8>> = handshake().iter().map(|(c, _)| c.encode()).collect();
    samples.extend(discovery().into_iter().map(|(_, bytes, _)| bytes));
    for sample in &samples {
        for _ in 0..2_000 {
            let mut bytes = sample.clone();
            // Damage behind a valid checksum, as somebody with ill will would do it.
            for _ in 0..rng.random_range(0..4) {
                let place = rng.random_range(6..bytes.len() - 4);
                bytes[place] = rng.random();
            }
            let length = bytes.len();
            let checksum = crc32fast::hash(&bytes[..length - 4]);
            bytes[length - 4..].copy_from_slice(&checksum.to_be_bytes());
            bounded(bytes.len(), || Cleartext::decode(&bytes).is_ok());
            bounded(bytes.len(), || DiscoveryDatagram::decode(&bytes).is_ok());
        }
    }
    let mut frames_bytes = Vec::new();
    for _ in 0..20_000 {
        frames_bytes.clear();
        frames_bytes.resize(rng.random_range(1..FRAMES_BYTES_MAX), 0);
        rng.fill_bytes(&mut frames_bytes);
        frames_bytes[0] %= 10;
        let info = allocation_counter::measure(|| {
            FrameReader::new(&frames_bytes).for_each(drop);
        });
        assert_eq!(info.bytes_total, 0, "frames borrow from their record");
    }
}

#[test]
fn a_lists_claimed_length_reserves_nothing() {
    // Members, Rooms and Events with a claim of four billion elements.
    for bytes in [
        [&[0x81, 0xa1, b'p'][..], &[0xdd, 0xff, 0xff, 0xff, 0xff]].concat(),
        [
            &[0x81, 0xa1, b'r', 0x93, 0x01, 0x81, 0xa1, b'w'][..],
            &[0xdd, 0xff, 0xff, 0xff, 0xff],
        ]
        .concat(),
    ] {
        let info = allocation_counter::measure(|| {
            assert!(ToMember::decode(&bytes).is_err());
        });
        assert!(info.bytes_max <= 128, "{} bytes", info.bytes_max);
    }
}

#[test]
fn unsupported_and_foreign_hellos_are_read_in_any_version() {
    let with_version = |mut bytes: Vec<u8>, version: u8| {
        bytes[4] = version;
        let length = bytes.len();
        let checksum = crc32fast::hash(&bytes[..length - 4]);
        bytes[length - 4..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    };
    let unsupported = Cleartext::Unsupported {
        client: ConnectionId([0xc1; 8]),
        versions: (2, 4),
    };
    let bytes = with_version(unsupported.encode(), 2);
    assert_eq!(Cleartext::decode(&bytes), Ok(unsupported));
    let bytes = with_version(hello().encode(), 2);
    assert_eq!(Cleartext::decode(&bytes), Err(WireError::Version(2)));
    assert_eq!(
        Cleartext::foreign_hello(&bytes),
        Some(ConnectionId([0xc1; 8]))
    );
    assert_eq!(Cleartext::foreign_hello(&hello().encode()), None);
}

#[test]
fn the_longest_beacon_keeps_its_bound() {
    let mut longest = beacon(relay_announcement());
    longest.instance = u64::MAX;
    longest.name = "漢".repeat(32).parse().unwrap();
    assert!(longest.encode().len() <= beacon::BEACON_BYTES_MAX);
    longest.announcement = Announcement::Peer {
        relay: Some("[fe80::ffff:ffff:ffff:ffff%4]:65535".parse().unwrap()),
    };
    assert!(longest.encode().len() <= beacon::BEACON_BYTES_MAX);
}

#[test]
fn payloads_round_trip_and_random_ones_never_panic() {
    let event = Event {
        seq: Seq(12),
        device: DeviceId([1; 8]),
        local: LocalId(5),
        ordinal: Ordinal::NONE,
        from: "alice".parse().unwrap(),
        sent_at: Timestamp(1_700_000_000_000_000),
        stored_after: -3,
        body: Body::Message(SafeText::new("hi")),
    };
    let messages = [
        ToMember::Event(event.clone()),
        ToMember::Stored {
            local: LocalId(5),
            seq: Seq(12),
            stored_after: 80,
        },
        ToMember::Members(vec![Member {
            name: "bob".parse().unwrap(),
            device: DeviceId([2; 8]),
            presence: Presence::Away,
            since: Timestamp(1),
            status: SafeText::new("lunch"),
        }]),
        ToMember::Answer {
            request: 1,
            part: Answer::Events(LogId([3; 8]), vec![event]),
            is_last: true,
        },
        ToMember::Closing { is_hosted: true },
        ToMember::Typing {
            name: "bob".parse().unwrap(),
        },
        ToMember::Answer {
            request: 70,
            part: Answer::Net(vec![PathQuality {
                name: "bob".parse().unwrap(),
                device: DeviceId([2; 8]),
                rtt_micros: 420,
                loss_to_percent: 0,
                loss_from_percent: 2,
            }]),
            is_last: true,
        },
        ToMember::Answer {
            request: 70,
            part: Answer::Delivered(vec![Reader {
                name: "bob".parse().unwrap(),
                seq: Seq(12),
                read: Seq(9),
            }]),
            is_last: true,
        },
    ];
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    for message in messages {
        let bytes = message.encode();
        assert_eq!(ToMember::decode(&bytes), Ok(message));
        for _ in 0..5_000 {
            let mut bytes = bytes.clone();
            let place = rng.random_range(0..bytes.len());
            bytes[place] = rng.random();
            let _ = ToMember::decode(&bytes);
            let _ = ToRelay::decode(&bytes);
        }
    }
    let send = ToRelay::Send(Send::new(
        LocalId(5),
        Timestamp(1),
        Body::Message(SafeText::new("hi")),
    ));
    let bytes = send.encode();
    assert_eq!(
        hex(&bytes),
        "81a173970592000001 81a16da26869 c0 c2c2".replace(' ', "")
    );
    assert_eq!(ToRelay::decode(&bytes), Ok(send));
    // Said often, so short.
    assert_eq!(hex(&ToRelay::Typing.encode()), "a174");
    assert_eq!(hex(&ToRelay::Read(Seq(300)).encode()), "81a172cd012c");
    // What somebody says of being away is cut when it arrives.
    let long = SafeText::new(&format!("a\n{}", "b".repeat(500)));
    let bytes = ToRelay::Presence(Presence::Idle, long).encode();
    let cut = SafeText::new(&format!("a {}", "b".repeat(126)));
    let read = ToRelay::decode(&bytes);
    assert_eq!(read, Ok(ToRelay::Presence(Presence::Idle, cut)));
}
