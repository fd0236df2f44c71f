//! Rounds, medians and rows.

use std::fmt;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Enough to see a regression.
    Quick,
    /// Enough to quote.
    Full,
}

impl Effort {
    /// Rounds of something that takes milliseconds.
    pub(crate) fn rounds(self) -> usize {
        match self {
            Self::Quick => 9,
            Self::Full => 31,
        }
    }
}

/// One line of the table.
pub(crate) struct Row {
    name: String,
    figure: String,
}

impl Row {
    /// A time with its spread.
    pub(crate) fn time(name: impl Into<String>, times: &Times) -> Self {
        let figure = format!(
            "{} (min {}, max {}, n {})",
            text(times.median()),
            text(times.min()),
            text(times.max()),
            times.0.len()
        );
        Self {
            name: name.into(),
            figure,
        }
    }

    /// Any other figure.
    pub(crate) fn figure(name: impl Into<String>, figure: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            figure: figure.into(),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<58} {}", self.name, self.figure)
    }
}

/// Times of equal rounds, sorted; at least one.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Times `rounds` rounds after one that is not counted.
    pub(crate) fn of(rounds: usize, mut round: impl FnMut()) -> Self {
        round();
        let times = (0..rounds.max(1)).map(|_| {
            let start = Instant::now();
            round();
            start.elapsed()
        });
        Self::from_all(times.collect())
    }

    /// The time of one operation, from rounds of `count` of them.
    pub(crate) fn per_operation<T>(rounds: usize, count: u32, mut operation: impl FnMut() -> T) -> Self {
        let times = Self::of(rounds, || {
            for _ in 0..count {
                black_box(operation());
            }
        });
        Self(times.0.into_iter().map(|it| it / count).collect())
    }

    /// Times whole commands, several of them in turn, so that a machine that slows down slows all of them.
    pub(crate) fn of_commands(rounds: usize, commands: &[Whole<'_>]) -> Result<Vec<Self>, String> {
        let mut all = vec![Vec::new(); commands.len()];
        for round in 0..=rounds {
            for (command, times) in commands.iter().zip(&mut all) {
                let start = Instant::now();
                command.run()?;
                if round > 0 {
                    times.push(start.elapsed());
                }
            }
        }
        Ok(all.into_iter().map(Self::from_all).collect())
    }

    pub(crate) fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    fn from_all(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    fn min(&self) -> Duration {
        self.0[0]
    }

    fn max(&self) -> Duration {
        self.0[self.0.len() - 1]
    }
}

/// A command that can be run again and again.
pub(crate) struct Whole<'a> {
    /// Program and arguments.
    pub(crate) words: Vec<&'a str>,
    /// Variables to add.
    pub(crate) variables: Vec<(&'a str, String)>,
}

impl Whole<'_> {
    /// Runs it without output; anything but success is an error.
    pub(crate) fn run(&self) -> Result<(), String> {
        let mut command = Command::new(self.words[0]);
        command
            .args(&self.words[1..])
            .envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command
            .status()
            .map_err(|error| format!("cannot start `{}`: {error}", self.words[0]))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("`{}` ended with {status}", self.words.join(" ")))
        }
    }
}

fn text(time: Duration) -> String {
    match time.as_nanos() {
        nanos if nanos < 10_000 => format!("{nanos} ns"),
        nanos if nanos < 10_000_000 => format!("{:.1} µs", time.as_secs_f64() * 1e6),
        _ => format!("{:.2} ms", time.as_secs_f64() * 1e3),
    }
}
