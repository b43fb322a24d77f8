//! What a client tells people apart from what happens in their view of the relay.
//!
//! As they stand here they are for logs; people are told in their language by whoever shows them.

use std::io;
use std::net::SocketAddr;

use crate::client::SendError;
use crate::io::relay::RelayStartError;
use crate::store::StoreError;
use crate::wire::{Name, VERSION};

/// Something that people should know.
#[derive(Debug, thiserror::Error)]
pub enum Notice {
    /// The socket is of no use any more; the client ends.
    #[error("the socket failed: {0}")]
    SocketFailed(io::Error),
    /// Standing in for a relay did not work this time.
    #[error("can't host a room here: {0}")]
    NotHosting(RelayStartError),
    /// The store for standing in can't be opened: this client never does.
    #[error("no room can be hosted here: {0}; put that right and start lanterm again")]
    NeverHosting(StoreError),
    /// A relay that was found speaks other versions of the protocol.
    #[error(
        "the relay {name} at {address} speaks protocol version {} to {}, this lanterm {VERSION}: \
         update the older one",
        versions.0, versions.1
    )]
    RelayVersions {
        /// What it is called.
        name: Name,
        /// Where it is.
        address: SocketAddr,
        /// The lowest and highest version it speaks.
        versions: (u8, u8),
    },
    /// Somebody on this network speaks another version of the protocol.
    #[error(
        "{address} speaks protocol version {version}, this lanterm {VERSION}: update the older one"
    )]
    OtherVersion {
        /// Where they are.
        address: SocketAddr,
        /// Their version.
        version: u8,
    },
    /// Relays are not looked for any more.
    #[error("looking for relays has failed")]
    SearchFailed,
    /// What was read or is to be read can't be kept on this device, or not be found there.
    #[error(transparent)]
    Store(StoreError),
}

/// Why a message was not taken over: nothing of it is kept here.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    /// It can't wait for the relay.
    #[error(transparent)]
    Waiting(SendError),
    /// It can't be put into the outbox on the disk.
    #[error(transparent)]
    Store(StoreError),
}
