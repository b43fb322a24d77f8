//! The thread that keeps a relay's log.
//!
//! Whatever waits when the thread is free is handled together, so that many senders share a
//! commit.

use std::sync::mpsc;
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::room::log::{LogReply, LogRequest};
use crate::store::relay_store::RelayStore;

use super::clock;

/// Requests handled together: what a commit may gather while the one before it is written.
const BATCH_MAX: usize = 256;

/// A relay's log on its thread. Both queues are bounded by what a relay has under way at once: it
/// bounds unanswered sends and pages per session, and makes one request of all sends of a turn.
pub struct RelayLog {
    requests: mpsc::Sender<LogRequest>,
    replies: UnboundedReceiver<LogReply>,
}

impl RelayLog {
    /// Moves a store to a thread of its own, which ends when this value goes.
    pub fn start(mut store: RelayStore) -> Self {
        let (requests, incoming) = mpsc::channel();
        let (outgoing, replies) = unbounded_channel();
        thread::spawn(move || {
            while let Ok(first) = incoming.recv() {
                let mut batch = vec![first];
                batch.extend(incoming.try_iter().take(BATCH_MAX - 1));
                for reply in store.handle(batch, clock::wall) {
                    if outgoing.send(reply).is_err() {
                        return;
                    }
                }
            }
        });
        Self { requests, replies }
    }

    /// Asks the store.
    pub fn ask(&self, request: LogRequest) {
        self.requests
            .send(request)
            .expect("the thread lives as long as this end of its queue");
    }

    /// The next reply. Cancel-safe.
    pub async fn reply(&mut self) -> LogReply {
        self.replies
            .recv()
            .await
            .expect("the thread lives as long as this end of its queue")
    }

    /// The next reply, if it is there.
    pub fn try_reply(&mut self) -> Option<LogReply> {
        self.replies.try_recv().ok()
    }
}
