//! The sockets of discovery.
//!
//! For each family there is a *shared* socket on the discovery port, which every process of the host
//! has too and which hears the groups of all interfaces; and for each interface address a *port* of
//! our own, from which we send. So what we send carries the right source address, and what is
//! answered to it reaches this process and no other.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::task::{Context, Poll};

use quinn_udp::{RecvMeta, UdpSocketState};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockRef, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::discovery::{
    Cast, Destination, DiscoveryTransmit, Family, GROUP_V4, GROUP_V6, Interface,
};
use crate::wire::DISCOVERY_PORT;

/// IPv4 addresses of one interface that get a port: beacons go out once from each, so that hosts of
/// each subnet on the link can answer. Arbitrary: more than two are rare.
const PORTS_V4_MAX: usize = 4;

/// Shared sockets of one family. Linux joins at most 20 groups with one socket
/// (`net.ipv4.igmp_max_memberships`), so that many interfaces need several.
const SHARED_MAX: usize = 8;

/// The receive buffer: the largest datagram there is, since receive offload may deliver several as
/// one.
const BUFFER_BYTES: usize = 65_536;

/// A datagram as it came in.
pub(super) struct Received<'a> {
    pub interface: u32,
    pub from: SocketAddr,
    pub cast: Cast,
    pub bytes: &'a [u8],
}

/// A socket on the discovery port.
struct Shared {
    family: Family,
    socket: UdpSocket,
    state: UdpSocketState,
    /// The interfaces whose group it joined.
    joined: Vec<u32>,
}

/// A socket of our own at one address of an interface.
struct Port {
    interface: u32,
    address: IpAddr,
    socket: UdpSocket,
}

/// All sockets of discovery.
pub(super) struct Sockets {
    shared: Vec<Shared>,
    ports: Vec<Port>,
    buffer: Box<[u8]>,
    /// Which socket is read first next time, so that a busy one does not starve the others.
    turn: usize,
}

impl Sockets {
    /// Opens the discovery port for each family the host has.
    ///
    /// # Errors
    /// Why it can't be opened for IPv4 when it can't be for IPv6 either.
    pub fn open() -> io::Result<Self> {
        let v4 = Shared::open(Family::V4);
        let v6 = Shared::open(Family::V6);
        let shared = match (v4, v6) {
            (Err(error), Err(_)) => return Err(error),
            (v4, v6) => v4.into_iter().chain(v6).collect(),
        };
        Ok(Self {
            shared,
            ports: Vec::new(),
            buffer: vec![0; BUFFER_BYTES].into(),
            turn: 0,
        })
    }

    /// Follows the interfaces: opens what is missing, closes what went. Returns the interfaces that
    /// can be used, with those of their addresses that can; what failed is tried again next time.
    pub fn follow(&mut self, listed: &[Interface]) -> Vec<Interface> {
        self.ports.retain(|port| {
            listed.iter().any(|interface| {
                interface.index == port.interface && interface.addresses.contains(&port.address)
            })
        });
        for shared in &mut self.shared {
            shared.leave_unlisted(listed);
        }
        let mut usable = Vec::new();
        for interface in listed {
            let mut addresses = Vec::new();
            for address in chosen_addresses(interface) {
                match self.use_address(interface, address) {
                    Ok(()) => addresses.push(address),
                    Err(error) => tracing::debug!(
                        interface = interface.name,
                        %address,
                        %error,
                        "not used for discovery"
                    ),
                }
            }
            if !addresses.is_empty() {
                usable.push(Interface {
                    addresses,
                    ..interface.clone()
                });
            }
        }
        usable
    }

    fn use_address(&mut self, interface: &Interface, address: IpAddr) -> io::Result<()> {
        let is_same = |port: &Port| (port.interface, port.address) == (interface.index, address);
        self.join(family_of(address), interface.index)?;
        if !self.ports.iter().any(is_same) {
            self.ports.push(Port::open(interface.index, address)?);
        }
        Ok(())
    }

    /// Joins the group on an interface, with another socket if the ones there are full.
    fn join(&mut self, family: Family, interface: u32) -> io::Result<()> {
        let of_family = || self.shared.iter().filter(|shared| shared.family == family);
        if of_family().any(|shared| shared.joined.contains(&interface)) {
            return Ok(());
        }
        let count = of_family().count();
        let newest = self
            .shared
            .iter_mut()
            .rfind(|shared| shared.family == family);
        match newest {
            None => {}
            Some(newest) => match newest.join(interface) {
                Ok(()) => return Ok(()),
                Err(error) if newest.joined.is_empty() || count >= SHARED_MAX => return Err(error),
                Err(_) => {}
            },
        }
        let mut another = Shared::open(family)?;
        another.join(interface)?;
        self.shared.push(another);
        Ok(())
    }

    /// Sends a datagram. A failure is a loss like any other on the way: a full queue, a firewall's
    /// EPERM, an earlier datagram's ICMP error, an interface that just went.
    pub fn send(&self, transmit: &DiscoveryTransmit) {
        let on_interface = self
            .ports
            .iter()
            .filter(|port| port.interface == transmit.interface);
        match transmit.destination {
            Destination::Multicast(family) => {
                for port in on_interface.filter(|port| family_of(port.address) == family) {
                    port.send(&transmit.bytes, group(family, port.interface));
                }
            }
            Destination::Unicast(to) => {
                let likeness = |port: &&Port| common_bits(port.address, to.ip());
                match on_interface.max_by_key(likeness) {
                    Some(port) if port.address.is_ipv4() == to.is_ipv4() => {
                        port.send(&transmit.bytes, to);
                    }
                    Some(_) | None => tracing::trace!(%to, "no socket of this family"),
                }
            }
        }
    }

    /// Receives datagrams: hands each to `take`, and is ready when there was at least one.
    pub fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        mut take: impl FnMut(Received<'_>),
    ) -> Poll<()> {
        let count = self.shared.len() + self.ports.len();
        self.turn = (self.turn + 1) % count.max(1);
        for n in 0..count {
            let n = (n + self.turn) % count;
            let received = match n.checked_sub(self.shared.len()) {
                None => self.shared[n].poll_receive(cx, &mut self.buffer, &mut take),
                Some(n) => self.ports[n].poll_receive(cx, &mut self.buffer, &mut take),
            };
            if received.is_ready() {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}

impl Shared {
    fn open(family: Family) -> io::Result<Self> {
        let socket = new_socket(family)?;
        // Several processes, of several users, share the port. Linux wants the same user for the
        // second option but is content with the first; macOS wants the second.
        socket.set_reuse_address(true)?;
        #[cfg(unix)]
        socket.set_reuse_port(true)?;
        #[cfg(target_os = "linux")]
        match family {
            // Otherwise Linux delivers the groups that other processes joined elsewhere.
            Family::V4 => socket.set_multicast_all_v4(false)?,
            Family::V6 => socket.set_multicast_all_v6(false)?,
        }
        // Not to the group's address, which Windows refuses.
        let address: IpAddr = match family {
            Family::V4 => Ipv4Addr::UNSPECIFIED.into(),
            Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
        };
        socket.bind(&SocketAddr::new(address, DISCOVERY_PORT).into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        let state = UdpSocketState::new((&socket).into())?;
        Ok(Self {
            family,
            socket,
            state,
            joined: Vec::new(),
        })
    }

    fn join(&mut self, interface: u32) -> io::Result<()> {
        let socket = SockRef::from(&self.socket);
        match self.family {
            Family::V4 => {
                socket.join_multicast_v4_n(&GROUP_V4, &InterfaceIndexOrAddress::Index(interface))?
            }
            Family::V6 => socket.join_multicast_v6(&GROUP_V6, interface)?,
        }
        self.joined.push(interface);
        Ok(())
    }

    fn leave_unlisted(&mut self, listed: &[Interface]) {
        let is_unlisted = |joined: &mut u32| listed.iter().all(|listed| listed.index != *joined);
        let socket = SockRef::from(&self.socket);
        for interface in self.joined.extract_if(.., is_unlisted) {
            let index = InterfaceIndexOrAddress::Index(interface);
            // Fails when the interface is no more, and then there is nothing to leave.
            let _ = match self.family {
                Family::V4 => socket.leave_multicast_v4_n(&GROUP_V4, &index),
                Family::V6 => socket.leave_multicast_v6(&GROUP_V6, interface),
            };
        }
    }

    fn poll_receive(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
        take: &mut impl FnMut(Received<'_>),
    ) -> Poll<()> {
        loop {
            match self.socket.poll_recv_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) | Poll::Pending => return Poll::Pending,
            }
            let mut metas = [RecvMeta::default()];
            let result = self.socket.try_io(Interest::READABLE, || {
                let mut slices = [IoSliceMut::new(buffer)];
                self.state
                    .recv((&self.socket).into(), &mut slices, &mut metas)
            });
            // Would block: polled again above, which arranges to be woken. Other errors are those
            // of datagrams sent before, and are gone once told.
            if result.is_err() {
                continue;
            }
            let [meta] = metas;
            if let Some(interface) = self.interface_of(&meta) {
                let cast = match meta.dst_ip {
                    Some(to) if !to.is_multicast() => Cast::Unicast,
                    Some(_) | None => Cast::Multicast,
                };
                for bytes in buffer[..meta.len].chunks(meta.stride.max(1)) {
                    take(Received {
                        interface,
                        from: meta.addr,
                        cast,
                        bytes,
                    });
                }
            }
            return Poll::Ready(());
        }
    }

    /// The interface a datagram came in on; where the system does not tell, the one its link-local
    /// source names, or the only one joined.
    fn interface_of(&self, meta: &RecvMeta) -> Option<u32> {
        let scope = match meta.addr {
            SocketAddr::V6(from) => Some(from.scope_id()).filter(|scope| *scope != 0),
            SocketAddr::V4(_) => None,
        };
        let only = || match self.joined[..] {
            [interface] => Some(interface),
            _ => None,
        };
        meta.interface_index.or(scope).or_else(only)
    }
}

impl Port {
    fn open(interface: u32, address: IpAddr) -> io::Result<Self> {
        let socket = new_socket(family_of(address))?;
        let local: SocketAddr = match address {
            IpAddr::V4(address) => {
                socket.set_multicast_if_v4(&address)?;
                socket.set_multicast_ttl_v4(1)?;
                socket.set_multicast_loop_v4(true)?;
                (address, 0).into()
            }
            IpAddr::V6(address) => {
                socket.set_multicast_if_v6(interface)?;
                socket.set_multicast_hops_v6(1)?;
                socket.set_multicast_loop_v6(true)?;
                let scope = if address.is_unicast_link_local() {
                    interface
                } else {
                    0
                };
                SocketAddrV6::new(address, 0, 0, scope).into()
            }
        };
        socket.bind(&local.into())?;
        let reachable = new_socket(family_of(address))?;
        // Linux has no route for IPv6 multicast on its loopback interface. Connecting sends nothing
        // but says so, and IPv4 serves there.
        if address.is_ipv6() {
            reachable.connect(&group(Family::V6, interface).into())?;
        }
        Ok(Self {
            interface,
            address,
            socket: UdpSocket::from_std(socket.into())?,
        })
    }

    fn send(&self, bytes: &[u8], to: SocketAddr) {
        // Not through the runtime, which must first learn that a new socket is writable and would
        // drop the first datagram of a burst.
        if let Err(error) = SockRef::from(&self.socket).send_to(bytes, &to.into()) {
            tracing::trace!(%to, %error, "datagram lost while sending");
        }
    }

    fn poll_receive(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
        take: &mut impl FnMut(Received<'_>),
    ) -> Poll<()> {
        loop {
            match self.socket.poll_recv_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) | Poll::Pending => return Poll::Pending,
            }
            // Errors as for the shared sockets.
            if let Ok((count, from)) = self.socket.try_recv_from(buffer) {
                take(Received {
                    interface: self.interface,
                    from,
                    cast: Cast::Unicast,
                    bytes: &buffer[..count],
                });
                return Poll::Ready(());
            }
        }
    }
}

fn new_socket(family: Family) -> io::Result<Socket> {
    let domain = match family {
        Family::V4 => Domain::IPV4,
        Family::V6 => Domain::IPV6,
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if family == Family::V6 {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

/// The addresses of an interface that get a port: its first IPv4 ones, and one IPv6 one, link-local
/// if there is any, as every host on the link can answer to that.
fn chosen_addresses(interface: &Interface) -> Vec<IpAddr> {
    let v4 = interface.addresses.iter().filter(|ip| ip.is_ipv4());
    let is_link_local = |ip: &IpAddr| match ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let v6 = interface.addresses.iter().filter(|ip| ip.is_ipv6());
    let v6 = v6.max_by_key(|ip| is_link_local(ip));
    v4.take(PORTS_V4_MAX).chain(v6).copied().collect()
}

fn family_of(address: IpAddr) -> Family {
    match address {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    }
}

fn group(family: Family, interface: u32) -> SocketAddr {
    match family {
        Family::V4 => (GROUP_V4, DISCOVERY_PORT).into(),
        Family::V6 => SocketAddrV6::new(GROUP_V6, DISCOVERY_PORT, 0, interface).into(),
    }
}

/// How many leading bits two addresses share; `None`, less than any, for different families. The
/// interface's own subnet wins without asking for its mask.
fn common_bits(a: IpAddr, b: IpAddr) -> Option<u32> {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => Some((a.to_bits() ^ b.to_bits()).leading_zeros()),
        (IpAddr::V6(a), IpAddr::V6(b)) => Some((a.to_bits() ^ b.to_bits()).leading_zeros()),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
    }
}
