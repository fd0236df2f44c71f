//! The value as it is.

use super::{Encoding, Form};

pub(super) struct Verbatim;

impl Encoding for Verbatim {
    fn name(&self) -> &'static str {
        "verbatim"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        vec![Form::new(secret.to_vec())]
    }

    // A key that is base64 itself, stored without its line breaks.
    fn folds(&self) -> bool {
        true
    }

    // Quoted-printable of letters and digits.
    fn breaks_softly(&self) -> bool {
        true
    }
}
