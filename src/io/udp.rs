//! One UDP socket, used in batches.
//!
//! A system call costs about as much as sealing twenty records, so datagrams are read and sent many
//! at a time. Replies leave from the address they were asked at, which a machine with several
//! addresses needs. Datagrams are never fragmented by IP.
//!
//! Whatever the network says against a datagram (no route, nobody listening, too large, filtered) is
//! loss: it is counted, and the link above deals with it.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::send_batch::{Group, Separate};
use crate::session::Path;

pub use super::send_batch::SendBatch;

/// The kernel buffers asked for in each direction, in bytes: what a burst of 1,000 full datagrams
/// takes with the kernel's own overhead. The system's limit may give less.
const SOCKET_BUFFER_BYTES: usize = 2 * 1024 * 1024;

/// The largest read in bytes: datagrams joined by receive offload arrive in one buffer of up to
/// 64 KiB.
const READ_BYTES_MAX: usize = 65_536;

/// How many datagrams one system call sends at most. Arbitrary, because the cost per datagram is
/// level from about 16 on.
const SENDS_PER_CALL_MAX: usize = 64;

/// A UDP socket that reads and sends in batches.
pub struct UdpPort {
    socket: UdpSocket,
    state: UdpSocketState,
    /// Whether this is an IPv6 socket, which reaches IPv4 addresses in their mapped form.
    is_v6: bool,
    read_buffer: Vec<u8>,
    counters: UdpCounters,
}

/// What passed through a port so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UdpCounters {
    /// Datagrams the kernel took.
    pub sent: u64,
    /// Datagrams it refused, whatever the reason.
    pub send_losses: u64,
    /// Datagrams read.
    pub received: u64,
    /// Times the kernel reported, at a read, that an earlier datagram reached nobody.
    pub unreachable_notices: u64,
}

/// How far a batch got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendProgress {
    /// Everything is sent, or counted as lost.
    Done,
    /// The kernel takes no more now: go on with the same batch after [`UdpPort::writable`].
    Blocked,
}

impl UdpPort {
    /// Opens a socket on this address. Unspecified (`0.0.0.0` or `::`) means every address of both
    /// families, where the machine has both.
    ///
    /// # Errors
    /// As the system reports them; [`io::ErrorKind::AddrInUse`] when the port is taken.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.ip().is_unspecified() {
            let port = address.port();
            match open((Ipv6Addr::UNSPECIFIED, port).into()) {
                Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                    open((Ipv4Addr::UNSPECIFIED, port).into())?
                }
                result => result?,
            }
        } else {
            open(address)?
        };
        let socket = UdpSocket::from_std(socket.into())?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        Ok(Self {
            is_v6: socket.local_addr()?.is_ipv6(),
            socket,
            state,
            read_buffer: vec![0; READ_BYTES_MAX * BATCH_SIZE],
            counters: UdpCounters::default(),
        })
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// What passed through so far.
    pub fn counters(&self) -> UdpCounters {
        self.counters
    }

    /// Waits until there may be something to read. Cancel-safe.
    ///
    /// # Errors
    /// When the runtime is shutting down.
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Waits until the kernel may take more. Cancel-safe.
    ///
    /// # Errors
    /// When the runtime is shutting down.
    pub async fn writable(&self) -> io::Result<()> {
        self.socket.writable().await
    }

    /// Reads one batch, hands each datagram to `take`, and returns how many there were. None does
    /// not mean that nothing more waits: wait for [`UdpPort::readable`] then.
    ///
    /// # Errors
    /// As the system reports them, but for those that only tell of a lost datagram.
    pub fn try_recv(&mut self, mut take: impl FnMut(Path, &mut [u8])) -> io::Result<usize> {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let (socket, state) = (&self.socket, &self.state);
        let mut chunks = self.read_buffer.chunks_exact_mut(READ_BYTES_MAX);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
        let result = socket.try_io(Interest::READABLE, || {
            state.recv(UdpSockRef::from(socket), &mut slices, &mut metas)
        });
        let reads = match result {
            Ok(reads) => reads,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            Err(error) if is_notice_of_loss(&error) => {
                self.counters.unreachable_notices += 1;
                return Ok(0);
            }
            Err(error) => return Err(error),
        };
        let mut count = 0;
        for (meta, slice) in metas[..reads].iter().zip(&mut slices) {
            let path = Path {
                remote: canonical(meta.addr),
                local: meta.dst_ip.and_then(reply_source),
            };
            // An empty datagram is none of ours, and has no stride.
            for datagram in slice[..meta.len].chunks_mut(meta.stride.max(1)) {
                take(path, datagram);
                count += 1;
            }
        }
        self.counters.received += count as u64;
        Ok(count)
    }

    /// Sends as much of the batch as the kernel takes now. Done batches are empty again.
    pub fn try_send(&mut self, batch: &mut SendBatch) -> SendProgress {
        batch.group_by_source();
        while let Some(group) = batch.next_group(self.state.max_gso_segments(), SENDS_PER_CALL_MAX)
        {
            let segments_max = self.state.max_gso_segments();
            let (result, count, has_source) = match group {
                Group::Train {
                    path,
                    bytes,
                    segment_bytes,
                    count,
                } => {
                    let result = self.send_one(path, bytes, Some(segment_bytes));
                    (result.map(|()| count), count, path.local.is_some())
                }
                Group::Separate(group) => {
                    let has_source = group.iter().any(|(path, _)| path.local.is_some());
                    (self.send_separate(group), 1, has_source)
                }
            };
            match result {
                Ok(sent) => {
                    self.counters.sent += sent as u64;
                    batch.advance(sent);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return SendProgress::Blocked;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The offload did not work, and the socket does without it from now on.
                Err(_) if self.state.max_gso_segments() < segments_max => {}
                // The source address may be gone; the peer follows to another.
                Err(error) if has_source && is_about_source(&error) => batch.forget_source(),
                Err(error) => {
                    tracing::trace!(%error, count, "a send is refused");
                    self.counters.send_losses += count as u64;
                    batch.advance(count);
                }
            }
        }
        SendProgress::Done
    }

    /// Sends datagrams in one system call and returns how many went; an error is the first one's.
    #[cfg(target_os = "linux")]
    fn send_separate(&self, group: Separate<'_>) -> io::Result<usize> {
        use nix::sys::socket::{SockaddrIn, SockaddrIn6};

        if group.iter().len() == 1 {
            return self.send_first(group);
        }
        self.socket.try_io(Interest::WRITABLE, || match self.is_v6 {
            true => send_many(&self.socket, group, |address| match mapped(address) {
                SocketAddr::V6(address) => Some(SockaddrIn6::from(address)),
                SocketAddr::V4(_) => None,
            }),
            false => send_many(&self.socket, group, |address| match address {
                SocketAddr::V4(address) => Some(SockaddrIn::from(address)),
                SocketAddr::V6(_) => None,
            }),
        })
    }

    /// Sends the first datagram; a system call each is all this platform has.
    #[cfg(not(target_os = "linux"))]
    fn send_separate(&self, group: Separate<'_>) -> io::Result<usize> {
        self.send_first(group)
    }

    fn send_first(&self, group: Separate<'_>) -> io::Result<usize> {
        let (path, bytes) = group.iter().next().expect("a group has a datagram");
        self.send_one(path, bytes, None).map(|()| 1)
    }

    /// Sends one datagram, or several of `segment_bytes` each.
    fn send_one(&self, path: Path, bytes: &[u8], segment_bytes: Option<usize>) -> io::Result<()> {
        let map = |ip: IpAddr| if self.is_v6 { mapped_ip(ip) } else { ip };
        let transmit = Transmit {
            destination: if self.is_v6 {
                mapped(path.remote)
            } else {
                path.remote
            },
            ecn: None,
            contents: bytes,
            segment_size: segment_bytes,
            src_ip: path.local.map(map),
        };
        self.socket.try_io(Interest::WRITABLE, || {
            self.state
                .try_send(UdpSockRef::from(&self.socket), &transmit)
        })
    }
}

/// Sends datagrams of one source address by `sendmmsg`. `convert` yields no address for one of
/// the wrong family, which the kernel then refuses.
#[cfg(target_os = "linux")]
fn send_many<S: nix::sys::socket::SockaddrLike + Copy>(
    socket: &UdpSocket,
    group: Separate<'_>,
    convert: impl Fn(SocketAddr) -> Option<S>,
) -> io::Result<usize> {
    use std::io::IoSlice;
    use std::os::fd::AsRawFd;

    use nix::cmsg_space;
    use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
    use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, sendmmsg};

    let addresses: Vec<Option<S>> = group.iter().map(|(path, _)| convert(path.remote)).collect();
    let slices: Vec<[IoSlice<'_>; 1]> = group
        .iter()
        .map(|(_, bytes)| [IoSlice::new(bytes)])
        .collect();
    let local = group.iter().next().and_then(|(path, _)| path.local);
    let count = slices.len();
    let send = |space, source: &[ControlMessage<'_>]| {
        let mut headers = MultiHeaders::<S>::preallocate(count, space);
        sendmmsg(
            socket.as_raw_fd(),
            &mut headers,
            &slices,
            &addresses,
            source,
            MsgFlags::empty(),
        )
        .map(Iterator::count)
    };
    let sent = match local {
        None => send(None, &[]),
        Some(IpAddr::V4(ip)) => {
            let info = in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: in_addr {
                    s_addr: u32::from_ne_bytes(ip.octets()),
                },
                ipi_addr: in_addr { s_addr: 0 },
            };
            send(
                Some(cmsg_space!(in_pktinfo)),
                &[ControlMessage::Ipv4PacketInfo(&info)],
            )
        }
        Some(IpAddr::V6(ip)) => {
            let info = in6_pktinfo {
                ipi6_ifindex: 0,
                ipi6_addr: in6_addr {
                    s6_addr: ip.octets(),
                },
            };
            send(
                Some(cmsg_space!(in6_pktinfo)),
                &[ControlMessage::Ipv6PacketInfo(&info)],
            )
        }
    };
    Ok(sent?)
}

/// Opens a socket, dual-stack when the address is `::`.
fn open(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // Less is slower under load, and no reason not to serve.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Whether a failed read only says that a datagram sent earlier reached nobody. Windows reports
/// this as a reset connection.
fn is_notice_of_loss(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::Interrupted
    )
}

/// Whether a failed send may be due to the source address. Linux finds no route from an address
/// that is gone, or calls it invalid.
fn is_about_source(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
    )
}

/// The address as users know it: IPv4 where IPv6 only wraps it.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => (ip, address.port()).into(),
        IpAddr::V6(_) => address,
    }
}

/// The address as an IPv6 socket takes it.
fn mapped(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) => SocketAddrV6::new(v4.ip().to_ipv6_mapped(), v4.port(), 0, 0).into(),
        SocketAddr::V6(_) => address,
    }
}

/// The address as an IPv6 socket takes it.
fn mapped_ip(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().into(),
        IpAddr::V6(_) => ip,
    }
}

/// The address to reply from to a datagram sent to `ip`; none for one sent to a group.
fn reply_source(ip: IpAddr) -> Option<IpAddr> {
    let ip = ip.to_canonical();
    let is_usable = match ip {
        IpAddr::V4(v4) => !v4.is_multicast() && !v4.is_broadcast() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_multicast() && !v6.is_unspecified(),
    };
    is_usable.then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn send_all(port: &mut UdpPort, batch: &mut SendBatch) {
        while port.try_send(batch) == SendProgress::Blocked {
            port.writable().await.unwrap();
        }
    }

    /// Reads until `count` datagrams have come, for 10 s at most.
    async fn receive(port: &mut UdpPort, count: usize) -> Vec<(Path, Vec<u8>)> {
        let mut received = Vec::new();
        let reading = async {
            while received.len() < count {
                port.readable().await.unwrap();
                port.try_recv(|path, bytes| received.push((path, bytes.to_vec())))
                    .unwrap();
            }
        };
        let result = tokio::time::timeout(std::time::Duration::from_secs(10), reading).await;
        assert!(result.is_ok(), "{} of {count} arrived", received.len());
        received
    }

    fn path(remote: SocketAddr) -> Path {
        Path {
            remote,
            local: None,
        }
    }

    /// Sends 1,000 numbered datagrams of varying length in batches of 50, so that no kernel buffer
    /// overflows, and checks what arrives.
    async fn check_thousand(from: &str, to: &str, destination: &str) {
        let mut sender = UdpPort::bind(from.parse().unwrap()).unwrap();
        let mut receiver = UdpPort::bind(to.parse().unwrap()).unwrap();
        let destination = SocketAddr::new(
            destination.parse().unwrap(),
            receiver.local_addr().unwrap().port(),
        );
        let sender_port = sender.local_addr().unwrap().port();
        let mut batch = SendBatch::new();
        for first in (0..1_000u32).step_by(50) {
            for number in first..first + 50 {
                let mut bytes = number.to_be_bytes().to_vec();
                // Runs of equal length exercise the offload, the others the separate sends.
                bytes.resize(
                    if number % 20 < 10 {
                        500
                    } else {
                        10 + number as usize
                    },
                    7,
                );
                batch.push(path(destination), &bytes);
            }
            send_all(&mut sender, &mut batch).await;
            let received = receive(&mut receiver, 50).await;
            for (number, (path, bytes)) in (first..).zip(received) {
                assert_eq!(bytes[..4], number.to_be_bytes());
                assert_eq!(path.remote, SocketAddr::new(destination.ip(), sender_port));
                assert_eq!(path.local, Some(destination.ip()));
            }
        }
        assert_eq!(sender.counters().sent, 1_000);
        assert_eq!(receiver.counters().received, 1_000);
    }

    #[tokio::test]
    async fn a_thousand_datagrams_arrive_over_ipv4() {
        check_thousand("127.0.0.1:0", "127.0.0.1:0", "127.0.0.1").await;
    }

    #[tokio::test]
    async fn a_thousand_datagrams_arrive_between_sockets_of_both_families() {
        check_thousand("0.0.0.0:0", "0.0.0.0:0", "127.0.0.1").await;
    }

    #[tokio::test]
    async fn a_thousand_datagrams_arrive_over_ipv6() {
        if UdpPort::bind("[::1]:0".parse().unwrap()).is_err() {
            return println!("this machine has no IPv6");
        }
        check_thousand("[::]:0", "[::]:0", "::1").await;
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn replies_leave_from_the_address_that_was_asked() {
        // Linux answers on all of 127.0.0.0/8.
        let mut relay = UdpPort::bind("0.0.0.0:0".parse().unwrap()).unwrap();
        let relay_port = relay.local_addr().unwrap().port();
        let mut client = UdpPort::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let asked: Vec<SocketAddr> = (1..=3)
            .map(|last| ([127, 0, 0, last], relay_port).into())
            .collect();
        let mut batch = SendBatch::new();
        for address in &asked {
            batch.push(path(*address), b"?");
        }
        send_all(&mut client, &mut batch).await;

        for (path, _) in receive(&mut relay, 3).await {
            // Two each: alone and in a group.
            batch.push(path, b"!");
            batch.push(path, b"!!");
        }
        send_all(&mut relay, &mut batch).await;

        let mut sources: Vec<_> = receive(&mut client, 6)
            .await
            .into_iter()
            .map(|(path, _)| path.remote)
            .collect();
        sources.sort();
        sources.dedup();
        assert_eq!(sources, asked);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_source_address_that_is_gone_does_not_stop_a_datagram() {
        let mut sender = UdpPort::bind("0.0.0.0:0".parse().unwrap()).unwrap();
        let mut receiver = UdpPort::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let gone = Path {
            remote: receiver.local_addr().unwrap(),
            local: Some([192, 0, 2, 1].into()),
        };
        let mut batch = SendBatch::new();
        batch.push(gone, b"one");
        batch.push(gone, b"three");
        send_all(&mut sender, &mut batch).await;
        assert_eq!(receive(&mut receiver, 2).await.len(), 2);
    }

    #[tokio::test]
    async fn refused_sends_are_loss_and_the_rest_goes_out() {
        let mut sender = UdpPort::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut receiver = UdpPort::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let good = path(receiver.local_addr().unwrap());
        let mut batch = SendBatch::new();
        // An IPv4 socket reaches no IPv6 address.
        batch.push(path("[2001:db8::1]:9".parse().unwrap()), b"lost");
        batch.push(good, b"a");
        // Larger than any datagram.
        batch.push(good, &vec![0; 70_000]);
        batch.push(good, b"b");
        send_all(&mut sender, &mut batch).await;
        let received = receive(&mut receiver, 2).await;
        assert_eq!(
            (&received[0].1[..], &received[1].1[..]),
            (&b"a"[..], &b"b"[..])
        );
        assert_eq!(sender.counters().send_losses, 2);
        assert!(batch.is_empty());
    }

    #[tokio::test]
    async fn nobody_listening_is_no_error() {
        let mut sender = UdpPort::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let vacant = {
            let port = UdpPort::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            port.local_addr().unwrap()
        };
        let mut batch = SendBatch::new();
        for _ in 0..10 {
            batch.push(path(vacant), b"hello?");
            send_all(&mut sender, &mut batch).await;
            assert_eq!(sender.try_recv(|_, _| ()).unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_reported() {
        let first = UdpPort::bind("0.0.0.0:0".parse().unwrap()).unwrap();
        let port = first.local_addr().unwrap().port();
        let error = UdpPort::bind(([0, 0, 0, 0], port).into()).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
