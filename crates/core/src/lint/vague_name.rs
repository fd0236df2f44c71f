//! Whether a key says what it is for.

/// Words that say only that something is a secret.
const EMPTY_WORDS: &[&str] = &[
    "KEY",
    "KEYS",
    "API",
    "APIKEY",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "PASSWORD",
    "PASS",
    "PASSWD",
    "PWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "CREDS",
    "AUTH",
    "ACCESS",
    "PRIVATE",
    "VALUE",
    "VAR",
    "VARIABLE",
    "DATA",
    "STRING",
    "ENV",
    "CONFIG",
    "MY",
    "THE",
    "A",
    "NEW",
    "OLD",
    "TEST",
    "TEMP",
    "TMP",
    "FOO",
    "BAR",
    "BAZ",
    "QUX",
    "X",
    "Y",
    "Z",
    "XXX",
    "ABC",
    "ASDF",
    "STUFF",
    "THING",
    "DEFAULT",
    "MAIN",
    "COPY",
];

/// Whether no word of `key` names a service or a purpose: `KEY_1`, `API_KEY`, `MY_SECRET_TOKEN`, `FOO`.
pub(super) fn is_vague(key: &str) -> bool {
    key.split('_').all(|word| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        letters.len() <= 1 || EMPTY_WORDS.contains(&letters)
    })
}

#[cfg(test)]
mod tests {
    use super::is_vague;

    #[test]
    fn names_without_a_purpose_are_vague() {
        for key in [
            "KEY_1",
            "KEY",
            "API_KEY",
            "SECRET",
            "TOKEN",
            "PASSWORD",
            "FOO",
            "MY_SECRET_TOKEN",
            "KEY2",
            "A",
            "_X",
            "__",
            "API_KEY_2",
            "TEST_KEY",
        ] {
            assert!(is_vague(key), "{key}");
        }
    }

    #[test]
    fn names_with_a_purpose_are_not() {
        for key in [
            "SENDGRID_API_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "DATABASE_URL",
            "DB_PASSWORD",
            "FAL_KEY",
            "HF_TOKEN",
            "S3_KEY_A_B_BACKUP",
            "XAI_API_KEY",
        ] {
            assert!(!is_vague(key), "{key}");
        }
    }
}
