//! The table: which keys do what, unless the configuration names others.

use super::actions::{
    Action, EditAction, ListAction, MenuAction, Mode, RecallAction, SelectAction,
};
use crate::locale::key;

/// One line of the table.
pub struct Binding {
    /// What the key does.
    pub action: Action,
    /// When.
    pub mode: Mode,
    /// Its name in the configuration.
    pub name: &'static str,
    /// The keys, unless the configuration names others.
    pub keys: &'static [&'static str],
    /// What it does; a key of a text.
    pub text: &'static str,
}

const fn bind(
    action: Action,
    mode: Mode,
    name: &'static str,
    keys: &'static [&'static str],
    text: &'static str,
) -> Binding {
    Binding {
        action,
        mode,
        name,
        keys,
        text,
    }
}

/// Everything that a key can do.
#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &{
    use Action::{
        Complete, CompleteBack, Edit, Escape, Interrupt, Jump, LineDown, LineUp, List, MarkCode,
        Menu, Net, Newest, NextRoom, NextUnread, Oldest, OpenEditor, PageDown, PageUp, PreviousRoom, Quit,
        Recall, Redraw, Search, Select, Send, SendParts, ShowKeys, ShowRoom, StartRecall,
    };
    use EditAction as E;
    use ListAction as L;
    use MenuAction as M;
    use Mode::{AtEnd, Empty, Screen, Write};
    use RecallAction as R;
    use SelectAction as S;
    [
        bind(Send, Write, "send", &["enter"], key!("key-send")),
        bind(Edit(E::NewLine), Write, "new-line", &["alt-enter", "shift-enter", "ctrl-enter", "ctrl-j"], key!("key-new-line")),
        bind(Complete, Write, "complete", &["tab"], key!("key-complete")),
        bind(CompleteBack, Write, "complete-back", &["backtab"], key!("key-complete-back")),
        bind(Edit(E::Up), Write, "up", &["up"], key!("key-up")),
        bind(Edit(E::Down), Write, "down", &["down"], key!("key-down")),
        bind(Edit(E::Left), Write, "left", &["left", "ctrl-b"], key!("key-left")),
        bind(Edit(E::Right), Write, "right", &["right", "ctrl-f"], key!("key-right")),
        bind(Edit(E::WordLeft), Write, "word-left", &["ctrl-left", "alt-left", "alt-b"], key!("key-word-left")),
        bind(Edit(E::WordRight), Write, "word-right", &["ctrl-right", "alt-right", "alt-f"], key!("key-word-right")),
        bind(Edit(E::LineStart), Write, "line-start", &["home", "ctrl-a"], key!("key-line-start")),
        bind(Edit(E::LineEnd), Write, "line-end", &["end", "ctrl-e"], key!("key-line-end")),
        bind(Edit(E::DeleteBack), Write, "delete-back", &["backspace", "ctrl-h"], key!("key-delete-back")),
        bind(Edit(E::Delete), Write, "delete", &["delete", "ctrl-d"], key!("key-delete")),
        bind(Edit(E::CutWordBack), Write, "cut-word-back", &["alt-backspace", "ctrl-backspace"], key!("key-cut-word-back")),
        bind(Edit(E::CutBlankBack), Write, "cut-blank-back", &["ctrl-w"], key!("key-cut-blank-back")),
        bind(Edit(E::CutWord), Write, "cut-word", &["alt-d", "ctrl-delete"], key!("key-cut-word")),
        bind(Edit(E::CutToStart), Write, "cut-to-start", &["ctrl-u"], key!("key-cut-to-start")),
        bind(Edit(E::CutToEnd), Write, "cut-to-end", &["ctrl-k"], key!("key-cut-to-end")),
        bind(Edit(E::Yank), Write, "yank", &["ctrl-y"], key!("key-yank")),
        bind(Edit(E::YankBefore), Write, "yank-before", &["alt-y"], key!("key-yank-before")),
        bind(Edit(E::Undo), Write, "undo", &["ctrl-_", "ctrl-/", "ctrl-7", "ctrl-minus", "ctrl-x ctrl-u"], key!("key-undo")),
        bind(Edit(E::Redo), Write, "redo", &["alt-_", "alt-/", "ctrl-x ctrl-r"], key!("key-redo")),
        bind(Edit(E::Transpose), Write, "transpose", &["ctrl-t"], key!("key-transpose")),
        bind(Edit(E::UpperCase), Write, "upper-case", &["alt-u"], key!("key-upper-case")),
        bind(Edit(E::LowerCase), Write, "lower-case", &["alt-l"], key!("key-lower-case")),
        bind(Edit(E::Capitalize), Write, "capitalize", &["alt-c"], key!("key-capitalize")),
        bind(MarkCode, Write, "mark-code", &["ctrl-g"], key!("key-mark-code")),
        bind(SendParts, Write, "send-parts", &["ctrl-s"], key!("key-send-parts")),
        bind(OpenEditor, Write, "open-editor", &["ctrl-x ctrl-e"], key!("key-open-editor")),
        bind(StartRecall, Write, "recall", &["ctrl-r"], key!("key-recall")),
        bind(NextRoom, Screen, "next-room", &["ctrl-n", "alt-down", "ctrl-pagedown"], key!("key-next-room")),
        bind(PreviousRoom, Screen, "previous-room", &["ctrl-p", "alt-up", "ctrl-pageup"], key!("key-previous-room")),
        bind(NextUnread, Screen, "next-unread", &["alt-a"], key!("key-next-unread")),
        bind(ShowRoom(1), Screen, "room-1", &["alt-1"], key!("key-room-1")),
        bind(ShowRoom(2), Screen, "room-2", &["alt-2"], key!("key-room-2")),
        bind(ShowRoom(3), Screen, "room-3", &["alt-3"], key!("key-room-3")),
        bind(ShowRoom(4), Screen, "room-4", &["alt-4"], key!("key-room-4")),
        bind(ShowRoom(5), Screen, "room-5", &["alt-5"], key!("key-room-5")),
        bind(ShowRoom(6), Screen, "room-6", &["alt-6"], key!("key-room-6")),
        bind(ShowRoom(7), Screen, "room-7", &["alt-7"], key!("key-room-7")),
        bind(ShowRoom(8), Screen, "room-8", &["alt-8"], key!("key-room-8")),
        bind(ShowRoom(9), Screen, "room-9", &["alt-9"], key!("key-room-9")),
        bind(Jump, AtEnd, "jump", &["ctrl-k"], key!("key-jump")),
        bind(Search, AtEnd, "search", &["ctrl-f"], key!("key-search")),
        bind(Jump, Screen, "jump-anywhere", &["alt-k", "ctrl-k"], key!("key-jump-anywhere")),
        bind(Search, Screen, "search-anywhere", &["f3", "ctrl-f"], key!("key-search-anywhere")),
        bind(Net, Screen, "network", &["f2"], key!("key-network")),
        bind(PageUp, Screen, "page-up", &["pageup"], key!("key-page-up")),
        bind(PageDown, Screen, "page-down", &["pagedown"], key!("key-page-down")),
        bind(LineUp, Screen, "line-up", &["ctrl-up", "shift-up"], key!("key-line-up")),
        bind(LineDown, Screen, "line-down", &["ctrl-down", "shift-down"], key!("key-line-down")),
        bind(Oldest, Screen, "oldest", &["ctrl-home"], key!("key-oldest")),
        bind(Newest, Screen, "newest", &["ctrl-end"], key!("key-newest")),
        bind(Oldest, Empty, "oldest-when-empty", &["home"], key!("key-oldest")),
        bind(Newest, Empty, "newest-when-empty", &["end"], key!("key-newest")),
        bind(ShowKeys, Screen, "keys", &["f1"], key!("key-keys")),
        bind(Escape, Write, "escape", &["esc"], key!("key-escape")),
        bind(Menu(M::Up), Mode::Menu, "menu-up", &["up"], key!("key-menu-up")),
        bind(Menu(M::Down), Mode::Menu, "menu-down", &["down"], key!("key-menu-down")),
        bind(Menu(M::Take), Mode::Menu, "menu-take", &["enter"], key!("key-menu-take")),
        bind(Menu(M::Close), Mode::Menu, "menu-close", &["esc"], key!("key-menu-close")),
        bind(Recall(R::Older), Mode::Recall, "recall-older", &["ctrl-r", "up"], key!("key-recall-older")),
        bind(Recall(R::Newer), Mode::Recall, "recall-newer", &["ctrl-s", "down"], key!("key-recall-newer")),
        bind(Recall(R::Take), Mode::Recall, "recall-take", &["enter", "tab"], key!("key-recall-take")),
        bind(Recall(R::Cancel), Mode::Recall, "leave-recall", &["esc", "ctrl-g", "ctrl-c"], key!("key-leave-recall")),
        bind(Select(S::Down), Mode::Select, "select-down", &["j", "down"], key!("key-select-down")),
        bind(Select(S::Up), Mode::Select, "select-up", &["k", "up"], key!("key-select-up")),
        bind(Select(S::First), Mode::Select, "select-first", &["g", "home"], key!("key-select-first")),
        bind(Select(S::Last), Mode::Select, "select-last", &["G", "end"], key!("key-select-last")),
        bind(Select(S::Reply), Mode::Select, "reply", &["r", "enter"], key!("key-reply")),
        bind(Select(S::Edit), Mode::Select, "edit", &["e"], key!("key-edit")),
        bind(Select(S::Delete), Mode::Select, "take-back", &["d", "delete"], key!("key-take-back")),
        bind(Select(S::React), Mode::Select, "react", &["+", "="], key!("key-react")),
        bind(Select(S::Copy), Mode::Select, "copy", &["y", "c"], key!("key-copy")),
        bind(Select(S::Info), Mode::Select, "info", &["i"], key!("key-info")),
        bind(Select(S::OpenLink), Mode::Select, "open-link", &["l"], key!("key-open-link")),
        bind(Select(S::CopyLink), Mode::Select, "copy-link", &["L"], key!("key-copy-link")),
        bind(Select(S::Original), Mode::Select, "original", &["o"], key!("key-original")),
        bind(Select(S::Leave), Mode::Select, "leave-selection", &["esc", "q"], key!("key-leave-selection")),
        bind(ShowKeys, Mode::Select, "keys-when-selecting", &["?"], key!("key-keys")),
        bind(List(L::Up), Mode::List, "list-up", &["up", "ctrl-p", "ctrl-up", "shift-up"], key!("key-list-up")),
        bind(List(L::Down), Mode::List, "list-down", &["down", "ctrl-n", "ctrl-down", "shift-down"], key!("key-list-down")),
        bind(List(L::PageUp), Mode::List, "list-page-up", &["pageup"], key!("key-list-page-up")),
        bind(List(L::PageDown), Mode::List, "list-page-down", &["pagedown"], key!("key-list-page-down")),
        bind(List(L::First), Mode::List, "list-first", &["ctrl-home"], key!("key-list-first")),
        bind(List(L::Last), Mode::List, "list-last", &["ctrl-end"], key!("key-list-last")),
        bind(List(L::Take), Mode::List, "list-take", &["enter"], key!("key-list-take")),
        bind(List(L::Scope), Mode::List, "list-scope", &["tab"], key!("key-list-scope")),
        bind(List(L::Close), Mode::List, "list-close", &["esc"], key!("key-list-close")),
        bind(Redraw, Screen, "redraw", &["ctrl-l"], key!("key-redraw")),
        bind(Interrupt, Screen, "interrupt", &["ctrl-c"], key!("key-interrupt")),
        bind(Quit, Empty, "quit", &["ctrl-d"], key!("key-quit")),
    ]
};
