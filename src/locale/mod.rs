//! What is said to people, in their language.
//!
//! Every text of the screen, the help and the errors stands in one file per language, under a key:
//! `en.ftl` and `zh.ftl` beside this one. The files are part of the program and are parsed once,
//! when the first text is asked for; from then on a text costs a look-up and the string it
//! becomes. Code names the key:
//!
//! ```ignore
//! tr!(language, "room-joined", name = event.from)       // in a language: a string
//! say!("room-joined", name = event.from)                // in none yet: what to say, for later
//! tr!(language, "gap-left", count = number(missing))    // plurals go by numbers
//! ```
//!
//! A [`Language`] is a value that whoever talks to people is handed: there is no current one. What
//! is made far from them, an error say, is [`Said`] in no language until it is shown; what the system
//! reports as well.
//!
//! The files are in the Fluent format, because a sentence there has its plurals, cases and the
//! order of its arguments inside it. The alternative, keys with `%{name}` in YAML (rust-i18n), has
//! no plurals, keeps the current language in a global, and brings several times as many crates.
//! Fluent's marks for the direction of inserted text are left out: what is inserted is safe text
//! already, and its columns are counted.
//!
//! `tests/locale` sees to it that the files have the same keys with the same arguments, that
//! all of them are used, and that every key in the code is there; for that, keys are written as
//! literals in `tr!`, `say!` and, in tables, `key!`. Should a key be missing all the same, it is
//! shown itself.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::net::{IpAddr, SocketAddr};
use std::path;
use std::process::ExitStatus;
use std::str::FromStr;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

mod system;

#[cfg(test)]
mod tests;

/// A language that lanterm speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English. What is said to those whose language is not among these.
    #[default]
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle("en", &[include_str!("en.ftl")]));
static CHINESE: LazyLock<Bundle> =
    LazyLock::new(|| bundle("zh", &[include_str!("zh.ftl"), include_str!("zh-help.ftl")]));

fn bundle(tag: &str, files: &[&str]) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![tag.parse().unwrap_or_default()]);
    bundle.set_use_isolating(false);
    for file in files {
        // What can't be parsed is left out here, and found by the tests.
        let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(rest, _)| rest);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The language of the user, as their system tells: on Unix by `LANGUAGE`, `LC_ALL`,
    /// `LC_MESSAGES` and `LANG`, the first of these that names one spoken here.
    pub fn of_system() -> Self {
        Self::first_spoken(sys_locale::get_locales())
    }

    fn first_spoken(tags: impl Iterator<Item = String>) -> Self {
        tags.filter_map(|tag| match tag.as_str() {
            // The language of a system that was told none.
            "C" | "POSIX" => Some(Self::English),
            tag => Self::from_tag(tag),
        })
        .next()
        .unwrap_or_default()
    }

    /// The language of a tag like `zh`, `zh-CN` or `zh_CN.UTF-8`. Only the first part counts: who
    /// reads another kind of Chinese reads simplified characters rather than English.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', '@']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// Its tag: `en`, `zh`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The text of a key that is put together while the program runs, if there is one. For what
    /// stands in the files of one language alone: the help, which is English beside the arguments.
    pub fn lookup(self, key: &str, arguments: &[(&'static str, &str)]) -> Option<String> {
        let bundle = self.bundle();
        let pattern = bundle.get_message(key)?.value()?;
        let arguments: FluentArgs = arguments.iter().copied().collect();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
        Some(text.into_owned())
    }

    fn format(self, key: &'static str, arguments: &FluentArgs<'_>) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        // An argument that is missing is shown as its name, and found by the tests.
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(arguments), &mut errors);
        text.into_owned()
    }

    fn bundle(self) -> &'static Bundle {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }
}

/// Not a language spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write en or zh")]
pub struct LanguageError;

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(tag: &str) -> Result<Self, LanguageError> {
        Self::from_tag(tag).ok_or(LanguageError)
    }
}

/// Something to say, in no language yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said(Wording);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wording {
    /// A text of the files, with its arguments.
    Key(&'static str, Vec<(&'static str, Value)>),
    /// The same in every language: a name, a number, what the system reports.
    Verbatim(String),
}

/// An argument of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Put in as it is.
    Text(String),
    /// Put in, and what plurals go by.
    Number(u64),
    /// Put in in the language of what is around it.
    Said(Said),
}

/// A number that plurals go by; see [`number`].
#[derive(Clone, Copy, Debug)]
pub struct Number(u64);

/// An argument that plurals go by, and not only a text of digits.
pub fn number(number: impl TryInto<u64>) -> Number {
    Number(number.try_into().unwrap_or(u64::MAX))
}

/// What may be an argument: what is the same in every language, [`Number`] and [`Said`]. The errors of
/// this program are none, because their words are English: whoever tells of one has to find words for
/// it first.
pub trait Argument {
    /// The argument as it is kept.
    fn to_value(&self) -> Value;
}

/// Makes types arguments that are the same in every language.
macro_rules! arguments {
    ($($type:ty),* $(,)?) => {
        $(impl $crate::locale::Argument for $type {
            fn to_value(&self) -> $crate::locale::Value {
                $crate::locale::Value::Text(self.to_string())
            }
        })*
    };
}

arguments! {
    str, String, Cow<'_, str>, char, u8, u16, u32, u64, usize, i8, i16, i32, i64, f64,
    IpAddr, SocketAddr, path::Display<'_>, fmt::Arguments<'_>,
    // What the system reports, in its own words.
    ExitStatus,
}

impl<T: Argument + ?Sized> Argument for &T {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl Argument for Number {
    fn to_value(&self) -> Value {
        Value::Number(self.0)
    }
}

impl Argument for Said {
    fn to_value(&self) -> Value {
        Value::Said(self.clone())
    }
}

impl Said {
    /// The text of this key. [`say!`] is how to write it.
    pub fn new(key: &'static str, arguments: Vec<(&'static str, Value)>) -> Self {
        Self(Wording::Key(key, arguments))
    }

    /// What can be an argument, by itself.
    pub fn of(argument: &impl Argument) -> Self {
        match argument.to_value() {
            Value::Text(text) => Self::verbatim(text),
            Value::Number(number) => Self::verbatim(number),
            Value::Said(said) => said,
        }
    }

    /// What is the same in every language.
    pub fn verbatim(text: impl Display) -> Self {
        Self(Wording::Verbatim(text.to_string()))
    }

    /// The text in a language.
    pub fn tr(&self, language: Language) -> String {
        match &self.0 {
            Wording::Key(key, values) => {
                let mut arguments = FluentArgs::with_capacity(values.len());
                for (name, value) in values {
                    let value = match value {
                        Value::Text(text) => FluentValue::from(text.as_str()),
                        Value::Number(number) => FluentValue::from(*number),
                        Value::Said(said) => FluentValue::from(said.tr(language)),
                    };
                    arguments.set(*name, value);
                }
                language.format(key, &arguments)
            }
            Wording::Verbatim(text) => text.clone(),
        }
    }
}

/// Something to say, as [`Said`]: a key and its arguments.
macro_rules! say {
    ($key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::locale::Said::new(
            $key,
            vec![$((stringify!($name), $crate::locale::Argument::to_value(&$value))),*],
        )
    };
}

/// A text in a language: the language, a key and its arguments.
macro_rules! tr {
    ($language:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::locale::say!($key $(, $name = $value)*).tr($language)
    };
}

/// A key by itself, for a table of keys.
macro_rules! key {
    ($key:literal) => {
        $key
    };
}

pub(crate) use {arguments, key, say, tr};
