//! When a commit is on the disk: before `write` returns, or soon after.

use std::fmt;
use std::str::FromStr;

/// The setting `audit.flush`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flush {
    /// A commit has reached the disk when it returns: it survives a power cut.
    #[default]
    Each,
    /// A commit has been written to the operating system when it returns, and reaches the disk within 50 ms: it
    /// survives the end of the process in any way, but not a power cut within that time.
    Interval,
}

impl Flush {
    /// The word in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Interval => "interval",
        }
    }
}

impl fmt::Display for Flush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Flush {
    type Err = FlushError;

    fn from_str(text: &str) -> Result<Self, FlushError> {
        match text {
            "each" => Ok(Self::Each),
            "interval" => Ok(Self::Interval),
            _ => Err(FlushError),
        }
    }
}

/// Text that is no such setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`audit.flush` is `each` or `interval`")]
pub struct FlushError;
