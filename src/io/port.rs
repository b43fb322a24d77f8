//! A UDP port with what its driver needs: a timer, a batch on its way out and, on request, chaos.

use std::io;
use std::net::SocketAddr;

use crate::chaos::{ChaosSpec, Impairment};
use crate::session::Path;
use crate::time::{Instant, earliest};

use super::timer::PreciseTimer;
use super::udp::{SendBatch, SendProgress, UdpPort};

/// Batches read before what they caused is sent. One batch is up to 32 datagrams; more at once
/// would let acknowledgements wait.
const BATCHES_PER_TURN: usize = 4;

/// Batches sent before what has arrived is read.
const SENDS_PER_TURN: usize = 4;

/// One process's way to the network.
pub struct Port {
    udp: UdpPort,
    timer: PreciseTimer,
    batch: SendBatch,
    is_blocked: bool,
    /// Whether a turn ended before the core had nothing more to send.
    has_more: bool,
    chaos: Option<Chaos>,
}

/// What `--chaos` does to the datagrams of this process, both ways.
struct Chaos {
    inbound: Impairment<Path>,
    outbound: Impairment<Path>,
}

impl Port {
    /// Binds a port. Needs a tokio runtime.
    ///
    /// # Errors
    /// As the system reports them: the port is taken, or the address is not ours.
    pub fn bind(address: SocketAddr, chaos: Option<&ChaosSpec>) -> io::Result<Self> {
        Ok(Self {
            udp: UdpPort::bind(address)?,
            timer: PreciseTimer::new()?,
            batch: SendBatch::new(),
            is_blocked: false,
            has_more: false,
            chaos: chaos.map(|spec| Chaos {
                inbound: Impairment::new(spec, 1),
                outbound: Impairment::new(spec, 2),
            }),
        })
    }

    /// The address bound.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.udp.local_addr()
    }

    /// Hands the datagrams that have arrived to `take`.
    ///
    /// # Errors
    /// As the system reports them, but for those that only tell of a lost datagram.
    pub fn receive(
        &mut self,
        now: Instant,
        mut take: impl FnMut(Path, &mut [u8]),
    ) -> io::Result<()> {
        for _ in 0..BATCHES_PER_TURN {
            let count = match &mut self.chaos {
                None => self.udp.try_recv(&mut take)?,
                Some(chaos) => self.udp.try_recv(|path, datagram| {
                    chaos.inbound.push(now, path, datagram.to_vec());
                })?,
            };
            if count == 0 {
                break;
            }
        }
        if let Some(chaos) = &mut self.chaos {
            while let Some((path, mut datagram)) = chaos.inbound.poll(now) {
                take(path, &mut datagram);
            }
        }
        Ok(())
    }

    /// Sends what `poll` appends, one datagram a call, until it has nothing more, the kernel takes no
    /// more, or it is time to read again.
    pub fn transmit(&mut self, now: Instant, mut poll: impl FnMut(&mut Vec<u8>) -> Option<Path>) {
        for _ in 0..SENDS_PER_TURN {
            if self.is_blocked && !self.flush() {
                return;
            }
            match &mut self.chaos {
                None => while !self.batch.is_full() && self.batch.push_with(&mut poll) {},
                Some(chaos) => {
                    let mut datagram = Vec::new();
                    while let Some(path) = poll(&mut datagram) {
                        chaos
                            .outbound
                            .push(now, path, std::mem::take(&mut datagram));
                    }
                    while let Some((path, datagram)) = chaos.outbound.poll(now) {
                        self.batch.push(path, &datagram);
                    }
                }
            }
            self.has_more = self.batch.is_full();
            if !self.flush() || !self.has_more {
                return;
            }
        }
    }

    /// Waits until there may be something to read, room to send, or `deadline` has come.
    /// Cancel-safe.
    ///
    /// # Errors
    /// When the runtime is shutting down.
    pub async fn wait(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        if self.has_more && !self.is_blocked {
            // The core has more to send at once; let other tasks have a turn in between.
            tokio::task::yield_now().await;
            return Ok(());
        }
        let deadline = match &self.chaos {
            None => deadline,
            Some(chaos) => [chaos.inbound.poll_timeout(), chaos.outbound.poll_timeout()]
                .into_iter()
                .fold(deadline, earliest),
        };
        tokio::select! {
            result = self.udp.readable() => result,
            result = self.udp.writable(), if self.is_blocked => result,
            () = self.timer.sleep_until(deadline) => Ok(()),
        }
    }

    /// Sends the batch; says whether all of it went.
    fn flush(&mut self) -> bool {
        self.is_blocked = self.udp.try_send(&mut self.batch) == SendProgress::Blocked;
        !self.is_blocked
    }
}
