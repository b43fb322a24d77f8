//! The keys of one direction, and how one follows another.
//!
//! Each key comes from a secret by HKDF-SHA-256; the next secret comes from the present one, which is
//! then erased, so that a key found out later opens nothing from before. One bit of the header
//! tells which of two consecutive keys sealed a record (RFC 9001 §6 does the same).

use std::time::Duration;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk};
use zeroize::Zeroizing;

use crate::time::Instant;
use crate::wire::RecordHeader;

/// A key seals for no longer than this.
pub const KEY_AGE_MAX: Duration = Duration::from_secs(120);

/// A key seals no more packets than this.
pub const KEY_PACKETS_MAX: u64 = 1 << 20;

/// How long the key before the present one still opens what comes late.
const PREVIOUS_KEPT: Duration = Duration::from_secs(3);

/// A secret, and the key made from it.
struct Epoch {
    secret: Zeroizing<[u8; 32]>,
    key: LessSafeKey,
}

struct Length32;

impl KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

impl Epoch {
    fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        let key = derive(&secret, b"lanterm record key");
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice())
            .expect("the key has the cipher's length");
        Self {
            secret,
            key: LessSafeKey::new(key),
        }
    }

    fn next(&self) -> Self {
        Self::new(derive(&self.secret, b"lanterm next secret"))
    }
}

fn derive(secret: &[u8; 32], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut output = Zeroizing::new([0; 32]);
    Prk::new_less_safe(HKDF_SHA256, secret)
        .expand(&[label], Length32)
        .and_then(|okm| okm.fill(output.as_mut_slice()))
        .expect("32 bytes are within HKDF's bound");
    output
}

fn nonce(number: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

/// Seals what we send.
pub struct Sealer {
    epoch: Epoch,
    phase: bool,
    since: Instant,
    first_number: u64,
}

impl Sealer {
    /// Starts with the secret of the handshake.
    pub fn new(now: Instant, secret: Zeroizing<[u8; 32]>) -> Self {
        Self {
            epoch: Epoch::new(secret),
            phase: false,
            since: now,
            first_number: 0,
        }
    }

    /// Moves to the next key when the present one is worn, and the other end has it:
    /// `largest_acked` is the highest packet number it has acknowledged.
    pub fn renew(&mut self, now: Instant, number: u64, largest_acked: Option<u64>) {
        let is_worn = now.saturating_since(self.since) >= KEY_AGE_MAX
            || number - self.first_number >= KEY_PACKETS_MAX;
        let is_known = largest_acked.is_some_and(|largest| largest >= self.first_number);
        if is_worn && is_known {
            self.epoch = self.epoch.next();
            self.phase = !self.phase;
            self.since = now;
            self.first_number = number;
        }
    }

    /// The phase bit of the next record.
    pub fn phase(&self) -> bool {
        self.phase
    }

    /// Seals the frames that stand behind a header at `start` of `out`, and appends the tag.
    pub fn seal(&self, number: u64, out: &mut Vec<u8>, start: usize) {
        let (header, frames) = out[start..].split_at_mut(RecordHeader::LENGTH);
        let tag = self
            .epoch
            .key
            .seal_in_place_separate_tag(nonce(number), Aad::from(&*header), frames)
            .expect("a record is far below the cipher's limit");
        out.extend_from_slice(tag.as_ref());
    }
}

/// Opens what we receive.
pub struct Opener {
    current: Epoch,
    next: Epoch,
    /// The key before, and until when it is kept.
    previous: Option<(Epoch, Instant)>,
    phase: bool,
    /// The lowest number seen under the present key.
    first_number: u64,
}

impl Opener {
    /// Starts with the secret of the handshake.
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        let current = Epoch::new(secret);
        Self {
            next: current.next(),
            current,
            previous: None,
            phase: false,
            first_number: 0,
        }
    }

    /// Opens a whole record in place and returns its frames; `None` when the tag does not verify.
    pub fn open<'a>(
        &mut self,
        now: Instant,
        header: &RecordHeader,
        record: &'a mut [u8],
    ) -> Option<&'a [u8]> {
        if self
            .previous
            .as_ref()
            .is_some_and(|(_, until)| *until <= now)
        {
            self.previous = None;
        }
        if header.phase == self.phase {
            let frames = open_with(&self.current, header, record)?;
            self.first_number = self.first_number.min(header.number);
            return Some(frames);
        }
        match &self.previous {
            Some((previous, _)) if header.number < self.first_number => {
                open_with(previous, header, record)
            }
            _ => {
                let frames = open_with(&self.next, header, record)?;
                let following = self.next.next();
                let current = std::mem::replace(&mut self.next, following);
                let previous = std::mem::replace(&mut self.current, current);
                self.previous = Some((previous, now + PREVIOUS_KEPT));
                self.phase = header.phase;
                self.first_number = header.number;
                Some(frames)
            }
        }
    }
}

fn open_with<'a>(epoch: &Epoch, header: &RecordHeader, record: &'a mut [u8]) -> Option<&'a [u8]> {
    let (header_bytes, sealed) = record.split_at_mut(RecordHeader::LENGTH);
    let (frames, tag) = sealed.split_at_mut(sealed.len().checked_sub(16)?);
    let tag = Tag::try_from(&*tag).ok()?;
    let frames = epoch
        .key
        .open_in_place_separate_tag(
            nonce(header.number),
            Aad::from(&*header_bytes),
            tag,
            frames,
            0..,
        )
        .ok()?;
    Some(frames)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ConnectionId;

    fn pair() -> (Sealer, Opener) {
        let secret = Zeroizing::new([7; 32]);
        (
            Sealer::new(Instant::ZERO, secret.clone()),
            Opener::new(secret),
        )
    }

    fn seal(sealer: &Sealer, number: u64, frames: &[u8]) -> (RecordHeader, Vec<u8>) {
        let header = RecordHeader {
            phase: sealer.phase(),
            connection: ConnectionId([1; 8]),
            number,
        };
        let mut record = header.encode().to_vec();
        record.extend_from_slice(frames);
        sealer.seal(number, &mut record, 0);
        (header, record)
    }

    #[test]
    fn every_bit_of_a_record_is_authenticated() {
        let (sealer, mut opener) = pair();
        let (_, record) = seal(&sealer, 3, b"frames");
        for bit in 0..record.len() * 8 {
            let mut forged = record.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(header) = RecordHeader::decode(&forged) {
                assert_eq!(
                    opener.open(Instant::ZERO, &header, &mut forged),
                    None,
                    "bit {bit}"
                );
            }
        }
        let (header, mut record) = seal(&sealer, 3, b"frames");
        assert_eq!(
            opener.open(Instant::ZERO, &header, &mut record),
            Some(b"frames".as_slice())
        );
    }

    #[test]
    fn keys_follow_one_another_while_late_records_of_the_old_key_still_open() {
        let (mut sealer, mut opener) = pair();
        let mut now = Instant::ZERO;
        for round in 0..10 {
            let number = round * 10;
            let (late_header, mut late) = seal(&sealer, number + 1, b"late");
            now += KEY_AGE_MAX;
            sealer.renew(now, number + 2, Some(number));
            assert_eq!(sealer.phase(), round % 2 == 0);
            let (header, mut record) = seal(&sealer, number + 2, b"new");
            assert!(
                opener.open(now, &header, &mut record).is_some(),
                "round {round}"
            );
            assert!(opener.open(now, &late_header, &mut late).is_some());
            // Acknowledge the new key, and be on it for the next round.
            let (header, mut record) = seal(&sealer, number + 10, b"steady");
            assert!(opener.open(now, &header, &mut record).is_some());
        }
    }

    #[test]
    fn a_key_is_not_replaced_before_the_other_end_has_it() {
        let (mut sealer, _) = pair();
        let late = Instant::ZERO + KEY_AGE_MAX;
        sealer.renew(late, 5, None);
        assert!(!sealer.phase());
        sealer.renew(late, 5, Some(0));
        assert!(sealer.phase());
        sealer.renew(late + KEY_AGE_MAX, 9, Some(4));
        assert!(sealer.phase());
        sealer.renew(late + KEY_AGE_MAX, 9, Some(5));
        assert!(!sealer.phase());
    }

    #[test]
    fn a_key_is_replaced_after_a_million_packets() {
        let (mut sealer, _) = pair();
        sealer.renew(Instant::ZERO, KEY_PACKETS_MAX - 1, Some(1));
        assert!(!sealer.phase());
        sealer.renew(Instant::ZERO, KEY_PACKETS_MAX, Some(1));
        assert!(sealer.phase());
    }

    #[test]
    fn old_keys_are_gone_after_three_seconds() {
        let (mut sealer, mut opener) = pair();
        let (late_header, mut late) = seal(&sealer, 1, b"late");
        sealer.renew(Instant::ZERO + KEY_AGE_MAX, 2, Some(0));
        let (header, mut record) = seal(&sealer, 2, b"new");
        assert!(opener.open(Instant::ZERO, &header, &mut record).is_some());
        let later = Instant::ZERO + PREVIOUS_KEPT;
        assert!(opener.open(later, &late_header, &mut late).is_none());
    }
}
