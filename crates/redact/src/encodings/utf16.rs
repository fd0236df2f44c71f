//! UTF-16, both byte orders, as Windows and memory dumps have it.
//!
//! The zero byte before (big endian) or after (little endian) an ASCII value belongs to neither, so it is cut off:
//! then both orders of such a value are one needle.

use zeroize::Zeroizing;

use super::{Encoding, Form};

pub(super) struct Utf16;

impl Encoding for Utf16 {
    fn name(&self) -> &'static str {
        "utf16"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        let Ok(text) = str::from_utf8(secret) else {
            return Vec::new();
        };
        both(text, Cut::of(text))
    }

    /// Cut as the value is, so that the zero bytes that stay around it fit.
    fn stand_ins(&self, secret: &[u8], replacement: &[u8]) -> Option<Vec<Form>> {
        let cut = Cut::of(str::from_utf8(secret).ok()?);
        let replacement = str::from_utf8(replacement).ok().filter(|it| it.is_ascii())?;
        Some(both(replacement, cut))
    }
}

/// At which ends a zero byte is cut off.
#[derive(Clone, Copy)]
struct Cut {
    first_of_big: bool,
    last_of_little: bool,
}

impl Cut {
    fn of(text: &str) -> Self {
        let zero = |char: Option<char>| char.is_some_and(|it| u32::from(it) < 0x100);
        Self {
            first_of_big: zero(text.chars().next()),
            last_of_little: zero(text.chars().next_back()),
        }
    }
}

fn both(text: &str, cut: Cut) -> Vec<Form> {
    let mut little = Zeroizing::new(Vec::with_capacity(text.len() * 2));
    let mut big = Zeroizing::new(Vec::with_capacity(text.len() * 2));
    for unit in text.encode_utf16() {
        little.extend(unit.to_le_bytes());
        big.extend(unit.to_be_bytes());
    }
    if cut.last_of_little {
        little.pop();
    }
    if cut.first_of_big && !big.is_empty() {
        big.remove(0);
    }
    vec![little, big]
}
