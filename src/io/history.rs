//! The thread that keeps a client's history and its unsent messages.
//!
//! Whatever waits when the thread is free is done together: received events share a commit.
//!
//! # A disk without room
//!
//! What can't be written is tried again with whatever is to be written next, and at least every
//! [`RETRY_PERIOD`]; so it is written when there is room again, whether or not more comes. Meanwhile
//! it is kept in memory, up to [`RETRY_EVENTS_MAX`] events. Those beyond are given up here: the
//! cursor stays before the first of them, the relay is not told that they are stored, and the next
//! start asks for them again.

use std::mem;
use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::room::about_of;
use crate::store::StoreError;
use crate::store::client_store::{ClientStore, LeftOpen, ReadTo, Received};
use crate::wire::{
    DeviceId, Event, LocalId, LogHash, LogId, Opened, RoomName, Send, Seq, Timestamp,
};

/// Events shown of a room before any relay is found: some screens full.
const RECALL_EVENTS_MAX: u32 = 500;

/// Events that could not be written and are tried again with the next ones, at most. Beyond it they
/// are left to be fetched from the relay again.
const RETRY_EVENTS_MAX: usize = 4096;

/// How often writing is tried again when nothing new is to be written. Arbitrary: soon after there
/// is room again, as a person sees it.
const RETRY_PERIOD: Duration = Duration::from_secs(1);

/// What the database has done.
#[derive(Debug)]
pub enum Outcome {
    /// What an earlier process left: the first of all outcomes, whatever else is asked for.
    Found {
        /// The rooms that were open, in the order of their opening.
        left_open: Vec<LeftOpen>,
        /// Messages on their way, oldest first.
        adopted: Vec<(RoomName, Send)>,
    },
    /// Rooms are durable, without a gap, up to these places.
    Recorded(Vec<(RoomName, Seq)>),
    /// A message is in the outbox.
    Queued(RoomName, Send),
    /// What is known of a room.
    Recalled {
        /// The room.
        room: RoomName,
        /// Up to where it was read.
        read_to: Option<ReadTo>,
        /// The place of the first hash known of that log without a gap, and all up to `read_to`.
        hashes: (Seq, Vec<LogHash>),
        /// Its latest events, oldest first.
        events: Vec<Received>,
    },
    /// The events that this device sent to a log, from a place on.
    Own {
        /// The room.
        room: RoomName,
        /// The place.
        at: Seq,
        /// The events, oldest first.
        events: Vec<Event>,
    },
    /// Messages are in the outbox again.
    QueuedAgain(Vec<(RoomName, Send)>),
    /// Something could not be written or read.
    Failed {
        /// The message that is not in the outbox, when it is about one.
        local: Option<LocalId>,
        /// Why.
        error: StoreError,
    },
}

enum Job {
    Record(Vec<Received>),
    PassPruned(RoomName, Opened),
    Queue(RoomName, Send),
    QueueAgain(Vec<(RoomName, Send)>),
    Keep(RoomName, Send),
    Remove(Vec<LocalId>),
    Recall(RoomName),
    Own {
        room: RoomName,
        log: LogId,
        at: Seq,
        sent_after: Timestamp,
    },
    SetOpen(RoomName),
    SetClosed(RoomName),
    SetRead(RoomName, LogId, Seq),
    SetDraft(RoomName, String, Vec<String>),
}

/// A client's database on its thread. Its queue holds what one turn of the network brings; the
/// driver reads the network no faster than its reports are read.
pub struct History {
    jobs: Option<mpsc::Sender<Job>>,
    outcomes: UnboundedReceiver<Outcome>,
    thread: Option<JoinHandle<()>>,
    received: Vec<Received>,
    answered: Vec<LocalId>,
}

impl History {
    /// Opens the database of the user of `device` and moves it to a thread of its own.
    ///
    /// # Errors
    /// A [`StoreError`] when it can't be opened.
    pub fn start(path: &Path, device: DeviceId) -> Result<Self, StoreError> {
        let store = ClientStore::open(path)?;
        let (jobs, incoming) = mpsc::channel();
        let (outgoing, outcomes) = unbounded_channel();
        let worker = Worker {
            store,
            device,
            outcomes: outgoing,
            retry: Vec::new(),
            is_failing: false,
        };
        let thread = thread::spawn(move || worker.run(&incoming));
        Ok(Self {
            jobs: Some(jobs),
            outcomes,
            thread: Some(thread),
            received: Vec::new(),
            answered: Vec::new(),
        })
    }

    /// Keeps an event, with the next [`History::flush`].
    pub fn record(&mut self, received: Received) {
        self.received.push(received);
    }

    /// A room was opened: what the relay has no more of it is not waited for.
    pub fn pass_pruned(&mut self, room: RoomName, opened: Opened) {
        self.flush();
        self.order(Job::PassPruned(room, opened));
    }

    /// Forgets a message that is answered, with the next [`History::flush`].
    pub fn remove(&mut self, local: LocalId) {
        self.answered.push(local);
    }

    /// Hands over what has gathered.
    pub fn flush(&mut self) {
        if !self.received.is_empty() {
            let received = mem::take(&mut self.received);
            self.order(Job::Record(received));
        }
        if !self.answered.is_empty() {
            let answered = mem::take(&mut self.answered);
            self.order(Job::Remove(answered));
        }
    }

    /// Puts a message into the outbox; [`Outcome::Queued`] hands it back.
    pub fn queue(&mut self, room: RoomName, send: Send) {
        self.order(Job::Queue(room, send));
    }

    /// Puts messages that were sent before into the outbox; [`Outcome::QueuedAgain`] hands them back,
    /// even when they could not be kept.
    pub fn queue_again(&mut self, sends: Vec<(RoomName, Send)>) {
        self.order(Job::QueueAgain(sends));
    }

    /// Puts a message that is on its way already into the outbox, to be sent by the next process if
    /// this one ends first.
    pub fn keep(&mut self, room: RoomName, send: Send) {
        self.flush();
        self.order(Job::Keep(room, send));
    }

    /// Asks for what this device sent to a log, from a place on.
    pub fn own(&mut self, room: RoomName, log: LogId, at: Seq, sent_after: Timestamp) {
        self.flush();
        self.order(Job::Own {
            room,
            log,
            at,
            sent_after,
        });
    }

    /// Notes whether a room is to be opened again by the next client.
    pub fn set_open(&mut self, room: RoomName, is_open: bool) {
        self.order(if is_open {
            Job::SetOpen(room)
        } else {
            Job::SetClosed(room)
        });
    }

    /// Notes up to where the user has read a room.
    pub fn set_read(&mut self, room: RoomName, log: LogId, seq: Seq) {
        self.order(Job::SetRead(room, log, seq));
    }

    /// Keeps what the user is writing in a room, and the lines sent since.
    pub fn set_draft(&mut self, room: RoomName, text: String, sent: Vec<String>) {
        self.order(Job::SetDraft(room, text, sent));
    }

    /// Asks for what is known of a room.
    pub fn recall(&mut self, room: RoomName) {
        self.order(Job::Recall(room));
    }

    /// The next thing done. Cancel-safe.
    pub async fn outcome(&mut self) -> Outcome {
        self.outcomes
            .recv()
            .await
            .expect("the thread lives as long as this end of its queue")
    }

    /// Writes what has gathered, and ends the thread. Blocks for as long as that takes.
    pub fn end(mut self) {
        self.flush();
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported there.
            let _ = thread.join();
        }
    }

    fn order(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            jobs.send(job)
                .expect("the thread lives as long as this end of its queue");
        }
    }
}

struct Worker {
    store: ClientStore,
    device: DeviceId,
    outcomes: UnboundedSender<Outcome>,
    /// Events that could not be written.
    retry: Vec<Received>,
    is_failing: bool,
}

impl Worker {
    fn run(mut self, jobs: &mpsc::Receiver<Job>) {
        self.look_around();
        while let Some(first) = self.next(jobs) {
            let mut received = Vec::new();
            let mut answered = Vec::new();
            for job in first.into_iter().chain(jobs.try_iter().take(1024)) {
                match job {
                    Job::Record(events) => received.extend(events),
                    Job::Remove(locals) => answered.extend(locals),
                    Job::Queue(room, send) => self.queue(room, send),
                    Job::QueueAgain(sends) => self.queue_again(sends),
                    Job::Keep(room, send) => {
                        // It may have been answered before, at another relay.
                        self.remove(mem::take(&mut answered));
                        self.note(|store| store.queue(&[(room, send)]));
                    }
                    Job::SetOpen(room) => self.note(|store| store.set_open(&room)),
                    Job::SetClosed(room) => self.note(|store| store.set_closed(&room)),
                    Job::SetRead(room, log, seq) => {
                        self.note(|store| store.set_read(&room, log, seq));
                    }
                    Job::SetDraft(room, text, sent) => {
                        self.note(|store| store.set_draft(&room, &text, &sent));
                    }
                    // What came before belongs to what these look at.
                    Job::PassPruned(room, opened) => {
                        self.record(mem::take(&mut received));
                        self.note(|store| store.pass_pruned(&room, &opened));
                    }
                    Job::Recall(room) => {
                        self.record(mem::take(&mut received));
                        self.recall(room);
                    }
                    Job::Own {
                        room,
                        log,
                        at,
                        sent_after,
                    } => {
                        self.record(mem::take(&mut received));
                        self.own(room, log, at, sent_after);
                    }
                }
            }
            self.record(received);
            self.remove(answered);
        }
    }

    fn remove(&mut self, answered: Vec<LocalId>) {
        if !answered.is_empty()
            && let Err(error) = self.store.remove(&answered)
        {
            // Sent again after a restart, and recognised then.
            tracing::warn!(%error, "answered messages stay in the outbox");
        }
    }

    /// Waits for something to do: a job, or the time to try again (the inner `None`). The outer
    /// `None` when there will be nothing any more.
    fn next(&self, jobs: &mpsc::Receiver<Job>) -> Option<Option<Job>> {
        if self.retry.is_empty() {
            return jobs.recv().ok().map(Some);
        }
        match jobs.recv_timeout(RETRY_PERIOD) {
            Ok(job) => Some(Some(job)),
            Err(mpsc::RecvTimeoutError::Timeout) => Some(None),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
        }
    }

    fn look_around(&mut self) {
        let left_open = self.store.left_open(self.device);
        let left_open = self.or_fail(left_open).unwrap_or_default();
        let adopted = self.store.adopt();
        let adopted = self.or_fail(adopted).unwrap_or_default();
        self.tell(Outcome::Found { left_open, adopted });
    }

    fn queue(&mut self, room: RoomName, send: Send) {
        let send = [self.with_target(room, send)];
        let result = self.store.queue(&send);
        let [(room, send)] = send;
        match result {
            Ok(()) => self.tell(Outcome::Queued(room, send)),
            Err(error) => self.fail(Some(send.local), error),
        }
    }

    /// Notes which event a message is about, if that is not known yet: by the time it is on its
    /// way, its place may be another's.
    fn with_target(&mut self, room: RoomName, mut send: Send) -> (RoomName, Send) {
        if let (Some(about), None) = (about_of(&send.body), send.target) {
            let target = self.store.hash_read(&room, about);
            send.target = self.or_fail(target).flatten();
        }
        (room, send)
    }

    fn queue_again(&mut self, sends: Vec<(RoomName, Send)>) {
        let sends = sends.into_iter();
        let sends: Vec<_> = sends
            .map(|(room, send)| self.with_target(room, send))
            .collect();
        let result = self.store.queue(&sends);
        self.or_fail(result);
        self.tell(Outcome::QueuedAgain(sends));
    }

    fn own(&mut self, room: RoomName, log: LogId, at: Seq, sent_after: Timestamp) {
        let place = (&room, log);
        let events = self
            .store
            .own_events_after(self.device, place, at, sent_after);
        let events = self.or_fail(events).unwrap_or_default();
        self.tell(Outcome::Own { room, at, events });
    }

    fn recall(&mut self, room: RoomName) {
        let known = self.known(&room);
        let (read_to, hashes, events) = self.or_fail(known).unwrap_or_default();
        self.tell(Outcome::Recalled {
            room,
            read_to,
            hashes,
            events,
        });
    }

    #[expect(clippy::type_complexity, reason = "three parts of one outcome")]
    fn known(
        &self,
        room: &RoomName,
    ) -> Result<(Option<ReadTo>, (Seq, Vec<LogHash>), Vec<Received>), StoreError> {
        let read_to = self.store.cursor(room)?;
        let hashes = match read_to {
            Some(read_to) => self.store.recent_hashes(room, read_to.log)?,
            None => (Seq(0), Vec::new()),
        };
        let events = self.store.recent(room, RECALL_EVENTS_MAX)?;
        Ok((read_to, hashes, events))
    }

    fn record(&mut self, received: Vec<Received>) {
        let mut events = mem::take(&mut self.retry);
        events.extend(received);
        if events.is_empty() {
            return;
        }
        match self.store.record(&events) {
            Ok(places) => {
                self.is_failing = false;
                self.tell(Outcome::Recorded(places));
            }
            Err(error) => {
                // Said once, until something is written again.
                if !mem::replace(&mut self.is_failing, true) {
                    self.fail(None, error);
                }
                let given_up = events.len().saturating_sub(RETRY_EVENTS_MAX);
                if given_up > 0 {
                    tracing::warn!(given_up, "events are left to be fetched again");
                }
                events.truncate(RETRY_EVENTS_MAX);
                self.retry = events;
            }
        }
    }

    /// Writes something that can do without.
    fn note(&mut self, write: impl FnOnce(&mut ClientStore) -> Result<(), StoreError>) {
        if let Err(error) = write(&mut self.store) {
            tracing::warn!(%error, "not noted");
        }
    }

    fn or_fail<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| self.fail(None, error)).ok()
    }

    fn fail(&self, local: Option<LocalId>, error: StoreError) {
        self.tell(Outcome::Failed { local, error });
    }

    fn tell(&self, outcome: Outcome) {
        // Nobody listens any more once the client ends.
        let _ = self.outcomes.send(outcome);
    }
}

#[cfg(test)]
mod tests;
