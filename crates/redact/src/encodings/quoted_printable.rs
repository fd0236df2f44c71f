//! Quoted-printable (RFC 2045, section 6.7), without the soft line breaks of long lines.

use super::{Case, Encoding, Form, each_byte};

pub(super) struct QuotedPrintable;

impl Encoding for QuotedPrintable {
    fn name(&self) -> &'static str {
        "quoted-printable"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        Case::BOTH
            .map(|case| {
                each_byte(secret, 3, |byte, out| match byte {
                    b'=' => push_quoted(case, byte, out),
                    b' '..=b'~' | b'\r' | b'\n' | b'\t' => out.push(byte),
                    _ => push_quoted(case, byte, out),
                })
            })
            .into()
    }
}

fn push_quoted(case: Case, byte: u8, out: &mut Vec<u8>) {
    out.push(b'=');
    case.push_byte(byte, out);
}
