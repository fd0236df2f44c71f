//! What an alarm does to its run: `warn` or `freeze`, of which the second is the stricter.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What an alarm does to its run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnLeak {
    /// It is recorded and told; the run goes on.
    #[default]
    Warn,
    /// It is recorded and told, and no further request of the run leaves.
    Freeze,
}

impl OnLeak {
    /// The word in definitions and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Freeze => "freeze",
        }
    }
}

impl fmt::Display for OnLeak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for OnLeak {
    type Err = OnLeakError;

    fn from_str(text: &str) -> Result<Self, OnLeakError> {
        [Self::Warn, Self::Freeze]
            .into_iter()
            .find(|it| it.as_str() == text)
            .ok_or(OnLeakError)
    }
}

/// Text that says nothing about alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what an alarm does is `warn` or `freeze`")]
pub struct OnLeakError;
