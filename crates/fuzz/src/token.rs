//! A credential as a client presents it.

use distri_core::credential::PresentedToken;

/// What is accepted is exactly what was made: its checksum is that of its bytes.
pub fn token(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(presented) = text.parse::<PresentedToken>() {
        assert_eq!(presented.expose_secret(), text);
    }
}
