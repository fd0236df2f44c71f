//! How a run is given a secret.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a run is given a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// A placeholder where hosts are known, else the value.
    #[default]
    Auto,
    /// A placeholder that the broker replaces on the way out.
    Placeholder,
    /// The value itself.
    Value,
}

impl Delivery {
    /// The word used in the CLI, the API and the canonical form.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Placeholder => "placeholder",
            Self::Value => "value",
        }
    }
}

impl std::fmt::Display for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Delivery {
    type Err = DeliveryError;

    fn from_str(text: &str) -> Result<Self, DeliveryError> {
        [Self::Auto, Self::Placeholder, Self::Value]
            .into_iter()
            .find(|it| it.as_str() == text)
            .ok_or(DeliveryError)
    }
}

/// Text that is no delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a delivery is `auto`, `placeholder` or `value`")]
pub struct DeliveryError;
