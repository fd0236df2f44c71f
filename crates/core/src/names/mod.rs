//! Names: text parsed once at the edge into a type, so that nothing inside checks it again.

mod account_name;
mod agent_name;
mod email_address;
mod environment;
mod label;
mod near;
mod secret_key;

pub use account_name::{AccountName, AccountNameError};
pub use agent_name::{AgentName, AgentNameError};
pub use email_address::{EmailAddress, EmailAddressError};
pub use environment::{Environment, EnvironmentError};
pub use label::{Label, LabelError};
pub use near::is_near;
pub use secret_key::{SecretKey, SecretKeyError};

/// `Display`, `AsRef`, `TryFrom` and serde for a name that wraps a `String` and parses through `FromStr`.
macro_rules! text_name {
    ($name:ident, $error:ident) => {
        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}
pub(crate) use text_name;

/// Whether `text` has 1 to `max` characters of `a-z`, `0-9`, `-`, `_` and begins with a letter or digit.
fn is_slug(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}
