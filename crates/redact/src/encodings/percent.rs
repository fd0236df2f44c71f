//! Percent-encoding (RFC 3986, section 2.1) and its dialects, which differ in what they keep.

use super::{Case, Encoding, Form, each_byte};

pub(super) struct Percent;

/// What a dialect keeps beside letters and digits, and whether a space becomes `+`.
const DIALECTS: &[(&[u8], bool)] = &[
    // RFC 3986, unreserved.
    (b"-._~", false),
    // application/x-www-form-urlencoded of the URL standard.
    (b"-._*", true),
    // The same in Python's `quote_plus`.
    (b"-._~", true),
    // JavaScript's `encodeURIComponent`.
    (b"-._~!'()*", false),
    // A path that keeps its slashes: Python's `quote`.
    (b"-._~/", false),
    // JavaScript's `encodeURI`.
    (b"-._~!'()*;/?:@&=+$,#", false),
];

impl Encoding for Percent {
    fn name(&self) -> &'static str {
        "percent"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        let mut forms = Vec::new();
        for case in Case::BOTH {
            forms.push(each_byte(secret, 3, |byte, out| push_percent(case, byte, out)));
            if secret.iter().all(u8::is_ascii_alphanumeric) {
                continue; // All dialects keep it as it is.
            }
            for (kept, plus) in DIALECTS {
                forms.push(each_byte(secret, 3, |byte, out| {
                    if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
                        out.push(byte);
                    } else if *plus && byte == b' ' {
                        out.push(b'+');
                    } else {
                        push_percent(case, byte, out);
                    }
                }));
            }
        }
        forms
    }
}

fn push_percent(case: Case, byte: u8, out: &mut Vec<u8>) {
    out.push(b'%');
    case.push_byte(byte, out);
}
