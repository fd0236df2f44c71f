//! A value in a page: put in last, into a buffer that has room for it and is overwritten once it was sent.

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use distri_core::SecretValue;
use distri_core::credential::random;
use maud::{Markup, Render, html};
use zeroize::Zeroizing;

use crate::reply::{Keep, Reply};

/// Where the value goes: text that nobody can have put anywhere else.
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn random() -> Self {
        Self(HEXLOWER.encode(&random::<16>()))
    }
}

impl Render for Place {
    fn render(&self) -> Markup {
        html! { (self.0) }
    }
}

/// A value as text: itself, or base64 where it is none.
pub(crate) enum Shown<'v> {
    Text(&'v str),
    Base64(Zeroizing<String>),
}

impl<'v> Shown<'v> {
    pub(crate) fn of(value: &'v SecretValue) -> Self {
        match std::str::from_utf8(value.expose_secret()) {
            Ok(text) if !text.contains('\0') => Self::Text(text),
            _ => Self::Base64(Zeroizing::new(BASE64.encode(value.expose_secret()))),
        }
    }

    pub(crate) fn is_base64(&self) -> bool {
        matches!(self, Self::Base64(_))
    }

    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Base64(text) => text,
        }
    }
}

impl Reply {
    /// The same page with the value in its place.
    pub(crate) fn with_value(self, place: &Place, value: &Shown<'_>) -> Self {
        let page = String::from_utf8_lossy(&self.body);
        let (before, after) = page.split_once(place.0.as_str()).unwrap_or((&page, ""));
        // A character becomes six at most.
        let mut body = Zeroizing::new(Vec::with_capacity(page.len() + 1 + 6 * value.text().len()));
        body.extend_from_slice(before.as_bytes());
        // A parser drops one line break after the tag.
        body.push(b'\n');
        for byte in value.text().bytes() {
            match byte {
                b'&' => body.extend_from_slice(b"&amp;"),
                b'<' => body.extend_from_slice(b"&lt;"),
                b'>' => body.extend_from_slice(b"&gt;"),
                b'"' => body.extend_from_slice(b"&quot;"),
                // Parsers make a line feed of it.
                b'\r' => body.extend_from_slice(b"&#13;"),
                other => body.push(other),
            }
        }
        body.extend_from_slice(after.as_bytes());
        Self {
            body: Bytes::from_owner(body),
            keep: Keep::Nothing,
            ..self
        }
    }
}
