//! `lanterm discover`: what is announced on every interface.

use std::io::{self, Write};
use std::time::Duration;

use super::error::CliError;
use super::identity::to_hex;
use super::json::Line;
use super::notices;
use super::output::Output;
use crate::discovery::{DiscoveryEvent, Interface};
use crate::io::discovery::{self, DiscoveryConfig, DiscoveryError};
use crate::io::interfaces;
use crate::locale::{say, tr};
use crate::wire::{RelayKind, VERSION};

/// How long to listen: promised are 2 s for the whole command.
const LISTEN: Duration = Duration::from_millis(1_800);

/// Listens and asks on the interfaces named, or on all, then prints what was found: relays first.
///
/// # Errors
/// When there is no usable interface, or the discovery port can't be opened.
pub async fn run<W: Write>(config: DiscoveryConfig, out: &mut Output<W>) -> Result<(), CliError> {
    let only = config.ifaces.clone();
    let found = discovery::discover(LISTEN, config)
        .await
        .map_err(|error| from_discovery(&error))?;
    let interfaces = interfaces::list(&only).unwrap_or_default();
    print(&found, &interfaces, out)
}

/// The error of a command that needs discovery.
pub fn from_discovery(error: &DiscoveryError) -> CliError {
    let hint = match error {
        DiscoveryError::NoInterface => Some(say!("discovery-no-interface-hint")),
        DiscoveryError::NoneOf(_) => {
            let usable = interfaces::list(&[]).unwrap_or_default();
            let names: Vec<String> = usable.into_iter().map(|usable| usable.name).collect();
            (!names.is_empty()).then(|| say!("discovery-none-of-hint", names = names.join(", ")))
        }
        DiscoveryError::Port(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Some(say!("discovery-port-hint"))
        }
        DiscoveryError::List(_) | DiscoveryError::Port(_) => None,
    };
    let error = CliError::failed(notices::discovery(error));
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn print<W: Write>(
    found: &[DiscoveryEvent],
    interfaces: &[Interface],
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let language = out.language();
    let iface_name = |index: u32| {
        interfaces
            .iter()
            .find(|interface| interface.index == index)
            .map_or("?", |interface| interface.name.as_str())
    };
    let (relays, others): (Vec<_>, Vec<_>) = found
        .iter()
        .partition(|event| matches!(event, DiscoveryEvent::Relay(_)));
    for event in relays.into_iter().chain(others) {
        match event {
            DiscoveryEvent::Relay(relay) if out.is_json() => out.json(&Line::Relay {
                name: &relay.name,
                key: relay.key,
                addr: relay.address,
                iface: iface_name(relay.interface),
                members: relay.members,
                rtt_ms: relay.rtt,
            })?,
            DiscoveryEvent::Relay(relay) => {
                let kind = match relay.kind {
                    RelayKind::Dedicated => tr!(language, "discover-relay"),
                    RelayKind::HostedSettled | RelayKind::Hosted => {
                        tr!(language, "discover-host")
                    }
                };
                let rtt = relay.rtt.map_or_else(String::new, |rtt| {
                    format!("  {:.1} ms", rtt.as_secs_f64() * 1_000.0)
                });
                let here = tr!(language, "list-room-here", count = relay.members);
                let key = &to_hex(&relay.key)[..16];
                let key = tr!(language, "discover-key", key = key);
                out.text(&format!(
                    "{kind}  {}  {}  {}  {here}{rtt}  {key}",
                    relay.name,
                    relay.address,
                    iface_name(relay.interface),
                ))?;
            }
            DiscoveryEvent::Peer(peer) if out.is_json() => out.json(&Line::Peer {
                name: &peer.name,
                addr: peer.address,
                iface: iface_name(peer.interface),
                relay: peer.relay,
            })?,
            DiscoveryEvent::Peer(peer) => {
                let relay = peer.relay.map_or_else(
                    || tr!(language, "discover-looking"),
                    |relay| tr!(language, "discover-at", relay = relay),
                );
                let iface = iface_name(peer.interface);
                let user = tr!(language, "discover-user");
                let (name, address) = (&peer.name, peer.address);
                out.text(&format!("{user}  {name}  {address}  {iface}  {relay}"))?;
            }
            DiscoveryEvent::OtherVersion { version, address } => {
                out.note(&say!(
                    "notice-other-version",
                    address = address,
                    version = version,
                    own = VERSION
                ));
            }
            DiscoveryEvent::RelayAddressGone { .. }
            | DiscoveryEvent::RelayGone { .. }
            | DiscoveryEvent::PeerGone { .. } => {}
        }
    }
    if found.is_empty() && !out.is_json() {
        let names: Vec<&str> = interfaces.iter().map(|found| found.name.as_str()).collect();
        out.note(&say!("discover-none", names = names.join(", ")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::discovery::{PeerSighting, RelaySighting};
    use crate::wire::RelayId;

    fn printed(is_json: bool) -> String {
        let found = [
            DiscoveryEvent::Peer(PeerSighting {
                name: "bob".parse().unwrap(),
                address: "10.0.0.2:5268".parse().unwrap(),
                interface: 2,
                relay: None,
            }),
            DiscoveryEvent::Relay(RelaySighting {
                id: RelayId([1; 8]),
                name: "attic".parse().unwrap(),
                key: [0xab; 32],
                address: "10.0.0.1:5267".parse().unwrap(),
                interface: 2,
                kind: RelayKind::Dedicated,
                members: 3,
                versions: (1, 1),
                rtt: Some(Duration::from_micros(312)),
            }),
        ];
        let interfaces = [Interface {
            index: 2,
            name: "eth0".to_owned(),
            addresses: Vec::new(),
            is_loopback: false,
        }];
        let mut bytes = Vec::new();
        let mut out = Output::new(&mut bytes, is_json, TimeZone::UTC);
        print(&found, &interfaces, &mut out).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_nobody_announces_is_no_line_of_data() {
        let mut bytes = Vec::new();
        print(&[], &[], &mut Output::new(&mut bytes, false, TimeZone::UTC)).unwrap();
        assert!(bytes.is_empty());
    }

    #[test]
    fn relays_come_first_with_all_a_user_needs() {
        assert_eq!(
            printed(false),
            "relay  attic  10.0.0.1:5267  eth0  3 here  0.3 ms  key abababababababab…\n\
             user  bob  10.0.0.2:5268  eth0  looking for a relay\n"
        );
        let json = printed(true);
        let lines: Vec<&str> = json.lines().collect();
        assert!(lines[0].starts_with(r#"{"type":"relay","name":"attic","key":"ab"#));
        assert!(lines[0].ends_with(r#""iface":"eth0","members":3,"rtt_ms":0.312}"#));
        assert!(lines[1].starts_with(r#"{"type":"peer","name":"bob","#));
    }
}
