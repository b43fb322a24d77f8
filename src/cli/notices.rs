//! What the layers of sockets and disks report, in words for people: one sentence each, to be an
//! error, a notice, or the reason of one.
//!
//! What the system itself says stands behind that, in the words and the language of the system.

use std::io;

use crate::client::SendError;
use crate::io::client::{Notice, Unsent};
use crate::io::discovery::DiscoveryError;
use crate::io::relay::RelayStartError;
use crate::locale::{Said, say};
use crate::store::StoreError;
use crate::tui::reasons;
use crate::wire::VERSION;

/// Something that a client tells.
pub fn notice(notice: &Notice) -> Said {
    match notice {
        Notice::SocketFailed(error) => say!("notice-socket-failed", error = error),
        Notice::NotHosting(error) => say!("notice-not-hosting", reason = relay_start(error)),
        Notice::NeverHosting(error) => say!("notice-never-hosting", reason = store(error)),
        Notice::RelayVersions {
            name,
            address,
            versions: (low, high),
        } => say!(
            "notice-relay-versions",
            name = name,
            address = address,
            low = low,
            high = high,
            own = VERSION
        ),
        Notice::OtherVersion { address, version } => say!(
            "notice-other-version",
            address = address,
            version = version,
            own = VERSION
        ),
        Notice::SearchFailed => say!("notice-search-failed"),
        Notice::Store(error) => store(error),
    }
}

/// Why a message was not taken over.
pub fn unsent(why: &Unsent) -> Said {
    match why {
        Unsent::Waiting(SendError::Full) => say!("unsent-full"),
        Unsent::Waiting(SendError::TooLong) => say!("refusal-too-long"),
        Unsent::Waiting(SendError::TooManyRooms) => say!("unsent-too-many-rooms"),
        Unsent::Store(error) => store(error),
    }
}

/// Why a database can't be used.
pub fn store(error: &StoreError) -> Said {
    match error {
        StoreError::Create { path, source } => {
            say!("store-create", path = path.display(), error = source)
        }
        StoreError::Newer { path, found, known } => say!(
            "store-newer",
            path = path.display(),
            found = found,
            known = known
        ),
        StoreError::Unusable { path, reason } => {
            let reason = reasons::store_fault(reason);
            say!("store-unusable", path = path.display(), reason = reason)
        }
        StoreError::Remove { path, source } => {
            say!("store-remove", path = path.display(), error = source)
        }
    }
}

/// Why relays can't be looked for, or one can't announce itself.
pub fn discovery(error: &DiscoveryError) -> Said {
    match error {
        DiscoveryError::NoInterface => say!("discovery-no-interface"),
        DiscoveryError::NoneOf(names) => say!("discovery-none-of", names = names),
        DiscoveryError::List(error) => say!("discovery-list", error = error),
        DiscoveryError::Port(error) => say!("discovery-port", error = error),
    }
}

/// Why a relay can't start.
pub fn relay_start(error: &RelayStartError) -> Said {
    match error {
        RelayStartError::Discovery(error) => discovery(error),
        RelayStartError::Bind { address, error } => {
            let reason = match error.kind() {
                io::ErrorKind::AddrInUse => say!("relay-port-taken"),
                io::ErrorKind::AddrNotAvailable => say!("relay-no-address"),
                _ => Said::of(error),
            };
            say!("relay-bind", address = address, reason = reason)
        }
        RelayStartError::Store(error) => store(error),
        RelayStartError::Lock { path, error } => {
            say!("store-create", path = path.display(), error = error)
        }
        RelayStartError::InUse(path) => say!("relay-in-use", path = path.display()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::locale::Language;
    use crate::wire::StoreFault;

    fn path() -> PathBuf {
        PathBuf::from("a.db")
    }

    fn full() -> StoreError {
        StoreError::Unusable {
            path: path(),
            reason: StoreFault::Full,
        }
    }

    fn denied() -> io::Error {
        io::Error::from(io::ErrorKind::PermissionDenied)
    }

    fn in_chinese(said: &Said, english: &str) {
        let chinese = said.tr(Language::Chinese);
        assert_ne!(chinese, english);
        assert!(!chinese.is_ascii(), "{chinese}");
        assert_eq!(said.tr(Language::English), english);
    }

    #[test]
    fn in_english_notices_read_as_they_do_in_logs() {
        let address = "10.0.0.1:5267".parse().unwrap();
        for of in [
            Notice::SocketFailed(denied()),
            Notice::NotHosting(RelayStartError::InUse(path())),
            Notice::NotHosting(RelayStartError::Store(full())),
            Notice::NotHosting(RelayStartError::Lock {
                path: path(),
                error: denied(),
            }),
            Notice::NotHosting(RelayStartError::Bind {
                address,
                error: io::Error::from(io::ErrorKind::AddrInUse),
            }),
            Notice::NotHosting(DiscoveryError::NoInterface.into()),
            Notice::NotHosting(DiscoveryError::NoneOf("eth0".to_owned()).into()),
            Notice::NotHosting(DiscoveryError::List(denied()).into()),
            Notice::NotHosting(DiscoveryError::Port(denied()).into()),
            Notice::NeverHosting(full()),
            Notice::RelayVersions {
                name: "attic".parse().unwrap(),
                address,
                versions: (7, 9),
            },
            Notice::OtherVersion {
                address,
                version: 7,
            },
            Notice::SearchFailed,
            Notice::Store(full()),
            Notice::Store(StoreError::Create {
                path: path(),
                source: denied(),
            }),
            Notice::Store(StoreError::Newer {
                path: path(),
                found: 9,
                known: 3,
            }),
            Notice::Store(StoreError::Remove {
                path: path(),
                source: denied(),
            }),
        ] {
            in_chinese(&notice(&of), &of.to_string());
        }
    }

    #[test]
    fn in_english_refused_messages_read_as_they_do_in_json() {
        for of in [
            Unsent::Waiting(SendError::Full),
            Unsent::Waiting(SendError::TooLong),
            Unsent::Waiting(SendError::TooManyRooms),
            Unsent::Store(full()),
        ] {
            in_chinese(&unsent(&of), &of.to_string());
        }
    }
}
