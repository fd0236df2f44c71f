//! JSON strings (RFC 8259, section 7): the same value has as many looks as there are serialisers.

use super::{Case, Encoding, Form, each_byte, each_char, push_char};

pub(super) struct Json;

impl Encoding for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        // As numbers throughout, which no serialiser writes and every parser reads.
        let mut forms: Vec<Form> = Case::BOTH
            .iter()
            .filter_map(|case| each_char(secret, 6, |char, out| push_units(char, *case, out)))
            .collect();
        if secret.iter().all(u8::is_ascii_alphanumeric) {
            return forms; // Every serialiser keeps it as it is.
        }
        let plain = each_byte(secret, 6, |byte, out| push_usual(byte, Case::Lower, out));
        forms.extend([
            // JSON inside a JSON string, as log lines of structured messages have it.
            each_byte(&plain, 2, |byte, out| push_usual(byte, Case::Lower, out)),
            plain,
            // PHP, and everyone who writes for `<script>`.
            each_byte(secret, 6, |byte, out| match byte {
                b'/' => out.extend(b"\\/"),
                _ => push_usual(byte, Case::Lower, out),
            }),
        ]);
        for case in Case::BOTH {
            // ASCII only (Python), with slashes (PHP), Go's `<>&`, Gson's `<>&='`, .NET's longer list, OWASP's everything.
            for unicode_for in [&b""[..], b"<>&", b"<>&='", b"<>&'\"+`"] {
                forms.push(each_byte(secret, 6, |byte, out| match byte {
                    _ if unicode_for.contains(&byte) => push_unicode(u16::from(byte), case, out),
                    _ => push_usual(byte, case, out),
                }));
                forms.extend(each_char(secret, 6, |char, out| match char {
                    '\0'..='\x7f' if unicode_for.contains(&(char as u8)) => push_unicode(char as u16, case, out),
                    '\0'..='\x7f' => push_usual(char as u8, case, out),
                    _ => push_units(char, case, out),
                }));
            }
            forms.extend(each_char(secret, 6, |char, out| match char {
                '/' => out.extend(b"\\/"),
                '\0'..='\x7f' => push_usual(char as u8, case, out),
                _ => push_units(char, case, out),
            }));
            forms.extend(each_char(secret, 6, |char, out| match char {
                'a'..='z' | 'A'..='Z' | '0'..='9' => push_char(char, out),
                _ => push_units(char, case, out),
            }));
        }
        forms
    }
}

/// What RFC 8259 requires, in the form that most serialisers choose.
fn push_usual(byte: u8, case: Case, out: &mut Vec<u8>) {
    match byte {
        b'"' => out.extend(b"\\\""),
        b'\\' => out.extend(b"\\\\"),
        b'\n' => out.extend(b"\\n"),
        b'\r' => out.extend(b"\\r"),
        b'\t' => out.extend(b"\\t"),
        0x08 => out.extend(b"\\b"),
        0x0c => out.extend(b"\\f"),
        0..0x20 => push_unicode(u16::from(byte), case, out),
        _ => out.push(byte),
    }
}

fn push_units(char: char, case: Case, out: &mut Vec<u8>) {
    for &mut unit in char.encode_utf16(&mut [0; 2]) {
        push_unicode(unit, case, out);
    }
}

fn push_unicode(unit: u16, case: Case, out: &mut Vec<u8>) {
    let [high, low] = unit.to_be_bytes();
    out.extend(b"\\u");
    case.push_byte(high, out);
    case.push_byte(low, out);
}
