//! What a person gives to a run of an agent: environment, params, session, network.

use std::time::Duration;

use clap::Args;
use distri_core::Environment;
use distri_core::alarm::OnLeak;
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
    /// How long one call of a tool may take, such as `90s` or `5m`
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_time)]
    pub(crate) tool_timeout: Duration,
    /// What an alarm does, such as a placeholder in the output: `warn`, or `freeze`, after which nothing more leaves the
    /// run. A definition's `on_leak` can make it stricter
    #[arg(long, value_name = "HOW", default_value_t = OnLeak::Warn)]
    pub(crate) on_leak: OnLeak,
    /// Record where requests go and which secrets they carry, for `secrets bind --from-run` and `policy replay`
    #[arg(long)]
    pub(crate) learn: bool,
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

fn parse_time(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_secs(60 * 60);
    let seconds = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(digits), _) => digits.parse().ok(),
        (_, Some(digits)) => digits.parse::<u64>().ok().and_then(|it| it.checked_mul(60)),
        (None, None) => None,
    };
    match seconds.map(Duration::from_secs) {
        Some(time) if !time.is_zero() && time <= LONGEST => Ok(time),
        _ => Err("a time is from `1s` to `60m`".to_owned()),
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

    #[test]
    fn a_time_has_a_unit_and_bounds() {
        assert_eq!(parse_time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_time("60m"), Ok(Duration::from_secs(3600)));
        for wrong in [
            "",
            "s",
            "0s",
            "61m",
            "30",
            "1h",
            "-1s",
            "1.5s",
            "99999999999999999999m",
            "9223372036854775807m",
        ] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
