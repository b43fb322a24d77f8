//! Who is there, who types, and who is ignored.
//!
//! That somebody comes, goes or is away is told once it has been so for a moment, so that a device
//! that loses its network for a second is not two lines. Who speaks is there, which needs no line.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Plain;
use super::wishes::Wish;
use crate::locale::{Said, say, tr};
use crate::tui::{names, reasons};
use crate::wire::{Body, Event, Member, Name, Presence, RoomName};

/// People whose presence is remembered. Arbitrary: more than a room has; of others it is not told.
const PEOPLE_MAX: usize = 4_096;

/// For how long somebody must be there, or not, before that is told. Arbitrary: longer than a program
/// takes to start again.
const SETTLED: Duration = Duration::from_secs(3);

/// For how long it is not told again that somebody types. Arbitrary: a long message takes as long.
const TYPING_TOLD: Duration = Duration::from_secs(60);

/// People of whom is remembered that they type. Arbitrary: more than are told of.
const TYPING_MAX: usize = 64;

/// The best presence of everybody in an answer.
pub type Best = BTreeMap<Name, (Presence, String)>;

/// Adds a device's presence to what is known of everybody.
pub fn add_best(best: &mut Best, member: &Member) {
    let known = best.get(&member.name);
    let is_better = known.is_none_or(|(known, _)| member.presence < *known);
    if is_better && (known.is_some() || best.len() < PEOPLE_MAX) {
        let status = match member.presence {
            Presence::Away => member.status.one_line(),
            Presence::Here | Presence::Idle | Presence::Gone => String::new(),
        };
        best.insert(member.name.clone(), (member.presence, status));
    }
}

impl Plain {
    pub(super) fn handle_members(&mut self, members: Vec<Member>) {
        for member in members {
            self.forget_old_name(&member);
            if self.people.len() >= PEOPLE_MAX && !self.people.contains_key(&member.name) {
                continue;
            }
            let before = self.presence(&member.name);
            let name = member.name.clone();
            self.people.insert(name.clone(), member);
            let now = self.presence(&name);
            // Of whoever is new only that they are away is told: they join, or were there before.
            let is_away = matches!(now, Some((Presence::Away, _)));
            if let (None, false, Some(now)) = (&before, is_away, &now) {
                self.presence_told.insert(name, now.clone());
            } else if before != now {
                let due = self.now + SETTLED;
                self.presence_due.entry(name).or_insert(due);
            }
        }
    }

    /// Forgets by what other name a member was known who is at hand by this one.
    fn forget_old_name(&mut self, member: &Member) {
        let mut people = self.people.values();
        let had_another = |known: &&Member| known.name != member.name && member.replaces(known);
        if let Some(name) = people.find(had_another).map(|known| known.name.clone()) {
            self.people.remove(&name);
            self.presence_told.remove(&name);
            self.presence_due.remove(&name);
        }
    }

    /// Tells of everybody who has been another way for long enough.
    pub(super) fn tell_presences(&mut self) {
        let now = self.now;
        let due = self.presence_due.iter().filter(|(_, due)| **due <= now);
        let due: Vec<Name> = due.map(|(name, _)| name.clone()).collect();
        for name in due {
            self.presence_due.remove(&name);
            let Some(presence) = self.presence(&name) else {
                continue;
            };
            let told = self.presence_told.insert(name.clone(), presence.clone());
            let is_news = told.as_ref() != Some(&presence);
            let is_heard = name != self.name && !self.settings.ignored.has_name(&name);
            if is_news && is_heard && self.wants(Wish::Presence) {
                let line = self.presence_line(&name, presence.0, &presence.1);
                self.say(line);
            }
        }
    }

    /// Somebody has said something, and is here.
    pub(super) fn spoke(&mut self, name: &Name) {
        if let Some(told) = self.presence_told.get_mut(name)
            && told.0 == Presence::Gone
        {
            *told = (Presence::Here, String::new());
        }
        self.typing_told.remove(name);
    }

    /// How somebody is there; who is idle is here.
    fn presence(&self, name: &Name) -> Option<(Presence, String)> {
        let person = self.people.get(name)?;
        Some(match person.presence {
            Presence::Here | Presence::Idle => (Presence::Here, String::new()),
            Presence::Away => (Presence::Away, person.status.one_line()),
            Presence::Gone => (Presence::Gone, String::new()),
        })
    }

    pub(super) fn presence_line(&self, name: &Name, presence: Presence, status: &str) -> String {
        let presence = reasons::presence(presence);
        let language = self.language;
        match status.is_empty() {
            true => tr!(language, "plain-presence", name = name, presence = presence),
            false => tr!(
                language,
                "plain-presence-why",
                name = name,
                presence = presence,
                why = status
            ),
        }
    }

    /// Somebody types: told once, in the room in front.
    pub(super) fn handle_typing(&mut self, room: &RoomName, name: Name) {
        let now = self.now;
        self.typing_told
            .retain(|_, told| now.saturating_since(*told) < TYPING_TOLD);
        let is_heard = *room == self.room().name && !self.settings.ignored.has_name(&name);
        let has_space = self.typing_told.len() < TYPING_MAX;
        if !self.wants(Wish::Typing) || !is_heard || !has_space {
            return;
        }
        if self.typing_told.insert(name.clone(), now).is_none() {
            self.say(tr!(self.language, "typing-one", name = name));
        }
    }

    /// Whether an event is left out because of who says it: also what changes what they said before.
    pub(super) fn hides(&self, event: &Event) -> bool {
        let is_said = match &event.body {
            Body::Message(_) | Body::Reply(..) | Body::Action(_) => true,
            Body::Edit(..) | Body::Reaction(..) | Body::Redaction(_) => true,
            Body::Join | Body::Leave | Body::Topic(_) | Body::Role(..) | Body::Rename(_) => false,
        };
        let ignored = &self.settings.ignored;
        is_said && event.device != self.device && ignored.has(&event.from, event.device)
    }

    pub(super) fn ignore(&mut self, name: Name) -> Result<(), Said> {
        if name == self.name {
            return Err(say!("refuse-oneself"));
        }
        let here = self.people.get(&name).map(|person| person.device);
        let said = self.rooms.iter();
        let said = said.flat_map(|room| room.memory.devices(&name));
        let own = self.device;
        let devices = here
            .into_iter()
            .chain(said)
            .filter(|device| *device != own)
            .collect();
        if !self.settings.ignored.add(name.clone(), devices) {
            return Err(say!("ignore-too-many"));
        }
        self.keep();
        self.say(tr!(self.language, "ignore-done", name = name));
        Ok(())
    }

    pub(super) fn unignore(&mut self, name: &Name) -> Result<(), Said> {
        if !self.settings.ignored.remove(name) {
            return Err(say!("ignore-not", name = name));
        }
        self.keep();
        self.say(tr!(self.language, "ignore-undone", name = name));
        Ok(())
    }

    pub(super) fn list_ignored(&mut self) {
        let names: Vec<&str> = self.settings.ignored.names().map(Name::as_str).collect();
        let language = self.language;
        let line = match names.is_empty() {
            true => tr!(language, "ignore-nobody"),
            false => {
                let names = names::row(&names, language);
                tr!(language, "ignore-list", names = names)
            }
        };
        self.say(line);
    }
}
