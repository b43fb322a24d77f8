//! What keys can do, and when they do it.

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Empty the input; twice on an empty one, end the program.
    Interrupt,
    /// End the program.
    Quit,
    /// Draw everything anew.
    Redraw,
    /// Show which key does what.
    ShowKeys,
    /// Put the next room in front.
    NextRoom,
    /// Put the room before in front.
    PreviousRoom,
    /// Put the next room in front in which something is unread.
    NextUnread,
    /// Put a room in front, counted from 1.
    ShowRoom(u8),
    /// Close what is open over the pane, or select a message.
    Escape,
    /// Scroll up by a page.
    PageUp,
    /// Scroll down by a page.
    PageDown,
    /// Scroll up by a line.
    LineUp,
    /// Scroll down by a line.
    LineDown,
    /// Go to the oldest message.
    Oldest,
    /// Go to the newest message.
    Newest,
    /// Send what is written.
    Send,
    /// Complete the word before the cursor, or take the next choice.
    Complete,
    /// Take the choice before.
    CompleteBack,
    /// Change what is written.
    Edit(EditAction),
    /// Do something with the message selected.
    Select(SelectAction),
    /// Search back through the lines sent.
    StartRecall,
    /// Mark what was just pasted as code.
    MarkCode,
    /// Send as several messages what is too long for one.
    SendParts,
    /// Write on in an editor of the user's.
    OpenEditor,
    /// Do something with that search.
    Recall(RecallAction),
    /// Do something with the choices for a word.
    Menu(MenuAction),
    /// Look for a room, person, command or setting.
    Jump,
    /// Look for messages.
    Search,
    /// Show how the network is, or close that.
    Net,
    /// Do something in the list that is open.
    List(ListAction),
}

/// What a key does to the text being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EditAction {
    /// A new line.
    NewLine,
    /// The cursor one character back.
    Left,
    /// The cursor one character on.
    Right,
    /// The cursor a row up, or the line sent before.
    Up,
    /// The cursor a row down, or the line sent after.
    Down,
    /// The cursor a word back.
    WordLeft,
    /// The cursor a word on.
    WordRight,
    /// The cursor to the start of the line.
    LineStart,
    /// The cursor to the end of the line.
    LineEnd,
    /// Delete the character before the cursor.
    DeleteBack,
    /// Delete the character at the cursor.
    Delete,
    /// Cut the word before the cursor.
    CutWordBack,
    /// Cut back to the last blank.
    CutBlankBack,
    /// Cut the word behind the cursor.
    CutWord,
    /// Cut to the start of the line.
    CutToStart,
    /// Cut to the end of the line.
    CutToEnd,
    /// Insert what was cut last.
    Yank,
    /// Put what was cut before that in its place.
    YankBefore,
    /// Take the last change back.
    Undo,
    /// Do it again.
    Redo,
    /// Swap the characters around the cursor.
    Transpose,
    /// Write the word behind the cursor in capitals.
    UpperCase,
    /// Write it in small letters.
    LowerCase,
    /// Write it with a capital at its start.
    Capitalize,
}

/// What a key does with the message selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SelectAction {
    /// Select the message above.
    Up,
    /// Select the message below.
    Down,
    /// Select the first one held.
    First,
    /// Select the last one.
    Last,
    /// Answer it.
    Reply,
    /// Write it anew.
    Edit,
    /// Take it back.
    Delete,
    /// React to it.
    React,
    /// Copy its text.
    Copy,
    /// Tell about it.
    Info,
    /// Open the first link in it.
    OpenLink,
    /// Copy the first link in it.
    CopyLink,
    /// Go to the message it answers.
    Original,
    /// Stop selecting.
    Leave,
}

/// What a key does while a line sent before is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecallAction {
    /// Go further back.
    Older,
    /// Go forward again.
    Newer,
    /// Have the line found to write on.
    Take,
    /// Have back what was written.
    Cancel,
}

/// What a key does while choices for the word being written are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MenuAction {
    /// The choice above.
    Up,
    /// The choice below.
    Down,
    /// Take it.
    Take,
    /// Close them.
    Close,
}

/// What a key does in a list that is open over the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListAction {
    /// The entry above.
    Up,
    /// The entry below.
    Down,
    /// A screen full up.
    PageUp,
    /// A screen full down.
    PageDown,
    /// The first entry.
    First,
    /// The last entry.
    Last,
    /// Go to what is selected.
    Take,
    /// Search all rooms or this one.
    Scope,
    /// Close the list.
    Close,
}

/// When a key does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Always, unless another mode has the key.
    Screen,
    /// While something is being written.
    Write,
    /// While the cursor stands at the end of what is written, where some editing keys would do
    /// nothing; with [`Mode::Write`] behind it.
    AtEnd,
    /// While nothing is written yet; with [`Mode::AtEnd`] behind it.
    Empty,
    /// While a message is selected.
    Select,
    /// While choices for a word are shown; with [`Mode::Write`] behind it.
    Menu,
    /// While a line sent before is searched for; with [`Mode::Write`] behind it.
    Recall,
    /// While a list with an input line of its own is open.
    List,
}
