//! Canonical bytes: a format word, then length-prefixed fields.

/// The bytes that are authenticated beside a ciphertext or under a MAC.
///
/// `len(word) ‖ word ‖ len(field) ‖ field ‖ …` with 32-bit big-endian lengths, after `distri/1`. Two different
/// sequences of fields never give the same bytes, which joining with a separator cannot promise.
#[derive(Clone, PartialEq, Eq)]
pub struct Canonical(Vec<u8>);

impl Canonical {
    /// Begins with the word for what follows, such as `seal.value`.
    #[must_use]
    pub fn new(word: &str) -> Self {
        let mut canonical = Self(Vec::with_capacity(256));
        canonical.bytes(b"distri/1");
        canonical.bytes(word.as_bytes());
        canonical
    }

    /// Appends a field of bytes.
    pub fn bytes(&mut self, field: &[u8]) -> &mut Self {
        let len = u32::try_from(field.len()).expect("no authenticated field has 4 GiB");
        self.0.extend_from_slice(&len.to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    /// Appends a field of text.
    pub fn text(&mut self, field: &str) -> &mut Self {
        self.bytes(field.as_bytes())
    }

    /// Appends a 64-bit number, big-endian.
    pub fn number(&mut self, field: u64) -> &mut Self {
        self.bytes(&field.to_be_bytes())
    }

    /// Appends a field that may be absent: absent and empty differ.
    pub fn optional(&mut self, field: Option<&[u8]>) -> &mut Self {
        match field {
            None => self.bytes(&[0]),
            Some(bytes) => self.bytes(&[1]).bytes(bytes),
        }
    }

    /// Appends a list: its count, then each item.
    pub fn list<'a>(&mut self, items: impl Iterator<Item = &'a [u8]>) -> &mut Self {
        let items: Vec<&[u8]> = items.collect();
        self.number(items.len() as u64);
        for item in items {
            self.bytes(item);
        }
        self
    }
}

impl AsRef<[u8]> for Canonical {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_byte_between_fields_changes_the_bytes() {
        let bytes = |fields: &[&str]| {
            let mut canonical = Canonical::new("t");
            for field in fields {
                canonical.text(field);
            }
            canonical.0
        };
        assert_ne!(bytes(&["ab", "c"]), bytes(&["a", "bc"]));
        assert_ne!(bytes(&["ab"]), bytes(&["ab", ""]));
    }

    #[test]
    fn the_layout_is_fixed() {
        let mut canonical = Canonical::new("w");
        canonical.text("x").number(1).optional(None);
        let expected = b"\0\0\0\x08distri/1\0\0\0\x01w\0\0\0\x01x\0\0\0\x08\0\0\0\0\0\0\0\x01\0\0\0\x01\0";
        assert_eq!(canonical.as_ref(), expected);
    }
}
