//! Bytes taken as a script: numbers and strings off the front, zeros once there are no more.

use std::time::Duration;

/// What is left of the fuzzer's bytes.
pub struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    /// Reads from the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let byte = self.bytes.split_off_first();
        byte.copied().unwrap_or(0)
    }

    /// The next two bytes as a number.
    pub fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// The next eight bytes as a number.
    pub fn long(&mut self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// The next bytes, as many as the two bytes before them say and there are.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.number()).min(self.bytes.len());
        let (bytes, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        bytes
    }

    /// The next byte as a time from 0 to about 2 s: four bits of exponent and four of fraction, so
    /// that microseconds and seconds are equally easy to reach.
    pub fn pause(&mut self) -> Duration {
        let byte = self.byte();
        let micros = u64::from(byte & 15) << (byte >> 4);
        Duration::from_micros(micros * 4)
    }

    /// The next two bytes as the length of a message: mostly short, up to 64 KiB.
    pub fn length(&mut self) -> usize {
        let number = self.number();
        let short = usize::from(number & 0xff);
        match number >> 14 {
            0 | 1 => short,
            2 => short * 16,
            _ => usize::from(number & 0x3fff) * 4,
        }
    }
}
