//! Shell quoting (POSIX XCU 2.2, and Bash's `$'…'`), as `set -x`, `printf %q` and generated scripts print it.

use super::{Encoding, Form, each_byte};

pub(super) struct Shell;

impl Encoding for Shell {
    fn name(&self) -> &'static str {
        "shell"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        if secret.iter().all(u8::is_ascii_alphanumeric) {
            return Vec::new(); // No shell needs to quote it.
        }
        vec![
            // Inside single quotes: an apostrophe leaves them, in one of two ways.
            each_byte(secret, 5, |byte, out| match byte {
                b'\'' => out.extend(br"'\''"),
                _ => out.push(byte),
            }),
            each_byte(secret, 5, |byte, out| match byte {
                b'\'' => out.extend(br#"'"'"'"#),
                _ => out.push(byte),
            }),
            // Inside double quotes.
            each_byte(secret, 2, |byte, out| match byte {
                b'"' | b'\\' | b'$' | b'`' => out.extend([b'\\', byte]),
                _ => out.push(byte),
            }),
            each_byte(secret, 2, |byte, out| match byte {
                b'"' | b'\\' | b'$' | b'`' | b'!' => out.extend([b'\\', byte]),
                _ => out.push(byte),
            }),
            // Backslashes: Bash's `printf %q`, which keeps some punctuation; then the cautious way for all of it.
            each_byte(secret, 2, |byte, out| match byte {
                b'%' | b'+' | b'-' | b'.' | b'/' | b':' | b'=' | b'@' | b'_' => out.push(byte),
                _ if byte.is_ascii_alphanumeric() || !byte.is_ascii() => out.push(byte),
                _ => out.extend([b'\\', byte]),
            }),
            each_byte(secret, 2, |byte, out| match byte {
                b'_' => out.push(byte),
                _ if byte.is_ascii_alphanumeric() || !byte.is_ascii() => out.push(byte),
                _ => out.extend([b'\\', byte]),
            }),
            // Inside `$'…'`, control characters by letter or octal, other bytes kept or octal.
            each_byte(secret, 4, |byte, out| match byte {
                0x80.. => out.push(byte),
                _ => push_ansi_c(byte, out),
            }),
            each_byte(secret, 4, push_ansi_c),
        ]
    }
}

fn push_ansi_c(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'\'' | b'\\' => out.extend([b'\\', byte]),
        b'\n' => out.extend(br"\n"),
        b'\r' => out.extend(br"\r"),
        b'\t' => out.extend(br"\t"),
        0x07 => out.extend(br"\a"),
        0x08 => out.extend(br"\b"),
        0x0b => out.extend(br"\v"),
        0x0c => out.extend(br"\f"),
        0x1b => out.extend(br"\E"),
        b' '..=b'~' => out.push(byte),
        _ => out.extend([b'\\', b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)]),
    }
}
