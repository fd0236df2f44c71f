//! A file that claims to be encrypted with age.

use std::io::Read;
use std::sync::LazyLock;

use distri_core::age::{Identity, Reader, identities_in, recipients_in};

static IDENTITIES: LazyLock<[Identity; 1]> = LazyLock::new(|| {
    // The key of 32 bytes 0x42, to which the seeds are encrypted.
    let text = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    [text.parse().expect("an identity")]
});

/// Never more comes out than went in, and text of keys that is read is written the same.
pub fn age(bytes: &[u8]) {
    if let Ok(reader) = Reader::new(bytes, IDENTITIES.as_slice()) {
        let mut content = Vec::new();
        let _ = reader.take(1 << 20).read_to_end(&mut content);
        assert!(content.len() < bytes.len());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for recipient in recipients_in(text).unwrap_or_default() {
        assert_eq!(recipient.to_string().parse(), Ok(recipient));
    }
    let _ = identities_in(text);
}
