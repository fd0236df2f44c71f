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
        let mut little = Zeroizing::new(Vec::with_capacity(secret.len() * 2));
        let mut big = Zeroizing::new(Vec::with_capacity(secret.len() * 2));
        for unit in text.encode_utf16() {
            little.extend(unit.to_le_bytes());
            big.extend(unit.to_be_bytes());
        }
        if little.last() == Some(&0) {
            little.pop();
        }
        if big.first() == Some(&0) {
            big.remove(0);
        }
        vec![little, big]
    }

    /// With ASCII on both sides the same zero byte is cut off.
    fn stand_ins(&self, secret: &[u8], replacement: &[u8]) -> Option<Vec<Form>> {
        (secret.is_ascii() && replacement.is_ascii()).then(|| self.forms(replacement))
    }
}
