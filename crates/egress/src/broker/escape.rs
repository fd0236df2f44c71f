//! A value as the text of its place, or the reason why it cannot stand there.

use url::form_urlencoded;

/// Why a value cannot be put into a place. The sentence is about the value's kind of bytes and never holds one.
pub(super) type Unfit = &'static str;

/// A header's value has visible ASCII and inner spaces (RFC 9110, section 5.5); a line break would begin a new header.
pub(super) fn header(value: &[u8]) -> Result<&str, Unfit> {
    let text = std::str::from_utf8(value).map_err(|_| NOT_ASCII)?;
    match text.bytes().all(|it| (b' '..=b'~').contains(&it)) {
        false if text.ends_with('\n') => Err("its value ends with a line break, which a header cannot hold"),
        false => Err(NOT_ASCII),
        true if text.trim().len() < text.len() => Err("its value begins or ends with a space, which a header loses"),
        true => Ok(text),
    }
}

const NOT_ASCII: Unfit =
    "its value has a line break, a control character or a character beyond ASCII, which a header cannot hold";

/// The user's part of Basic credentials ends at the first colon (RFC 7617, section 2).
pub(super) fn basic_user(value: &[u8]) -> Result<&[u8], Unfit> {
    match value.contains(&b':') {
        true => Err("its value has a colon, which the user name of Basic credentials cannot hold"),
        false => Ok(value),
    }
}

/// A pair's value in a query or a form, where a space is `+`.
pub(super) fn form(value: &[u8]) -> String {
    form_urlencoded::byte_serialize(value).collect()
}

/// A query's value, in which every reader takes `%20` for a space.
pub(super) fn query(value: &[u8]) -> String {
    form(value).replace('+', "%20")
}

/// A string of JSON with its quotes (RFC 8259, section 7).
pub(super) fn json(value: &[u8]) -> Result<String, Unfit> {
    let text = std::str::from_utf8(value).map_err(|_| "its value is not UTF-8, which a JSON text cannot hold")?;
    Ok(serde_json::Value::from(text).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_value_in_every_place() {
        assert_eq!(header(b"sk live"), Ok("sk live"));
        for bad in [
            &b"a\r\nx: y"[..],
            b"a\n",
            b"a\0",
            b"\xFF",
            "ключ".as_bytes(),
            b" a",
            b"a ",
        ] {
            assert!(header(bad).is_err(), "{bad:?}");
        }
        assert_eq!(query(b"a b&c=d+e#%"), "a%20b%26c%3Dd%2Be%23%25");
        assert_eq!(form(b"a b&c=d+e"), "a+b%26c%3Dd%2Be");
        assert_eq!(json(b"a\"b\\c\n"), Ok(r#""a\"b\\c\n""#.to_owned()));
        assert!(json(b"\xFF").is_err());
        assert!(basic_user(b"a:b").is_err());
    }
}
