//! A session once both ends have its keys.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use rand::Rng;
use rand_chacha::ChaCha12Rng;

use crate::link::{Link, LinkStats, Priority, QueueFull};
use crate::time::{Instant, earliest};
use crate::wire::frame::CLOSE_TEXT_BYTES_MAX;
use crate::wire::{ConnectionId, Frame, Parting, RecordHeader};

use super::keys::{Opener, Sealer};
use super::noise::Split;
use super::replay::ReplayWindow;
use super::{DIAL_SILENCE_MAX, KEEP_ALIVE, Path, PublicKey, SESSION_SILENCE_MAX};

/// How often a path is challenged before it is given up.
const CHALLENGES_MAX: u32 = 6;

/// Pause between two challenges, or two copies of FINISH: longer than most round trips of a LAN.
const REPEAT_PAUSE: Duration = Duration::from_millis(25);

/// Copies of CLOSE. Three get one through half of all packets lost with 87 %; the other end's
/// time-out covers the rest.
const CLOSE_COPIES: u32 = 3;

/// Pause between two copies of CLOSE.
const CLOSE_PAUSE: Duration = Duration::from_millis(10);

/// Answers to challenges waiting to leave. One path is challenged at a time.
const RESPONSES_MAX: usize = 4;

/// Why a session ended, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CloseCode {
    /// Its purpose is served.
    Done = 0,
    /// Nothing was heard for too long.
    TimedOut = 1,
    /// The other end broke the protocol.
    Protocol = 2,
    /// Another session took its place.
    Replaced = 3,
    /// The other end is not wanted.
    Refused = 4,
    /// The relay ends.
    ShuttingDown = 5,
}

impl CloseCode {
    /// The code on the wire; a code this build does not know counts as a broken protocol.
    fn from_wire(code: u8) -> Self {
        match code {
            0 => Self::Done,
            1 => Self::TimedOut,
            3 => Self::Replaced,
            4 => Self::Refused,
            5 => Self::ShuttingDown,
            _ => Self::Protocol,
        }
    }
}

/// Something happened in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// The next message of a stream, in order and once.
    Received {
        /// The stream.
        stream: u32,
        /// The message.
        data: Vec<u8>,
    },
    /// The session has ended. The last event.
    Closed {
        /// Why, for programs.
        code: CloseCode,
        /// Why, for people; may be empty.
        text: String,
        /// Whether the other end closed it.
        by_peer: bool,
    },
}

/// A path being checked before the traffic moves there.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    path: Path,
    challenge: [u8; 8],
    sent_at: Option<Instant>,
    tries: u32,
}

#[derive(Clone, Debug)]
enum State {
    Open,
    /// CLOSE is being sent.
    Closing {
        code: CloseCode,
        text: String,
        copies_left: u32,
        next_at: Instant,
    },
    Closed,
}

/// What a session is made from.
pub(super) struct Parts {
    pub(super) now: Instant,
    pub(super) is_client: bool,
    pub(super) own: ConnectionId,
    pub(super) peer: ConnectionId,
    pub(super) peer_key: PublicKey,
    pub(super) path: Path,
    pub(super) split: Split,
    /// The handshake's last datagram, to be repeated until the other end answers. The client's.
    pub(super) finish: Option<Vec<u8>>,
    /// A round trip the handshake measured.
    pub(super) rtt: Option<Duration>,
    pub(super) ack_linger: Duration,
}

/// An authenticated, encrypted conversation with one other end.
pub struct Session {
    own: ConnectionId,
    peer: ConnectionId,
    peer_key: PublicKey,
    is_client: bool,
    path: Path,
    candidate: Option<Candidate>,
    responses: VecDeque<(Path, [u8; 8])>,
    sealer: Sealer,
    opener: Opener,
    replay: ReplayWindow,
    link: Link,
    rng: ChaCha12Rng,
    state: State,
    events: VecDeque<SessionEvent>,
    last_heard: Instant,
    /// FINISH, and when it leaves again; gone once anything authentic was heard.
    finish: Option<(Vec<u8>, Instant)>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("own", &self.own)
            .field("path", &self.path)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(parts: Parts, rng: &mut ChaCha12Rng) -> Self {
        let mut link = Link::new(parts.now, parts.ack_linger, rng);
        if let Some(rtt) = parts.rtt {
            link.handshake_rtt(rtt);
        }
        if parts.finish.is_some() {
            // The answer tells that FINISH has arrived.
            link.ping();
        }
        let Split { client, relay } = parts.split;
        let (ours, theirs) = if parts.is_client {
            (client, relay)
        } else {
            (relay, client)
        };
        Self {
            own: parts.own,
            peer: parts.peer,
            peer_key: parts.peer_key,
            is_client: parts.is_client,
            path: parts.path,
            candidate: None,
            responses: VecDeque::new(),
            sealer: Sealer::new(parts.now, ours),
            opener: Opener::new(theirs),
            replay: ReplayWindow::new(),
            link,
            rng: rand::SeedableRng::from_rng(rng),
            state: State::Open,
            events: VecDeque::new(),
            last_heard: parts.now,
            finish: parts.finish.map(|datagram| (datagram, parts.now)),
        }
    }

    /// The other end's public key.
    pub fn peer_key(&self) -> &PublicKey {
        &self.peer_key
    }

    /// Where the other end is reached at present.
    pub fn path(&self) -> Path {
        self.path
    }

    /// Our own name for the session: what records for it are addressed to.
    pub fn connection(&self) -> ConnectionId {
        self.own
    }

    /// The other end's name for the session: what our records for it are addressed to.
    pub fn peer_connection(&self) -> ConnectionId {
        self.peer
    }

    /// When the last authentic record came.
    pub fn last_heard(&self) -> Instant {
        self.last_heard
    }

    /// What is known of the path.
    pub fn stats(&self) -> LinkStats {
        self.link.stats()
    }

    /// Whether the session is neither closed nor closing.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Hands over a message, at most 64 KiB, for a stream.
    ///
    /// # Errors
    /// [`QueueFull`] when there is no room for it; nothing is taken then.
    pub fn send(
        &mut self,
        _now: Instant,
        stream: u32,
        priority: Priority,
        data: Bytes,
    ) -> Result<(), QueueFull> {
        self.link.send(stream, priority, data)
    }

    /// How many more bytes [`Session::send`] takes, in one message.
    pub fn room(&self) -> usize {
        self.link.room()
    }

    /// Asks the other end for a sign of life.
    pub fn ping(&mut self, _now: Instant) {
        self.link.ping();
    }

    /// Ends the session and tells the other end, a few times. Messages not yet acknowledged are
    /// given up. Text beyond 256 bytes is cut.
    pub fn close(&mut self, now: Instant, code: CloseCode, text: &str) {
        if !self.is_open() {
            return;
        }
        let mut length = text.len().min(CLOSE_TEXT_BYTES_MAX);
        while !text.is_char_boundary(length) {
            length -= 1;
        }
        self.state = State::Closing {
            code,
            text: text[..length].to_owned(),
            copies_left: CLOSE_COPIES,
            next_at: now,
        };
    }

    /// The other end says that it knows no such session: it has ended there.
    pub fn handle_unknown(&mut self, _now: Instant) {
        if self.is_open() {
            self.end(CloseCode::TimedOut, Parting::Forgotten.as_str(), true);
        }
    }

    /// Takes in a record addressed to this session. Decrypts it in place.
    pub fn handle_record(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        let datagram_bytes = datagram.len();
        let Ok(header) = RecordHeader::decode(datagram) else {
            return;
        };
        if header.connection != self.own || !self.replay.is_fresh(header.number) {
            return;
        }
        let Some(frames) = self.opener.open(now, &header, datagram) else {
            return;
        };
        self.replay.accept(header.number);
        if !self.is_open() {
            return;
        }
        self.last_heard = now;
        self.finish = None;
        if path != self.path && self.replay.is_newest(header.number) {
            self.note_path(path);
        }
        self.link.received(datagram_bytes);
        let mut ended = None;
        let mut answered = None;
        let responses = &mut self.responses;
        let result = self
            .link
            .handle_packet(now, header.number, frames, |frame| {
                match frame {
                    Frame::PathChallenge(data) if responses.len() < RESPONSES_MAX => {
                        responses.push_back((path, data));
                    }
                    Frame::PathResponse(data) => answered = Some(data),
                    Frame::Close { code, text } => {
                        ended = Some((CloseCode::from_wire(code), text.to_owned()));
                    }
                    // The link keeps the other frames to itself.
                    Frame::PathChallenge(_)
                    | Frame::Ping
                    | Frame::Ack(_)
                    | Frame::AckNow
                    | Frame::AckLater
                    | Frame::Message { .. }
                    | Frame::Fragment { .. } => {}
                }
            });
        while let Some(received) = self.link.poll_receive() {
            self.events.push_back(SessionEvent::Received {
                stream: received.stream,
                data: received.data,
            });
        }
        if let Some(data) = answered {
            self.path_answered(now, data);
        }
        if let Some((code, text)) = ended {
            self.end(code, &text, true);
        } else if result.is_err() {
            self.close(now, CloseCode::Protocol, Parting::Violation.as_str());
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.state {
            State::Open => {
                let silence = now.saturating_since(self.last_heard);
                if silence >= self.silence_max() {
                    self.end(CloseCode::TimedOut, Parting::Silence.as_str(), false);
                    return;
                }
                if self.is_client && silence >= KEEP_ALIVE {
                    self.link.ping();
                }
                self.link.handle_timeout(now);
            }
            State::Closing { .. } | State::Closed => {}
        }
    }

    /// When [`Session::handle_timeout`] and [`Session::poll_transmit`] are to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Open => {
                let candidate = self.candidate.map(|candidate| {
                    candidate
                        .sent_at
                        .map_or(self.last_heard, |at| at + REPEAT_PAUSE)
                });
                let finish = self.finish.as_ref().map(|(_, next_at)| *next_at);
                // Once asked for, the link repeats the question by itself.
                let is_to_ask = self.is_client && !self.link.is_pinging();
                let alive = is_to_ask.then(|| self.last_heard + KEEP_ALIVE);
                [
                    Some(self.last_heard + self.silence_max()),
                    alive,
                    candidate,
                    finish,
                    self.link.poll_timeout(),
                ]
                .into_iter()
                .fold(None, earliest)
            }
            State::Closing { next_at, .. } => Some(*next_at),
            State::Closed => None,
        }
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    /// Appends the next datagram to `out` and returns where it goes; `None` when nothing is to be
    /// sent now.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Path> {
        match &mut self.state {
            State::Open => self.poll_open(now, out),
            State::Closing {
                code,
                text,
                copies_left,
                next_at,
            } => {
                if *next_at > now {
                    return None;
                }
                let (code, text) = (*code, text.clone());
                *copies_left -= 1;
                *next_at = now + CLOSE_PAUSE;
                let is_last = *copies_left == 0;
                let frame = Frame::Close {
                    code: code as u8,
                    text: &text,
                };
                self.seal_frame(now, &frame, out);
                if is_last {
                    self.end(code, &text, false);
                }
                Some(self.path)
            }
            State::Closed => None,
        }
    }

    fn poll_open(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Path> {
        if let Some((datagram, next_at)) = &mut self.finish
            && *next_at <= now
        {
            *next_at = now + REPEAT_PAUSE;
            out.extend_from_slice(datagram);
            return Some(self.path);
        }
        if let Some((path, data)) = self.responses.pop_front() {
            self.seal_frame(now, &Frame::PathResponse(data), out);
            return Some(path);
        }
        if let Some(path) = self.poll_challenge(now, out) {
            return Some(path);
        }
        let start = out.len();
        out.resize(start + RecordHeader::LENGTH, 0);
        let Some(number) = self.link.poll_packet(now, out) else {
            out.truncate(start);
            return None;
        };
        self.seal(now, number, out, start);
        Some(self.path)
    }

    fn poll_challenge(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Path> {
        let candidate = self.candidate.as_mut()?;
        if candidate.sent_at.is_some_and(|at| at + REPEAT_PAUSE > now) {
            return None;
        }
        if candidate.tries == CHALLENGES_MAX {
            self.candidate = None;
            return None;
        }
        candidate.tries += 1;
        candidate.sent_at = Some(now);
        let (path, challenge) = (candidate.path, candidate.challenge);
        self.seal_frame(now, &Frame::PathChallenge(challenge), out);
        Some(path)
    }

    /// An authentic record came from another place than the last ones.
    fn note_path(&mut self, path: Path) {
        if path.remote == self.path.remote {
            // The other end is where it was; it only reaches us at another of our addresses.
            self.path = path;
            return;
        }
        if self
            .candidate
            .is_some_and(|candidate| candidate.path == path)
        {
            return;
        }
        let mut challenge = [0; 8];
        self.rng.fill_bytes(&mut challenge);
        self.candidate = Some(Candidate {
            path,
            challenge,
            sent_at: None,
            tries: 0,
        });
    }

    fn path_answered(&mut self, now: Instant, data: [u8; 8]) {
        let Some(candidate) = self.candidate else {
            return;
        };
        if candidate.challenge != data {
            return;
        }
        self.candidate = None;
        self.path = candidate.path;
        self.link.reset_path(now);
        if let (Some(sent_at), 1) = (candidate.sent_at, candidate.tries) {
            self.link.handshake_rtt(now.saturating_since(sent_at));
        }
    }

    /// A client that has never heard a record waits only as long as a handshake may take.
    fn silence_max(&self) -> Duration {
        if self.finish.is_some() {
            DIAL_SILENCE_MAX
        } else {
            SESSION_SILENCE_MAX
        }
    }

    fn end(&mut self, code: CloseCode, text: &str, by_peer: bool) {
        if !matches!(self.state, State::Closed) {
            self.state = State::Closed;
            self.events.push_back(SessionEvent::Closed {
                code,
                text: text.to_owned(),
                by_peer,
            });
        }
    }

    /// Seals a record that carries one frame and is not repeated.
    fn seal_frame(&mut self, now: Instant, frame: &Frame<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + RecordHeader::LENGTH, 0);
        frame.write(out);
        let number = self.link.take_number(now);
        self.seal(now, number, out, start);
    }

    fn seal(&mut self, now: Instant, number: u64, out: &mut Vec<u8>, start: usize) {
        self.sealer.renew(now, number, self.link.largest_acked());
        let header = RecordHeader {
            phase: self.sealer.phase(),
            connection: self.peer,
            number,
        };
        out[start..start + RecordHeader::LENGTH].copy_from_slice(&header.encode());
        self.sealer.seal(number, out, start);
        self.link.count_datagram(out.len() - start);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use zeroize::Zeroizing;

    use super::*;

    fn session(is_client: bool) -> Session {
        let id = |is_client: bool| ConnectionId([u8::from(is_client); 8]);
        let path = Path {
            remote: "10.0.0.1:5267".parse().unwrap(),
            local: None,
        };
        let split = Split {
            client: Zeroizing::new([1; 32]),
            relay: Zeroizing::new([2; 32]),
        };
        let parts = Parts {
            now: Instant::ZERO,
            is_client,
            own: id(is_client),
            peer: id(!is_client),
            peer_key: [0; 32],
            path,
            split,
            finish: None,
            rtt: None,
            ack_linger: Duration::ZERO,
        };
        Session::new(parts, &mut ChaCha12Rng::seed_from_u64(1))
    }

    #[test]
    fn a_packet_number_that_no_acknowledgement_can_name_is_ignored() {
        let (client, mut relay) = (session(true), session(false));
        for number in [1 << 62, u64::MAX - 1] {
            let header = RecordHeader {
                phase: false,
                connection: relay.own,
                number,
            };
            let mut record = header.encode().to_vec();
            Frame::Ping.write(&mut record);
            Frame::AckNow.write(&mut record);
            client.sealer.seal(number, &mut record, 0);
            relay.handle_record(Instant::ZERO, relay.path, &mut record);
            assert_eq!(relay.poll_transmit(Instant::ZERO, &mut Vec::new()), None);
        }
    }
}
