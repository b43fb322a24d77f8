//! Bytes to values and back: every datagram in the clear, the header of a record, its frequent
//! frames, and the frequent payloads.

use std::fmt;

use divan::{Bencher, black_box};
use lanterm::wire::beacon::DiscoveryDatagram;
use lanterm::wire::{
    AckRanges, Announcement, Beacon, Body, Cleartext, ConnectionId, Cookie, DeviceId, Event, Frame,
    FrameReader, Hello, Init, LocalId, Member, Ordinal, Presence, Probe, RecordHeader, RelayId,
    RelayKind, SafeText, Send, Seq, Timestamp, ToMember, ToRelay, VERSION,
};

/// A chat message of ordinary length.
const TEXT: &str = "has anyone seen the long patch cable? the one with the orange boots";

const CLIENT: ConnectionId = ConnectionId([0xc1; 8]);
const RELAY: ConnectionId = ConnectionId([0x4e; 8]);

/// Lengths of the three messages of a handshake with a relay called "workshop".
const NOISE_BYTES: [usize; 3] = [48, 116, 64];

fn main() {
    divan::main();
}

/// A value and what it is called in the report.
struct Sample<T> {
    name: &'static str,
    value: T,
}

impl<T> fmt::Display for Sample<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

fn samples<T, const N: usize>(samples: [(&'static str, T); N]) -> [Sample<T>; N] {
    samples.map(|(name, value)| Sample { name, value })
}

mod discovery {
    use super::*;

    fn datagrams() -> [Sample<DiscoveryDatagram>; 3] {
        let beacon = |announcement| {
            DiscoveryDatagram::Beacon(Beacon {
                instance: u64::MAX / 3,
                name: "workshop".parse().unwrap(),
                announcement,
            })
        };
        let relay = Announcement::Relay {
            id: RelayId([9; 8]),
            key: [0xab; 32],
            port: 5267,
            kind: RelayKind::Dedicated,
            members: 12,
            versions: (VERSION, VERSION),
        };
        let peer = Announcement::Peer {
            relay: Some("10.0.0.1:5267".parse().unwrap()),
        };
        let instance = u64::MAX / 3;
        samples([
            ("probe", DiscoveryDatagram::Probe(Probe { instance })),
            ("beacon_relay", beacon(relay)),
            ("beacon_peer", beacon(peer)),
        ])
    }

    fn encoded(datagram: &DiscoveryDatagram) -> Vec<u8> {
        match datagram {
            DiscoveryDatagram::Probe(probe) => probe.encode(),
            DiscoveryDatagram::Beacon(beacon) => beacon.encode(),
        }
    }

    #[divan::bench(args = datagrams())]
    fn encode(bencher: Bencher, sample: &Sample<DiscoveryDatagram>) {
        bencher.bench(|| encoded(black_box(&sample.value)));
    }

    #[divan::bench(args = datagrams())]
    fn decode(bencher: Bencher, sample: &Sample<DiscoveryDatagram>) {
        let bytes = encoded(&sample.value);
        let decoded = DiscoveryDatagram::decode(&bytes);
        assert_eq!(decoded.as_ref(), Ok(&sample.value));
        bencher.bench(|| DiscoveryDatagram::decode(black_box(&bytes)));
    }
}

mod handshake {
    use super::*;

    fn datagrams() -> [Sample<Cleartext>; 7] {
        let hello = Hello {
            client: CLIENT,
            versions: (VERSION, VERSION),
            nonce: [0x5a; 16],
        };
        let cookie = Cookie([0xc0; 24]);
        let [first, second, third] = NOISE_BYTES.map(|length| vec![0xee; length]);
        let init = Init {
            hello,
            cookie,
            noise: first,
        };
        let retry = Cleartext::Retry {
            client: CLIENT,
            cookie,
        };
        let response = Cleartext::Response {
            client: CLIENT,
            relay: RELAY,
            noise: second,
        };
        let finish = Cleartext::Finish {
            relay: RELAY,
            noise: third,
        };
        let unsupported = Cleartext::Unsupported {
            client: CLIENT,
            versions: (VERSION, VERSION),
        };
        let unknown = Cleartext::Unknown { connection: CLIENT };
        samples([
            ("hello", Cleartext::Hello(hello)),
            ("retry", retry),
            ("init", Cleartext::Init(init)),
            ("response", response),
            ("finish", finish),
            ("unsupported", unsupported),
            ("unknown", unknown),
        ])
    }

    #[divan::bench(args = datagrams())]
    fn encode(bencher: Bencher, sample: &Sample<Cleartext>) {
        bencher.bench(|| black_box(&sample.value).encode());
    }

    #[divan::bench(args = datagrams())]
    fn decode(bencher: Bencher, sample: &Sample<Cleartext>) {
        let bytes = sample.value.encode();
        assert_eq!(Cleartext::decode(&bytes).as_ref(), Ok(&sample.value));
        bencher.bench(|| Cleartext::decode(black_box(&bytes)));
    }
}

mod record_header {
    use super::*;

    const HEADER: RecordHeader = RecordHeader {
        phase: true,
        connection: RELAY,
        number: 123_456,
    };

    #[divan::bench]
    fn encode() -> [u8; RecordHeader::LENGTH] {
        black_box(&HEADER).encode()
    }

    #[divan::bench]
    fn decode(bencher: Bencher) {
        let mut datagram = HEADER.encode().to_vec();
        datagram.resize(168, 0);
        assert_eq!(RecordHeader::decode(&datagram), Ok(HEADER));
        bencher.bench(|| RecordHeader::decode(black_box(&datagram)));
    }
}

mod frame {
    use super::*;

    fn frames() -> [Sample<Frame<'static>>; 2] {
        let runs = [
            (1_000, 1_031),
            (990, 997),
            (960, 985),
            (958, 958),
            (900, 955),
        ];
        let ack = AckRanges {
            delay_micros: 250,
            runs: runs.into_iter().collect(),
        };
        let message = Frame::Message {
            stream: 1,
            number: 1_000,
            data: &[0x61; 128],
        };
        samples([("ack_5_runs", Frame::Ack(ack)), ("message_128_b", message)])
    }

    #[divan::bench(args = frames())]
    fn encode(bencher: Bencher, sample: &Sample<Frame<'static>>) {
        let mut record = Vec::with_capacity(256);
        bencher.bench_local(|| {
            record.clear();
            black_box(&sample.value).write(&mut record);
            black_box(record.len())
        });
    }

    #[divan::bench(args = frames())]
    fn decode(bencher: Bencher, sample: &Sample<Frame<'static>>) {
        let mut record = Vec::new();
        sample.value.write(&mut record);
        let decoded: Vec<_> = FrameReader::new(&record).collect();
        assert_eq!(decoded, [Ok(sample.value.clone())]);
        bencher.bench(|| FrameReader::new(black_box(&record)).next());
    }
}

mod to_relay {
    use super::*;

    fn payloads() -> [Sample<ToRelay>; 1] {
        let send = Send::new(
            LocalId(u64::MAX / 5),
            Timestamp(1_700_000_000_000_000),
            Body::Message(SafeText::new(TEXT)),
        );
        samples([("send", ToRelay::Send(send))])
    }

    #[divan::bench(args = payloads())]
    fn encode(bencher: Bencher, sample: &Sample<ToRelay>) {
        bencher.bench(|| black_box(&sample.value).encode());
    }

    #[divan::bench(args = payloads())]
    fn decode(bencher: Bencher, sample: &Sample<ToRelay>) {
        let bytes = sample.value.encode();
        assert_eq!(ToRelay::decode(&bytes).as_ref(), Ok(&sample.value));
        bencher.bench(|| ToRelay::decode(black_box(&bytes)));
    }
}

mod to_member {
    use super::*;

    fn payloads() -> [Sample<ToMember>; 3] {
        let event = Event {
            seq: Seq(12_345),
            device: DeviceId([3; 8]),
            local: LocalId(u64::MAX / 5),
            ordinal: Ordinal::NONE,
            from: "alice".parse().unwrap(),
            sent_at: Timestamp(1_700_000_000_000_000),
            stored_after: 3_600,
            body: Body::Message(SafeText::new(TEXT)),
        };
        let stored = ToMember::Stored {
            local: event.local,
            seq: event.seq,
            stored_after: event.stored_after,
        };
        let member = |number: u8| Member {
            name: format!("member-{number}").parse().unwrap(),
            device: DeviceId([number; 8]),
            presence: Presence::Here,
            since: Timestamp(1_700_000_000_000_000),
            status: SafeText::default(),
        };
        let members = ToMember::Members((0..100).map(member).collect());
        samples([
            ("event", ToMember::Event(event)),
            ("stored", stored),
            ("members_page_of_100", members),
        ])
    }

    #[divan::bench(args = payloads())]
    fn encode(bencher: Bencher, sample: &Sample<ToMember>) {
        bencher.bench(|| black_box(&sample.value).encode());
    }

    #[divan::bench(args = payloads())]
    fn decode(bencher: Bencher, sample: &Sample<ToMember>) {
        let bytes = sample.value.encode();
        assert_eq!(ToMember::decode(&bytes).as_ref(), Ok(&sample.value));
        bencher.bench(|| ToMember::decode(black_box(&bytes)));
    }
}
