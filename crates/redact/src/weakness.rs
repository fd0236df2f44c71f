//! Which values are too short or too common to search for: replacing them would garble the text and hide nothing.

use std::fmt;

/// The shortest needle, in bytes. Shorter values, and shorter encoded forms, are never searched for.
pub const MIN_NEEDLE: usize = 6;

/// The shortest value of digits only that is searched for: shorter ones are ports, counts, years and dates.
const MIN_DIGITS: usize = 8;

/// Why a value is no needle. Prints as a sentence that does not repeat the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer than [`MIN_NEEDLE`] bytes.
    Short,
    /// Only digits, fewer than eight.
    Digits,
    /// One byte, repeated.
    Repeated,
    /// A word or host that ordinary text has for other reasons.
    Common,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short => write!(f, "the value is shorter than {MIN_NEEDLE} bytes, so it is not redacted"),
            Self::Digits => write!(
                f,
                "the value is a number of fewer than {MIN_DIGITS} digits, so it is not redacted"
            ),
            Self::Repeated => f.write_str("the value is one repeated character, so it is not redacted"),
            Self::Common => f.write_str("the value is a common word, so it is not redacted"),
        }
    }
}

/// Says why `value` is no needle, or `None` when it is one.
///
/// White space around the value does not count.
pub fn weakness(value: &[u8]) -> Option<Weakness> {
    let value = value.trim_ascii();
    let [first, ..] = value else {
        return Some(Weakness::Short);
    };
    if value.len() < MIN_NEEDLE {
        Some(Weakness::Short)
    } else if value.iter().all(|byte| byte == first) {
        Some(Weakness::Repeated)
    } else if value.len() < MIN_DIGITS && value.iter().all(u8::is_ascii_digit) {
        Some(Weakness::Digits)
    } else if is_common(value) {
        Some(Weakness::Common)
    } else {
        None
    }
}

fn is_common(value: &[u8]) -> bool {
    let pem = (value.starts_with(b"-----BEGIN ") || value.starts_with(b"-----END ")) && !value.contains(&b'\n');
    // Short enough that a list walk costs nothing beside the encodings.
    pem || COMMON.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(value))
}

/// Words and hosts of six bytes and more that configuration is full of. Sorted.
const COMMON: &[&str] = &[
    "0.0.0.0",
    "0.0.0.0:8080",
    "127.0.0.1",
    "127.0.0.1:3000",
    "127.0.0.1:8080",
    "255.255.255.0",
    "access",
    "account",
    "accounts",
    "admin123",
    "administrator",
    "apikey",
    "application",
    "application/json",
    "authorization",
    "backend",
    "bearer",
    "changeme",
    "client",
    "config",
    "content-type",
    "credentials",
    "custom",
    "database",
    "default",
    "develop",
    "development",
    "disable",
    "disabled",
    "docker",
    "enable",
    "enabled",
    "endpoint",
    "eu-central-1",
    "eu-west-1",
    "example",
    "example.com",
    "export",
    "frontend",
    "gateway",
    "github",
    "github.com",
    "google",
    "host.docker.internal",
    "http://",
    "http://127.0.0.1",
    "http://localhost",
    "http://localhost:3000",
    "http://localhost:8080",
    "https://",
    "https://api.github.com",
    "https://github.com",
    "integration",
    "internal",
    "latest",
    "letmein",
    "localhost",
    "localhost:3000",
    "localhost:5432",
    "localhost:6379",
    "localhost:8080",
    "master",
    "memory",
    "message",
    "mysecret",
    "network",
    "nobody",
    "number",
    "object",
    "openai",
    "option",
    "passwd",
    "password",
    "password1",
    "password123",
    "placeholder",
    "postgres",
    "postgresql",
    "preview",
    "private",
    "private_key",
    "production",
    "project",
    "public",
    "qwerty",
    "refresh",
    "release",
    "remote",
    "replace-me",
    "replaceme",
    "request",
    "required",
    "response",
    "sandbox",
    "secret",
    "secrets",
    "server",
    "service",
    "service_account",
    "session",
    "staging",
    "string",
    "success",
    "system",
    "testing",
    "text/plain",
    "undefined",
    "unknown",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "username",
    "verbose",
    "version",
    "warning",
    "webhook",
    "website",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_digits_repeated_and_common_values_are_weak() {
        for (value, expected) in [
            ("", Some(Weakness::Short)),
            ("a", Some(Weakness::Short)),
            ("true", Some(Weakness::Short)),
            ("abcde", Some(Weakness::Short)),
            ("abc\n\n\n", Some(Weakness::Short)),
            ("1234567", Some(Weakness::Digits)),
            ("12345678", None),
            ("xxxxxxxxxxxxxxxx", Some(Weakness::Repeated)),
            ("Production", Some(Weakness::Common)),
            ("localhost\n", Some(Weakness::Common)),
            ("-----BEGIN PRIVATE KEY-----", Some(Weakness::Common)),
            ("hunter2", None),
        ] {
            assert_eq!(weakness(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_holds_only_what_other_rules_miss() {
        assert!(COMMON.is_sorted());
        assert!(COMMON.iter().all(|word| word.len() >= MIN_NEEDLE));
    }
}
