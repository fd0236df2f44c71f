//! A text in other clothes: every form in which a row writes a placeholder or a value.
//!
//! Made apart from the redactor's encodings on purpose: here is what must be found, there is what is looked for.

use std::fmt::Write as _;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

/// Writes `text` in the form called `name`; `None` when there is no such form.
pub(crate) fn formed(text: &[u8], name: &str) -> Option<Vec<u8>> {
    let each = |of: &dyn Fn(u8) -> String| text.iter().map(|it| of(*it)).collect::<String>().into_bytes();
    let base64 = |before: &[u8], after: &[u8]| BASE64.encode(&[before, text, after].concat()).into_bytes();
    let plain = |it: u8| it.is_ascii_alphanumeric();
    let half = text.len() / 2;
    Some(match name {
        "chunk" => [format!("{:x}\r\n", text.len()).as_bytes(), text, b"\r\n"].concat(),
        "lower" => text.to_ascii_lowercase(),
        "upper" => text.to_ascii_uppercase(),
        "reversed" => text.iter().rev().copied().collect(),
        "swapped-case" => each(&|it| char::from(it ^ if it.is_ascii_alphabetic() { 32 } else { 0 }).to_string()),
        "first-half" => text[..half].to_vec(),
        "second-half" => text[half..].to_vec(),
        "percent" => each(&|it| format!("%{it:02X}")),
        "percent-lower" => each(&|it| format!("%{it:02x}")),
        "percent-first" => [format!("%{:02X}", text[0]).as_bytes(), &text[1..]].concat(),
        "query" | "form" => each(&|it| match it {
            b' ' if name == "form" => "+".to_owned(),
            b'-' | b'.' | b'_' | b'*' => char::from(it).to_string(),
            _ if plain(it) => char::from(it).to_string(),
            _ => format!("%{it:02X}"),
        }),
        "json" => json(text),
        "unicode" => each(&|it| format!("\\u{it:04x}")),
        "escapes" => each(&|it| format!("\\x{it:02x}")),
        "html" => each(&|it| format!("&#{it};")),
        "html-hex" => each(&|it| format!("&#x{it:x};")),
        "quoted-printable" => each(&|it| format!("={it:02X}")),
        "header-word" => each(&|it| match it {
            b' ' => "_".to_owned(),
            _ if plain(it) => char::from(it).to_string(),
            _ => format!("={it:02X}"),
        }),
        "hex" => HEXLOWER.encode(text).into_bytes(),
        "hex-upper" => HEXUPPER.encode(text).into_bytes(),
        "base64" => base64(b"", b""),
        "base64-1" => base64(b"u", b":"),
        "base64-2" => base64(b"u:", b"xy"),
        "base64-unpadded" => BASE64_NOPAD.encode(text).into_bytes(),
        "base64url" => BASE64URL_NOPAD.encode(text).into_bytes(),
        "mime" => lines(
            &BASE64.encode(
                &[
                    &b"Authorization: Bearer, a line that is long enough for two: "[..],
                    text,
                ]
                .concat(),
            ),
        ),
        "utf16-le" => text.iter().flat_map(|it| [*it, 0]).collect(),
        "utf16-be" => text.iter().flat_map(|it| [0, *it]).collect(),
        "basic-user" => BASE64.encode(&[text, b":"].concat()).into_bytes(),
        "basic-password" => BASE64.encode(&[b"u:", text].concat()).into_bytes(),
        "basic-part" => BASE64.encode(&[b"u:x", text].concat()).into_bytes(),
        "host" => host(text),
        "host-cut" => {
            let host = host(text);
            [&host[..12], b".", &host[12..]].concat()
        }
        "look-alike" => String::from_utf8_lossy(text).replacen('o', "\u{43e}", 1).into_bytes(),
        "header-name" => text.iter().map(|it| if *it == b'_' { b'-' } else { *it }).collect(),
        _ => return None,
    })
}

/// Every form that must not come back, with its name; base64 as what stays the same whatever stands around it.
pub(crate) fn telling(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    const NAMES: &[&str] = &[
        "percent",
        "percent-lower",
        "query",
        "form",
        "json",
        "unicode",
        "escapes",
        "html",
        "html-hex",
        "quoted-printable",
        "header-word",
        "hex",
        "hex-upper",
        "utf16-le",
        "utf16-be",
    ];
    let mut telling = vec![("the value", value.to_vec())];
    telling.extend(NAMES.iter().filter_map(|name| Some((*name, formed(value, name)?))));
    for before in 0..3 {
        let text = [&b"\0\0"[..before], value].concat();
        let whole = text.len() / 3 * 4;
        // Characters that have bits of what stands before, and after.
        let from = [0, 2, 3][before];
        telling.push(("base64", BASE64_NOPAD.encode(&text).as_bytes()[from..whole].to_vec()));
        telling.push((
            "base64url",
            BASE64URL_NOPAD.encode(&text).as_bytes()[from..whole].to_vec(),
        ));
    }
    telling
}

/// Letters, digits and `-`, as a name has them.
fn host(text: &[u8]) -> Vec<u8> {
    let plain = |it: &u8| if *it == b'_' { b'-' } else { it.to_ascii_lowercase() };
    text.iter().map(plain).collect()
}

/// The inside of a string of JSON.
fn json(text: &[u8]) -> Vec<u8> {
    let mut out = String::new();
    for char in String::from_utf8_lossy(text).chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char < ' ' => write!(out, "\\u{:04x}", u32::from(char)).expect("a string takes all"),
            char => out.push(char),
        }
    }
    out.into_bytes()
}

/// In lines of 76 characters (RFC 2045, section 6.8).
fn lines(text: &str) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.as_bytes().chunks(76).collect();
    lines.join(&b"\r\n"[..])
}
