//! What `--chaos` takes: `loss=20%,dup=5%,reorder=10%,delay=20ms±5ms,corrupt=1%,rate=1mbit,seed=7`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The longest delay, jitter included. Arbitrary: beyond it every session has timed out anyway.
const DELAY_MAX: Duration = Duration::from_secs(60);

/// The highest rate, in bits per second. Arbitrary, because far above what this impairment passes.
const RATE_MAX: u64 = 100_000_000_000;

/// How bad a network is. Every part is optional; the default impairs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChaosSpec {
    /// The share of datagrams that vanish.
    pub loss: Share,
    /// The share that arrives twice.
    pub duplication: Share,
    /// The share that is held back for 1 to 10 ms more, so that later ones overtake it.
    pub reordering: Share,
    /// The share that arrives with one to three of its bits flipped.
    pub corruption: Share,
    /// How long each datagram takes.
    pub delay: Duration,
    /// How far the delay varies, either way, evenly. Never more than `delay`. Keeps the order.
    pub jitter: Duration,
    /// What the line carries, in bits per second; no limit when `None`.
    pub rate: Option<u64>,
    /// What the random choices start from; io supplies one when `None`.
    pub seed: Option<u64>,
}

impl ChaosSpec {
    /// The same impairments, with `seed` unless a seed is given already.
    #[must_use]
    pub fn seeded_by(mut self, seed: u64) -> Self {
        self.seed.get_or_insert(seed);
        self
    }

    /// Whether nothing is impaired.
    pub fn is_harmless(&self) -> bool {
        let seed_alone = Self {
            seed: self.seed,
            ..Self::default()
        };
        *self == seed_alone
    }
}

/// Why a `--chaos` value was refused. Shown to users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChaosSpecError {
    /// A part without `=`, or with a name that is none.
    #[error("\"{0}\" is not one of loss=, dup=, reorder=, delay=, corrupt=, rate= and seed=")]
    Unknown(String),
    /// The same part again.
    #[error("\"{0}\" is given twice")]
    Twice(String),
    /// Not a share of the datagrams.
    #[error("\"{0}\" is not a share from 0 to 100%: write 20% or 0.2")]
    Share(String),
    /// Not a time, optionally with a variation.
    #[error("\"{0}\" is not a delay up to 60s: write 20ms or 20ms±5ms")]
    Delay(String),
    /// The delay could become negative.
    #[error("\"{0}\" varies by more than the delay itself")]
    Jitter(String),
    /// Not a rate.
    #[error("\"{0}\" is not a rate up to 100gbit: write 500kbit or 1mbit")]
    Rate(String),
    /// Not a whole number.
    #[error("\"{0}\" is not a seed: write a whole number below 2^64")]
    Seed(String),
}

impl FromStr for ChaosSpec {
    type Err = ChaosSpecError;

    fn from_str(text: &str) -> Result<Self, ChaosSpecError> {
        let mut spec = Self::default();
        let mut keys_seen: Vec<&str> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .map(|(key, value)| (key.trim(), value.trim()))
                .ok_or_else(|| ChaosSpecError::Unknown(part.to_owned()))?;
            let bad = |error: fn(String) -> ChaosSpecError| error(part.to_owned());
            let share = || Share::parse(value).ok_or_else(|| bad(ChaosSpecError::Share));
            match key {
                "loss" => spec.loss = share()?,
                "dup" => spec.duplication = share()?,
                "reorder" => spec.reordering = share()?,
                "corrupt" => spec.corruption = share()?,
                "delay" => {
                    let (delay, jitter) =
                        parse_delay(value).ok_or_else(|| bad(ChaosSpecError::Delay))?;
                    if jitter > delay {
                        return Err(bad(ChaosSpecError::Jitter));
                    }
                    (spec.delay, spec.jitter) = (delay, jitter);
                }
                "rate" => {
                    spec.rate = Some(parse_rate(value).ok_or_else(|| bad(ChaosSpecError::Rate))?);
                }
                "seed" => {
                    spec.seed = Some(value.parse().map_err(|_| bad(ChaosSpecError::Seed))?);
                }
                _ => return Err(bad(ChaosSpecError::Unknown)),
            }
            if keys_seen.contains(&key) {
                return Err(ChaosSpecError::Twice(key.to_owned()));
            }
            keys_seen.push(key);
        }
        Ok(spec)
    }
}

impl fmt::Display for ChaosSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares = [
            ("loss", self.loss),
            ("dup", self.duplication),
            ("reorder", self.reordering),
            ("corrupt", self.corruption),
        ];
        let mut parts: Vec<String> = shares
            .iter()
            .filter(|(_, share)| *share != Share::NONE)
            .map(|(key, share)| format!("{key}={share}"))
            .collect();
        if self.delay > Duration::ZERO {
            let mut part = format!("delay={}", Milliseconds(self.delay));
            if self.jitter > Duration::ZERO {
                part += &format!("±{}", Milliseconds(self.jitter));
            }
            parts.push(part);
        }
        parts.extend(self.rate.map(|rate| match rate {
            rate if rate.is_multiple_of(1_000_000) => format!("rate={}mbit", rate / 1_000_000),
            rate if rate.is_multiple_of(1_000) => format!("rate={}kbit", rate / 1_000),
            rate => format!("rate={rate}bit"),
        }));
        parts.extend(self.seed.map(|seed| format!("seed={seed}")));
        f.write_str(&parts.join(","))
    }
}

/// A share of all datagrams, in millionths, so that what is written and what is read agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// The millionths that make a whole.
    pub const WHOLE: u32 = 1_000_000;

    /// So many percent; all of them from 100 on.
    pub const fn percent(percent: u32) -> Self {
        Self(if percent < 100 {
            percent * (Self::WHOLE / 100)
        } else {
            Self::WHOLE
        })
    }

    /// Millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// Reads `20%` or `0.2`.
    fn parse(text: &str) -> Option<Self> {
        let share = match text.strip_suffix('%') {
            Some(percent) => parse_decimal(percent)? / 100.0,
            None => parse_decimal(text)?,
        };
        (share <= 1.0).then(|| Self((share * f64::from(Self::WHOLE)).round() as u32))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", f64::from(self.0) / f64::from(Self::WHOLE / 100))
    }
}

/// Shows a whole number of microseconds in milliseconds.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0.as_micros() as f64 / 1_000.0)
    }
}

/// Reads `20ms`, `20ms±5ms` or `20ms+-5ms` into the delay and its jitter.
fn parse_delay(text: &str) -> Option<(Duration, Duration)> {
    match text.split_once('±').or_else(|| text.split_once("+-")) {
        Some((delay, jitter)) => Some((parse_time(delay.trim())?, parse_time(jitter.trim())?)),
        None => Some((parse_time(text)?, Duration::ZERO)),
    }
}

/// Reads `500us`, `20ms` or `1.5s`, to the microsecond.
fn parse_time(text: &str) -> Option<Duration> {
    let (number, micros_per_unit) = [
        ("us", 1.0),
        ("µs", 1.0),
        ("ms", 1_000.0),
        ("s", 1_000_000.0),
    ]
    .into_iter()
    .find_map(|(unit, micros)| Some((text.strip_suffix(unit)?, micros)))?;
    let micros = (parse_decimal(number)? * micros_per_unit).round();
    (micros <= DELAY_MAX.as_micros() as f64).then(|| Duration::from_micros(micros as u64))
}

/// Reads `500kbit`, `1mbit` or `1gbit` into bits per second, at least one.
fn parse_rate(text: &str) -> Option<u64> {
    let (number, bits_per_unit) = [("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9), ("bit", 1.0)]
        .into_iter()
        .find_map(|(unit, bits)| Some((text.strip_suffix(unit)?, bits)))?;
    let bits = (parse_decimal(number)? * bits_per_unit).round();
    (1.0..=RATE_MAX as f64)
        .contains(&bits)
        .then_some(bits as u64)
}

/// Reads a decimal number that is not negative, without exponent.
fn parse_decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read_in_any_order() {
        let spec = ChaosSpec {
            loss: Share::percent(20),
            duplication: Share::percent(5),
            reordering: Share::percent(10),
            corruption: Share::percent(1),
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(5),
            rate: Some(1_000_000),
            seed: Some(7),
        };
        for text in [
            "loss=20%,dup=5%,reorder=10%,delay=20ms±5ms,corrupt=1%,rate=1mbit,seed=7",
            "seed=7, rate=1000kbit, corrupt=0.01, delay=0.02s+-5000us, reorder=.1,dup=0.05,loss=0.2",
        ] {
            assert_eq!(text.parse(), Ok(spec.clone()), "{text}");
        }
        assert_eq!("".parse(), Ok(ChaosSpec::default()));
    }

    #[test]
    fn what_is_shown_reads_back_the_same() {
        for text in [
            "",
            "loss=20%,dup=5%,reorder=10%,corrupt=1%,delay=20ms±5ms,rate=1mbit,seed=7",
            "loss=0.07%,delay=0.5ms,rate=1500kbit",
            "loss=100%,rate=9600bit",
        ] {
            let spec: ChaosSpec = text.parse().unwrap();
            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn an_error_names_the_part() {
        for (text, error) in [
            (
                "loss=20%,lag=3ms",
                "\"lag=3ms\" is not one of loss=, dup=, reorder=, delay=, corrupt=, rate= and seed=",
            ),
            (
                "dup=5%,loss",
                "\"loss\" is not one of loss=, dup=, reorder=, delay=, corrupt=, rate= and seed=",
            ),
            (
                "loss=20",
                "\"loss=20\" is not a share from 0 to 100%: write 20% or 0.2",
            ),
            (
                "dup=101%",
                "\"dup=101%\" is not a share from 0 to 100%: write 20% or 0.2",
            ),
            (
                "loss=-1%",
                "\"loss=-1%\" is not a share from 0 to 100%: write 20% or 0.2",
            ),
            (
                "loss=nan",
                "\"loss=nan\" is not a share from 0 to 100%: write 20% or 0.2",
            ),
            (
                "delay=20",
                "\"delay=20\" is not a delay up to 60s: write 20ms or 20ms±5ms",
            ),
            (
                "delay=2ms±5ms",
                "\"delay=2ms±5ms\" varies by more than the delay itself",
            ),
            (
                "rate=0mbit",
                "\"rate=0mbit\" is not a rate up to 100gbit: write 500kbit or 1mbit",
            ),
            (
                "rate=1",
                "\"rate=1\" is not a rate up to 100gbit: write 500kbit or 1mbit",
            ),
            (
                "seed=x",
                "\"seed=x\" is not a seed: write a whole number below 2^64",
            ),
            ("loss=1%,loss=2%", "\"loss\" is given twice"),
        ] {
            assert_eq!(text.parse::<ChaosSpec>().unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn a_given_seed_wins() {
        let spec: ChaosSpec = "loss=1%".parse().unwrap();
        assert_eq!(spec.clone().seeded_by(3).seed, Some(3));
        assert_eq!(spec.seeded_by(3).seeded_by(4).seed, Some(3));
    }

    #[test]
    fn a_seed_alone_impairs_nothing() {
        assert!("seed=7".parse::<ChaosSpec>().unwrap().is_harmless());
        assert!(!"loss=1%".parse::<ChaosSpec>().unwrap().is_harmless());
    }
}
