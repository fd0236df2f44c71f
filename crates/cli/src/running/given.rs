//! What a person gives to a run of an agent: environment, params, session, network.

use clap::Args;
use distri_core::Environment;
use serde_json::{Map, Value};

use super::network::Network;

/// Options that `run` and `tools call` have in common.
#[derive(Args, Clone, Debug)]
pub(crate) struct Given {
    /// Take the secrets of this environment; no other is looked into
    #[arg(long = "env", value_name = "NAME", default_value = "default")]
    pub(crate) environment: Environment,
    /// A tool parameter: text that handlers find in `context.params`; repeatable
    #[arg(long = "param", value_name = "NAME=TEXT", value_parser = parse_param)]
    pub(crate) params: Vec<(String, String)>,
    /// Keep session data under this conversation's id
    #[arg(long, value_name = "ID", value_parser = parse_session)]
    pub(crate) session: Option<String>,
    /// The way out.
    #[command(flatten)]
    pub(crate) network: Network,
}

impl Given {
    /// The params as one JSON object; a name given again replaces what was before.
    pub(crate) fn params(&self) -> Map<String, Value> {
        self.params
            .iter()
            .map(|(name, text)| (name.clone(), Value::String(text.clone())))
            .collect()
    }
}

fn parse_param(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a parameter is `NAME=TEXT`".to_owned()),
    }
}

/// The vault keeps the id as part of a row's name.
fn parse_session(text: &str) -> Result<String, String> {
    match text.len() {
        1..=256 if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err("a session's id has 1 to 256 bytes and no control characters".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_param_is_split_at_the_first_equals_sign() {
        assert_eq!(parse_param("q=a=b"), Ok(("q".to_owned(), "a=b".to_owned())));
        assert_eq!(parse_param("q="), Ok(("q".to_owned(), String::new())));
        assert!(parse_param("=x").is_err() && parse_param("x").is_err());
    }
}
