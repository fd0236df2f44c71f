//! The encodings in which a value may stand in text: one small trait, one list, one file each.

mod base64;
mod hex;
mod html;
mod json;
mod lines;
mod literal;
mod percent;
mod quoted_printable;
mod shell;
mod utf16;
mod verbatim;

use zeroize::Zeroizing;

/// One encoded form of a value, overwritten when it is dropped.
pub type Form = Zeroizing<Vec<u8>>;

/// A way to write a value.
pub trait Encoding: Sync {
    /// The name, for tests and documentation.
    fn name(&self) -> &'static str;

    /// Every byte string that this encoding makes of `secret`, independent of what stands around it in the text.
    ///
    /// Duplicates and forms that are too short are dropped by the caller.
    fn forms(&self, secret: &[u8]) -> Vec<Form>;

    /// What takes the place of each of `forms(secret)`, in their order, where `replacement` is written in this encoding
    /// too; `None` where it stands as it is.
    ///
    /// For encodings in which plain text would make the bytes around it unreadable. A replacement is no secret.
    fn stand_ins(&self, secret: &[u8], replacement: &[u8]) -> Option<Vec<Form>> {
        let _ = (secret, replacement);
        None
    }

    /// Whether tools fold the forms over lines; then those of base64 characters are found folded too.
    fn folds(&self) -> bool {
        false
    }

    /// Whether the forms stand in quoted-printable text, whose long lines are broken by `=` at their ends.
    fn breaks_softly(&self) -> bool {
        false
    }
}

/// Every encoding that the redactor searches for.
pub static ENCODINGS: &[&dyn Encoding] = &[
    &verbatim::Verbatim,
    &json::Json,
    &percent::Percent,
    &base64::Base64,
    &hex::Hex,
    &html::Html,
    &utf16::Utf16,
    &shell::Shell,
    &literal::Literal,
    &quoted_printable::QuotedPrintable,
    &lines::Lines,
];

/// Writes each byte of `secret` with `write`, into one buffer that is never reallocated.
fn each_byte(secret: &[u8], widest: usize, write: impl Fn(u8, &mut Vec<u8>)) -> Form {
    // A grown vector would leave its old, smaller copy behind in memory.
    let mut form = Zeroizing::new(Vec::with_capacity(secret.len() * widest));
    for &byte in secret {
        write(byte, &mut form);
    }
    form
}

/// The same for each character, where `secret` is UTF-8. `widest` is in bytes for each byte of `secret`.
fn each_char(secret: &[u8], widest: usize, write: impl Fn(char, &mut Vec<u8>)) -> Option<Form> {
    let text = str::from_utf8(secret).ok()?;
    let mut form = Zeroizing::new(Vec::with_capacity(secret.len() * widest));
    for char in text.chars() {
        write(char, &mut form);
    }
    Some(form)
}

fn push_char(char: char, out: &mut Vec<u8>) {
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Upper or lower case of hexadecimal digits.
#[derive(Clone, Copy)]
enum Case {
    Lower,
    Upper,
}

impl Case {
    const BOTH: [Self; 2] = [Self::Lower, Self::Upper];

    fn digit(self, nibble: u8) -> u8 {
        let digits = match self {
            Self::Lower => b"0123456789abcdef",
            Self::Upper => b"0123456789ABCDEF",
        };
        digits[usize::from(nibble & 15)]
    }

    fn push_byte(self, byte: u8, out: &mut Vec<u8>) {
        out.extend([self.digit(byte >> 4), self.digit(byte)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `encoding TAB secret TAB form`, both in Rust's `escape_ascii` notation.
    const VECTORS: &str = include_str!("../../tests/vectors.txt");

    #[test]
    fn every_encoding_makes_its_vectors() {
        for encoding in ENCODINGS {
            let mut vectors = vectors().filter(|(name, ..)| *name == encoding.name()).peekable();
            assert!(vectors.peek().is_some(), "`{}` has no vector", encoding.name());
            for (name, secret, form) in vectors {
                let forms = encoding.forms(&secret);
                let shown: Vec<_> = forms.iter().map(|it| it.escape_ascii().to_string()).collect();
                assert!(
                    forms.iter().any(|it| **it == form),
                    "{name}: {} not in {shown:#?}",
                    form.escape_ascii()
                );
            }
        }
    }

    #[test]
    fn every_vector_names_an_encoding() {
        for (name, ..) in vectors() {
            assert!(ENCODINGS.iter().any(|it| it.name() == name), "{name}");
        }
    }

    #[test]
    fn no_form_outgrows_its_buffer_or_panics() {
        let all: Vec<u8> = (0..=255).collect();
        let text = "ÄÖ\u{1f600}\u{0}\u{7f}\n\t\"'\\/<>&;%+=`$~ z".repeat(4);
        for secret in [&all[..], text.as_bytes(), b"", b"\n", b"a"] {
            for encoding in ENCODINGS {
                let _forms = encoding.forms(secret);
            }
        }
    }

    fn vectors() -> impl Iterator<Item = (&'static str, Vec<u8>, Vec<u8>)> {
        VECTORS
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("# "))
            .map(|line| {
                let mut fields = line.split('\t');
                let mut next = || fields.next().expect("three fields");
                (next(), unescape(next()), unescape(next()))
            })
    }

    fn unescape(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            if byte != b'\\' {
                out.push(byte);
                continue;
            }
            out.push(match bytes.next().expect("an escape") {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'x' => {
                    let mut digit = || {
                        bytes
                            .next()
                            .and_then(|it| char::from(it).to_digit(16))
                            .expect("hex digits")
                    };
                    u8::try_from(digit() * 16 + digit()).expect("two digits")
                }
                other => other,
            });
        }
        out
    }
}
