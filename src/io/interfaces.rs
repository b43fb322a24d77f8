//! The network interfaces of this host, and word of their changes.

use std::io;
use std::time::Duration;

use crate::discovery::{INTERFACES_MAX, Interface};

/// How often the interfaces are listed without any word of a change: bounds how long a change goes
/// unseen where the system gives no notice. Listing costs some 50 µs.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Addresses used of one interface. Arbitrary: temporary IPv6 addresses pile up.
const ADDRESSES_MAX: usize = 16;

/// Lists the interfaces that are up and have an address, in the order of their numbers: at most
/// [`INTERFACES_MAX`]. With a filter, only those named in it.
///
/// Whether an interface can multicast shows when its group is joined, not before.
///
/// # Errors
/// What the system says when it won't list them.
pub fn list(only: &[String]) -> io::Result<Vec<Interface>> {
    let mut interfaces: Vec<Interface> = Vec::new();
    for found in if_addrs::get_if_addrs()? {
        let Some(index) = found.index else {
            continue;
        };
        if !found.is_oper_up() || !only.is_empty() && !only.contains(&found.name) {
            continue;
        }
        let position = interfaces.iter().position(|known| known.index == index);
        let interface = match position {
            Some(position) => &mut interfaces[position],
            None => {
                interfaces.push(Interface {
                    index,
                    name: found.name.clone(),
                    addresses: Vec::new(),
                    is_loopback: found.is_loopback(),
                });
                interfaces.last_mut().expect("just pushed")
            }
        };
        let address = found.ip();
        if interface.addresses.len() < ADDRESSES_MAX && !interface.addresses.contains(&address) {
            interface.addresses.push(address);
        }
    }
    interfaces.sort_by_key(|interface| interface.index);
    interfaces.truncate(INTERFACES_MAX);
    for interface in &mut interfaces {
        // A stable order, so that the same addresses compare equal.
        interface.addresses.sort_unstable();
    }
    Ok(interfaces)
}

/// Tells when the interfaces may have changed.
pub struct Changes {
    poll: tokio::time::Interval,
    notices: notices::Notices,
}

impl Changes {
    /// Starts watching. Must be called within a Tokio runtime.
    pub fn new() -> Self {
        let mut poll = tokio::time::interval(POLL_INTERVAL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        poll.reset();
        Self {
            poll,
            notices: notices::Notices::open(),
        }
    }

    /// Waits until it is time to list the interfaces again. Can be cancelled without losing
    /// anything.
    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.poll.tick() => {}
            () = self.notices.wait() => {}
        }
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_os = "linux")]
mod notices {
    use std::io;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixDatagram as StdUnixDatagram;
    use std::time::Duration;

    use nix::sys::socket::{
        AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, socket,
    };
    use tokio::net::UnixDatagram;
    use tokio::time::{Instant, sleep_until};

    /// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR` and `RTMGRP_IPV6_IFADDR` of rtnetlink(7).
    const GROUPS: u32 = 0x1 | 0x10 | 0x100;

    /// Changes come in flurries (link, address, route); one list after this is enough for all.
    const SETTLE_TIME: Duration = Duration::from_millis(50);

    /// The kernel's notices of links and addresses. What they say is not read: any notice means
    /// "list again".
    pub(super) struct Notices {
        /// A netlink socket; the runtime knows no such type, and this one waits and receives alike.
        socket: Option<UnixDatagram>,
        /// When the flurry a notice began is taken to be over. Kept here, as the wait for it may
        /// be cancelled and begun anew many times.
        settled: Option<Instant>,
    }

    impl Notices {
        /// Opens the kernel's socket; without it, no notice ever comes.
        pub fn open() -> Self {
            let socket = open_socket()
                .inspect_err(|error| tracing::debug!(%error, "no notices of network changes"));
            Self {
                socket: socket.ok(),
                settled: None,
            }
        }

        /// Waits for a notice, then until its flurry is over.
        pub async fn wait(&mut self) {
            let Some(socket) = &self.socket else {
                return std::future::pending().await;
            };
            let settled = match self.settled {
                Some(settled) => settled,
                None => {
                    // The notice stays unread until the flurry is over.
                    if socket.readable().await.is_err() {
                        return std::future::pending().await;
                    }
                    *self.settled.insert(Instant::now() + SETTLE_TIME)
                }
            };
            sleep_until(settled).await;
            self.settled = None;
            discard(socket);
        }
    }

    fn open_socket() -> io::Result<UnixDatagram> {
        let socket = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkRoute,
        )?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, GROUPS))?;
        UnixDatagram::from_std(StdUnixDatagram::from(socket))
    }

    /// Reads all notices away. Too many to hold (ENOBUFS) are told once, as an error.
    fn discard(socket: &UnixDatagram) {
        let mut notice = [0; 8192];
        loop {
            match socket.try_recv(&mut notice) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => tracing::trace!(%error, "a notice of network changes was lost"),
            }
        }
    }
}

/// Elsewhere the regular list has to do.
#[cfg(not(target_os = "linux"))]
mod notices {
    pub(super) struct Notices;

    impl Notices {
        pub fn open() -> Self {
            Self
        }

        pub async fn wait(&mut self) {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_names_nothing_finds_nothing() {
        let found = list(&["no such interface".to_owned()]).expect("the system lists interfaces");
        assert_eq!(found, []);
    }

    #[test]
    fn every_listed_interface_has_an_address_and_is_listed_once() {
        let found = list(&[]).expect("the system lists interfaces");
        for pair in found.windows(2) {
            assert!(pair[0].index < pair[1].index);
        }
        assert!(
            found
                .iter()
                .all(|interface| !interface.addresses.is_empty())
        );
    }
}
