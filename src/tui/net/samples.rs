//! What is watched of the path to the relay: a sample in each second, and the bars made of them.

use std::collections::VecDeque;

use ratatui::style::Style;

use crate::client::update::PathStats;
use crate::locale::key;
use crate::tui::app::Viewer;
use crate::tui::status::rtt_text;
use crate::tui::submit::size;
use crate::wire::{PathQuality, Timestamp};

/// Seconds kept. What changes in a minute is what a person wonders about.
pub const SAMPLES: usize = 60;

pub const SECOND_MICROS: i64 = 1_000_000;

/// Seconds of which a rate is the mean: one at a time, the figures change too fast to be read, because
/// most of what is sent comes every few seconds. The bars show the seconds by themselves.
pub const RATE_SAMPLES: usize = 3;

/// From here on the panel says in words what is wrong: a sound LAN stays far below both.
pub const LOSS_PERMILLE_NOTABLE: u64 = 30;
pub const RTT_MICROS_NOTABLE: u64 = 50_000;

/// From empty to full.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What is watched of the own path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    RoundTrip,
    Variation,
    LossOut,
    LossIn,
    Resent,
    DatagramsOut,
    DatagramsIn,
    BytesOut,
    BytesIn,
    Queue,
}

impl Measure {
    pub const ALL: [Self; 10] = [
        Self::RoundTrip,
        Self::Variation,
        Self::LossOut,
        Self::LossIn,
        Self::Resent,
        Self::DatagramsOut,
        Self::DatagramsIn,
        Self::BytesOut,
        Self::BytesIn,
        Self::Queue,
    ];

    pub const fn label(self) -> &'static str {
        match self {
            Self::RoundTrip => key!("net-own-round-trip"),
            Self::Variation => key!("net-own-variation"),
            Self::LossOut => key!("net-own-loss-out"),
            Self::LossIn => key!("net-own-loss-in"),
            Self::Resent => key!("net-own-resent"),
            Self::DatagramsOut => key!("net-own-datagrams-out"),
            Self::DatagramsIn => key!("net-own-datagrams-in"),
            Self::BytesOut => key!("net-own-bytes-out"),
            Self::BytesIn => key!("net-own-bytes-in"),
            Self::Queue => key!("net-own-queue"),
        }
    }

    const fn of(self, sample: &Sample) -> u64 {
        match self {
            Self::RoundTrip => sample.rtt_micros,
            Self::Variation => sample.variation_micros,
            Self::LossOut => sample.loss_out_permille,
            Self::LossIn => sample.loss_in_permille,
            Self::Resent => sample.resent,
            Self::DatagramsOut => sample.datagrams_out,
            Self::DatagramsIn => sample.datagrams_in,
            Self::BytesOut => sample.bytes_out,
            Self::BytesIn => sample.bytes_in,
            Self::Queue => sample.unacked,
        }
    }

    /// What a full bar stands for at least, so that a little of something looks like little.
    /// Arbitrary: a round number that is much on no LAN.
    const fn full_min(self) -> u64 {
        match self {
            Self::RoundTrip | Self::Variation => 10_000,
            Self::LossOut | Self::LossIn => 100,
            Self::Resent | Self::Queue => 8,
            Self::DatagramsOut | Self::DatagramsIn => 50,
            Self::BytesOut | Self::BytesIn => 10_000,
        }
    }

    pub fn figure(self, sample: &Sample) -> String {
        let value = self.of(sample);
        match self {
            Self::RoundTrip | Self::Variation => rtt_text(value),
            Self::LossOut | Self::LossIn => percent(value),
            Self::Resent | Self::DatagramsOut | Self::DatagramsIn => format!("{value}/s"),
            Self::BytesOut | Self::BytesIn => format!("{}/s", bytes(value)),
            Self::Queue if value == 0 => value.to_string(),
            Self::Queue => format!("{value}, {}", bytes(sample.unacked_bytes)),
        }
    }

    pub fn style(self, sample: &Sample, viewer: &Viewer) -> Style {
        let is_notable = match self {
            Self::RoundTrip => sample.rtt_micros > RTT_MICROS_NOTABLE,
            Self::LossOut | Self::LossIn => self.of(sample) > LOSS_PERMILLE_NOTABLE,
            Self::Variation
            | Self::Resent
            | Self::DatagramsOut
            | Self::DatagramsIn
            | Self::BytesOut
            | Self::BytesIn
            | Self::Queue => false,
        };
        if is_notable {
            viewer.theme.notable()
        } else {
            viewer.theme.plain()
        }
    }
}

/// One second of the path to the relay; what is sent and received, per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    pub rtt_micros: u64,
    variation_micros: u64,
    pub loss_out_permille: u64,
    pub loss_in_permille: u64,
    resent: u64,
    datagrams_out: u64,
    datagrams_in: u64,
    bytes_out: u64,
    bytes_in: u64,
    unacked: u64,
    unacked_bytes: u64,
}

impl Sample {
    /// What happened between two reports that are so many seconds apart.
    fn between(before: &PathStats, now: &PathStats, seconds: u64) -> Self {
        let rate = |before: u64, now: u64| {
            // A new session counts from zero.
            let count = now.checked_sub(before).unwrap_or(now);
            count.div_ceil(seconds.max(1))
        };
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Self {
            rtt_micros: now.rtt_micros,
            variation_micros: now.rtt_variation_micros,
            loss_out_permille: permille(now.loss),
            loss_in_permille: permille(now.loss_in),
            resent: rate(before.resent, now.resent),
            datagrams_out: rate(before.datagrams_sent, now.datagrams_sent),
            datagrams_in: rate(before.datagrams_received, now.datagrams_received),
            bytes_out: rate(before.bytes_sent, now.bytes_sent),
            bytes_in: rate(before.bytes_received, now.bytes_received),
            unacked: count(now.unacked),
            unacked_bytes: count(now.unacked_bytes),
        }
    }
}

/// A share of 0 to 1, of a thousand.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is cut to 0 to 1000"
)]
fn permille(share: f64) -> u64 {
    (share * 1_000.0).round().clamp(0.0, 1_000.0) as u64
}

pub fn percent(permille: u64) -> String {
    match (permille / 10, permille % 10) {
        (whole @ 0..10, tenths @ 1..) => format!("{whole}.{tenths} %"),
        (whole, _) => format!("{whole} %"),
    }
}

fn bytes(bytes: u64) -> String {
    match usize::try_from(bytes).unwrap_or(usize::MAX) {
        bytes @ 0..1_048_576 => size(bytes),
        bytes => format!("{} MiB", bytes / 1_048_576),
    }
}

/// What was seen of the network.
#[derive(Default)]
pub struct NetWatch {
    /// The last seconds, the newest last; none for those without a session.
    samples: VecDeque<Option<Sample>>,
    /// The second of the newest sample, and what was counted then.
    last: Option<(i64, PathStats)>,
    /// What the relay said last, the worst first; none while it has said nothing.
    pub paths: Option<Vec<PathQuality>>,
    pub asked_at: Option<Timestamp>,
}

impl NetWatch {
    /// Takes a sample for the second that has begun. Whether anything is different by that.
    pub fn sample(&mut self, wall: Timestamp, stats: &PathStats, is_entered: bool) -> bool {
        let second = wall.0.div_euclid(SECOND_MICROS);
        let Some((last, before)) = self.last.replace((second, *stats)) else {
            return false;
        };
        let passed = second.saturating_sub(last);
        if passed == 0 {
            // Counted from where the second began.
            self.last = Some((last, before));
            return false;
        }
        // A clock set back leaves nothing to compare with.
        let seconds = u64::try_from(passed).unwrap_or(0);
        let sample = (is_entered && seconds > 0).then(|| Sample::between(&before, stats, seconds));
        let old = self.samples.clone();
        let new = usize::try_from(seconds)
            .unwrap_or(SAMPLES)
            .clamp(1, SAMPLES);
        for _ in 0..new {
            if self.samples.len() == SAMPLES {
                self.samples.pop_front();
            }
            self.samples.push_back(sample);
        }
        old != self.samples
    }

    /// How it is now: the rates as means over the last [`RATE_SAMPLES`] seconds of this session,
    /// anything else as in the last one. None without a session.
    pub fn now(&self) -> Option<Sample> {
        let last = self.samples.back().copied().flatten()?;
        let recent = self.samples.iter().rev().take(RATE_SAMPLES);
        let recent: Vec<Sample> = recent.map_while(|sample| *sample).collect();
        let count = recent.len() as u64;
        // Anything at all is more than nothing.
        let mean = |rate: fn(&Sample) -> u64| recent.iter().map(rate).sum::<u64>().div_ceil(count);
        Some(Sample {
            resent: mean(|sample| sample.resent),
            datagrams_out: mean(|sample| sample.datagrams_out),
            datagrams_in: mean(|sample| sample.datagrams_in),
            bytes_out: mean(|sample| sample.bytes_out),
            bytes_in: mean(|sample| sample.bytes_in),
            ..last
        })
    }

    /// The bars of a measure, the newest at the right end: each for `seconds`, of which the worst.
    pub fn bars(&self, measure: Measure, seconds: usize) -> String {
        let values = || self.samples.iter().flatten().map(|s| measure.of(s));
        let full = values().max().unwrap_or(0).max(measure.full_min());
        let mut samples = vec![None; SAMPLES - self.samples.len()];
        samples.extend(self.samples.iter().copied());
        let chunks = samples.chunks(seconds.max(1));
        let worst = chunks.map(|chunk| chunk.iter().flatten().map(|s| measure.of(s)).max());
        worst
            .map(|value| value.map_or(' ', |value| bar(value, full)))
            .collect()
    }
}

/// Anything at all is more than an empty bar.
fn bar(value: u64, full: u64) -> char {
    let steps = (BARS.len() - 1) as u64;
    let step = value.saturating_mul(steps).div_ceil(full.max(1)).min(steps);
    usize::try_from(step).map_or(BARS[0], |step| BARS[step])
}
