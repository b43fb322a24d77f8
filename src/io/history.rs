//! The thread that keeps a client's history and its unsent messages.
//!
//! Whatever waits when the thread is free is done together: received events share a commit.

use std::mem;
use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::store::StoreError;
use crate::store::client_store::{ClientStore, Received};
use crate::wire::{Cursor, Event, LocalId, LogId, RoomName, Send, Seq, Timestamp};

/// Events shown of a room before any relay is found: some screens full.
const RECALL_EVENTS_MAX: u32 = 500;

/// Events that could not be written and are tried again with the next ones, at most. Beyond it they
/// are left to be fetched from the relay again.
const RETRY_EVENTS_MAX: usize = 4096;

/// What the database has done.
#[derive(Debug)]
pub enum Outcome {
    /// Rooms are durable up to these places.
    Recorded(Vec<(RoomName, Seq)>),
    /// A message is in the outbox.
    Queued(RoomName, Send),
    /// What is known of a room.
    Recalled {
        /// The room.
        room: RoomName,
        /// Up to where it was read.
        cursor: Option<Cursor>,
        /// Its latest events, oldest first.
        events: Vec<(LogId, Event, Timestamp)>,
    },
    /// Messages that an earlier process left on their way, oldest first.
    Adopted(Vec<(RoomName, Send)>),
    /// Something could not be written or read.
    Failed {
        /// The message that is not in the outbox, when it is about one.
        local: Option<LocalId>,
        /// Why, for people.
        reason: String,
    },
}

enum Job {
    Record(Vec<Received>),
    Queue(RoomName, Send),
    Remove(Vec<LocalId>),
    Recall(RoomName),
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
    /// Opens the database and moves it to a thread of its own.
    ///
    /// # Errors
    /// A [`StoreError`] when it can't be opened.
    pub fn start(path: &Path) -> Result<Self, StoreError> {
        let store = ClientStore::open(path)?;
        let (jobs, incoming) = mpsc::channel();
        let (outgoing, outcomes) = unbounded_channel();
        let worker = Worker {
            store,
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
    pub fn record(&mut self, room: RoomName, log: LogId, event: Event, received_at: Timestamp) {
        self.received.push((room, log, event, received_at));
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
    outcomes: UnboundedSender<Outcome>,
    /// Events that could not be written.
    retry: Vec<Received>,
    is_failing: bool,
}

impl Worker {
    fn run(mut self, jobs: &mpsc::Receiver<Job>) {
        self.adopt();
        while let Ok(first) = jobs.recv() {
            let mut received = Vec::new();
            let mut answered = Vec::new();
            for job in std::iter::once(first).chain(jobs.try_iter().take(1024)) {
                match job {
                    Job::Record(events) => received.extend(events),
                    Job::Remove(locals) => answered.extend(locals),
                    Job::Queue(room, send) => self.queue(room, send),
                    Job::Recall(room) => {
                        // What came before belongs to what is recalled.
                        self.record(mem::take(&mut received));
                        self.recall(room);
                    }
                }
            }
            self.record(received);
            if !answered.is_empty()
                && let Err(error) = self.store.remove(&answered)
            {
                // Sent again after a restart, and recognised then.
                tracing::warn!(%error, "answered messages stay in the outbox");
            }
        }
    }

    fn adopt(&mut self) {
        match self.store.adopt() {
            Ok(sends) if sends.is_empty() => {}
            Ok(sends) => self.tell(Outcome::Adopted(sends)),
            Err(error) => self.fail(None, &error),
        }
    }

    fn queue(&mut self, room: RoomName, send: Send) {
        match self.store.queue(&room, &send) {
            Ok(()) => self.tell(Outcome::Queued(room, send)),
            Err(error) => self.fail(Some(send.local), &error),
        }
    }

    fn recall(&mut self, room: RoomName) {
        let known = self
            .store
            .cursor(&room)
            .and_then(|cursor| Ok((cursor, self.store.recent(&room, RECALL_EVENTS_MAX)?)));
        let (cursor, events) = match known {
            Ok(known) => known,
            Err(error) => {
                self.fail(None, &error);
                (None, Vec::new())
            }
        };
        self.tell(Outcome::Recalled {
            room,
            cursor,
            events,
        });
    }

    fn record(&mut self, received: Vec<Received>) {
        if received.is_empty() {
            return;
        }
        let mut events = mem::take(&mut self.retry);
        events.extend(received);
        match self.store.record(&events) {
            Ok(()) => {
                self.is_failing = false;
                let mut places: Vec<(RoomName, Seq)> = Vec::new();
                for (room, _, event, _) in events {
                    match places.iter_mut().find(|place| place.0 == room) {
                        Some(place) => place.1 = event.seq,
                        None => places.push((room, event.seq)),
                    }
                }
                self.tell(Outcome::Recorded(places));
            }
            Err(error) => {
                // Said once, until something is written again.
                if !mem::replace(&mut self.is_failing, true) {
                    self.fail(None, &error);
                }
                events.truncate(RETRY_EVENTS_MAX);
                self.retry = events;
            }
        }
    }

    fn fail(&self, local: Option<LocalId>, error: &StoreError) {
        let reason = error.to_string();
        self.tell(Outcome::Failed { local, reason });
    }

    fn tell(&self, outcome: Outcome) {
        // Nobody listens any more once the client ends.
        let _ = self.outcomes.send(outcome);
    }
}
