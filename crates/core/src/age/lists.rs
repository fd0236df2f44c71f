//! Files of recipients and identities: a key a line, `#` begins a comment, as `age -R` and `age -i` read them.

use super::{Identity, KeyTextError, Recipient};

/// The recipients in a file's text.
///
/// # Errors
/// [`ListError`] names the first line that is none.
pub fn recipients_in(text: &str) -> Result<Vec<Recipient>, ListError> {
    keys_in(text, KeyTextError::Recipient)
}

/// The identities in a file's text, such as `age-keygen` writes.
///
/// # Errors
/// [`ListError`] names the first line that is none; the line itself is not repeated.
pub fn identities_in(text: &str) -> Result<Vec<Identity>, ListError> {
    if text.starts_with("age-encryption.org/") || text.starts_with("-----BEGIN AGE ENCRYPTED FILE") {
        return Err(ListError::Encrypted);
    }
    keys_in(text, KeyTextError::Identity)
}

fn keys_in<K: std::str::FromStr<Err = KeyTextError>>(text: &str, none: KeyTextError) -> Result<Vec<K>, ListError> {
    let lines = text.lines().map(str::trim).enumerate();
    let keys = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let keys: Result<Vec<K>, ListError> = keys
        .map(|(index, line)| line.parse().map_err(|error| ListError::Line { line: index + 1, error }))
        .collect();
    match keys? {
        keys if keys.is_empty() => Err(ListError::Empty(none)),
        keys => Ok(keys),
    }
}

/// Why a file of keys is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A line that is no key.
    #[error("line {line}: {error}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What was expected.
        error: KeyTextError,
    },
    /// No key at all.
    #[error("there is no key in it: {0}")]
    Empty(KeyTextError),
    /// An identity file that is itself encrypted.
    #[error("it is encrypted: decrypt it with `age -d` first")]
    Encrypted,
}
