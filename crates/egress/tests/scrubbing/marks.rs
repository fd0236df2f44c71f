//! The marks of `data/replies.txt`: values in encodings that are written here once more, apart from the redactor's.

use data_encoding::{BASE64, BASE64_MIME, BASE64_NOPAD, BASE64URL, HEXLOWER, HEXUPPER};

use crate::world::{Given, PHRASE, TOKEN};

/// `text` with its marks filled in.
pub(crate) fn fill(text: &str, given: &Given) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, part) in text.split('@').enumerate() {
        match index % 2 {
            0 => out.extend_from_slice(part.as_bytes()),
            _ => out.extend(mark(part, given)),
        }
    }
    out
}

fn mark(mark: &str, given: &Given) -> Vec<u8> {
    let (name, encoding) = mark.split_once('.').unwrap_or((mark, "plain"));
    let text = match name {
        "v" => TOKEN,
        "w" => PHRASE,
        "p" => &given.token,
        "q" => &given.phrase,
        "n" => return b"\n".to_vec(),
        "latin1" => return b"\xe9".to_vec(),
        // Of gRPC: not compressed, and the length of the message.
        "frame" => return [&[0, 0, 0, 0][..], &[41]].concat(),
        _ => panic!("no mark is called {mark}"),
    };
    encode(encoding, text)
}

fn encode(encoding: &str, text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let each = |write: fn(char) -> String| text.chars().map(write).collect::<String>();
    let behind = |lead: &str| [lead.as_bytes(), bytes].concat();
    let within = |around: usize| [&vec![b'.'; around][..], bytes, &vec![b'.'; around][..]].concat();
    let text = match encoding {
        "plain" => text.to_owned(),
        "lower" => text.to_ascii_lowercase(),
        "base64" => BASE64.encode(bytes),
        "base64-1" => BASE64.encode(&behind("u")),
        "base64-2" => BASE64.encode(&behind("us")),
        "base64-within" => BASE64.encode(&within(4)),
        "base64-nopad" => BASE64_NOPAD.encode(bytes),
        "base64url" => BASE64URL.encode(bytes).trim_end_matches('=').to_owned(),
        "mime" => BASE64_MIME.encode(&within(40)),
        "mime-json" => BASE64_MIME.encode(&within(40)).replace("\r\n", "\\n"),
        "hex" => HEXLOWER.encode(bytes),
        "HEX" => HEXUPPER.encode(bytes),
        "colons" => bytes.iter().map(|it| format!("{it:02x}")).collect::<Vec<_>>().join(":"),
        "x" => bytes.iter().map(|it| format!("\\x{it:02x}")).collect(),
        "percent" => bytes.iter().map(|it| format!("%{it:02X}")).collect(),
        "percent-lower" => bytes.iter().map(|it| format!("%{it:02x}")).collect(),
        "query" => query(bytes, "%20"),
        "form" => query(bytes, "+"),
        "json" => json(text),
        "json-twice" => json(&json(text)),
        "json-ascii" => json(text)
            .chars()
            .map(|it| if it.is_ascii() { it.to_string() } else { unicode(it) })
            .collect(),
        "json-unicode" => each(unicode),
        "html" => each(|it| match it {
            '<' => "&lt;".into(),
            '>' => "&gt;".into(),
            '&' => "&amp;".into(),
            '"' => "&quot;".into(),
            '\'' => "&#39;".into(),
            _ => it.to_string(),
        }),
        "html-decimal" => each(|it| format!("&#{};", u32::from(it))),
        "html-hex" => each(|it| format!("&#x{:x};", u32::from(it))),
        "utf16-le" => return text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf16-be" => return text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "qp" => quoted(bytes).concat(),
        // A soft break behind every byte or escape.
        "qp-broken" => quoted(bytes).join("=\r\n"),
        _ => panic!("no encoding is called {encoding}"),
    };
    text.into_bytes()
}

fn query(bytes: &[u8], space: &str) -> String {
    let write = |it: &u8| match it {
        b' ' => space.to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*it).to_string(),
        _ => format!("%{it:02X}"),
    };
    bytes.iter().map(write).collect()
}

fn quoted(bytes: &[u8]) -> Vec<String> {
    let write = |it: &u8| match it {
        b' '..=b'~' if *it != b'=' => char::from(*it).to_string(),
        _ => format!("={it:02X}"),
    };
    bytes.iter().map(write).collect()
}

fn json(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn unicode(it: char) -> String {
    format!("\\u{:04x}", u32::from(it))
}
