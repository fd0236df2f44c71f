//! Which secret is meant: its key and its environment.

use clap::Args;
use distri_core::{Environment, SecretKey};

use crate::exit::Exit;
use crate::failure::Failure;

/// A key and an environment on the command line.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The secret's key, such as STRIPE_API_KEY: also the environment variable it is delivered as
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    key: KeyText,
    /// The environment
    #[arg(long = "env", value_name = "NAME", default_value = "default")]
    pub(crate) environment: Environment,
}

impl Place {
    /// The key, parsed.
    pub(crate) fn key(&self) -> Result<SecretKey, Failure> {
        self.key.parse()
    }
}

/// A key before it is parsed: clap would repeat refused text in its message, and that may be a value in the wrong place.
#[derive(Clone, Debug)]
pub(crate) struct KeyText(String);

impl KeyText {
    /// The key that it says.
    pub(crate) fn parse(&self) -> Result<SecretKey, Failure> {
        self.0
            .parse()
            .map_err(|error: distri_core::names::SecretKeyError| Failure::new(Exit::Usage, error.to_string()))
    }
}

impl From<String> for KeyText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// All keys of a list, parsed.
pub(crate) fn parse_all<C: FromIterator<SecretKey>>(texts: &[KeyText]) -> Result<C, Failure> {
    texts.iter().map(KeyText::parse).collect()
}

/// `--env NAME` for a command in a hint; nothing for `default`.
pub(crate) fn env_option(environment: &Environment) -> String {
    if environment.is_default() {
        String::new()
    } else {
        format!(" --env {environment}")
    }
}
