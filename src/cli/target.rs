//! Where a command reads or writes: a room, or what this user and another have for themselves.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::error::CliError;
use super::inbox::Inbox;
use crate::wire::text::NameError;
use crate::wire::{Name, RoomName};

/// A room as people name it: `lobby`, or `@bob` for the direct room with bob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// This room.
    Room(RoomName),
    /// The room that this user and another have for themselves. Its name has the name this user
    /// goes by at the relay, which only the relay can tell.
    User(Name),
}

impl Target {
    /// The room, for a user who goes by this name at the relay.
    pub fn room(&self, own: &Name) -> RoomName {
        match self {
            Self::Room(room) => room.clone(),
            Self::User(user) => RoomName::direct(own, user),
        }
    }

    /// The room, once the relay has said all that is needed to name it.
    ///
    /// # Errors
    /// As those of [`Inbox::next`].
    pub async fn find(&self, inbox: &mut Inbox) -> Result<RoomName, CliError> {
        loop {
            match (self, inbox.welcome()) {
                (Self::Room(room), _) => return Ok(room.clone()),
                (Self::User(_), Some(welcome)) => return Ok(self.room(&welcome.name)),
                // Nothing was asked for yet, so nothing is lost here.
                (Self::User(_), None) => drop(inbox.next().await?),
            }
        }
    }
}

impl FromStr for Target {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.strip_prefix('@') {
            // A plus sign is in no name: it stands between the two of a direct room's whole name.
            Some(user) if !user.contains('+') => user.parse().map(Self::User),
            Some(_) | None => text.parse().map(Self::Room),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|error| serde::de::Error::custom(format_args!("the room {text:?} {error}")))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::inbox::tests::{entered, play};
    use super::*;

    #[test]
    fn a_room_is_named_as_on_the_screen() {
        let (ann, bob): (Name, Name) = ("ann".parse().unwrap(), "bob".parse().unwrap());
        let direct = RoomName::direct(&ann, &bob);
        for (text, room) in [
            ("#Lobby", RoomName::lobby()),
            ("@bob", direct.clone()),
            ("@bob+ann", direct),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.room(&ann), room, "{text}");
        }
        for text in ["", "@", "@a b", "a b", "@a+"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_direct_room_is_named_once_the_relay_has_said_our_name() {
        let mut played = play(Duration::from_secs(10));
        played.reports.send(entered("ann2")).await.unwrap();
        let target: Target = "@bob".parse().unwrap();
        let room = target.find(&mut played.inbox).await.unwrap();
        assert_eq!(room.as_str(), "@ann2+bob");
        let target = Target::Room(RoomName::lobby());
        let room = target.find(&mut played.inbox).await;
        assert_eq!(room, Ok(RoomName::lobby()));
    }
}
