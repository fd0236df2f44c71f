//! Quoted-printable (RFC 2045, section 6.7), whose long lines may be broken softly between any two of its bytes, and its
//! form in header fields (RFC 2047, section 4.2), where `_` is a space and so is escaped itself.

use super::{Case, Encoding, Form, each_byte};

pub(super) struct QuotedPrintable;

impl Encoding for QuotedPrintable {
    fn name(&self) -> &'static str {
        "quoted-printable"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        let all = Case::BOTH.map(|case| {
            [
                each_byte(secret, 3, |byte, out| match byte {
                    b'=' => push_quoted(case, byte, out),
                    b' '..=b'~' | b'\r' | b'\n' | b'\t' => out.push(byte),
                    _ => push_quoted(case, byte, out),
                }),
                each_byte(secret, 3, |byte, out| match byte {
                    b' ' => out.push(b'_'),
                    b'!' | b'*' | b'+' | b'-' | b'/' => out.push(byte),
                    _ if byte.is_ascii_alphanumeric() => out.push(byte),
                    _ => push_quoted(case, byte, out),
                }),
                // What an encoder that trusts no byte makes.
                each_byte(secret, 3, |byte, out| push_quoted(case, byte, out)),
            ]
        });
        all.into_iter().flatten().collect()
    }

    fn breaks_softly(&self) -> bool {
        true
    }
}

fn push_quoted(case: Case, byte: u8, out: &mut Vec<u8>) {
    out.push(b'=');
    case.push_byte(byte, out);
}
