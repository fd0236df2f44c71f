//! HTML and XML character references: named, decimal and hexadecimal.

use super::{Case, Encoding, Form, each_char, push_char};

pub(super) struct Html;

/// Whether a dialect escapes a character, and how it writes it.
type Dialect = (fn(char) -> bool, fn(char, &mut Vec<u8>));

const DIALECTS: &[Dialect] = &[
    // The five that matter, with each way to write the apostrophe; then text nodes, which leave quotes alone.
    (is_special, |char, out| push_named(char, b"&#39;", out)),
    (is_special, |char, out| push_named(char, b"&#x27;", out)),
    (is_special, |char, out| push_named(char, b"&#039;", out)),
    (is_special, |char, out| push_named(char, b"&apos;", out)),
    (
        |char| is_special(char) && char != '\'',
        |char, out| push_named(char, b"'", out),
    ),
    (
        |char| matches!(char, '<' | '>' | '&'),
        |char, out| push_named(char, b"'", out),
    ),
    // Go writes the double quote as a number.
    (is_special, |char, out| match char {
        '"' => out.extend(b"&#34;"),
        _ => push_named(char, b"&#39;", out),
    }),
    // Numbers for the five, for everything that is no letter or digit, for everything that is not ASCII, for all.
    (is_special, push_decimal),
    (is_special, |char, out| push_hex(char, Case::Lower, out)),
    (is_special, |char, out| push_hex(char, Case::Upper, out)),
    (is_other, push_decimal),
    (is_other, |char, out| push_hex(char, Case::Lower, out)),
    (is_other, |char, out| push_hex(char, Case::Upper, out)),
    (
        |char| is_special(char) || !char.is_ascii(),
        |char, out| match is_special(char) {
            true => push_named(char, b"&#39;", out),
            false => push_decimal(char, out),
        },
    ),
    (
        |char| is_special(char) || !char.is_ascii(),
        |char, out| match is_special(char) {
            true => push_named(char, b"&#x27;", out),
            false => push_hex(char, Case::Upper, out),
        },
    ),
];

const ALL: &[Dialect] = &[
    (|_| true, push_decimal),
    (|_| true, |char, out| push_hex(char, Case::Lower, out)),
    (|_| true, |char, out| push_hex(char, Case::Upper, out)),
];

impl Encoding for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        let plain = secret.iter().all(u8::is_ascii_alphanumeric);
        let dialects = if plain { &[] } else { DIALECTS };
        dialects
            .iter()
            .chain(ALL)
            .filter_map(|(escapes, write)| encode(secret, *escapes, *write))
            .collect()
    }
}

fn encode(secret: &[u8], escapes: fn(char) -> bool, write: fn(char, &mut Vec<u8>)) -> Option<Form> {
    // `&quot;` and `&#x7F;` take six bytes for one; a number of seven digits stands for four bytes of UTF-8.
    each_char(secret, 6, |char, out| match escapes(char) {
        true => write(char, out),
        false => push_char(char, out),
    })
}

fn is_special(char: char) -> bool {
    matches!(char, '<' | '>' | '&' | '"' | '\'')
}

fn is_other(char: char) -> bool {
    !char.is_ascii_alphanumeric()
}

fn push_named(char: char, apostrophe: &[u8], out: &mut Vec<u8>) {
    match char {
        '<' => out.extend(b"&lt;"),
        '>' => out.extend(b"&gt;"),
        '&' => out.extend(b"&amp;"),
        '"' => out.extend(b"&quot;"),
        '\'' => out.extend_from_slice(apostrophe),
        _ => push_char(char, out),
    }
}

fn push_decimal(char: char, out: &mut Vec<u8>) {
    out.extend(format!("&#{};", u32::from(char)).bytes());
}

fn push_hex(char: char, case: Case, out: &mut Vec<u8>) {
    let number = match case {
        Case::Lower => format!("&#x{:x};", u32::from(char)),
        Case::Upper => format!("&#x{:X};", u32::from(char)),
    };
    out.extend(number.bytes());
}
