//! Every view of the screen: on a wide, a usual and a narrow screen, in every language.
//!
//! [`VIEWS`] is the list of record. Each view has a file beside this one, `views/NAME.snap`, with all
//! its screens: what stands on them apart from blanks at the ends of lines, and where the cursor
//! is, column and row counted from 0 at the top left. `INSTA_UPDATE=always cargo test --lib
//! tui::tests::views` writes the files anew; read what became of every screen before keeping it.

mod input;
mod lists;
mod logs;
mod net;
mod notices;
mod overlays;
mod people;
mod rooms;
mod selecting;
mod start;
mod talk;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ratatui::Frame;
use ratatui::backend::Backend;

use super::*;

/// The wide screen, the usual one, and the narrowest that is worth using.
const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

/// Screens on which little is left.
const SIZES_SMALL: [(u16, u16); 3] = [(39, 11), (20, 5), (10, 3)];

/// What is looked at.
enum View {
    /// What alice does, and what happens to her, from the start on. She has this size of screen and
    /// this language all the time.
    Desk(fn(Desk) -> Desk),
    /// The same on small screens.
    Small(fn(Desk) -> Desk),
    /// The question for a name, which comes before any of that.
    Prompt(fn(Language) -> NamePrompt),
}

/// Every view, in the order in which a user may meet them.
const VIEWS: &[(&str, View)] = &[
    ("name", View::Prompt(start::name)),
    ("name_refused", View::Prompt(start::name_refused)),
    ("name_too_long", View::Prompt(start::name_too_long)),
    ("searching", View::Desk(start::searching)),
    ("searching_in_vain", View::Desk(start::searching_in_vain)),
    (
        "searching_without_interface",
        View::Desk(start::searching_without_interface),
    ),
    ("connecting", View::Desk(start::connecting)),
    ("hosting_alone", View::Desk(start::hosting_alone)),
    ("empty", View::Desk(start::empty)),
    ("unsupported", View::Desk(start::unsupported)),
    ("key_changed", View::Desk(start::key_changed)),
    ("key_changed_typed", View::Desk(start::key_changed_typed)),
    ("lost", View::Desk(start::lost)),
    ("came_back", View::Desk(start::came_back)),
    ("talk", View::Desk(talk::talk)),
    ("marks", View::Desk(talk::marks)),
    ("in_memory", View::Desk(talk::in_memory)),
    ("happenings", View::Desk(talk::happenings)),
    ("unread", View::Desk(talk::unread)),
    ("markdown", View::Desk(talk::markdown)),
    ("wide", View::Desk(talk::wide)),
    ("members", View::Desk(people::members)),
    ("members_many", View::Desk(people::members_many)),
    ("away", View::Desk(people::away)),
    ("who", View::Desk(people::who)),
    ("direct_away", View::Desk(people::direct_away)),
    ("direct_gone", View::Desk(people::direct_gone)),
    ("direct_gone_empty", View::Desk(people::direct_gone_empty)),
    ("rooms", View::Desk(rooms::rooms)),
    ("rooms_many", View::Desk(rooms::rooms_many)),
    ("rooms_long", View::Desk(rooms::rooms_long)),
    ("room_left", View::Desk(rooms::room_left)),
    ("rooms_listed", View::Desk(rooms::rooms_listed)),
    ("room_refused", View::Desk(rooms::room_refused)),
    ("quote", View::Desk(selecting::quote)),
    ("selected", View::Desk(selecting::selected)),
    ("taking_back", View::Desk(selecting::taking_back)),
    ("not_own", View::Desk(selecting::not_own)),
    ("answering", View::Desk(selecting::answering)),
    (
        "answering_written",
        View::Desk(selecting::answering_written),
    ),
    ("editing", View::Desk(selecting::editing)),
    ("reacting", View::Desk(selecting::reacting)),
    ("reacting_typed", View::Desk(selecting::reacting_typed)),
    ("info", View::Desk(selecting::info)),
    ("link_copied", View::Desk(selecting::link_copied)),
    ("change_refused", View::Desk(selecting::change_refused)),
    ("menu_commands", View::Desk(input::menu_commands)),
    ("menu_names", View::Desk(input::menu_names)),
    ("menu_emoji", View::Desk(input::menu_emoji)),
    ("recall", View::Desk(input::recall)),
    ("recall_none", View::Desk(input::recall_none)),
    ("lines", View::Desk(input::lines)),
    ("lines_many", View::Desk(input::lines_many)),
    ("code_offered", View::Desk(input::code_offered)),
    ("too_long", View::Desk(input::too_long)),
    ("input_full", View::Desk(input::input_full)),
    ("quit_armed", View::Desk(input::quit_armed)),
    ("two_keys", View::Desk(input::two_keys)),
    ("search_idle", View::Desk(overlays::search_idle)),
    ("search_searching", View::Desk(overlays::search_searching)),
    ("search", View::Desk(overlays::search)),
    ("search_part", View::Desk(overlays::search_part)),
    ("search_none", View::Desk(overlays::search_none)),
    (
        "search_without_relay",
        View::Desk(overlays::search_without_relay),
    ),
    ("search_failed", View::Desk(overlays::search_failed)),
    ("jump", View::Desk(overlays::jump)),
    ("jump_narrowed", View::Desk(overlays::jump_narrowed)),
    ("jump_none", View::Desk(overlays::jump_none)),
    ("net_without_relay", View::Desk(net::net_without_relay)),
    ("net_asking", View::Desk(net::net_asking)),
    ("net_sound", View::Desk(net::net_sound)),
    ("net_lossy", View::Desk(net::net_lossy)),
    ("net_end", View::Desk(net::net_end)),
    ("lossy", View::Desk(net::lossy)),
    ("help", View::Desk(lists::help)),
    ("help_end", View::Desk(lists::help_end)),
    ("keys", View::Desk(lists::keys)),
    ("keys_end", View::Desk(lists::keys_end)),
    ("keys_middle", View::Desk(lists::keys_middle)),
    ("notify", View::Desk(lists::notify)),
    ("notify_test", View::Desk(lists::notify_test)),
    ("notify_test_tmux", View::Desk(lists::notify_test_tmux)),
    ("ignore", View::Desk(lists::ignore)),
    ("theme", View::Desk(lists::theme)),
    ("unknown_command", View::Desk(notices::unknown_command)),
    ("only_room", View::Desk(notices::only_room)),
    ("incomplete", View::Desk(notices::incomplete)),
    ("nick_refused", View::Desk(notices::nick_refused)),
    ("not_written", View::Desk(notices::not_written)),
    ("missing", View::Desk(notices::missing)),
    ("settings_damaged", View::Desk(notices::settings_damaged)),
    ("scrolled", View::Desk(logs::scrolled)),
    (
        "scrolled_nothing_new",
        View::Desk(logs::scrolled_nothing_new),
    ),
    ("gone", View::Desk(logs::gone)),
    ("ahead", View::Desk(logs::ahead)),
    ("diverged", View::Desk(logs::diverged)),
    ("another_log", View::Desk(logs::another_log)),
    ("found", View::Desk(logs::found)),
    ("small", View::Small(talk::talk)),
    ("small_key_changed", View::Small(start::key_changed_typed)),
    ("small_rooms", View::Small(rooms::rooms)),
    ("small_selected", View::Small(selecting::selected)),
    ("small_answering", View::Small(selecting::answering_written)),
    ("small_lines", View::Small(input::lines)),
    ("small_menu", View::Small(input::menu_commands)),
    ("small_refused", View::Small(notices::unknown_command)),
    ("small_help", View::Small(lists::help)),
    ("small_search", View::Small(overlays::search)),
    ("small_jump", View::Small(overlays::jump)),
    ("small_net", View::Small(net::net_lossy)),
];

impl View {
    fn sizes(&self) -> [(u16, u16); 3] {
        match self {
            Self::Desk(_) | Self::Prompt(_) => SIZES,
            Self::Small(_) => SIZES_SMALL,
        }
    }

    /// All screens, each below a line that says which one it is.
    fn screens(&self) -> String {
        let mut screens = String::new();
        for language in Language::ALL {
            for (columns, rows) in self.sizes() {
                screens.push_str(&heading(language, columns, rows));
                screens.push_str(&self.screen(language, columns, rows));
            }
        }
        screens
    }

    fn screen(&self, language: Language, columns: u16, rows: u16) -> String {
        match self {
            Self::Desk(play) | Self::Small(play) => {
                let mut desk = Desk::searching();
                desk.app.viewer.language = language;
                desk.app.handle_resize(columns, rows);
                let mut desk = play(desk);
                screen(columns, rows, |frame| desk.app.draw(frame))
            }
            Self::Prompt(prompt) => {
                let mut prompt = prompt(language);
                screen(columns, rows, |frame| prompt.draw(frame))
            }
        }
    }
}

fn heading(language: Language, columns: u16, rows: u16) -> String {
    format!("== {} {columns}x{rows} ==\n", language.tag())
}

/// The rows of a screen, and where the cursor is.
fn screen(columns: u16, rows: u16, draw: impl FnOnce(&mut Frame)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(draw).unwrap();
    let backend = terminal.backend();
    let mut hidden = backend.clone();
    hidden.hide_cursor().unwrap();
    let cursor = if hidden == *backend {
        "no cursor".to_owned()
    } else {
        let Position { x, y } = backend.cursor_position();
        format!("cursor {x},{y}")
    };
    format!("{}\n{cursor}\n", text(backend.buffer()).join("\n"))
}

impl Desk {
    /// What people write, in the language of the screen.
    fn either(&self, english: &'static str, chinese: &'static str) -> &'static str {
        match self.app.viewer.language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }

    /// Draws the screen in between, as it would be before somebody goes on.
    fn look(&mut self) {
        let size = self.app.size;
        self.draw(size.width, size.height);
    }

    /// A key that no character stands for.
    fn function(&mut self, number: u8) {
        let key = KeyEvent::new(KeyCode::F(number), KeyModifiers::NONE);
        self.app.handle_key(key);
    }

    /// The number of the question asked last.
    fn question(&mut self) -> u32 {
        let commands = self.commands();
        let asked = commands.iter().rev().find_map(|command| match command {
            Command::Ask { request, .. } => Some(*request),
            _ => None,
        });
        asked.expect("something was asked")
    }

    /// The relay answers the question asked last.
    fn answer(&mut self, part: crate::wire::Answer) {
        let request = self.question();
        self.update(Update::Answer {
            request,
            part,
            is_last: true,
        });
    }
}

#[test]
fn every_view_is_as_it_was_read() {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path("views");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let failed: Vec<&str> = settings.bind(|| {
        let fails = |view: &View, name: &str| {
            let test = || insta::assert_snapshot!(name, view.screens());
            catch_unwind(AssertUnwindSafe(test)).is_err()
        };
        let failed = VIEWS.iter().filter(|(name, view)| fails(view, name));
        failed.map(|(name, _)| *name).collect()
    });
    assert!(failed.is_empty(), "other than they were: {failed:?}");
}

#[test]
fn a_narrow_screen_cuts_nothing_in_half() {
    for play in [lists::help, overlays::search, selecting::selected] {
        let mut desk = Desk::searching();
        desk.app.viewer.language = Language::Chinese;
        let mut desk = play(desk);
        for columns in 1..60 {
            for line in desk.draw(columns, 12).0 {
                let wide = crate::tui::wrap::columns(&line);
                assert!(wide <= usize::from(columns), "{columns}: {line}");
            }
        }
    }
}

#[test]
fn every_file_is_a_views_and_has_all_its_screens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui/tests/views");
    let mut files = BTreeSet::new();
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "snap")
        {
            files.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    let views: BTreeSet<String> = VIEWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, views);
    for (name, view) in VIEWS {
        let text = std::fs::read_to_string(folder.join(format!("{name}.snap"))).unwrap();
        let found: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("== "))
            .collect();
        let wanted = Language::ALL.into_iter().flat_map(|language| {
            let headings = view.sizes().map(|(x, y)| heading(language, x, y));
            headings.map(|heading| heading.trim_end().to_owned())
        });
        assert_eq!(found, wanted.collect::<Vec<String>>(), "{name}");
    }
}
