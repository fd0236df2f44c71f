//! Which secret is meant: its key and its environment.

use clap::Args;
use distri_core::{Environment, SecretKey};

use crate::command::key_text::KeyText;
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

/// `--env NAME` for a command in a hint; nothing for `default`.
pub(crate) fn env_option(environment: &Environment) -> String {
    if environment.is_default() {
        String::new()
    } else {
        format!(" --env {environment}")
    }
}
