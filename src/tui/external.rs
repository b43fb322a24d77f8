//! Writing on in an editor of the user's own: `VISUAL`, else `EDITOR`, else vi.
//!
//! The text goes into a file in a folder that only this user can look into, and comes back whole
//! when the editor ends. Whatever goes wrong, the input line stays as it was; and if the file has
//! another text by then, it is left where it is, and the user is told where.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use tokio::sync::oneshot;

use super::app::App;
use super::editor::EDITOR_BYTES_MAX;
use super::submit::kib;
use crate::locale::{Said, say};
use crate::wire::{RoomName, SafeText};

/// What came of an editor: the text, or why there is none.
pub(super) type Edited = Result<String, Said>;

/// Whether the user writes in an editor of their own.
#[derive(Debug, Default)]
pub(super) enum External {
    /// No.
    #[default]
    None,
    /// They want to.
    Wanted,
    /// They do: the room, and the text at the start.
    Running(RoomName, String),
}

impl App {
    /// The text to be written on in an editor of the user's; once for each time. The screen is not
    /// drawn until [`App::handle_edited`].
    pub fn take_edit(&mut self) -> Option<String> {
        if !matches!(self.external, External::Wanted) {
            return None;
        }
        let text = self.room().editor.text().to_owned();
        self.external = External::Running(self.room().name.clone(), text.clone());
        self.handle_focus(false);
        Some(text)
    }

    /// The editor has ended.
    pub(super) fn handle_edited(&mut self, edited: Edited) {
        self.handle_focus(true);
        self.is_dirty = true;
        let External::Running(room, before) = std::mem::take(&mut self.external) else {
            return;
        };
        let text = match edited {
            Ok(text) => text,
            Err(reason) => return self.refuse(&reason),
        };
        let room = self.find_room(&room).unwrap_or(self.active);
        let editor = &mut self.rooms[room].editor;
        // What was put back meanwhile stands before it.
        match editor.text().strip_suffix(before.as_str()) {
            Some(_) if before == text => {}
            Some(put_back) => {
                let start = put_back.len();
                editor.replace(start..editor.text().len(), &text);
            }
            None => editor.put_back(&text),
        }
        self.drop_toast();
        if room == self.active {
            self.offer_parts();
        }
    }
}

/// Runs the editor with this text, on a thread of its own.
pub(super) fn start(text: String) -> oneshot::Receiver<Edited> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        let program = program(|name| std::env::var(name).ok());
        // Nobody waits for it any more when the program ends first.
        let _ = sender.send(edit(&program, &text));
    });
    receiver
}

/// The user's editor, as a shell understands it.
fn program(variable: impl Fn(&str) -> Option<String>) -> String {
    let named = ["VISUAL", "EDITOR"].into_iter().filter_map(variable);
    let mut named = named.filter(|program| !program.trim().is_empty());
    let usual = if cfg!(unix) { "vi" } else { "notepad" };
    named.next().unwrap_or_else(|| usual.to_owned())
}

fn edit(program: &str, text: &str) -> Edited {
    let no_file = |error: io::Error| say!("editor-no-file", error = error);
    let mut folder = tempfile::Builder::new();
    folder.prefix("lanterm-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        folder.permissions(fs::Permissions::from_mode(0o700));
    }
    let folder = folder.tempdir().map_err(no_file)?;
    let path = folder.path().join("message.md");
    write(&path, text).map_err(no_file)?;
    let result = run(program, &path).and_then(|()| read(&path, !text.ends_with('\n')));
    match result {
        Ok(text) => Ok(text),
        Err(reason) if fs::read(&path).is_ok_and(|bytes| bytes != text.as_bytes()) => {
            let kept: PathBuf = folder.keep().join("message.md");
            Err(say!("editor-kept", reason = reason, path = kept.display()))
        }
        Err(reason) => Err(reason),
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}

fn run(program: &str, path: &Path) -> Result<(), Said> {
    let mut command = if cfg!(unix) {
        let mut shell = Command::new("sh");
        // The variables may hold arguments as well.
        shell.arg("-c").arg(format!("{program} \"$1\"")).arg("sh");
        shell
    } else {
        let mut words = program.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        command
    };
    match command.arg(path).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(say!("editor-failed", program = program, status = status)),
        Err(error) => Err(say!("editor-failed", program = program, status = error)),
    }
}

/// The text; without the end of its last line, if the editor added that.
fn read(path: &Path, is_end_added: bool) -> Edited {
    let no_file = |error: io::Error| say!("editor-no-file", error = error);
    let max = u64::try_from(EDITOR_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(no_file)?;
    // Two bytes more: one for the end of the last line, one to know that there are too many.
    let mut file = file.take(max.saturating_add(2));
    file.read_to_end(&mut bytes).map_err(no_file)?;
    let mut text = String::from_utf8(bytes).map_err(|_| say!("editor-no-text"))?;
    if is_end_added && text.ends_with('\n') {
        text.pop();
    }
    if text.len() > EDITOR_BYTES_MAX {
        return Err(say!("editor-too-long", max = kib(EDITOR_BYTES_MAX)));
    }
    Ok(SafeText::new(&text).as_str().to_owned())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn reason(program: &str, text: &str) -> String {
        edit(program, text).unwrap_err().tr(Language::English)
    }

    #[test]
    fn the_text_comes_back_as_the_editor_left_it() {
        assert_eq!(edit("true", "a\nb").unwrap(), "a\nb");
        assert_eq!(edit("sed -i s/a/xyz/", "a\nb\n").unwrap(), "xyz\nb\n");
        let appended = "f() { echo >> \"$1\"; }; f";
        assert_eq!(edit(appended, "a").unwrap(), "a");
        assert_eq!(edit("truncate -s 0", "a").unwrap(), "");
    }

    #[test]
    fn nobody_else_can_look_into_the_file() {
        let program =
            r#"f() { stat -c %a "$1" "$(dirname "$1")" > "$1.new"; mv "$1.new" "$1"; }; f"#;
        assert_eq!(edit(program, "secret").unwrap(), "600\n700");
    }

    #[test]
    fn what_was_written_in_vain_is_left_in_the_file() {
        let error = reason("false", "a");
        assert!(
            error.starts_with("the editor \"false\" ended with "),
            "{error}"
        );
        assert!(!error.contains("lanterm-"), "{error}");
        assert!(reason("/no/such/editor", "a").contains("127"));
        let long = format!(
            "f() {{ head -c {} /dev/zero | tr '\\0' x > \"$1\"; }}; f",
            EDITOR_BYTES_MAX + 1
        );
        for (program, kept) in [
            ("f() { echo mine > \"$1\"; false; }; f", 5),
            ("f() { printf '\\377' > \"$1\"; }; f", 1),
            (long.as_str(), EDITOR_BYTES_MAX + 1),
        ] {
            let error = reason(program, "a");
            let (_, path) = error
                .rsplit_once(" is in ")
                .unwrap_or_else(|| panic!("{error}"));
            let path = Path::new(path);
            assert_eq!(fs::read(path).unwrap().len(), kept);
            fs::remove_dir_all(path.parent().unwrap()).unwrap();
        }
    }

    #[test]
    fn the_editor_is_the_one_the_user_named() {
        let named = |visual: &str, editor: &str| {
            let find = |name: &str| match name {
                "VISUAL" => Some(visual.to_owned()),
                _ => Some(editor.to_owned()),
            };
            program(find)
        };
        assert_eq!(named("code -w", "ed"), "code -w");
        assert_eq!(named(" ", "ed"), "ed");
        assert_eq!(named("", ""), "vi");
        assert_eq!(program(|_| None), "vi");
    }
}
