//! Where datagrams go to and come from.

use std::net::{IpAddr, SocketAddr};

/// The two ends of a datagram, as seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// The peer.
    pub remote: SocketAddr,
    /// Our own address: the one to send from, or the one it was sent to. The kernel chooses when
    /// `None`.
    pub local: Option<IpAddr>,
}
