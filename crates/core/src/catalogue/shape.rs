//! What values look like, and one sentence about a value that looks otherwise.
//!
//! Providers change their formats: a shape only warns, and no sentence holds any part of the value.

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::names::SecretKey;

/// What the values of a key usually look like; empty fields say nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// One of these begins a value.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// The characters of a whole value.
    pub alphabet: Option<Alphabet>,
    /// The fewest bytes.
    pub min_len: Option<usize>,
    /// The most bytes.
    pub max_len: Option<usize>,
}

/// Characters that values are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    /// `0-9`, `a-f`, `A-F`.
    Hex,
    /// ASCII letters and digits.
    Alnum,
    /// ASCII letters, digits, `-` and `_`.
    Word,
    /// ASCII letters, digits and `-`, `_`, `.`, `:`, `/`, `+`, `=`, `~`.
    Token,
}

impl Alphabet {
    /// Whether `byte` is one of its characters.
    #[must_use]
    pub fn contains(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Token => byte.is_ascii_alphanumeric() || b"-_.:/+=~".contains(&byte),
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Hex => "hexadecimal digits",
            Self::Alnum => "letters and digits",
            Self::Word => "letters, digits, `-` and `_`",
            Self::Token => "letters, digits and `-_.:/+=~`",
        }
    }
}

/// The first thing that is odd, the likeliest slip first.
pub(super) fn warning(key: &SecretKey, shape: Option<&Shape>, value: &[u8]) -> Option<String> {
    slip(key, value)
        .map(str::to_owned)
        .or_else(|| shape.and_then(|it| misfit(key, it, value)))
}

/// Slips of copying that are the same for every key.
fn slip(key: &SecretKey, value: &[u8]) -> Option<&'static str> {
    let is_pem = value.starts_with(b"-----BEGIN ");
    let trimmed = value.trim_ascii();
    if trimmed.is_empty() {
        return Some("the value is only white space");
    }
    if trimmed.len() != value.len() && !is_pem {
        return Some(if value.ends_with(b"\n") {
            "the value ends with a line end"
        } else {
            "the value begins or ends with white space"
        });
    }
    if let [first @ (b'"' | b'\'' | b'`'), .., last] = trimmed
        && first == last
    {
        return Some("the value has quotes around it, which are kept as part of it");
    }
    let assigned = trimmed
        .strip_prefix(b"export ")
        .unwrap_or(trimmed)
        .strip_prefix(key.as_str().as_bytes());
    if assigned.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"=")) {
        return Some("the value begins with the key and `=`, as a line of a `.env` file does");
    }
    if trimmed.get(..7).is_some_and(|it| it.eq_ignore_ascii_case(b"bearer ")) {
        return Some("the value begins with `Bearer`, which usually belongs to the header and not to the secret");
    }
    if is_sample(trimmed) {
        return Some("the value looks like a sample and not like a real one");
    }
    None
}

/// Text that documentation shows in place of a value.
fn is_sample(value: &[u8]) -> bool {
    const WHOLE: &[&str] = &[
        "changeme",
        "change-me",
        "change_me",
        "placeholder",
        "secret",
        "password",
        "token",
        "todo",
        "null",
        "undefined",
        "none",
        "test",
        "example",
        "redacted",
        "value",
    ];
    const BEGINNINGS: &[&str] = &[
        "your-",
        "your_",
        "your ",
        "my-api-key",
        "insert-",
        "insert_",
        "replace-",
        "replace_",
        "enter-",
        "enter_",
    ];
    let Ok(text) = str::from_utf8(value) else { return false };
    // A copy of the value, so overwritten like the value.
    let text = Zeroizing::new(text.to_ascii_lowercase());
    let inner = text.trim_matches('*').trim_matches('x').trim_matches('•');
    inner.is_empty()
        || text.ends_with("...")
        || text.ends_with('…')
        || (text.starts_with('<') && text.ends_with('>'))
        || (text.starts_with("${") && text.ends_with('}'))
        || (text.starts_with("{{") && text.ends_with("}}"))
        || WHOLE.contains(&text.as_str())
        || BEGINNINGS.iter().any(|it| text.starts_with(it))
        || text.contains("your_api_key")
        || text.contains("your-api-key")
        || text.contains("xxxxxxxx")
}

fn misfit(key: &SecretKey, shape: &Shape, value: &[u8]) -> Option<String> {
    if !shape.prefixes.is_empty() && !shape.prefixes.iter().any(|it| value.starts_with(it.as_bytes())) {
        return Some(format!("a `{key}` usually begins with {}", one_of(&shape.prefixes)));
    }
    if let Some(alphabet) = shape.alphabet
        && !value.iter().all(|it| alphabet.contains(*it))
    {
        return Some(format!("a `{key}` usually has only {}", alphabet.in_words()));
    }
    match (shape.min_len, shape.max_len) {
        (Some(min), Some(max)) if min == max && value.len() != min => {
            Some(format!("a `{key}` usually has {min} characters"))
        }
        (Some(min), _) if value.len() < min => Some(format!("a `{key}` usually has at least {min} characters")),
        (_, Some(max)) if value.len() > max => Some(format!("a `{key}` usually has at most {max} characters")),
        _ => None,
    }
}

fn one_of(prefixes: &[String]) -> String {
    let quoted: Vec<_> = prefixes.iter().map(|it| format!("`{it}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::super::Catalogue;

    fn warning(key: &str, value: &str) -> Option<String> {
        Catalogue::builtin().shape_warning(&key.parse().unwrap(), value.as_bytes())
    }

    #[test]
    fn odd_values_are_told_without_the_value() {
        let long = format!("sk_live_{}", "Zq7".repeat(10));
        for (key, value, words) in [
            (
                "STRIPE_API_KEY",
                "pk_nothing_1234567890",
                "usually begins with `sk_live_`, `sk_test_`",
            ),
            ("STRIPE_API_KEY", "sk_live_...", "looks like a sample"),
            ("STRIPE_API_KEY", &format!("{long}\n"), "ends with a line end"),
            ("STRIPE_API_KEY", &format!(" {long}"), "begins or ends with white space"),
            ("STRIPE_API_KEY", &format!("\"{long}\""), "quotes around it"),
            ("STRIPE_API_KEY", &format!("STRIPE_API_KEY={long}"), "line of a `.env`"),
            (
                "STRIPE_API_KEY",
                &format!("export STRIPE_API_KEY = {long}"),
                "line of a `.env`",
            ),
            ("STRIPE_API_KEY", &format!("{long}%"), "has only"),
            ("STRIPE_API_KEY", "sk_live_Zq7", "at least"),
            ("ANYTHING", "Bearer Zq7Zq7Zq7", "begins with `Bearer`"),
            ("ANYTHING", "  \n", "only white space"),
            ("ANYTHING", "changeme", "sample"),
            ("ANYTHING", "<your key>", "sample"),
            ("ANYTHING", "xxxxxxxx", "sample"),
            ("ANYTHING", "your_api_key_here", "sample"),
            ("DATABASE_URL", "db.example:5432", "usually begins with"),
        ] {
            let warning = warning(key, value).unwrap_or_else(|| panic!("{key} {value}"));
            assert!(warning.contains(words), "{key}: {warning}");
            assert!(!warning.contains("Zq7") && !warning.contains("db.example"), "{warning}");
        }
    }

    #[test]
    fn usual_values_pass() {
        let letters = "aB3".repeat(20);
        for (key, value) in [
            ("STRIPE_API_KEY", format!("sk_test_{}", &letters[..24])),
            ("STRIPE_WEBHOOK_SECRET", format!("whsec_{}", &letters[..32])),
            ("OPENAI_API_KEY", format!("sk-proj-{letters}")),
            ("ANTHROPIC_API_KEY", format!("sk-ant-api03-{letters}")),
            ("SENDGRID_API_KEY", format!("SG.{}.{}", &letters[..22], &letters[..43])),
            (
                "SLACK_BOT_TOKEN",
                format!("xoxb-1234567890-1234567890-{}", &letters[..24]),
            ),
            ("DATABASE_URL", "postgres://u:p@h/db?x=1".to_owned()),
            ("GITHUB_TOKEN", format!("ghp_{}", &letters[..36])),
            ("ANYTHING", "-----BEGIN KEY-----\nx\n-----END KEY-----\n".to_owned()),
            ("ANYTHING", "it's \"quoted\" inside".to_owned()),
            ("ANYTHING", "x".to_owned() + "1"),
        ] {
            assert_eq!(warning(key, &value), None, "{key}");
        }
    }

    #[test]
    fn any_bytes_are_looked_at_without_panic() {
        let key = "STRIPE_API_KEY".parse().unwrap();
        for value in [&b""[..], b"\xFF", b"\"", b"'", b"\0", "é…".as_bytes()] {
            let _ = Catalogue::builtin().shape_warning(&key, value);
        }
    }
}
