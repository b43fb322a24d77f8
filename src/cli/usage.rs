//! Arguments that make no sense, in the look and the language of all other errors.
//!
//! In English they are told as clap tells them. In another language what clap knows about them is
//! put into sentences of `zh-help.ftl`; what none is there for stays English.

use std::error::Error as _;
use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::{AddressError, SecondsError};
use super::error::CliError;
use super::keep::KeepError;
use crate::chaos::ChaosSpecError;
use crate::locale::{Language, LanguageError, tr};
use crate::tui::reasons;
use crate::wire::NameError;

/// The error of arguments; `None` when the user asked for help or the version, which is none.
pub fn from_clap(error: &clap::Error, language: Language) -> Option<CliError> {
    if !error.use_stderr() {
        return None;
    }
    let (message, tip) = told_by_clap(error);
    let message = translated(error, language)
        .or_else(|| number_told(error))
        .unwrap_or(message);
    let similar = translated_tip(error, language).or(tip);
    let hint = similar
        .or_else(|| language.lookup("usage-hint", &[]))
        .unwrap_or_else(|| "--help shows how it is used".to_owned());
    Some(CliError::usage(message).hint(hint))
}

/// What clap says, in one line, and its tip.
fn told_by_clap(error: &clap::Error) -> (String, Option<String>) {
    let text = error.to_string();
    let mut paragraphs = text.split("\n\n");
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let tip = paragraphs.find_map(|paragraph| paragraph.trim().strip_prefix("tip: "));
    let words = message.split_whitespace().collect::<Vec<_>>();
    (words.join(" "), tip.map(str::to_owned))
}

/// What clap knows of the error, as text.
fn known(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        ContextValue::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn translated(error: &clap::Error, language: Language) -> Option<String> {
    let argument = known(error, ContextKind::InvalidArg);
    let value = known(error, ContextKind::InvalidValue);
    let other = known(error, ContextKind::PriorArg);
    let values = known(error, ContextKind::ValidValue);
    let (key, arguments) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = known(error, ContextKind::InvalidSubcommand)?;
            ("usage-command", vec![("name", name)])
        }
        ErrorKind::UnknownArgument => ("usage-argument", vec![("argument", argument?)]),
        ErrorKind::MissingRequiredArgument => ("usage-missing", vec![("arguments", argument?)]),
        ErrorKind::ArgumentConflict if argument == other => {
            ("usage-twice", vec![("argument", argument?)])
        }
        ErrorKind::ArgumentConflict => (
            "usage-conflict",
            vec![("argument", argument?), ("other", other?)],
        ),
        ErrorKind::TooManyValues => (
            "usage-too-many",
            vec![("argument", argument?), ("value", value?)],
        ),
        ErrorKind::InvalidUtf8 => ("usage-utf8", Vec::new()),
        ErrorKind::InvalidValue if value.as_deref() == Some("") => {
            ("usage-no-value", vec![("argument", argument?)])
        }
        ErrorKind::InvalidValue => (
            "usage-choice",
            vec![
                ("argument", argument?),
                ("value", value?),
                ("values", values?),
            ],
        ),
        ErrorKind::ValueValidation => (
            "usage-value",
            vec![
                ("argument", argument?),
                ("value", value?),
                ("problem", problem(error, language)?),
            ],
        ),
        _ => return None,
    };
    let arguments: Vec<(&'static str, &str)> = arguments
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    language.lookup(key, &arguments)
}

/// What is wrong with a number, in English: what clap has for it are ranges as code writes them.
fn number_told(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let argument = known(error, ContextKind::InvalidArg)?;
    let value = known(error, ContextKind::InvalidValue)?;
    let source = error.source()?;
    let problem = match bounds(&source.to_string()) {
        _ if source.is::<ParseIntError>() => "write a whole number".to_owned(),
        Some((least, Some(most))) => format!("write {least} to {most}"),
        Some((least, None)) => format!("write {least} or more"),
        None => return None,
    };
    Some(format!(
        "invalid value '{value}' for '{argument}': {problem}"
    ))
}

/// The least and the most that a number may be, the most unless it is all that fits. clap tells these
/// in words alone: "0 is not in 1..=9".
fn bounds(told: &str) -> Option<(String, Option<String>)> {
    let (_, range) = told.split_once(" in ")?;
    let (least, most) = range.split_once("..")?;
    let most = most.trim_start_matches('=');
    let is_all = most.is_empty() || most == u64::MAX.to_string();
    Some((least.to_owned(), (!is_all).then(|| most.to_owned())))
}

/// What is wrong with a value.
fn problem(error: &clap::Error, language: Language) -> Option<String> {
    let source = error.source()?;
    if let Some(error) = source.downcast_ref::<NameError>() {
        return Some(reasons::name_problem(*error).tr(language));
    }
    if let Some(error) = source.downcast_ref::<AddressError>() {
        return Some(match error {
            AddressError::Host => tr!(language, "write-address"),
            AddressError::Own => tr!(language, "write-own-address"),
        });
    }
    if source.is::<LanguageError>() {
        return Some(tr!(language, "write-language"));
    }
    let (key, value) = if let Some(error) = source.downcast_ref::<ChaosSpecError>() {
        match error {
            ChaosSpecError::Unknown(part) => ("usage-chaos-unknown", part.as_str()),
            ChaosSpecError::Twice(part) => ("usage-chaos-twice", part.as_str()),
            ChaosSpecError::Share(part) => ("usage-chaos-share", part.as_str()),
            ChaosSpecError::Delay(part) => ("usage-chaos-delay", part.as_str()),
            ChaosSpecError::Jitter(part) => ("usage-chaos-jitter", part.as_str()),
            ChaosSpecError::Rate(part) => ("usage-chaos-rate", part.as_str()),
            ChaosSpecError::Seed(part) => ("usage-chaos-seed", part.as_str()),
        }
    } else if let Some(error) = source.downcast_ref::<KeepError>() {
        match error {
            KeepError::Age => ("usage-age", ""),
            KeepError::Size => ("usage-size", ""),
        }
    } else if source.is::<SecondsError>() {
        ("usage-seconds", "")
    } else if source.is::<ParseIntError>() {
        ("usage-number", "")
    } else {
        let (least, most) = bounds(&source.to_string())?;
        return match most {
            Some(most) => language.lookup("usage-range", &[("least", &least), ("most", &most)]),
            None => language.lookup("usage-least", &[("least", &least)]),
        };
    };
    language.lookup(key, &[("value", value)])
}

fn translated_tip(error: &clap::Error, language: Language) -> Option<String> {
    let kinds = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let name = kinds.into_iter().find_map(|kind| known(error, kind))?;
    language.lookup("usage-similar", &[("name", &name)])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::Parser;

    use super::super::args::Args;
    use super::*;

    #[test]
    fn arguments_are_refused_in_the_same_look() {
        for (arguments, expected) in [
            (
                &["lanterm", "sendd"][..],
                "error: unrecognized subcommand 'sendd'\nhint: a similar subcommand exists: 'send'",
            ),
            (
                &["lanterm", "--chaos", "lag=3ms"],
                "error: invalid value 'lag=3ms' for '--chaos <SPEC>': \"lag=3ms\" is not one of \
                 loss=, dup=, reorder=, delay=, corrupt=, rate= and seed=\n\
                 hint: --help shows how it is used",
            ),
            (
                &["lanterm", "history"],
                "error: the following required arguments were not provided: --room <ROOM>\n\
                 hint: --help shows how it is used",
            ),
            (
                &["lanterm", "send", "--rate", "x", "hi"],
                "error: invalid value 'x' for '--rate <N>': write a whole number\n\
                 hint: --help shows how it is used",
            ),
            (
                &["lanterm", "search", "-n", "5000", "x"],
                "error: invalid value '5000' for '-n <N>': write 1 to 1000\n\
                 hint: --help shows how it is used",
            ),
            (
                &["lanterm", "tail", "-n", "0"],
                "error: invalid value '0' for '-n <COUNT>': write 1 or more\n\
                 hint: --help shows how it is used",
            ),
            (
                &["lanterm", "relay", "--store", ""],
                "error: a value is required for '--store <PATH|memory>' but none was supplied\n\
                 hint: --help shows how it is used",
            ),
        ] {
            let error = Args::try_parse_from(arguments).unwrap_err();
            let error = from_clap(&error, Language::English).expect("no help was asked for");
            assert_eq!(error.kind(), super::super::error::ErrorKind::Usage);
            assert_eq!(error.to_string(), expected);
        }
        let help = Args::try_parse_from(["lanterm", "--help"]).unwrap_err();
        assert_eq!(from_clap(&help, Language::English), None);
    }

    #[test]
    fn arguments_are_refused_in_the_language_of_the_user() {
        for (arguments, expected) in [
            ("sendd", "没有命令 sendd\nhint: 有一个相似的：send"),
            ("send --foo", "没有参数 --foo\nhint: 有一个相似的：--room"),
            (
                "history",
                "缺少必需的参数：--room <ROOM>\nhint: --help 说明用法",
            ),
            (
                "--chaos lag=3ms who",
                "--chaos <SPEC> 的值 lag=3ms 无效：\"lag=3ms\" 不是 loss=、dup=、reorder=、delay=、\
                 corrupt=、rate= 和 seed= 之一\nhint: --help 说明用法",
            ),
            (
                "who -r a+b",
                "--room <ROOM> 的值 a+b 无效：含有不允许的字符：+\nhint: --help 说明用法",
            ),
            (
                "send --wait x y",
                "--wait <HOW_FAR> 的值 x 无效，可选：stored, delivered\nhint: --help 说明用法",
            ),
            (
                "send -r a --to b c",
                "--room <ROOM> 不能与 --to <USER> 一起用\nhint: --help 说明用法",
            ),
            ("who -r", "--room <ROOM> 缺少值\nhint: --help 说明用法"),
            (
                "search -n 5000 x",
                "-n <N> 的值 5000 无效：请写 1 到 1000\nhint: --help 说明用法",
            ),
            (
                "tail -n 0",
                "-n <COUNT> 的值 0 无效：请写 1 或更大的数\nhint: --help 说明用法",
            ),
            (
                "relay --bind localhost",
                "--bind <ADDR[:PORT]> 的值 localhost 无效：请写本机的一个地址：IP、IPV4:PORT 或 \
                 [IPV6]:PORT\nhint: --help 说明用法",
            ),
            (
                "relay --port x",
                "--port <PORT> 的值 x 无效：请写一个整数\nhint: --help 说明用法",
            ),
            ("--json=x who", "--json 不接受值 x\nhint: --help 说明用法"),
        ] {
            let line = format!("lanterm {arguments}");
            let error = Args::try_parse_from(line.split(' ')).unwrap_err();
            let error = from_clap(&error, Language::Chinese).unwrap();
            assert_eq!(error.to_string(), format!("error: {expected}"));
        }
    }

    #[test]
    fn every_sentence_is_there_and_is_used() {
        let file = include_str!("../locale/zh-help.ftl");
        let has = file.lines().filter_map(|line| line.split_once(" ="));
        let has = has
            .map(|(key, _)| key)
            .filter(|key| key.starts_with("usage-"));
        let source = include_str!("usage.rs");
        let asked = source.split('"').filter(|part| {
            let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            part.len() > 6 && part.starts_with("usage-") && part.chars().all(is_key)
        });
        let has: BTreeSet<&str> = has.collect();
        assert_eq!(has, asked.collect());
    }
}
