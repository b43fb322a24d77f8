//! `docs/lanterm.1`, the manual page, is what the arguments say: its first half is made from the
//! definition of the command line, its second half from `rest.roff` beside this file, which is held
//! against the keys of `config.toml`, the exit codes and the variables that the sources read.
//!
//! After a change of either, `LANTERM_WRITE_MANUAL=1 cargo test --test manual` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use lanterm::cli::args::Args;
use lanterm::cli::config::Config;
use lanterm::cli::error::ErrorKind;

/// What no definition of arguments tells.
const REST: &str = include_str!("rest.roff");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The command line as a user knows it: without what is hidden, and without `help` as a command.
fn command() -> Command {
    let usage = "lanterm [OPTIONS]\nlanterm COMMAND [OPTIONS] [ARGUMENTS]";
    let mut command = Args::command()
        .disable_help_subcommand(true)
        .override_usage(usage);
    command.build();
    command
}

/// The whole page.
fn page() -> String {
    let command = command();
    let man = Man::new(command.clone());
    let version = command.get_version().unwrap_or_default();
    // Without a date, which would have to be kept up by hand.
    let mut page = format!(
        ".\\\" Made of the arguments and tests/manual/rest.roff; see tests/manual/main.rs.\n\
         .ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n\
         .TH LANTERM 1 \"\" \"lanterm {version}\" \"User Commands\"\n"
    );
    page += &rendered(|out| man.render_name_section(out));
    page += &rendered(|out| man.render_synopsis_section(out));
    page += &wrapped(&rendered(|out| man.render_description_section(out)));
    page += ".SH COMMANDS\n";
    describe_below(&command, &mut page);
    page += &wrapped(&rendered(|out| man.render_options_section(out)));
    page + REST
}

/// What a part of a page is in roff, without what stands once at its top.
fn rendered(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    render(&mut bytes).expect("memory takes it all");
    let text = String::from_utf8(bytes).expect("our texts are UTF-8");
    let mut page = String::new();
    for line in text.lines() {
        match line {
            line if line.starts_with(".ie ") || line.starts_with(".el ") => {}
            // Another paragraph of the same argument.
            "" => page += ".IP\n",
            line => writeln!(page, "{line}").expect("memory takes it all"),
        }
    }
    page
}

/// The text in lines of 80 bytes at most, as far as there are blanks to break it at.
fn wrapped(page: &str) -> String {
    let mut wrapped = String::new();
    for line in page.lines() {
        let mut length = 0;
        for word in line.split(' ') {
            // What begins with these is a command to roff.
            let may_break = !line.starts_with('.') && !word.starts_with(['.', '\'']);
            if length > 0 && may_break && length + 1 + word.len() > 80 {
                wrapped.push('\n');
                length = 0;
            } else if length > 0 {
                wrapped.push(' ');
                length += 1;
            }
            wrapped.push_str(word);
            length += word.len();
        }
        wrapped.push('\n');
    }
    wrapped
}

/// Describes the commands below one, each with what it takes by itself.
fn describe_below(command: &Command, page: &mut String) {
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        *page += &heading(below);
        let own: Vec<Arg> = below
            .get_arguments()
            .filter(|arg| !arg.is_global_set() && arg.get_id() != "help" && !arg.is_hide_set())
            .cloned()
            .collect();
        let about = below.get_long_about().or_else(|| below.get_about());
        let mut alone = Command::new("alone").disable_help_flag(true).args(own);
        if let Some(about) = about {
            alone = alone.long_about(about.clone());
        }
        let has_arguments = alone.get_arguments().next().is_some();
        let man = Man::new(alone);
        let description = rendered(|out| man.render_description_section(out));
        *page += &wrapped(&without_heading(&description));
        if has_arguments {
            let options = rendered(|out| man.render_options_section(out));
            *page += &wrapped(&without_heading(&options));
        }
        if let Some(examples) = below.get_after_help() {
            *page += &examples_of(&examples.to_string());
        }
        describe_below(below, page);
    }
}

/// How a command is called.
fn heading(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.lines().next().unwrap_or_default();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(usage);
    let usage = usage.replace('-', "\\-");
    format!(".SS \"{usage}\"\n")
}

/// The section without its first line, which names it.
fn without_heading(section: &str) -> String {
    let rest = section.split_once('\n').map(|(_, rest)| rest);
    rest.unwrap_or_default().to_owned()
}

/// The examples below a command's help, as they are typed.
fn examples_of(help: &str) -> String {
    let mut roff = Roff::new();
    roff.control("PP", []);
    let (title, examples) = help.split_once(": ").unwrap_or(("Examples", help));
    roff.text([roman(format!("{title}:"))]);
    roff.control("RS", ["4"]);
    roff.control("EX", []);
    for typed in examples.lines() {
        roff.text([bold(typed.trim_start())]);
    }
    roff.control("EE", []);
    roff.control("RE", []);
    rendered(|out| roff.to_writer(out))
}

#[test]
fn the_manual_page_is_what_the_arguments_say() {
    let path = root().join("docs/lanterm.1");
    let page = page();
    if std::env::var_os("LANTERM_WRITE_MANUAL").is_some() {
        fs::write(&path, &page).expect("the manual page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(written.lines()).find(|(a, b)| a != b);
    assert!(
        written == page,
        "docs/lanterm.1 is not up to date ({differs:?}): LANTERM_WRITE_MANUAL=1 cargo test --test manual"
    );
}

#[test]
fn every_command_and_argument_is_in_the_manual_page() {
    fn check(command: &Command, page: &str) {
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            if let Some(long) = arg.get_long() {
                let written = format!("\\fB\\-\\-{}\\fR", long.replace('-', "\\-"));
                assert!(page.contains(&written), "--{long}");
            }
        }
        for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            assert!(page.contains(&format!(" {}", below.get_name())));
            check(below, page);
        }
    }
    check(&command(), &page());
}

#[test]
fn the_rest_has_every_key_exit_code_and_variable() {
    for key in Config::KEYS {
        assert!(
            REST.contains(&format!("\n.B {key}\n")),
            "config.toml: {key}"
        );
    }
    for kind in [
        ErrorKind::OutputClosed,
        ErrorKind::Failed,
        ErrorKind::Usage,
        ErrorKind::Trust,
        ErrorKind::Unreachable,
        ErrorKind::Refused,
    ] {
        let code = kind.exit_code();
        assert!(REST.contains(&format!("\n.B {code}\n")), "exit code {code}");
    }
    let mut variables = Vec::new();
    for source in sources(&root().join("src")) {
        let text = fs::read_to_string(source).expect("a source is readable");
        let named = text.split('"').filter(|literal| {
            let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
            literal.starts_with("LANTERM_") && literal.chars().all(is_name)
        });
        variables.extend(named.map(str::to_owned));
    }
    assert!(
        variables.contains(&"LANTERM_HOME".to_owned()),
        "{variables:?}"
    );
    for variable in variables {
        let entry = format!("\n.B {variable}\n");
        assert!(REST.contains(&entry), "{variable}");
    }
}

/// The sources in a folder, but for tests and the simulator, which have variables of their own.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources is readable") {
        let path = entry.expect("a folder of sources is readable").path();
        let name = path.file_name().and_then(|name| name.to_str());
        match name.unwrap_or_default() {
            "sim" | "tests" | "tests.rs" => {}
            _ if path.is_dir() => found.extend(sources(&path)),
            name if name.ends_with(".rs") => found.push(path),
            _ => {}
        }
    }
    found
}
