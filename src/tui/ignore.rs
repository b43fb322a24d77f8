//! People whom the user does not want to read.
//!
//! They are known by name, and by the devices they had that name on when they were ignored, so that
//! another name changes nothing. What they say is folded into a line, counts as nothing unread, and
//! notifies nobody; they are not told. Nothing else of theirs is hidden.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Command;
use super::app::{App, Viewer};
use super::names;
use super::submit::SubmitError;
use super::window::Entry;
use crate::locale::tr;
use crate::wire::{DeviceId, Event, Name, RoomName};

/// People ignored. Arbitrary: who ignores more is in the wrong room.
const PEOPLE_MAX: usize = 256;

/// Devices known of one of them. Arbitrary: more than a person has.
const DEVICES_MAX: usize = 16;

/// Whom the user ignores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "BTreeMap<Name, Vec<String>>",
    into = "BTreeMap<Name, Vec<String>>"
)]
pub struct Ignored(BTreeMap<Name, Vec<DeviceId>>);

impl Ignored {
    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody of this name is ignored.
    pub fn has_name(&self, name: &Name) -> bool {
        self.0.contains_key(name)
    }

    /// Whether what somebody of this name says on this device is ignored.
    pub fn has(&self, name: &Name, device: DeviceId) -> bool {
        self.has_name(name) || self.0.values().any(|devices| devices.contains(&device))
    }

    /// Whether a room is that of the direct messages of `own` with somebody who is ignored.
    pub fn has_room(&self, room: &RoomName, own: &Name) -> bool {
        let has_other = |name: &Name| name != own && self.has_name(name);
        room.direct_users()
            .is_some_and(|(a, b)| has_other(&a) || has_other(&b))
    }

    /// Ignores somebody. Whether there was space for them.
    pub fn add(&mut self, name: Name, devices: Vec<DeviceId>) -> bool {
        if self.0.len() >= PEOPLE_MAX && !self.has_name(&name) {
            return false;
        }
        let known = self.0.entry(name).or_default();
        for device in devices {
            if known.len() < DEVICES_MAX && !known.contains(&device) {
                known.push(device);
            }
        }
        true
    }

    /// Ignores somebody no more. Whether they were.
    pub fn remove(&mut self, name: &Name) -> bool {
        self.0.remove(name).is_some()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.0.keys()
    }
}

impl TryFrom<BTreeMap<Name, Vec<String>>> for Ignored {
    type Error = <DeviceId as std::str::FromStr>::Err;

    fn try_from(people: BTreeMap<Name, Vec<String>>) -> Result<Self, Self::Error> {
        let people = people.into_iter().map(|(name, devices)| {
            let devices = devices.iter().map(|device| device.parse());
            Ok((name, devices.collect::<Result<_, _>>()?))
        });
        Ok(Self(people.collect::<Result<_, _>>()?))
    }
}

impl From<Ignored> for BTreeMap<Name, Vec<String>> {
    fn from(Ignored(people): Ignored) -> Self {
        let people = people.into_iter().map(|(name, devices)| {
            let devices = devices.iter().map(ToString::to_string);
            (name, devices.collect())
        });
        people.collect()
    }
}

impl Viewer {
    /// Whether an event is of somebody whom this user ignores.
    pub fn ignores(&self, event: &Event) -> bool {
        let ignored = &self.settings.ignored;
        !ignored.is_empty() && event.device != self.device && ignored.has(&event.from, event.device)
    }

    /// Whether a room is that of the direct messages with somebody whom this user ignores.
    pub fn ignores_room(&self, room: &RoomName) -> bool {
        self.settings.ignored.has_room(room, &self.name)
    }
}

impl App {
    /// Ignores somebody from now on.
    pub(super) fn ignore(&mut self, name: Name) -> Result<(), SubmitError> {
        if name == self.viewer.name {
            return Err(SubmitError::Oneself);
        }
        let devices = self.devices_of(&name);
        if !self.viewer.settings.ignored.add(name.clone(), devices) {
            return Err(SubmitError::TooManyIgnored);
        }
        self.ignored_changed();
        self.notice(tr!(self.language(), "ignore-done", name = name));
        Ok(())
    }

    /// Ignores somebody no more.
    pub(super) fn unignore(&mut self, name: &Name) -> Result<(), SubmitError> {
        if !self.viewer.settings.ignored.remove(name) {
            return Err(SubmitError::NotIgnored(name.clone()));
        }
        self.ignored_changed();
        self.notice(tr!(self.language(), "ignore-undone", name = name));
        Ok(())
    }

    /// Says who is ignored.
    pub(super) fn list_ignored(&mut self) {
        let names = self.viewer.settings.ignored.names();
        let names: Vec<&str> = names.map(Name::as_str).collect();
        let names = names::row(&names, self.language());
        let text = if names.is_empty() {
            tr!(self.language(), "ignore-nobody")
        } else {
            tr!(self.language(), "ignore-list", names = names)
        };
        self.notice(text);
        self.show_end();
    }

    /// The devices on which somebody of this name is, or spoke, in the rooms that are open.
    fn devices_of(&self, name: &Name) -> Vec<DeviceId> {
        let own = self.viewer.device;
        let mut devices = Vec::new();
        for room in &self.rooms {
            let members = room.members.iter();
            let members = members.filter(|member| member.name == *name);
            let events = room.entries.iter().filter_map(Entry::current);
            let events = events.filter(|event| event.from == *name);
            let found = members
                .map(|member| member.device)
                .chain(events.map(|event| event.device));
            for device in found {
                if device != own && !devices.contains(&device) && devices.len() < DEVICES_MAX {
                    devices.push(device);
                }
            }
        }
        devices
    }

    fn ignored_changed(&mut self) {
        for room in &mut self.rooms {
            room.folds.clear();
            room.selected = None;
        }
        self.command(Command::Keep(self.viewer.settings.clone()));
        self.is_dirty = true;
    }
}
