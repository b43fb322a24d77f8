//! `lanterm relay`: serves until it is told to end.

use std::io::Write;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::args::{RelayArgs, StorePlace};
use super::context::{Context, told_to_end};
use super::discover::from_discovery;
use super::error::{CliError, from_store_error};
use super::identity::SecretKey;
use super::json::Line;
use super::notices;
use super::output::Output;
use crate::io::relay::{RelayServer, RelayServerConfig, RelayStartError, Retention};
use crate::locale::{say, tr};
use crate::store::StoreError;
use crate::wire::{Name, RELAY_PORT};

/// Serves, and says where once it does.
///
/// # Errors
/// When the store or the port can't be had, or standard output not written.
pub async fn run<W: Write>(
    context: &Context,
    args: RelayArgs,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let keys = context.keys(SecretKey::Relay)?;
    let name = args.relay_name.clone().unwrap_or_else(default_name);
    let key = keys.public;
    let store = match &args.store {
        None => {
            context.folders.create_data()?;
            Some(context.folders.data.join("relay.db"))
        }
        Some(StorePlace::File(path)) => Some(path.clone()),
        Some(StorePlace::Memory) => None,
    };
    let mut server = RelayServer::start(RelayServerConfig {
        name: name.clone(),
        keys,
        store,
        retention: Retention {
            age_max: args.keep,
            bytes_max: args.keep_size,
        },
        bind: listen_address(&args),
        ifaces: context.ifaces(),
        is_hosted: false,
        chaos: context.chaos(),
    })
    .map_err(|error| from_start(&error))?;
    if out.is_json() {
        out.json(&Line::Ready {
            addr: &server.addresses,
            key,
        })?;
    } else {
        let addresses: Vec<String> = server.addresses.iter().map(SocketAddr::to_string).collect();
        let addresses = addresses.join(", ");
        let line = tr!(
            out.language(),
            "relay-serves",
            name = name,
            addresses = addresses
        );
        out.text(&line)?;
    }
    let ended = told_to_end();
    tokio::pin!(ended);
    loop {
        tokio::select! {
            notice = server.notices.recv() => match notice {
                Some(notice) => tracing::info!("{notice}"),
                None => return Err(CliError::failed(say!("relay-ended"))),
            },
            () = &mut ended => break,
        }
    }
    server.stop().await;
    Ok(())
}

/// Where to listen, if the arguments say.
fn listen_address(args: &RelayArgs) -> Option<SocketAddr> {
    let port = args.bind.and_then(|bind| bind.port).or(args.port);
    match (args.bind, port) {
        (None, None) => None,
        (bind, port) => Some(SocketAddr::new(
            bind.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |bind| bind.ip),
            port.unwrap_or(RELAY_PORT),
        )),
    }
}

/// The machine's name, without its domain.
fn default_name() -> Name {
    let host = machine_name().unwrap_or_default();
    let host = host.split('.').next().unwrap_or_default();
    host.parse()
        .unwrap_or_else(|_| "relay".parse().expect("a valid name"))
}

#[cfg(unix)]
fn machine_name() -> Option<String> {
    nix::unistd::gethostname().ok()?.into_string().ok()
}

#[cfg(not(unix))]
fn machine_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

fn from_start(error: &RelayStartError) -> CliError {
    let failed = CliError::failed(notices::relay_start(error));
    match error {
        RelayStartError::Discovery(error) => from_discovery(error),
        RelayStartError::Bind { .. } => failed.hint(say!("relay-bind-hint")),
        RelayStartError::Store(error @ StoreError::Newer { .. }) => from_store_error(error),
        RelayStartError::Store(_) | RelayStartError::Lock { .. } => {
            failed.hint(say!("relay-store-hint"))
        }
        RelayStartError::InUse(_) => failed.hint(say!("relay-in-use-hint")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(bind: Option<&str>, port: Option<u16>) -> Option<String> {
        let args = RelayArgs {
            bind: bind.map(|bind| bind.parse().unwrap()),
            port,
            relay_name: None,
            store: None,
            keep: None,
            keep_size: None,
            command: None,
        };
        listen_address(&args).map(|address| address.to_string())
    }

    #[test]
    fn the_port_stands_in_either_flag() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(address(None, None), None);
        assert_eq!(address(None, Some(7)), text("[::]:7"));
        assert_eq!(address(Some("10.0.0.1"), None), text("10.0.0.1:5267"));
        assert_eq!(address(Some("10.0.0.1:9"), Some(7)), text("10.0.0.1:9"));
        assert_eq!(address(Some("::1"), Some(7)), text("[::1]:7"));
    }
}
