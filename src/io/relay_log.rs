//! The threads that keep a relay's log.
//!
//! One writes, one reads, each on a connection of its own, so that a search or a reader that catches
//! up never holds up a commit. Whatever waits when the writing thread is free is committed together,
//! so that many senders share a commit. Appends and prunings are answered in the order they were
//! asked for, and so are questions; between the two there is no order, except that a question sees
//! every append answered before it was asked. A store in memory has one thread for both.

use std::sync::mpsc;
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::room::log::{APPEND_EVENTS_MAX, Append, LogReply, LogRequest};
use crate::store::StoreError;
use crate::store::relay_store::{RelayReader, RelayStore};

use super::clock;

/// Requests handled together: what a commit may gather while the one before it is written.
const BATCH_MAX: usize = 256;

/// A relay's log on its threads. All queues are bounded by what a relay has under way at once: it
/// bounds unanswered sends and pages per session, and makes one request of all sends of a turn.
pub struct RelayLog {
    writes: mpsc::Sender<LogRequest>,
    /// The same queue as `writes` for a store in memory.
    reads: mpsc::Sender<LogRequest>,
    replies: UnboundedReceiver<LogReply>,
}

impl RelayLog {
    /// Moves a store to threads of its own, which end when this value goes.
    ///
    /// # Errors
    /// A [`StoreError`] when the store can't be opened a second time.
    pub fn start(store: RelayStore) -> Result<Self, StoreError> {
        let reader = store.reader()?;
        let (outgoing, replies) = unbounded_channel();
        let (writes, incoming) = mpsc::channel();
        let reads = match reader {
            Some(reader) => {
                let (reads, incoming) = mpsc::channel();
                let outgoing = outgoing.clone();
                thread::spawn(move || read(&reader, &incoming, &outgoing));
                reads
            }
            None => writes.clone(),
        };
        thread::spawn(move || write(store, &incoming, &outgoing));
        Ok(Self {
            writes,
            reads,
            replies,
        })
    }

    /// Asks the store.
    pub fn ask(&self, request: LogRequest) {
        let thread = match &request {
            LogRequest::Append(_) | LogRequest::Prune(_) => &self.writes,
            LogRequest::After { .. }
            | LogRequest::Before { .. }
            | LogRequest::Hashes { .. }
            | LogRequest::Search { .. }
            | LogRequest::Numbered { .. }
            | LogRequest::Find { .. } => &self.reads,
        };
        thread
            .send(request)
            .expect("the threads live as long as this end of their queues");
    }

    /// The next reply. Cancel-safe.
    pub async fn reply(&mut self) -> LogReply {
        self.replies
            .recv()
            .await
            .expect("the threads live as long as this end of their queues")
    }

    /// The next reply, if it is there.
    pub fn try_reply(&mut self) -> Option<LogReply> {
        self.replies.try_recv().ok()
    }
}

/// Handles what waits together, up to what one commit takes.
fn write(
    mut store: RelayStore,
    incoming: &mpsc::Receiver<LogRequest>,
    outgoing: &UnboundedSender<LogReply>,
) {
    let mut left_over = None;
    while let Some(first) = left_over.take().or_else(|| incoming.recv().ok()) {
        let mut events = events_in(&first);
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX
            && let Ok(request) = incoming.try_recv()
        {
            let more = events_in(&request);
            if events + more > APPEND_EVENTS_MAX {
                left_over = Some(request);
                break;
            }
            events += more;
            batch.push(request);
        }
        let started = clock::now();
        let replies = store.handle(batch, clock::wall);
        if events > 0 {
            let micros = clock::now().saturating_since(started).as_micros();
            tracing::debug!(events, micros, "committed");
        }
        for reply in replies {
            if outgoing.send(reply).is_err() {
                return;
            }
        }
    }
}

fn events_in(request: &LogRequest) -> usize {
    match request {
        LogRequest::Append(appends) => {
            let is_event = |append: &&Append| matches!(append, Append::Event { .. });
            appends.iter().filter(is_event).count()
        }
        LogRequest::Prune(_)
        | LogRequest::After { .. }
        | LogRequest::Before { .. }
        | LogRequest::Hashes { .. }
        | LogRequest::Search { .. }
        | LogRequest::Numbered { .. }
        | LogRequest::Find { .. } => 0,
    }
}

fn read(
    reader: &RelayReader,
    incoming: &mpsc::Receiver<LogRequest>,
    outgoing: &UnboundedSender<LogReply>,
) {
    while let Ok(question) = incoming.recv() {
        if outgoing.send(reader.answer(question)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
