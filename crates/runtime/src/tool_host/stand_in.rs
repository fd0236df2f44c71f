//! Placeholders as keys: how a child recognises one in the bytes of a key, and how the parent finds the value's bytes.
//!
//! A library makes a key of a secret's text in one of a few ways: the text itself (Stripe, Slack, GitHub), the text with
//! something around it (`AWS4…`, `…&`), or what its base64 or hexadecimal means, with or without a prefix (Standard
//! Webhooks: `whsec_` and base64). A placeholder has the shape of its value, so each way that works for the value works
//! for the placeholder, and gives bytes that nothing else gives.

use std::sync::LazyLock;

use data_encoding::{Encoding, HEXLOWER_PERMISSIVE, Specification};
use zeroize::Zeroizing;

/// Prefixes end in this part of a secret's text.
const PREFIX: usize = 16;

/// The placeholders that a child holds.
pub(crate) struct StandIns(Vec<StandIn>);

struct StandIn {
    text: Box<str>,
    /// The ways to make a key of it, and what each gives.
    decoded: Vec<(Form, Zeroizing<Vec<u8>>)>,
}

/// A way to make a key of a text, other than to take it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// Bytes of the prefix that is left out.
    skip: usize,
    coding: Coding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Base64,
    Hex,
}

/// Where placeholders stand in the bytes of a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The whole key is what this form of the placeholder gives.
    Whole(usize, Form),
    /// The texts of placeholders: which, and where each begins.
    Within(Vec<(usize, usize)>),
}

impl StandIns {
    pub(crate) fn new(placeholders: impl IntoIterator<Item = String>) -> Self {
        let stand_in = |text: String| StandIn {
            decoded: forms(&text),
            text: text.into(),
        };
        Self(placeholders.into_iter().map(stand_in).collect())
    }

    /// The placeholders in the bytes of a key, named by their numbers in the order they were given in.
    pub(crate) fn in_key(&self, key: &[u8]) -> Option<Found> {
        for (index, it) in self.0.iter().enumerate() {
            if let Some((form, _)) = it.decoded.iter().find(|(_, bytes)| bytes[..] == *key) {
                return Some(Found::Whole(index, *form));
            }
        }
        let mut within: Vec<(usize, usize)> = Vec::new();
        for (index, it) in self.0.iter().enumerate() {
            within.extend(positions(key, it.text.as_bytes()).map(|at| (index, at)));
        }
        within.sort_by_key(|(_, at)| *at);
        (!within.is_empty()).then_some(Found::Within(within))
    }

    /// The placeholder that `data` begins with, and the one that it ends with; one alone is its beginning.
    pub(crate) fn at_edges(&self, data: &[u8]) -> (Option<usize>, Option<usize>) {
        let first = self.0.iter().position(|it| data.starts_with(it.text.as_bytes()));
        let rest = &data[first.map_or(0, |it| self.0[it].text.len())..];
        let last = self.0.iter().position(|it| rest.ends_with(it.text.as_bytes()));
        (first, last)
    }

    pub(crate) fn text(&self, index: usize) -> &str {
        &self.0[index].text
    }
}

impl Form {
    /// What `value` gives in the way in which `placeholder` was taken; nothing where their prefixes differ or it cannot
    /// be decoded.
    pub(crate) fn apply(self, placeholder: &str, value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (prefix, rest) = value.split_at_checked(self.skip)?;
        if !placeholder.as_bytes().starts_with(prefix) {
            return None;
        }
        self.coding.decode(rest)
    }
}

impl Coding {
    fn decode(self, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = match self {
            Self::Base64 => {
                let end = text.iter().rposition(|it| *it != b'=')?;
                BASE64.decode(&text[..=end]).ok()?
            }
            Self::Hex => HEXLOWER_PERMISSIVE.decode(text).ok()?,
        };
        Some(Zeroizing::new(bytes)).filter(|it| !it.is_empty())
    }
}

fn forms(placeholder: &str) -> Vec<(Form, Zeroizing<Vec<u8>>)> {
    let ends = placeholder
        .bytes()
        .take(PREFIX)
        .enumerate()
        .filter(|(_, byte)| matches!(byte, b'_' | b'-' | b'.'))
        .map(|(at, _)| at + 1);
    let mut forms = Vec::new();
    for skip in std::iter::once(0).chain(ends) {
        for coding in [Coding::Base64, Coding::Hex] {
            if let Some(bytes) = coding.decode(&placeholder.as_bytes()[skip..]) {
                forms.push((Form { skip, coding }, bytes));
            }
        }
    }
    forms
}

/// Where `needle` stands in `text`, without overlaps.
fn positions(text: &[u8], needle: &[u8]) -> impl Iterator<Item = usize> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + text[from..].windows(needle.len()).position(|it| it == needle)?;
        from = at + needle.len();
        Some(at)
    })
}

/// Both alphabets, padded or not; bits that a decoder drops are dropped, as in JavaScript.
static BASE64: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    specification.translate.from.push_str("-_");
    specification.translate.to.push_str("+/");
    specification.check_trailing_bits = false;
    specification.encoding().expect("64 different symbols")
});

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    const STRIPE: &str = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH";
    const HEX: &str = "8f742231b10e8888abcd99yyyzzz85a5";

    fn stand_ins() -> StandIns {
        StandIns::new([STRIPE, HEX].map(str::to_owned))
    }

    #[test]
    fn a_text_is_found_wherever_it_stands_in_a_key() {
        let found = |key: String| stand_ins().in_key(key.as_bytes());
        assert_eq!(found(STRIPE.to_owned()), Some(Found::Within(vec![(0, 0)])));
        assert_eq!(found(format!("AWS4{HEX}")), Some(Found::Within(vec![(1, 4)])));
        assert_eq!(
            found(format!("{HEX}&{STRIPE}{HEX}")),
            Some(Found::Within(vec![(1, 0), (0, 33), (1, 71)]))
        );
        for other in ["", "whsec_", &STRIPE[1..], "5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH"] {
            assert_eq!(found(other.to_owned()), None, "{other}");
        }
    }

    #[test]
    fn a_decoded_one_is_found_and_its_value_decoded_alike() {
        let value = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let key = data_encoding::BASE64.decode(&STRIPE.as_bytes()[6..]).unwrap();
        let Some(Found::Whole(0, form)) = stand_ins().in_key(&key) else {
            panic!("not found")
        };
        let expected = data_encoding::BASE64.decode(&value.as_bytes()[6..]).unwrap();
        assert_eq!(form.apply(STRIPE, value.as_bytes()).unwrap()[..], expected[..]);
        assert!(form.apply(STRIPE, b"other_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_none());
        assert!(form.apply(STRIPE, b"whsec_not base64").is_none());
        assert!(form.apply(STRIPE, b"wh").is_none());
    }

    #[test]
    fn padding_and_dropped_bits_are_read_as_javascript_reads_them() {
        for (text, bytes) in [
            ("Zm9vYg==", "foob"),
            ("Zm9vYg", "foob"),
            ("Zm9vYh", "foob"),
            ("Pj4-", ">>>"),
            ("Pj4+", ">>>"),
        ] {
            let decoded = Coding::Base64.decode(text.as_bytes()).unwrap();
            assert_eq!(decoded[..], *bytes.as_bytes(), "{text}");
        }
        assert!(Coding::Base64.decode(b"====").is_none() && Coding::Base64.decode(b"").is_none());
        assert!(Coding::Base64.decode(b"Zm9vY").is_none());
    }

    #[test]
    fn beginnings_and_ends_are_found_apart() {
        let edges = |data: String| stand_ins().at_edges(data.as_bytes());
        assert_eq!(edges(STRIPE.to_owned()), (Some(0), None));
        assert_eq!(edges(format!("{STRIPE}.x")), (Some(0), None));
        assert_eq!(edges(format!("x.{HEX}")), (None, Some(1)));
        assert_eq!(edges(format!("{HEX}{STRIPE}")), (Some(1), Some(0)));
        assert_eq!(edges(format!("x{STRIPE}x")), (None, None));
    }
}
