//! String literals of programming languages: what Python's `repr`, Node's `inspect` and Rust's `{:?}` print.

use super::{Case, Encoding, Form, each_byte};

pub(super) struct Literal;

impl Encoding for Literal {
    fn name(&self) -> &'static str {
        "literal"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        if secret.iter().all(u8::is_ascii_alphanumeric) {
            return Vec::new(); // Nothing to escape.
        }
        let mut forms = Vec::new();
        // The quote that surrounds the literal is escaped; without a quote inside, none is.
        for quotes in [&b""[..], b"'", b"\"", b"'\"", b"`"] {
            for ascii in [false, true] {
                for case in Case::BOTH {
                    forms.push(each_byte(secret, 4, |byte, out| match byte {
                        b'\\' => out.extend(br"\\"),
                        b'\n' => out.extend(br"\n"),
                        b'\r' => out.extend(br"\r"),
                        b'\t' => out.extend(br"\t"),
                        _ if quotes.contains(&byte) => out.extend([b'\\', byte]),
                        0x80.. if !ascii => out.push(byte),
                        b' '..=b'~' => out.push(byte),
                        _ => {
                            out.extend(br"\x");
                            case.push_byte(byte, out);
                        }
                    }));
                }
            }
        }
        forms
    }
}
