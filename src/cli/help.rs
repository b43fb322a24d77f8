//! The help of the command line in other languages than English.
//!
//! English stands beside each argument in [`super::args`]. Of another language, what is there under
//! the name of the command or argument takes its place; the file says how they are named. Words
//! that are typed, and the capitals that stand for values, are the same in every language.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{Resettable, Str, StyledStr};
use clap::{Arg, ArgAction, Command};

use super::config::{Config, Folders};
use crate::locale::Language;

/// The language for what is said before arguments and configuration are understood: the one that
/// `--lang` names, else that of the configuration, whatever is wrong with the rest of it, else the
/// system's.
pub fn language(arguments: impl Iterator<Item = OsString>) -> Language {
    let (mut tag, mut file) = (None, None);
    let mut arguments = arguments.take_while(|argument| argument != "--");
    while let Some(argument) = arguments.next() {
        let argument = argument.to_string_lossy().into_owned();
        match argument.split_once('=') {
            Some(("--lang", value)) => tag = Some(value.to_owned()),
            Some(("--config", value)) => file = Some(PathBuf::from(value)),
            Some(_) => {}
            None if argument == "--lang" => {
                tag = arguments.next().map(|tag| tag.to_string_lossy().into());
            }
            None if argument == "--config" => file = arguments.next().map(PathBuf::from),
            None => {}
        }
    }
    let named = tag.and_then(|tag| Language::from_tag(&tag));
    named
        .or_else(|| {
            let home = std::env::var_os("LANTERM_HOME").map(PathBuf::from);
            let folders = Folders::find(home.as_deref()).ok()?;
            Config::language(file.as_deref(), &folders)
        })
        .unwrap_or_else(Language::of_system)
}

/// The command with its help in a language.
pub fn translated(mut command: Command, language: Language) -> Command {
    match language {
        Language::English => command,
        Language::Chinese => {
            command = command.mut_subcommands(with_help_flag);
            // Only a command that is built has the flags and commands that clap adds itself.
            command.build();
            translate(command, "", language)
        }
    }
}

/// Adds the flag for help to a command and those below it. Where clap adds it, it stands behind the
/// options for every command, and a heading of another language stands where its first argument does.
fn with_help_flag(command: Command) -> Command {
    let flag = Arg::new("help").short('h').long("help");
    command
        .disable_help_flag(true)
        .arg(flag.action(ArgAction::Help))
        .mut_subcommands(with_help_flag)
}

/// Translates a command and those below it; `path` is `-relay-backup`.
fn translate(command: Command, path: &str, language: Language) -> Command {
    let text = |key: &str| language.lookup(key, &[]);
    let usage = text("help-usage").unwrap_or_default();
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{usage} {{usage}}\n\n{{all-args}}{{after-help}}"
    );
    let mut command = command
        .help_template(template)
        .mut_args(|arg| translate_arg(arg, path, language))
        .mut_subcommands(|below| translate_below(below, path, language));
    if let Some(heading) = text("help-commands") {
        command = command.subcommand_help_heading(heading);
    }
    if let Some(about) = text(&format!("help{path}")) {
        if let Some(long) = text(&format!("help{path}-long")) {
            command = command.long_about(format!("{about}\n\n{long}"));
        }
        command = command.about(about);
    }
    if let Some(after) = text(&format!("help{path}-after")) {
        command = command.after_help(after);
    }
    command
}

fn translate_below(command: Command, path: &str, language: Language) -> Command {
    if command.get_name() != "help" {
        let path = format!("{path}-{}", command.get_name());
        return translate(command, &path, language);
    }
    // The one that clap adds has the commands beside it once more.
    let command = translate(command, path, language);
    match language.lookup("help-help", &[]) {
        Some(about) => command.about(about),
        None => command,
    }
}

fn translate_arg(arg: Arg, path: &str, language: Language) -> Arg {
    let text = |key: &str| language.lookup(key, &[]);
    let heading = match (arg.get_help_heading(), arg.is_positional()) {
        (Some(_), _) => "help-global",
        (None, true) => "help-arguments",
        (None, false) => "help-options",
    };
    let key = [
        format!("arg{path}-{}", arg.get_id()),
        format!("arg-{}", arg.get_id()),
    ]
    .into_iter()
    .find(|key| text(key).is_some());
    let Some(key) = key else { return arg };
    let mut help = text(&key).unwrap_or_default();
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    let takes_values = arg.get_action().takes_values();
    if takes_values && !values.is_empty() {
        let values = values.join(", ");
        help += &note(language, "help-values", "values", &values);
    }
    if let Some(default) = arg.get_default_values().first().filter(|_| takes_values) {
        let default = default.to_string_lossy();
        help += &note(language, "help-default", "value", &default);
    }
    let long = text(&format!("{key}-long")).map(|long| format!("{help}\n\n{long}"));
    let long: Option<StyledStr> = long.map(StyledStr::from);
    arg.help(help)
        .long_help(Resettable::from(long))
        .hide_default_value(true)
        .hide_possible_values(true)
        .help_heading(Resettable::from(text(heading).map(Str::from)))
}

/// What stands behind an argument's help.
fn note(language: Language, key: &str, name: &'static str, value: &str) -> String {
    let text = language.lookup(key, &[(name, value)]);
    text.map_or_else(String::new, |text| format!(" {text}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::super::args::Args;
    use super::*;

    fn help(arguments: &[&str]) -> String {
        let command = translated(Args::command(), Language::Chinese);
        let error = command.try_get_matches_from(arguments).unwrap_err();
        error.to_string()
    }

    fn keys_of(command: &Command, path: &str, keys: &mut BTreeSet<String>) {
        if command.is_hide_set() {
            return;
        }
        keys.insert(format!("help{path}"));
        if command.get_long_about().is_some() {
            keys.insert(format!("help{path}-long"));
        }
        if command.get_after_help().is_some() {
            keys.insert(format!("help{path}-after"));
        }
        for arg in command.get_arguments() {
            let is_everywhere =
                arg.is_global_set() || ["help", "version"].contains(&arg.get_id().as_str());
            let of = if is_everywhere { "" } else { path };
            let key = format!("arg{of}-{}", arg.get_id());
            if arg.get_long_help().is_some()
                && !["help", "version"].contains(&arg.get_id().as_str())
            {
                keys.insert(format!("{key}-long"));
            }
            keys.insert(key);
        }
        for below in command.get_subcommands() {
            // What clap adds repeats the commands.
            if below.get_name() != "help" {
                keys_of(below, &format!("{path}-{}", below.get_name()), keys);
            }
        }
    }

    #[test]
    fn every_command_and_argument_is_in_chinese_and_nothing_else_is() {
        let mut command = Args::command();
        command.build();
        let mut wanted = BTreeSet::new();
        keys_of(&command, "", &mut wanted);
        let file = include_str!("../locale/zh-help.ftl");
        let keys = file.lines().filter_map(|line| line.split_once(" ="));
        let own = [
            "help-usage",
            "help-commands",
            "help-options",
            "help-arguments",
        ];
        let more = [
            "help-global",
            "help-default",
            "help-values",
            "help-help",
            "arg-subcommand",
        ];
        let has: BTreeSet<String> = keys
            .map(|(key, _)| key.to_owned())
            .filter(|key| !own.contains(&key.as_str()) && !more.contains(&key.as_str()))
            .filter(|key| key.starts_with("help") || key.starts_with("arg"))
            .collect();
        assert_eq!(wanted, has);
    }

    #[test]
    fn no_english_is_left_in_the_chinese_help() {
        for arguments in [
            &["lanterm", "--help"][..],
            &["lanterm", "-h"],
            &["lanterm", "send", "--help"],
            &["lanterm", "relay", "-h"],
            &["lanterm", "relay", "backup", "--help"],
            &["lanterm", "history", "--help"],
        ] {
            let help = help(arguments);
            for english in [
                "Usage", "Options", "Commands", "Print", "default", "Example", "possible",
            ] {
                assert!(!help.contains(english), "{english} in\n{help}");
            }
        }
    }

    #[test]
    fn what_a_command_takes_stands_before_what_all_take() {
        for arguments in ["send --help", "search -h", "rooms -h", "relay backup -h"] {
            let arguments = format!("lanterm {arguments}");
            let help = help(&arguments.split(' ').collect::<Vec<_>>());
            let headings: Vec<&str> = ["参数:", "选项:", "每个命令都有的选项:"]
                .into_iter()
                .filter(|heading| help.lines().any(|line| line == *heading))
                .collect();
            let mut places: Vec<usize> = Vec::new();
            for heading in &headings {
                places.push(help.lines().position(|line| line == *heading).unwrap());
            }
            assert!(headings.len() >= 2 && places.is_sorted(), "{help}");
        }
    }

    #[test]
    fn arguments_are_understood_in_every_language() {
        let command = translated(Args::command(), Language::Chinese);
        let matches = command
            .try_get_matches_from([
                "lanterm", "--name", "ada", "send", "--to", "bob", "--json", "hi",
            ])
            .unwrap();
        let (name, send) = matches.subcommand().unwrap();
        assert_eq!(name, "send");
        assert_eq!(send.get_one::<String>("name").unwrap(), "ada");
        assert!(send.get_flag("json"));
    }

    #[test]
    fn the_language_is_known_before_the_arguments_are() {
        let of = |arguments: &[&str]| language(arguments.iter().map(OsString::from));
        assert_eq!(of(&["lanterm", "--lang", "zh", "sned"]), Language::Chinese);
        assert_eq!(of(&["lanterm", "send", "--lang=en"]), Language::English);
    }
}
