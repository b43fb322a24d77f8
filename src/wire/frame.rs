//! The units inside a record.

use arrayvec::ArrayVec;

use super::varint::{self, take, take_array, take_byte};
use super::{DATAGRAM_BYTES_MAX, RECORD_OVERHEAD, WireError};

const PADDING: u8 = 0x00;
const PING: u8 = 0x01;
const ACK: u8 = 0x02;
const ACK_NOW: u8 = 0x03;
const MESSAGE: u8 = 0x04;
const FRAGMENT: u8 = 0x05;
const PATH_CHALLENGE: u8 = 0x06;
const PATH_RESPONSE: u8 = 0x07;
const CLOSE: u8 = 0x08;
const ACK_LATER: u8 = 0x09;

/// The largest message of a session, in bytes: a 16 KiB text, or a page of an answer.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// The most runs of packet numbers in one acknowledgement. A run costs 2 to 4 bytes, and each is
/// told in several acknowledgements, so that few do.
pub const ACK_RUNS_MAX: usize = 8;

/// The longest reason in a CLOSE, in bytes.
pub const CLOSE_TEXT_BYTES_MAX: usize = 256;

/// Bytes of frames in the largest record.
pub const FRAMES_BYTES_MAX: usize = DATAGRAM_BYTES_MAX - RECORD_OVERHEAD;

/// One unit inside a record, borrowing its bytes from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Asks for an acknowledgement, carries nothing.
    Ping,
    /// These packets have arrived.
    Ack(AckRanges),
    /// The sender wants this record acknowledged at once.
    AckNow,
    /// The sender needs no acknowledgement of this record by itself.
    AckLater,
    /// A whole message.
    Message {
        /// The ordered stream it belongs to.
        stream: u32,
        /// Its place in the stream, from 0.
        number: u64,
        /// The message.
        data: &'a [u8],
    },
    /// A part of a message too large for one record.
    Fragment {
        /// The ordered stream the message belongs to.
        stream: u32,
        /// The message's place in the stream.
        number: u64,
        /// The message's length, at most [`MESSAGE_BYTES_MAX`].
        total: usize,
        /// Where this part starts; `offset + data.len() <= total`.
        offset: usize,
        /// The part; not empty.
        data: &'a [u8],
    },
    /// Prove that you are reachable here.
    PathChallenge([u8; 8]),
    /// The bytes of a challenge, returned.
    PathResponse([u8; 8]),
    /// The session ends.
    Close {
        /// Why, for programs.
        code: u8,
        /// Why, for people.
        text: &'a str,
    },
}

/// Runs of packet numbers that have arrived, highest first, and how long ago the highest did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AckRanges {
    /// Microseconds between the arrival of the largest packet and this acknowledgement.
    pub delay_micros: u64,
    /// Runs as (first, last), both included; descending, disjoint, not adjacent; 1 to
    /// [`ACK_RUNS_MAX`] of them.
    pub runs: ArrayVec<(u64, u64), ACK_RUNS_MAX>,
}

impl AckRanges {
    /// The highest packet number acknowledged.
    pub fn largest(&self) -> u64 {
        self.runs.first().map_or(0, |run| run.1)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut runs = self.runs.iter();
        let (mut first, last) = *runs.next().expect("an acknowledgement has a run");
        out.push(ACK);
        varint::write(out, last);
        varint::write(out, self.delay_micros);
        varint::write(out, last - first);
        varint::write(out, self.runs.len() as u64 - 1);
        for (next_first, next_last) in runs {
            varint::write(out, first - next_last - 2);
            varint::write(out, next_last - next_first);
            first = *next_first;
        }
    }

    fn read(input: &mut &[u8]) -> Result<Self, WireError> {
        let last = varint::read(input)?;
        let delay_micros = varint::read(input)?;
        let first = last
            .checked_sub(varint::read(input)?)
            .ok_or(WireError::Malformed)?;
        let more = varint::read(input)?;
        if more >= ACK_RUNS_MAX as u64 {
            return Err(WireError::Malformed);
        }
        let mut runs = ArrayVec::new();
        runs.push((first, last));
        for _ in 0..more {
            let (previous_first, _) = runs[runs.len() - 1];
            let last = varint::read(input)?
                .checked_add(2)
                .and_then(|gap| previous_first.checked_sub(gap))
                .ok_or(WireError::Malformed)?;
            let first = last
                .checked_sub(varint::read(input)?)
                .ok_or(WireError::Malformed)?;
            runs.push((first, last));
        }
        Ok(Self { delay_micros, runs })
    }
}

impl Frame<'_> {
    /// Appends the frame's bytes.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ping => out.push(PING),
            Self::Ack(ranges) => ranges.write(out),
            Self::AckNow => out.push(ACK_NOW),
            Self::AckLater => out.push(ACK_LATER),
            Self::Message {
                stream,
                number,
                data,
            } => {
                out.push(MESSAGE);
                varint::write(out, u64::from(*stream));
                varint::write(out, *number);
                varint::write(out, data.len() as u64);
                out.extend_from_slice(data);
            }
            Self::Fragment {
                stream,
                number,
                total,
                offset,
                data,
            } => {
                out.push(FRAGMENT);
                varint::write(out, u64::from(*stream));
                varint::write(out, *number);
                varint::write(out, *total as u64);
                varint::write(out, *offset as u64);
                varint::write(out, data.len() as u64);
                out.extend_from_slice(data);
            }
            Self::PathChallenge(data) => {
                out.push(PATH_CHALLENGE);
                out.extend_from_slice(data);
            }
            Self::PathResponse(data) => {
                out.push(PATH_RESPONSE);
                out.extend_from_slice(data);
            }
            Self::Close { code, text } => {
                out.push(CLOSE);
                out.push(*code);
                varint::write(out, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
        }
    }

    /// The bytes a [`Frame::Message`] takes, for a message of `length` bytes.
    pub fn message_bytes(stream: u32, number: u64, length: usize) -> usize {
        1 + varint::length(u64::from(stream))
            + varint::length(number)
            + varint::length(length as u64)
            + length
    }

    /// The bytes a [`Frame::Fragment`] takes at most beside its data.
    pub const FRAGMENT_OVERHEAD_MAX: usize = 1 + 4 + 8 + 4 + 4 + 4;
}

/// Reads the frames of one record, one after the other.
///
/// Ends after the last frame, or after the first error.
#[derive(Clone, Debug)]
pub struct FrameReader<'a> {
    input: &'a [u8],
}

impl<'a> FrameReader<'a> {
    /// Reads the plaintext of a record.
    pub fn new(plaintext: &'a [u8]) -> Self {
        Self { input: plaintext }
    }

    fn read(&mut self) -> Result<Option<Frame<'a>>, WireError> {
        let input = &mut self.input;
        let Ok(kind) = take_byte(input) else {
            return Ok(None);
        };
        let frame = match kind {
            PADDING => {
                if std::mem::take(input).iter().any(|byte| *byte != 0) {
                    return Err(WireError::Malformed);
                }
                return Ok(None);
            }
            PING => Frame::Ping,
            ACK => Frame::Ack(AckRanges::read(input)?),
            ACK_NOW => Frame::AckNow,
            ACK_LATER => Frame::AckLater,
            MESSAGE => Frame::Message {
                stream: read_stream(input)?,
                number: varint::read(input)?,
                data: read_bytes(input)?,
            },
            FRAGMENT => {
                let stream = read_stream(input)?;
                let number = varint::read(input)?;
                let total = read_size(input)?;
                let offset = read_size(input)?;
                let data = read_bytes(input)?;
                if data.is_empty() || offset + data.len() > total {
                    return Err(WireError::Malformed);
                }
                Frame::Fragment {
                    stream,
                    number,
                    total,
                    offset,
                    data,
                }
            }
            PATH_CHALLENGE => Frame::PathChallenge(take_array(input)?),
            PATH_RESPONSE => Frame::PathResponse(take_array(input)?),
            CLOSE => {
                let code = take_byte(input)?;
                let text = read_bytes(input)?;
                if text.len() > CLOSE_TEXT_BYTES_MAX {
                    return Err(WireError::Malformed);
                }
                let text = std::str::from_utf8(text).map_err(|_| WireError::Malformed)?;
                Frame::Close { code, text }
            }
            _ => return Err(WireError::Malformed),
        };
        Ok(Some(frame))
    }
}

impl<'a> Iterator for FrameReader<'a> {
    type Item = Result<Frame<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.read();
        if result.is_err() {
            self.input = &[];
        }
        result.transpose()
    }
}

fn read_stream(input: &mut &[u8]) -> Result<u32, WireError> {
    u32::try_from(varint::read(input)?).map_err(|_| WireError::Malformed)
}

/// A length or offset within one message.
fn read_size(input: &mut &[u8]) -> Result<usize, WireError> {
    match usize::try_from(varint::read(input)?) {
        Ok(size) if size <= MESSAGE_BYTES_MAX => Ok(size),
        _ => Err(WireError::Malformed),
    }
}

/// Length-prefixed bytes.
fn read_bytes<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], WireError> {
    let length = read_size(input)?;
    take(input, length)
}
