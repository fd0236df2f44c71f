//! The environment a value belongs to: `default`, `dev`, `staging`, `prod`, …

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{is_slug, text_name};

/// 1 to 32 characters of `a-z`, `0-9`, `-`, `_`, beginning with a letter or digit.
///
/// Environments are independent: a look-up in one never falls through to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Environment(String);

text_name!(Environment, EnvironmentError);

impl Environment {
    /// Whether this is `default`, the one used when none is named.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0 == "default"
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for Environment {
    type Err = EnvironmentError;

    fn from_str(text: &str) -> Result<Self, EnvironmentError> {
        if is_slug(text, 32) {
            Ok(Self(text.to_owned()))
        } else {
            Err(EnvironmentError)
        }
    }
}

/// Text that is no environment name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an environment has 1 to 32 characters of `a-z`, `0-9`, `-` and `_`, and begins with a letter or digit")]
pub struct EnvironmentError;
