//! Getting into a session with a relay, keeping it, and getting out of it.
//!
//! Between the relay to use and the session in use stands one attempt at most. It ends in a session
//! entered, which replaces the one in use, or in a loss, after which the session in use is gone on
//! with, or, without one, the relay is dialled again.

use std::time::Duration;

use bytes::Bytes;

use super::pins::{Pin, Verdict};
use super::update::{Contact, LossReason, Update, Violation};
use super::view::SessionNews;
use super::{Backoff, Client};
use crate::session::{
    CloseCode, Dial, DialEvent, Path, Priority, PublicKey, RelayIdentity, Session, SessionEvent,
};
use crate::time::Instant;
use crate::wire::{
    CONTROL_CHANNEL, Cleartext, Enter, Name, RecordHeader, SafeText, ToMember, ToRelay, Welcome,
};

/// A relay that lets a client in but does not greet it is given up after this, and dialled again after
/// a short wait. It may have started anew in between, and chatting is to go on within 2 s of that.
const ENTER_WAIT_MAX: Duration = Duration::from_millis(1500);

/// After this long in a session its loss is an accident, and dialling starts over without delay. A
/// shorter session may be the relay's fault, or ours, and must not be repeated ten times a second: the
/// wait before the next grows, up to what leaves time to be back within 2 s.
const SESSION_PROVEN: Duration = Duration::from_secs(5);

/// Sessions still saying good-bye at most; more are dropped, and their relays notice by silence.
const LEAVING_MAX: usize = 8;

/// Updates waiting to be polled at most before the session is left to wait.
const UPDATES_MAX: usize = 4096;

/// The address to use, and the room secret that goes with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) path: Path,
    pub(super) psk: [u8; 32],
}

/// A session this user has entered.
pub(super) struct Active {
    pub(super) session: Box<Session>,
    pub(super) target: Target,
    pub(super) entered_at: Instant,
}

/// What is being done to get into a session with the target.
pub(super) enum Attempt {
    /// Nothing: there is no target, or it is the session in use.
    Idle,
    /// Waiting to dial again.
    Waiting { until: Instant },
    /// A handshake is under way.
    Dialing {
        dial: Box<Dial>,
        identity: Option<RelayIdentity>,
    },
    /// The relay has been told who this is.
    Entering {
        session: Box<Session>,
        identity: RelayIdentity,
        /// The name it was told.
        name: Name,
        until: Instant,
    },
    /// The relay has another key than the one known; the user decides.
    AwaitingTrust,
    /// The relay speaks other versions: there is no use in trying again.
    Unsupported,
}

/// Why a session or an attempt ended, and when to try again.
pub(super) enum Loss {
    /// After the back-off.
    Usual(LossReason),
    /// At once, unless the session was short.
    Forgotten(LossReason),
    /// After a long wait.
    Refused(LossReason),
    /// After a short wait: until the relay was given up, it was waited for already.
    Unanswered(LossReason),
}

impl Loss {
    /// Why, for people.
    fn reason(self) -> LossReason {
        match self {
            Self::Usual(reason)
            | Self::Forgotten(reason)
            | Self::Refused(reason)
            | Self::Unanswered(reason) => reason,
        }
    }
}

impl Client {
    pub(super) fn handle_record(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        let Ok(header) = RecordHeader::decode(datagram) else {
            self.counters.datagrams_dropped += 1;
            return;
        };
        let entering = match &mut self.attempt {
            Attempt::Entering { session, .. } => Some(session.as_mut()),
            Attempt::Idle
            | Attempt::Waiting { .. }
            | Attempt::Dialing { .. }
            | Attempt::AwaitingTrust
            | Attempt::Unsupported => None,
        };
        let active = self.active.as_mut().map(|active| active.session.as_mut());
        let mut sessions = active.into_iter().chain(entering).chain(&mut self.leaving);
        let session = sessions.find(|session| session.connection() == header.connection);
        if let Some(session) = session {
            session.handle_record(now, path, datagram);
        } else if let Attempt::Dialing { dial, .. } = &mut self.attempt {
            dial.handle_datagram(now, path, datagram);
        } else {
            self.counters.datagrams_dropped += 1;
        }
    }

    pub(super) fn handle_cleartext(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        if let Ok(Cleartext::Unknown { connection }) = Cleartext::decode(datagram) {
            // Not about a session that is being entered: the relay may still wait for the end of
            // its handshake. And not about one before, whose last words a relay that restarted
            // does not understand.
            match &mut self.active {
                Some(active)
                    if active.session.peer_connection() == connection
                        && active.session.path().remote == path.remote =>
                {
                    active.session.handle_unknown(now);
                }
                Some(_) | None => self.counters.datagrams_dropped += 1,
            }
            return;
        }
        match &mut self.attempt {
            Attempt::Dialing { dial, .. } => dial.handle_datagram(now, path, datagram),
            Attempt::Idle
            | Attempt::Waiting { .. }
            | Attempt::Entering { .. }
            | Attempt::AwaitingTrust
            | Attempt::Unsupported => self.counters.datagrams_dropped += 1,
        }
    }

    /// Takes in what dial and sessions have to tell, then hands on what is to be said.
    pub(super) fn advance(&mut self, now: Instant) {
        self.advance_dial(now);
        self.advance_entering(now);
        self.advance_active(now);
        self.forget_closed();
        self.pump(now);
    }

    /// Drops sessions that have said good-bye.
    pub(super) fn forget_closed(&mut self) {
        self.leaving.retain_mut(|session| {
            !std::iter::from_fn(|| session.poll_event())
                .any(|event| matches!(event, SessionEvent::Closed { .. }))
        });
    }

    fn advance_dial(&mut self, now: Instant) {
        while let Attempt::Dialing { dial, identity } = &mut self.attempt {
            let Some(event) = dial.poll_event() else {
                return;
            };
            match event {
                DialEvent::Identity {
                    key,
                    identity: found,
                } => {
                    let pin = Pin {
                        relay: found.id,
                        name: found.name.clone(),
                        key,
                    };
                    match self.pins.check(pin.clone()) {
                        Verdict::Fine => {
                            *identity = Some(found);
                            dial.approve(now);
                        }
                        Verdict::Changed { pinned } => self.key_changed(pin, pinned),
                    }
                }
                DialEvent::Established(session) => {
                    let identity = identity.take().expect("approved before established");
                    self.start_entering(now, session, identity);
                }
                DialEvent::Unsupported { versions } => {
                    self.attempt = Attempt::Unsupported;
                    if let Some(target) = &self.target {
                        let address = target.path.remote;
                        let contact = Contact::Unsupported { address, versions };
                        self.view.push_contact(contact);
                    }
                    if self.active.is_some() {
                        self.fall_back();
                    }
                }
                DialEvent::TimedOut => {
                    let reason = self.target.map_or(LossReason::Silent, |target| {
                        LossReason::NoAnswer(target.path.remote)
                    });
                    self.attempt_failed(now, Loss::Usual(reason));
                }
            }
        }
    }

    fn advance_entering(&mut self, now: Instant) {
        while let Attempt::Entering {
            session, identity, ..
        } = &mut self.attempt
        {
            let Some(event) = session.poll_event() else {
                return;
            };
            match event {
                SessionEvent::Received { stream, data } => {
                    match (stream, ToMember::decode(&data)) {
                        (CONTROL_CHANNEL, Ok(ToMember::Welcome(welcome)))
                            if welcome.relay == identity.id =>
                        {
                            self.entered(now, welcome);
                        }
                        (CONTROL_CHANNEL, Ok(ToMember::Refused { refusal, .. })) => {
                            self.attempt_failed(now, Loss::Refused(LossReason::Refused(refusal)));
                        }
                        (CONTROL_CHANNEL, Ok(ToMember::Closing { .. })) => {
                            let (code, text) = (CloseCode::ShuttingDown, String::new());
                            let reason = LossReason::Closed { code, text };
                            self.attempt_failed(now, Loss::Usual(reason));
                        }
                        (_, Ok(_) | Err(_)) => {
                            self.counters.violations += 1;
                            let reason = LossReason::Greeting;
                            self.attempt_failed(now, Loss::Refused(reason));
                        }
                    }
                }
                SessionEvent::Closed { code, text, .. } => {
                    self.attempt_failed(now, loss(code, &text));
                }
            }
        }
    }

    fn advance_active(&mut self, now: Instant) {
        self.held_back_since = None;
        while let Some(active) = &mut self.active {
            if self.view.updates_len() >= UPDATES_MAX {
                self.held_back_since = Some(now);
                return;
            }
            let Some(event) = active.session.poll_event() else {
                return;
            };
            match event {
                SessionEvent::Received { stream, data } => {
                    let news = ToMember::decode(&data)
                        .map_err(|_| Violation::Malformed)
                        .and_then(|message| self.view.handle_message(now, stream, message));
                    match news {
                        Ok(None) => {}
                        Ok(Some(news)) => self.handle_news(now, news),
                        Err(violation) => self.give_up(now, violation),
                    }
                }
                SessionEvent::Closed { code, text, .. } => {
                    self.active_lost(now, loss(code, &text));
                }
            }
        }
    }

    /// Hands everything there is to say to the session in use, as far as it takes it.
    pub(super) fn pump(&mut self, now: Instant) {
        self.nudge.update(now, self.view.unsent());
        if self.view.is_used_up() {
            self.renew(now);
        }
        let Some(active) = &mut self.active else {
            return;
        };
        while active.session.room() >= self.needed {
            let Some(message) = self.view.next_message() else {
                return;
            };
            let bytes = Bytes::from(message.message.encode());
            self.needed = bytes.len();
            if active.session.room() < self.needed {
                return;
            }
            let stream = message.stream;
            let priority = match &message.message {
                ToRelay::Seen(_) | ToRelay::Read(_) | ToRelay::Typing => Priority::Receipt,
                ToRelay::Enter(_)
                | ToRelay::Open(_)
                | ToRelay::Close { .. }
                | ToRelay::Send(_)
                | ToRelay::Ask { .. }
                | ToRelay::Presence(..)
                | ToRelay::Rename(_) => Priority::Chat,
            };
            if active.session.send(now, stream, priority, bytes).is_err() {
                return;
            }
            self.needed = 0;
            self.view.handed_over(now, message);
        }
    }

    pub(super) fn start_dial(&mut self, now: Instant) {
        self.drop_attempt(now);
        let Some(target) = self.target else {
            return;
        };
        let keys = self.keys.clone();
        let dial = Box::new(Dial::new(now, keys, target.psk, target.path, &mut self.rng));
        self.attempt = Attempt::Dialing {
            dial,
            identity: None,
        };
        self.push_dialing();
    }

    fn push_dialing(&mut self) {
        if let Some(target) = &self.target {
            let address = target.path.remote;
            self.view.push_contact(Contact::Dialing { address });
        }
    }

    fn key_changed(&mut self, found: Pin, pinned: PublicKey) {
        self.view.push_contact(Contact::KeyChanged {
            relay_name: found.name.clone(),
            relay: found.relay,
            pinned,
            found: found.key,
        });
        self.untrusted = self.target.map(|target| (target, found));
        self.attempt = Attempt::AwaitingTrust;
        if self.active.is_some() {
            self.fall_back();
        }
    }

    fn start_entering(&mut self, now: Instant, mut session: Box<Session>, identity: RelayIdentity) {
        let enter = ToRelay::Enter(Enter {
            name: self.name.clone(),
            visible: self.visible,
        });
        let bytes = Bytes::from(enter.encode());
        let sent = session.send(now, CONTROL_CHANNEL, Priority::Chat, bytes);
        sent.expect("a new session takes a message");
        self.attempt = Attempt::Entering {
            session,
            identity,
            name: self.name.clone(),
            until: now + ENTER_WAIT_MAX,
        };
    }

    /// The relay greeted: its session is the one in use from here on.
    fn entered(&mut self, now: Instant, welcome: Welcome) {
        let attempt = std::mem::replace(&mut self.attempt, Attempt::Idle);
        let (Attempt::Entering { session, name, .. }, Some(target)) = (attempt, self.target) else {
            return;
        };
        if let Some(old) = self.active.take() {
            self.leave(now, *old.session);
        }
        self.active = Some(Active {
            session,
            target,
            entered_at: now,
        });
        self.needed = 0;
        self.view.enter(welcome);
        self.view.carry_over(now);
        if self.name != name {
            self.view.rename(self.name.clone());
        }
        self.push_entered();
    }

    fn push_entered(&mut self) {
        if let (Some(active), Some(welcome)) = (&self.active, self.view.welcome()) {
            let contact = Contact::Entered {
                welcome: welcome.clone(),
                address: active.session.path().remote,
                key: *active.session.peer_key(),
            };
            self.view.push_contact(contact);
        }
    }

    fn handle_news(&mut self, now: Instant, news: SessionNews) {
        match news {
            SessionNews::Welcome(welcome) => {
                let is_same = self
                    .view
                    .welcome()
                    .is_some_and(|before| before.relay == welcome.relay);
                if is_same {
                    self.view.renamed(welcome);
                    self.push_entered();
                } else {
                    self.give_up(now, Violation::Malformed);
                }
            }
            SessionNews::Refused(refusal) => {
                if let Some(welcome) = self.view.welcome() {
                    self.name = welcome.name.clone();
                }
                self.view.push_update(Update::AskRefused {
                    request: 0,
                    refusal,
                });
            }
            SessionNews::Closing { is_hosted } => {
                if let Some(active) = self.active.take() {
                    self.leave(now, *active.session);
                }
                self.view.lost();
                self.view.push_contact(Contact::RelayClosing { is_hosted });
                if matches!(self.attempt, Attempt::Idle) {
                    let wait = self.backoff.next(&mut self.rng);
                    self.wait(now, wait);
                } else {
                    self.push_dialing();
                }
            }
        }
    }

    /// The relay in use broke the protocol: its session ends, and another begins where reading
    /// stopped.
    fn give_up(&mut self, now: Instant, violation: Violation) {
        self.counters.violations += 1;
        let Some(mut active) = self.active.take() else {
            return;
        };
        let text = violation.to_string();
        active.session.close(now, CloseCode::Protocol, &text);
        self.keep_leaving(*active.session);
        self.session_ended(
            now,
            active.entered_at,
            Loss::Usual(LossReason::Misbehaved(violation)),
        );
    }

    /// The session in use has no channels left: another begins.
    fn renew(&mut self, now: Instant) {
        if let Some(active) = self.active.take() {
            self.leave(now, *active.session);
            let reason = LossReason::Spent;
            self.session_ended(now, active.entered_at, Loss::Forgotten(reason));
        }
    }

    fn active_lost(&mut self, now: Instant, loss: Loss) {
        if let Some(active) = self.active.take() {
            self.session_ended(now, active.entered_at, loss);
        }
    }

    fn session_ended(&mut self, now: Instant, entered_at: Instant, loss: Loss) {
        self.view.lost();
        if now - entered_at >= SESSION_PROVEN {
            self.backoff = Backoff::new();
        }
        if matches!(self.attempt, Attempt::Idle) {
            self.lost(now, loss);
        } else {
            let reason = loss.reason();
            self.view.push_contact(Contact::Lost { reason });
            self.push_dialing();
        }
    }

    /// The attempt at the target failed: back to the session in use, or try again.
    pub(super) fn attempt_failed(&mut self, now: Instant, loss: Loss) {
        self.drop_attempt(now);
        if self.active.is_some() {
            let reason = loss.reason();
            self.view.push_contact(Contact::Lost { reason });
            self.fall_back();
        } else {
            self.lost(now, loss);
        }
    }

    fn lost(&mut self, now: Instant, loss: Loss) {
        let (was_fresh, rng) = (self.backoff.is_fresh(), &mut self.rng);
        let wait = match &loss {
            Loss::Usual(_) => self.backoff.next(rng),
            Loss::Forgotten(_) => {
                let wait = self.backoff.next(rng);
                if was_fresh { Duration::ZERO } else { wait }
            }
            Loss::Refused(_) => {
                self.backoff.slow_down();
                self.backoff.next(rng)
            }
            Loss::Unanswered(_) => self.backoff.next_after_silence(rng),
        };
        let reason = loss.reason();
        self.view.push_contact(Contact::Lost { reason });
        self.wait(now, wait);
    }

    fn wait(&mut self, now: Instant, wait: Duration) {
        if wait.is_zero() {
            self.start_dial(now);
        } else {
            self.attempt = Attempt::Waiting { until: now + wait };
        }
    }

    /// The session in use is the one to use again.
    pub(super) fn fall_back(&mut self) {
        self.attempt = Attempt::Idle;
        self.target = self.active.as_ref().map(|active| active.target);
        self.push_entered();
    }

    /// Gives up the attempt under way, if any.
    pub(super) fn drop_attempt(&mut self, now: Instant) {
        if let Attempt::Entering { session, .. } =
            std::mem::replace(&mut self.attempt, Attempt::Idle)
        {
            self.leave(now, *session);
        }
    }

    pub(super) fn leave_all(&mut self, now: Instant) {
        self.target = None;
        self.drop_attempt(now);
        if let Some(active) = self.active.take() {
            self.leave(now, *active.session);
        }
        self.view.lost();
    }

    fn leave(&mut self, now: Instant, mut session: Session) {
        session.close(now, CloseCode::Done, "");
        self.keep_leaving(session);
    }

    fn keep_leaving(&mut self, session: Session) {
        if self.leaving.len() == LEAVING_MAX {
            self.leaving.remove(0);
        }
        self.leaving.push(session);
    }
}

/// What the end of a session means.
fn loss(code: CloseCode, text: &str) -> Loss {
    let mut text = SafeText::new(text).one_line();
    if !text.is_empty() {
        text.insert_str(0, ": ");
    }
    let reason = LossReason::Closed { code, text };
    match code {
        CloseCode::TimedOut => Loss::Forgotten(reason),
        CloseCode::Refused => Loss::Refused(reason),
        CloseCode::Done | CloseCode::Protocol | CloseCode::Replaced | CloseCode::ShuttingDown => {
            Loss::Usual(reason)
        }
    }
}
