//! A credential's text: made once, shown once, and parsed before anything is looked up.

use std::marker::PhantomData;
use std::str::FromStr;

use zeroize::Zeroizing;

use super::digits::{self, BODY, CHECK};

/// A kind of credential, so that one is never taken for another.
pub trait Kind {
    /// What its text begins with.
    const PREFIX: &'static str;
    /// Its name in messages, and in its hash.
    const WORD: &'static str;
}

/// A new credential, on its way to whoever asked for it. It cannot be printed, compared, cloned or serialised.
///
/// ```compile_fail
/// let token = distri_core::credential::PlainToken::random();
/// println!("{token:?}");
/// ```
pub struct Plain<K>(Zeroizing<String>, PhantomData<fn() -> K>);

impl<K: Kind> Plain<K> {
    /// A new random one.
    #[must_use]
    pub fn random() -> Self {
        Self::of(&Zeroizing::new(digits::random()))
    }

    /// The one that holds these 256 bits.
    #[must_use]
    pub fn of(bytes: &[u8; 32]) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(K::PREFIX.len() + BODY + CHECK));
        text.push_str(K::PREFIX);
        digits::body(bytes, &mut text);
        let check = digits::check(&text);
        text.extend(check.iter().map(|it| char::from(*it)));
        Self(text, PhantomData)
    }

    /// The text, to be shown once.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }

    /// As if somebody presented it.
    #[must_use]
    pub fn presented(&self) -> Presented<K> {
        Presented(self.0.clone(), PhantomData)
    }
}

/// Text that has the form of a credential. Whether it is one, only its keyed hash says.
pub struct Presented<K>(Zeroizing<String>, PhantomData<fn() -> K>);

impl<K: Kind> Presented<K> {
    /// The text.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl<K: Kind> FromStr for Presented<K> {
    type Err = CredentialError;

    fn from_str(text: &str) -> Result<Self, CredentialError> {
        let what = K::WORD;
        let foreign = CredentialError::Foreign {
            what,
            prefix: K::PREFIX,
        };
        let rest = text.strip_prefix(K::PREFIX).ok_or(foreign)?;
        if rest.len() != BODY + CHECK || !digits::are_digits(rest) {
            return Err(CredentialError::Form { what });
        }
        let (checked, check) = text.split_at(K::PREFIX.len() + BODY);
        // A checksum is no secret: it may be compared as it comes.
        if digits::check(checked) != check.as_bytes() {
            return Err(CredentialError::Checksum { what });
        }
        Ok(Self(Zeroizing::new(text.to_owned()), PhantomData))
    }
}

/// Why text is no credential. It says nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// It does not begin as one of ours.
    #[error("this is no {what} of distri: one begins with `{prefix}`")]
    Foreign {
        /// What was expected.
        what: &'static str,
        /// What it begins with.
        prefix: &'static str,
    },
    /// It is cut short, too long, or has other characters.
    #[error("the {what} is not complete, or something was added to it")]
    Form {
        /// What was expected.
        what: &'static str,
    },
    /// A character differs.
    #[error("the {what} is mistyped: its checksum does not fit")]
    Checksum {
        /// What was expected.
        what: &'static str,
    },
}
