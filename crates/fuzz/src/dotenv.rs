//! A `.env` file.

use distri_core::dotenv::{parse, quoted};

/// What was read is read again from how it is written.
pub fn dotenv(bytes: &[u8]) {
    let Ok(lines) = parse(bytes) else { return };
    for it in &lines {
        let Ok(text) = quoted(&it.value) else { continue };
        let written = format!("{}={}\n", it.key, *text);
        let again = parse(written.as_bytes()).expect("what was written is read");
        let [one] = &again[..] else {
            panic!("one line is one value")
        };
        assert_eq!((&one.key, &*one.value), (&it.key, &*it.value));
    }
}
