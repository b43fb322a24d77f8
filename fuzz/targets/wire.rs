//! Every parser of `lanterm::wire`: what decodes encodes again, and to the same value.

use lanterm::wire::beacon::{BEACON_BYTES_MAX, DiscoveryDatagram};
use lanterm::wire::datagram::HELLO_BYTES;
use lanterm::wire::{
    Cleartext, DatagramClass, Frame, FrameReader, RecordHeader, ToMember, ToRelay, classify,
};

/// Tries the bytes as everything that can arrive.
pub fn run(data: &[u8]) {
    datagram(data);
    datagram(&with_checksum(data));
    frames(data);
    if let Ok(message) = ToRelay::decode(data) {
        assert_eq!(ToRelay::decode(&message.encode()), Ok(message));
    }
    if let Ok(message) = ToMember::decode(data) {
        assert_eq!(ToMember::decode(&message.encode()), Ok(message));
    }
}

/// The bytes with the last four replaced by the checksum of those before them: no mutation finds
/// that by chance.
fn with_checksum(data: &[u8]) -> Vec<u8> {
    let mut datagram = data[..data.len().saturating_sub(4)].to_vec();
    let checksum = crc32fast::hash(&datagram);
    datagram.extend_from_slice(&checksum.to_be_bytes());
    datagram
}

fn datagram(data: &[u8]) {
    let class = classify(data);
    if let Ok(cleartext) = Cleartext::decode(data) {
        assert_eq!(class, DatagramClass::Cleartext);
        let bytes = cleartext.encode();
        assert_eq!(Cleartext::decode(&bytes), Ok(cleartext.clone()));
        if !matches!(cleartext, Cleartext::Unsupported { .. }) {
            assert_eq!(bytes, data, "one value, one encoding");
        }
    }
    if let Some(client) = Cleartext::foreign_hello(data) {
        assert_eq!(class, DatagramClass::Cleartext);
        assert_eq!(data.len(), HELLO_BYTES);
        assert_eq!(data[6..14], client.0);
    }
    if let Ok(header) = RecordHeader::decode(data) {
        assert_eq!(class, DatagramClass::Record);
        assert_eq!(header.encode(), data[..RecordHeader::LENGTH]);
        // What arrives is acknowledged, and a number that no varint holds can't be.
        assert!(header.number < 1 << 62);
    }
    match DiscoveryDatagram::decode(data) {
        Ok(DiscoveryDatagram::Probe(probe)) => {
            let again = DiscoveryDatagram::decode(&probe.encode());
            assert_eq!(again, Ok(DiscoveryDatagram::Probe(probe)));
        }
        Ok(DiscoveryDatagram::Beacon(beacon)) => {
            assert!(data.len() <= BEACON_BYTES_MAX);
            let again = DiscoveryDatagram::decode(&beacon.encode());
            assert_eq!(again, Ok(DiscoveryDatagram::Beacon(beacon)));
        }
        Err(_) => {}
    }
}

fn frames(data: &[u8]) {
    let mut read = Vec::new();
    let mut reader = FrameReader::new(data);
    for frame in reader.by_ref() {
        match frame {
            Ok(frame) => read.push(frame),
            Err(_) => break,
        }
    }
    assert_eq!(reader.next(), None, "nothing comes after the end");
    assert!(read.len() <= data.len());
    let mut bytes = Vec::new();
    for frame in &read {
        if let Frame::Ack(ranges) = frame {
            assert_eq!(ranges.largest(), ranges.runs[0].1);
            assert!(ranges.runs.iter().all(|(first, last)| first <= last));
            assert!(
                ranges.runs.windows(2).all(|two| two[1].1 + 1 < two[0].0),
                "runs descend and do not touch"
            );
        }
        let start = bytes.len();
        frame.write(&mut bytes);
        if let Frame::Message {
            stream,
            number,
            data,
        } = frame
        {
            let bound = Frame::message_bytes(*stream, *number, data.len());
            assert_eq!(bytes.len() - start, bound);
        }
        if let Frame::Fragment { data, .. } = frame {
            assert!(bytes.len() - start <= Frame::FRAGMENT_OVERHEAD_MAX + data.len());
        }
    }
    let again: Result<Vec<_>, _> = FrameReader::new(&bytes).collect();
    assert_eq!(again, Ok(read));
}
