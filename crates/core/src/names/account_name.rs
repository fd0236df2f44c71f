//! The name of an account: the tenant that secrets are scoped to.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{is_slug, text_name};

/// 1 to 64 characters of `a-z`, `0-9`, `-`, `_`, beginning with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName(String);

text_name!(AccountName, AccountNameError);

impl Default for AccountName {
    /// The account of the embedded store.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for AccountName {
    type Err = AccountNameError;

    fn from_str(text: &str) -> Result<Self, AccountNameError> {
        if is_slug(text, 64) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AccountNameError)
        }
    }
}

/// Text that is no account name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account name has 1 to 64 characters of `a-z`, `0-9`, `-` and `_`, and begins with a letter or digit")]
pub struct AccountNameError;
