//! Redacts a JSON tree: strings, keys, and numbers whose text is a secret.

use distri_redact::Redactor;
use serde_json::{Map, Value};

/// `value` with every occurrence of a secret replaced by `[redacted:NAME]`.
///
/// The tree is walked instead of its text, so that the result is JSON again and each string is
/// searched as a program reads it, without the escapes of a serialiser. A number in which a secret
/// stands becomes a string. Keys that become equal are numbered, so that no member is lost.
#[must_use]
pub fn redact_json(redactor: &Redactor, value: Value) -> Value {
    if redactor.is_empty() {
        return value;
    }
    walk(redactor, value)
}

fn walk(redactor: &Redactor, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact_string(redactor, text)),
        Value::Number(number) => {
            let text = number.to_string();
            match redactor.find(text.as_bytes()) {
                None => Value::Number(number),
                Some(_) => Value::String(redact_string(redactor, text)),
            }
        }
        Value::Array(items) => items.into_iter().map(|it| walk(redactor, it)).collect(),
        Value::Object(members) => {
            let mut out = Map::with_capacity(members.len());
            for (key, member) in members {
                let key = free_key(&out, redact_string(redactor, key));
                out.insert(key, walk(redactor, member));
            }
            Value::Object(out)
        }
        Value::Null | Value::Bool(_) => value,
    }
}

/// `text` redacted, without a copy where nothing is found.
pub(super) fn redact_string(redactor: &Redactor, text: String) -> String {
    match redactor.find(text.as_bytes()) {
        None => text,
        Some(_) => redactor.redact_str(&text).into_owned(),
    }
}

fn free_key(taken: &Map<String, Value>, key: String) -> String {
    if !taken.contains_key(&key) {
        return key;
    }
    (2..)
        .map(|n| format!("{key} ({n})"))
        .find(|it| !taken.contains_key(it))
        .expect("some number is free: the members are finite")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redactor() -> Redactor {
        Redactor::builder()
            .secret("TOKEN", b"s3cret-\"value\"")
            .secret("PIN", b"4929123456")
            .build()
    }

    #[test]
    fn strings_keys_and_numbers_are_redacted() {
        let value = json!({
            "a": "x s3cret-\"value\" y",
            "s3cret-\"value\"": [4_929_123_456_u64, 1.5, true, null],
            "nested": {"4929123456.5": 492_912_345_600_u64},
        });
        assert_eq!(
            redact_json(&redactor(), value),
            json!({
                "a": "x [redacted:TOKEN] y",
                "[redacted:TOKEN]": ["[redacted:PIN]", 1.5, true, null],
                "nested": {"[redacted:PIN].5": "[redacted:PIN]00"},
            })
        );
    }

    #[test]
    fn keys_that_become_equal_lose_no_member() {
        let value = json!({"4929123456": 1, "[redacted:PIN]": 2, "NDkyOTEyMzQ1Ng==": 3});
        assert_eq!(
            redact_json(&redactor(), value),
            json!({"[redacted:PIN]": 1, "[redacted:PIN] (2)": 2, "[redacted:PIN] (3)": 3})
        );
    }

    #[test]
    fn without_secrets_nothing_changes() {
        let value = json!({"a": [1, "b"]});
        assert_eq!(redact_json(&Redactor::none(), value.clone()), value);
    }
}
