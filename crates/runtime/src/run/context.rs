//! `--context`: variables and secrets for one run, beside those of the release.

use std::collections::BTreeMap;

use distri_core::{SecretValue, value::ValueError};
use serde_json::Value;

/// Variables for one run. They come before the release's secrets of the same name.
#[derive(Default)]
pub struct Context {
    /// Plain variables: shown wherever they turn up.
    pub envs: BTreeMap<String, String>,
    /// Redacted like the secrets of the release; bound to no host.
    pub secrets: BTreeMap<String, SecretValue>,
}

impl Context {
    /// Reads `{"envs": {NAME: text}, "secrets": {NAME: text}}`; both members may be absent.
    ///
    /// # Errors
    /// As [`ContextError`] says; no error repeats a value.
    pub fn parse(json: &str) -> Result<Self, ContextError> {
        let value: Value = serde_json::from_str(json).map_err(|it| ContextError::Json {
            line: it.line(),
            column: it.column(),
        })?;
        let Value::Object(members) = value else {
            return Err(ContextError::NoObject);
        };
        let mut context = Self::default();
        for (member, value) in members {
            match member.as_str() {
                "envs" => context.envs = variables(&member, value)?.collect::<Result<_, _>>()?,
                "secrets" => {
                    for pair in variables(&member, value)? {
                        let (name, text) = pair?;
                        let value = SecretValue::new(text.into_bytes()).map_err(|source| ContextError::Value {
                            name: name.clone(),
                            source,
                        })?;
                        context.secrets.insert(name, value);
                    }
                }
                _ => return Err(ContextError::Member),
            }
        }
        Ok(context)
    }
}

/// Why text is no context. Never repeats a value.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// No JSON.
    #[error("the context is not valid JSON at line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Not an object.
    #[error("the context is a JSON object with the members `envs` and `secrets`")]
    NoObject,
    /// A member other than the two. Not named: it may be a secret written one level too high.
    #[error("the context has a member other than `envs` and `secrets`")]
    Member,
    /// `envs` or `secrets` is no object.
    #[error("`{0}` in the context is not an object of names and texts")]
    NotAMap(String),
    /// A name that is no variable's.
    #[error("a name in `{0}` of the context is not made of letters, digits and `_`, or begins with a digit")]
    Name(String),
    /// A value that is no text.
    #[error("the value of `{0}` in the context is not a text; write it in quotes")]
    NotText(String),
    /// A secret outside the limits.
    #[error("`{name}` in the context: {source}")]
    Value {
        /// The variable.
        name: String,
        /// What is wrong with it.
        source: ValueError,
    },
}

type Pair = Result<(String, String), ContextError>;

fn variables(member: &str, value: Value) -> Result<impl Iterator<Item = Pair>, ContextError> {
    let Value::Object(pairs) = value else {
        return Err(ContextError::NotAMap(member.to_owned()));
    };
    let member = member.to_owned();
    Ok(pairs.into_iter().map(move |(name, value)| {
        if !is_variable(&name) {
            return Err(ContextError::Name(member.clone()));
        }
        match value {
            Value::String(text) => Ok((name, text)),
            _ => Err(ContextError::NotText(name)),
        }
    }))
}

fn is_variable(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && !name.starts_with(|it: char| it.is_ascii_digit())
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn both_members_are_read() {
        let context = Context::parse(r#"{"envs": {"REGION": "eu"}, "secrets": {"API_KEY": "s3cret"}}"#).unwrap();
        assert_eq!(context.envs["REGION"], "eu");
        assert_eq!(context.secrets["API_KEY"].expose_secret(), b"s3cret");
        assert!(Context::parse("{}").unwrap().envs.is_empty());
    }

    #[test]
    fn errors_never_repeat_what_was_given() {
        for json in [
            "sk-CANARY",
            r#""sk-CANARY""#,
            r#"{"sk-CANARY": "x"}"#,
            r#"{"secrets": "sk-CANARY"}"#,
            r#"{"secrets": {"sk-CANARY": "x"}}"#,
            r#"{"secrets": {"K": ["sk-CANARY"]}}"#,
            r#"{"secrets": {"K": ""}, "envs": {"X": "sk-CANARY"}}"#,
        ] {
            let error = Context::parse(json).err().unwrap().to_string();
            assert!(!error.contains("CANARY"), "{error}");
        }
    }
}
