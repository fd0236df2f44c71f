//! The name of an agent, as its definition gives it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text_name;

/// 1 to 64 ASCII letters, digits and `_`, not beginning with a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgentName(String);

text_name!(AgentName, AgentNameError);

impl FromStr for AgentName {
    type Err = AgentNameError;

    fn from_str(text: &str) -> Result<Self, AgentNameError> {
        let fits = (1..=64).contains(&text.len())
            && !text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(AgentNameError)
        }
    }
}

/// Text that is no agent name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an agent name has 1 to 64 letters, digits and `_`, and does not begin with a digit")]
pub struct AgentNameError;
