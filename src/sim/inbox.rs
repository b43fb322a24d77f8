//! A socket's buffer: where datagrams wait for a machine that stands still.

use std::collections::VecDeque;
use std::net::SocketAddr;

/// What a socket holds at most, in bytes of payload: what Linux gives one by default.
pub const BYTES_MAX: usize = 208 * 1024;

/// Datagrams that arrived and were not read.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: VecDeque<(SocketAddr, Vec<u8>)>,
    bytes: usize,
    overflowed: u64,
}

impl Inbox {
    /// A datagram arrives; it is lost when it does not fit.
    pub fn push(&mut self, address: SocketAddr, datagram: Vec<u8>) {
        if self.bytes + datagram.len() > BYTES_MAX {
            self.overflowed += 1;
            return;
        }
        self.bytes += datagram.len();
        self.waiting.push_back((address, datagram));
    }

    /// The next datagram is read.
    pub fn pop(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        let (address, datagram) = self.waiting.pop_front()?;
        self.bytes -= datagram.len();
        Some((address, datagram))
    }

    /// The socket is gone, and what it held with it.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Datagrams lost so far.
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_lost_and_what_fits_comes_in_order() {
        let address = ([10, 0, 0, 1], 1).into();
        let mut inbox = Inbox::default();
        let fits = BYTES_MAX / 1_000;
        for number in 0..=fits {
            inbox.push(address, vec![number as u8; 1_000]);
        }
        assert_eq!(inbox.overflowed(), 1);
        for number in 0..fits {
            assert_eq!(inbox.pop(), Some((address, vec![number as u8; 1_000])));
        }
        assert_eq!(inbox.pop(), None);
        inbox.push(address, vec![0; BYTES_MAX]);
        assert!(!inbox.is_empty());
    }
}
