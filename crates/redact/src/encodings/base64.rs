//! Base64 and base64url (RFC 4648) of a value that stands anywhere inside other encoded bytes.
//!
//! Three bytes become four characters, so a value that begins `a` bytes into a group has three possible looks. The
//! characters whose six bits all come from the value form the *core*: whatever surrounds the value, the core is there.
//! Where the value is the end of the encoded bytes, one more character and the padding follow; these longer forms are
//! needles too, so that the usual case is replaced without remains.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding as Alphabet};
use zeroize::Zeroizing;

use super::{Encoding, Form};

pub(super) struct Base64;

impl Encoding for Base64 {
    fn name(&self) -> &'static str {
        "base64"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        let mut forms = Vec::new();
        for alphabet in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
            for lead in 0..3 {
                let (text, core) = encode(alphabet, secret, lead);
                let padding = (4 - text.len() % 4) % 4;
                forms.push(Form::new(text[core.clone()].to_vec()));
                if padding > 0 {
                    forms.push(Form::new(text[core.start..].to_vec()));
                    let mut padded = Zeroizing::new(Vec::with_capacity(text.len() + padding));
                    padded.extend_from_slice(&text[core.start..]);
                    padded.extend(std::iter::repeat_n(b'=', padding));
                    forms.push(padded);
                }
            }
        }
        forms
    }

    /// Only a text of the same length has the same forms, and keeps the alignment of what follows.
    fn stand_ins(&self, secret: &[u8], replacement: &[u8]) -> Option<Vec<Form>> {
        (secret.len() == replacement.len()).then(|| self.forms(replacement))
    }

    fn folds(&self) -> bool {
        true
    }
}

/// The text of `lead` zero bytes and `secret`, and where in it the core is.
fn encode(alphabet: &Alphabet, secret: &[u8], lead: usize) -> (Form, std::ops::Range<usize>) {
    let mut bytes = Zeroizing::new(Vec::with_capacity(lead + secret.len()));
    bytes.resize(lead, 0);
    bytes.extend_from_slice(secret);
    let mut text = Form::new(vec![0; alphabet.encode_len(bytes.len())]);
    alphabet.encode_mut(&bytes, &mut text);
    let start = (lead * 8).div_ceil(6);
    let end = (bytes.len() * 8 / 6).max(start);
    let start = start.min(text.len());
    let end = end.min(text.len());
    (text, start..end)
}
