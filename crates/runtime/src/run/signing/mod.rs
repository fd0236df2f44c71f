//! Local cryptography with a value where the tool host holds only its placeholder: signing requests, verifying webhooks.
//!
//! What comes out is a tag, a digest, or yes or no. None of them says anything usable of a value that cannot be guessed:
//!
//! * **HMAC** under any key that has the value in it is a pseudorandom function of that key (RFC 2104, RFC 4868), whatever
//!   stands around the value and whatever is signed.
//! * **A digest** of the value with chosen text before or behind it is one-way. Whoever has H(value ‖ text) can extend it
//!   to H(value ‖ text ‖ padding ‖ more), which the handler may ask for anyway. In the middle of the data a placeholder is
//!   text like any other and stays what it is: there it is part of a document sooner than a key.
//!
//! The placeholder is replaced as a whole or not at all, so that no answer depends on a part of the value alone. A value
//! that could be found by trying is refused: each answer would say which guess is right.
//!
//! A handler can have any signature that the key's holder could make, also for later use elsewhere. That is the use of
//! such a key; the key itself stays here.

mod strength;

use std::sync::Arc;

use distri_core::{Release, ReleasedSecret};
use zeroize::Zeroizing;

use crate::tool_host::{Computation, Computed, Found, Operation, StandIns};

/// The placeholders that a tool host was given, and the values behind them.
pub(super) struct Signing {
    release: Arc<Release>,
    stand_ins: StandIns,
    /// Which secret of the release each stand-in is for.
    secrets: Vec<usize>,
}

impl Signing {
    /// For a tool host that was given these placeholders, each with its secret's place in the release.
    pub(super) fn new(release: Arc<Release>, placeholders: Vec<(usize, String)>) -> Self {
        let (secrets, texts): (_, Vec<_>) = placeholders.into_iter().unzip();
        Self {
            release,
            stand_ins: StandIns::new(texts),
            secrets,
        }
    }

    /// Computes what the child cannot. An error is a sentence for the handler.
    pub(super) fn compute(&self, it: &Computation) -> Result<Computed, String> {
        match &it.operation {
            Operation::Sign => Ok(Computed::Bytes(it.hash.sign(&self.key(&it.key)?, &it.data))),
            Operation::Verify(tag) => Ok(Computed::Valid(it.hash.verify(&self.key(&it.key)?, tag, &it.data))),
            Operation::Digest => self.digest(it).map(Computed::Bytes),
        }
    }

    /// The key with the value in it.
    fn key(&self, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
        let within = match self.stand_ins.in_key(key) {
            None => return Err("the key holds no placeholder of this run".to_owned()),
            Some(Found::Whole(index, form)) => {
                let secret = self.strong(index)?;
                let real = form.apply(self.stand_ins.text(index), secret.value.expose_secret());
                return real.ok_or_else(|| {
                    format!(
                        "the value of `{}` cannot be decoded as its placeholder was; {}",
                        secret.key,
                        by_value(secret)
                    )
                });
            }
            Some(Found::Within(within)) => within,
        };
        let mut parts: Vec<&[u8]> = Vec::with_capacity(2 * within.len() + 1);
        let mut end = 0;
        for (index, at) in within {
            // One placeholder within another is no placeholder.
            if at < end {
                continue;
            }
            parts.extend([&key[end..at], self.strong(index)?.value.expose_secret()]);
            end = at + self.stand_ins.text(index).len();
        }
        parts.push(&key[end..]);
        // One exact allocation: growing would leave copies of values behind.
        let mut real = Zeroizing::new(Vec::with_capacity(parts.iter().map(|it| it.len()).sum()));
        parts.iter().for_each(|it| real.extend_from_slice(it));
        Ok(real)
    }

    fn digest(&self, it: &Computation) -> Result<Vec<u8>, String> {
        let (first, last) = self.stand_ins.at_edges(&it.data);
        let len = |index: Option<usize>| index.map_or(0, |it| self.stand_ins.text(it).len());
        let value = |index: Option<usize>| match index {
            Some(index) => Ok(self.strong(index)?.value.expose_secret()),
            None => Ok::<_, String>(&[][..]),
        };
        let middle = &it.data[len(first)..it.data.len() - len(last)];
        Ok(it.hash.digest(&[value(first)?, middle, value(last)?]))
    }

    /// The secret behind a stand-in, if nobody can find it by trying.
    fn strong(&self, index: usize) -> Result<&ReleasedSecret, String> {
        let secret = &self.release.secrets[self.secrets[index]];
        let value = secret.value.expose_secret();
        let prefix = shared_prefix(self.stand_ins.text(index).as_bytes(), value);
        if strength::is_guessable(&value[prefix..]) {
            return Err(format!(
                "the value of `{}` could be guessed from what it signs: set a longer random one, or {}",
                secret.key,
                by_value(secret)
            ));
        }
        Ok(secret)
    }
}

fn by_value(secret: &ReleasedSecret) -> String {
    format!(
        "give it by value with `distri secrets edit {} --delivery value`",
        secret.key
    )
}

/// The length of the prefix that placeholder and value have in common: published, so it makes no value stronger.
fn shared_prefix(placeholder: &[u8], value: &[u8]) -> usize {
    let shared = placeholder.iter().zip(value).take_while(|(a, b)| a == b).count();
    let end = value[..shared].iter().rposition(|it| matches!(it, b'_' | b'-' | b'.'));
    end.map_or(0, |it| it + 1)
}
