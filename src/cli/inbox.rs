//! What a headless command hears of its client, with patience that runs out.

use std::time::Duration;

use tokio::sync::mpsc;

use super::error::{CliError, ErrorKind};
use crate::client::{Contact, PathStats, Update};
use crate::io::client::{Report, Unsent};
use crate::io::clock;
use crate::locale::{Said, say};
use crate::time::Instant;
use crate::wire::{Timestamp, Welcome};

/// The reports of a client, for a command that must not wait forever.
///
/// Patience runs out when nothing that counts has happened for the time of `--timeout`. A relay
/// that is lost meanwhile is no error by itself: the client looks for it, or for another, and goes on.
pub struct Inbox {
    reports: mpsc::Receiver<Report>,
    patience: Duration,
    /// `None` for a command that goes on until it is stopped.
    give_up_at: Option<Instant>,
    /// What the relay said that was entered last.
    welcome: Option<Welcome>,
    hint: Said,
}

impl Inbox {
    /// Patience starts to run now. `hint` is what to do when no relay answers.
    pub fn new(reports: mpsc::Receiver<Report>, patience: Duration, hint: Said) -> Self {
        Self {
            reports,
            patience,
            give_up_at: Some(clock::now() + patience),
            welcome: None,
            hint,
        }
    }

    /// The next change in the user's view, and when it arrived. Cancel-safe.
    ///
    /// # Errors
    /// When patience has run out, the relay's key has changed, the relay speaks another version, or
    /// the client has ended.
    pub async fn next(&mut self) -> Result<Heard, CliError> {
        loop {
            let report = match self.give_up_at {
                None => self.reports.recv().await,
                Some(give_up_at) => {
                    let left = give_up_at.saturating_since(clock::now());
                    tokio::time::timeout(left, self.reports.recv())
                        .await
                        .map_err(|_| self.out_of_patience())?
                }
            };
            match report {
                Some(Report::Update {
                    update,
                    received_at,
                }) => {
                    if let Update::Contact(contact) = &update {
                        self.check(contact)?;
                    }
                    return Ok(Heard::Update(update, received_at));
                }
                Some(Report::Asked { tag, request }) => return Ok(Heard::Asked { tag, request }),
                Some(Report::SendRefused { local, why }) => {
                    return Ok(Heard::SendRefused { local, why });
                }
                Some(Report::Stats(stats)) => return Ok(Heard::Stats(stats)),
                Some(Report::Notice(notice)) => tracing::info!("{notice}"),
                Some(Report::Known(_) | Report::Hosting(_) | Report::Interfaces(_)) => {}
                None => return Err(CliError::failed(say!("run-disconnected"))),
            }
        }
    }

    /// What the relay said that was entered last; `None` before the first.
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// For how long nothing may happen that counts.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Something that counts happened: patience starts anew.
    pub fn made_progress(&mut self) {
        if self.give_up_at.is_some() {
            self.give_up_at = Some(clock::now() + self.patience);
        }
    }

    /// From here on nothing is too slow.
    pub fn wait_forever(&mut self) {
        self.give_up_at = None;
    }

    /// From here on patience runs out again.
    pub fn wait_with_patience(&mut self) {
        self.give_up_at = Some(clock::now() + self.patience);
    }

    fn check(&mut self, contact: &Contact) -> Result<(), CliError> {
        match contact {
            Contact::Entered { welcome, .. } => {
                self.welcome = Some(welcome.clone());
                self.made_progress();
                Ok(())
            }
            Contact::KeyChanged { relay_name, .. } => Err(CliError::new(
                ErrorKind::Trust,
                say!("contact-key-changed", name = relay_name),
            )
            .hint(say!("contact-key-changed-hint"))),
            Contact::Unsupported {
                address,
                versions: (low, high),
            } => Err(CliError::failed(say!(
                "contact-versions",
                address = address,
                low = low,
                high = high,
                own = crate::wire::VERSION,
            ))
            .hint(say!("contact-versions-hint"))),
            Contact::Lost { reason } => {
                tracing::info!("contact lost: {reason}");
                Ok(())
            }
            Contact::Searching | Contact::Dialing { .. } | Contact::RelayClosing { .. } => Ok(()),
        }
    }

    fn out_of_patience(&self) -> CliError {
        let secs = self.patience.as_secs_f64();
        if self.welcome.is_some() {
            CliError::new(
                ErrorKind::Unreachable,
                say!("contact-no-answer", secs = secs),
            )
        } else {
            CliError::new(
                ErrorKind::Unreachable,
                say!("contact-no-relay", secs = secs),
            )
            .hint(self.hint.clone())
        }
    }
}

/// What an [`Inbox`] hands out.
#[derive(Debug)]
pub enum Heard {
    /// Something changed in the user's view, and when it arrived.
    Update(Update, Timestamp),
    /// A question is on its way.
    Asked {
        /// The asker's number for it.
        tag: u32,
        /// The number its answer has.
        request: u32,
    },
    /// How well this process and the relay reach each other.
    Stats(PathStats),
    /// An event was not taken, and is not kept.
    SendRefused {
        /// Its number.
        local: crate::wire::LocalId,
        /// Why.
        why: Unsent,
    },
}

/// A client that a test plays.
#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::io::client::{ClientHandle, Command};
    use crate::wire::{Name, RelayId};

    /// Both ends of what a command and its client say to each other.
    pub struct Played {
        pub handle: ClientHandle,
        pub inbox: Inbox,
        pub commands: mpsc::UnboundedReceiver<Command>,
        pub reports: mpsc::Sender<Report>,
    }

    pub fn play(patience: Duration) -> Played {
        let (handle, commands) = ClientHandle::channel();
        let (reports, receiver) = mpsc::channel(1024);
        Played {
            handle,
            inbox: Inbox::new(receiver, patience, Said::verbatim("start one")),
            commands,
            reports,
        }
    }

    pub fn update(update: Update) -> Report {
        Report::Update {
            update,
            received_at: Timestamp(1_700_000_000_000_000),
        }
    }

    pub fn entered(name: &str) -> Report {
        update(Update::Contact(Contact::Entered {
            welcome: Welcome {
                name: name.parse().unwrap(),
                relay: RelayId([1; 8]),
                relay_name: "attic".parse().unwrap(),
                is_hosted: false,
                is_durable: true,
                direct: Vec::new(),
            },
            address: "10.0.0.1:5267".parse().unwrap(),
            key: [1; 32],
        }))
    }

    #[tokio::test]
    async fn no_relay_is_told_from_a_slow_one() {
        let mut played = play(Duration::from_millis(20));
        let error = played.inbox.next().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "error: no relay answered within 0.02 s\nhint: start one"
        );
        assert_eq!(error.kind(), ErrorKind::Unreachable);

        played.reports.send(entered("alice")).await.unwrap();
        played.inbox.wait_with_patience();
        played.inbox.next().await.unwrap();
        let error = played.inbox.next().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "error: the relay did not answer within 0.02 s"
        );
    }

    #[tokio::test]
    async fn a_changed_key_stops_everything() {
        let mut played = play(Duration::from_secs(10));
        let relay_name: Name = "attic".parse().unwrap();
        let changed = Contact::KeyChanged {
            relay_name,
            relay: RelayId([1; 8]),
            pinned: [1; 32],
            found: [2; 32],
        };
        let report = update(Update::Contact(changed));
        played.reports.send(report).await.unwrap();
        let error = played.inbox.next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Trust);
    }
}
