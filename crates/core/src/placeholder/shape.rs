//! What a placeholder takes from the value it stands for: a published prefix, the length, the alphabet.
//!
//! Nothing else of the value may show: a prefix is one that the catalogue lists, never what the value happens to begin
//! with, and the alphabet says only whether letters of both cases occur.

use super::code::Coding;
use crate::catalogue::Catalogue;
use crate::names::SecretKey;

/// Longer values (certificates, documents) get a placeholder of [`LONG`] bytes.
const MOST: usize = 1024;
const LONG: usize = 64;

/// The shape of a secret's placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    prefix: String,
    coding: Coding,
    body_len: usize,
    uuid: bool,
}

impl Shape {
    /// The shape of `value` as the value of `key`. A value too short to be told apart gets a longer placeholder.
    #[must_use]
    pub fn of(key: &SecretKey, value: &[u8]) -> Self {
        let prefix = prefix(key, value);
        let rest = &value[prefix.len()..];
        let coding = coding(rest);
        let wanted = if value.len() > MOST || !value.iter().all(u8::is_ascii_graphic) {
            LONG.saturating_sub(prefix.len())
        } else {
            rest.len()
        };
        let uuid = prefix.is_empty() && is_uuid(value);
        Self {
            prefix: prefix.to_owned(),
            coding,
            body_len: if uuid { UUID_DIGITS } else { wanted.max(coding.least()) },
            uuid,
        }
    }

    pub(super) fn coding(&self) -> Coding {
        self.coding
    }

    pub(super) fn body_len(&self) -> usize {
        self.body_len
    }

    /// Prefix and body; a UUID gets its `-`.
    pub(super) fn dress(&self, body: &str) -> String {
        let mut text = self.prefix.clone();
        for (place, letter) in body.chars().enumerate() {
            if self.uuid && matches!(place, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }
}

/// Digits of a UUID: exactly marker and block in hexadecimal.
const UUID_DIGITS: usize = 32;

/// The longest published prefix: one of the key's own, else one that is telling enough to be known from any key.
fn prefix<'v>(key: &SecretKey, value: &'v [u8]) -> &'v str {
    let catalogue = Catalogue::builtin();
    let own = catalogue.get(key).into_iter().flat_map(|it| &it.shape.prefixes);
    let telling = |it: &&String| it.len() >= 3 && it.ends_with(['-', '_', '.']);
    let others = catalogue.entries().flat_map(|it| &it.shape.prefixes).filter(telling);
    let longest = own
        .chain(others)
        .filter(|it| value.starts_with(it.as_bytes()) && value.len() > it.len())
        .map(String::len)
        .max()
        .unwrap_or(0);
    std::str::from_utf8(&value[..longest]).unwrap_or_default()
}

fn coding(rest: &[u8]) -> Coding {
    let digits = |byte: &u8| byte.is_ascii_digit() || !byte.is_ascii_alphabetic();
    if !rest.is_empty() && rest.iter().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f' | b'-')) {
        Coding::Hex
    } else if rest.iter().all(|it| digits(it) || it.is_ascii_lowercase()) {
        Coding::Lower
    } else if rest.iter().all(|it| digits(it) || it.is_ascii_uppercase()) {
        Coding::Upper
    } else {
        Coding::Mixed
    }
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == UUID_DIGITS + 4
        && value.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}
