//! What a line asks for, done.

use super::answers::{Asked, One};
use super::request::{Request, Which};
use super::{Plain, people};
use crate::cli::search::checked_words;
use crate::locale::{Said, say, tr};
use crate::tui::Command;
use crate::tui::commands::{self, SubstituteError};
use crate::tui::notify::{Level, NotifyRequest};
use crate::wire::{Body, Presence, Query, RoomName, SafeText, Seq, Timestamp};

/// Messages found that are told. Arbitrary: more than is listened to.
const FOUND_MAX: u32 = 20;

/// Messages told again at most. Arbitrary: more than is listened to.
const LAST_MAX: u32 = 200;

/// Events fetched with one that is asked for, itself included. Arbitrary: most are mended at once.
const FOLLOWING: u32 = 100;

impl Plain {
    pub(super) fn carry_out(&mut self, request: Request, now: Timestamp) -> Result<(), Said> {
        match request {
            Request::Screen(request) => self.carry_out_screen(request, now),
            Request::Reply(which, text) => {
                let to = self.meant(&which)?;
                self.send(now, &text, |text| Body::Reply(to, text))
            }
            Request::React(which, code) => {
                let to = self.meant(&which)?;
                self.react(now, to, code)
            }
            Request::Edit(which, text) => {
                let of = self.meant_of_own(&which)?;
                self.send(now, &text, |text| Body::Edit(of, text))
            }
            Request::Delete(which) => {
                let of = self.meant_of_own(&which)?;
                self.hand_over(now, Body::Redaction(of), &format!("/delete {of}"))
            }
            Request::Info(which) => self.ask_about(which.as_ref()),
            Request::Read(which) => {
                let seq = self.meant(&which)?;
                self.ask_one(seq, Asked::Read);
                Ok(())
            }
            Request::Last(count) => {
                let room = self.room().name.clone();
                let query = Query::History {
                    room: room.clone(),
                    before: None,
                    count: count.min(LAST_MAX),
                };
                self.ask(query, Asked::Last(room));
                Ok(())
            }
            Request::ListWishes => {
                self.list_wishes();
                Ok(())
            }
            Request::Wish(wish, is_on) => self.wish(wish, is_on),
            Request::Help(about) => self.help(about.as_deref()),
            Request::Trust if self.contact.is_stopped => {
                self.contact.is_stopped = false;
                self.commands.push_back(Command::Trust);
                Ok(())
            }
            Request::Trust => Err(say!("plain-nothing-to-trust")),
        }
    }

    fn carry_out_screen(&mut self, request: commands::Request, now: Timestamp) -> Result<(), Said> {
        use commands::Request;
        match request {
            Request::Say(text) => return self.send(now, &text, Body::Message),
            Request::Act(text) => return self.send(now, &text, Body::Action),
            Request::SetTopic(text) => return self.send(now, &text, Body::Topic),
            Request::React(code) => {
                let last = self.room().memory.last(&self.settings.ignored);
                return self.react(now, last.ok_or(say!("refuse-no-message"))?, code);
            }
            Request::Substitute { old, new, is_all } => {
                return self.substitute(now, &old, &new, is_all);
            }
            Request::Help => return self.help(None),
            Request::Join(room) => self.go_to(room, true)?,
            Request::Direct(other, text) => {
                if other == self.name {
                    return Err(say!("refuse-oneself"));
                }
                self.go_to(RoomName::direct(&self.name, &other), true)?;
                if let Some(text) = text {
                    return self.send(now, &text, Body::Message);
                }
            }
            Request::Leave => {
                if self.rooms.len() == 1 {
                    return Err(say!("refuse-only-room"));
                }
                let room = &self.room().name;
                if self.held.iter().any(|held| held.room == *room) {
                    return Err(say!("plain-held"));
                }
                let room = self.rooms.remove(self.active).name;
                self.active = 0;
                let leave = true;
                self.commands.push_back(Command::Close { room, leave });
                self.say_where();
            }
            Request::Net => {
                self.tell_own_path();
                self.ask(Query::Net, Asked::Net);
            }
            Request::Rooms => self.ask(Query::Rooms, Asked::Rooms),
            Request::Who => {
                let room = self.room().name.clone();
                let query = Query::Members(Some(room));
                self.ask(query, Asked::Members(people::Best::new()));
            }
            Request::Search { words, is_here } => {
                let query = Query::Search {
                    words: checked_words(words)?,
                    room: is_here.then(|| self.room().name.clone()),
                    from: None,
                    after: None,
                    count: FOUND_MAX,
                };
                self.ask(query, Asked::Found);
            }
            Request::Rename(name) => {
                if !self.contact.is_entered {
                    self.say(tr!(self.language, "contact-rename-later", name = name));
                }
                self.commands.push_back(Command::Rename(name));
            }
            Request::ShowTopic => self.say_topic(),
            Request::Away(why) => {
                let why = SafeText::status(why.as_deref().unwrap_or_default());
                self.away = Some(why.clone());
                self.say(match why.is_empty() {
                    true => tr!(self.language, "plain-away"),
                    false => tr!(self.language, "plain-away-why", why = why.as_str()),
                });
                let away = Command::Presence(Presence::Away, why);
                self.commands.push_back(away);
            }
            Request::Back => {
                self.away = None;
                self.say(tr!(self.language, "plain-back"));
                let here = Command::Presence(Presence::Here, SafeText::default());
                self.commands.push_back(here);
            }
            Request::Ignore(name) => return self.ignore(name),
            Request::Unignore(name) => return self.unignore(&name),
            Request::ListIgnored => self.list_ignored(),
            Request::Notify(request) => return self.notify(request, now),
            // The number of an own message there is the name of any message here.
            Request::Info(_) => return self.ask_about(None),
            Request::Mouse(_) => return Err(say!("plain-no-mouse")),
            Request::Theme(_) => return Err(say!("plain-no-themes")),
            Request::Clear => return Err(say!("plain-no-clear")),
            Request::Quit => self.quit(),
        }
        Ok(())
    }

    /// The message meant, in the room in front.
    fn meant(&self, which: &Which) -> Result<Seq, Said> {
        let found = self.room().memory.find(which);
        found.ok_or_else(|| match which {
            Which::Exact(seq) => say!("plain-no-such", of = seq),
            Which::Ending { number, .. } => say!("plain-no-such", of = Seq(*number)),
            Which::LastOf(name) => say!("plain-said-nothing", name = name),
        })
    }

    /// The same, when only the one who said it may do this. Of what was not told here the relay judges.
    fn meant_of_own(&self, which: &Which) -> Result<Seq, Said> {
        let seq = self.meant(which)?;
        match self.room().memory.who(seq) {
            Some((_, device)) if *device != self.device => Err(say!("plain-not-yours", of = seq)),
            Some(_) | None => Ok(seq),
        }
    }

    /// Reacts, or takes the same reaction back.
    fn react(&mut self, now: Timestamp, to: Seq, code: SafeText) -> Result<(), Said> {
        let text = format!("/react {to} :{code}:");
        let is_there = self.room().memory.reaction(to) == Some(&code);
        let code = if is_there { SafeText::default() } else { code };
        self.hand_over(now, Body::Reaction(to, code), &text)
    }

    fn substitute(
        &mut self,
        now: Timestamp,
        old: &str,
        new: &str,
        is_all: bool,
    ) -> Result<(), Said> {
        let own = self.room().memory.own();
        let (seq, text) = own.ok_or(say!("refuse-no-own-message"))?;
        let text = commands::substituted(text, old, new, is_all);
        let text = text.map_err(|error| match error {
            SubstituteError::NotThere => say!("refuse-not-in-last"),
            SubstituteError::Empty => say!("plain-empty-edit", of = seq),
            SubstituteError::TooLong(_) => say!("refusal-too-long"),
        })?;
        let body = Body::Edit(seq, text.clone());
        self.hand_over(now, body, text.as_str())
    }

    /// Asks what became of a message: what it is, and then who has it.
    fn ask_about(&mut self, which: Option<&Which>) -> Result<(), Said> {
        let seq = match which {
            Some(which) => self.meant(which)?,
            None if !self.unsent.is_empty() => {
                self.say_waiting();
                return Ok(());
            }
            None => {
                let own = self.room().memory.own();
                own.ok_or(say!("refuse-no-own-message"))?.0
            }
        };
        self.ask_one(seq, Asked::Info);
        Ok(())
    }

    /// Asks for one message of the room in front, and for what follows it: that may have changed it.
    fn ask_one(&mut self, seq: Seq, asked: impl FnOnce(Box<One>) -> Asked) {
        let room = self.room().name.clone();
        let query = Query::History {
            room: room.clone(),
            before: Some(Seq(seq.0.saturating_add(u64::from(FOLLOWING)))),
            count: FOLLOWING,
        };
        self.ask(query, asked(One::new(room, seq)));
    }

    fn notify(&mut self, request: NotifyRequest, now: Timestamp) -> Result<(), Said> {
        let room = self.room().name.clone();
        match request {
            NotifyRequest::Show => {}
            NotifyRequest::Set(level) => {
                if !self.settings.set_level(&room, level) {
                    return Err(say!("notify-too-many"));
                }
                self.keep();
            }
            NotifyRequest::Test => {
                if !self.has_bell {
                    return Err(say!("plain-no-bell"));
                }
                let rung = tr!(self.language, "notify-test-bell");
                self.say(format!("\u{7}{rung}"));
                return Ok(());
            }
        }
        let language = self.language;
        let title = self.title(&room);
        self.say(match self.settings.level(&room) {
            Level::All => tr!(language, "plain-bell-all", room = title),
            Level::Mentions => tr!(language, "plain-bell-mentions", room = title),
            Level::None => tr!(language, "plain-bell-none", room = title),
        });
        if !self.has_bell {
            self.say(tr!(language, "plain-no-bell"));
        } else if let Some(quiet) = self.quiet {
            self.say(match quiet.covers(now, &self.zone) {
                true => tr!(language, "notify-quiet-now", hours = quiet.to_string()),
                false => tr!(language, "notify-quiet", hours = quiet.to_string()),
            });
        }
        Ok(())
    }
}
