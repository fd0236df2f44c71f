//! `secrets export`: all values of an environment, for another tool.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use distri_core::{Environment, SecretKey};
use distri_vault::secrets::Revealed;
use zeroize::Zeroizing;

use super::get::json_value;
use crate::command::key_text::{KeyText, parse_all};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use distri_core::dotenv;

/// Print all values of an environment; needs --reveal
///
/// The reveal is in the audit log before a value leaves the store. `import` and a POSIX shell read the
/// `dotenv` and `shell` forms as the same bytes; values that are not UTF-8 text have a form in JSON only.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    /// Really print the values
    #[arg(long)]
    reveal: bool,
    /// The form
    #[arg(long, value_enum, default_value = "dotenv")]
    format: Format,
    /// Only these keys
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    only: Vec<KeyText>,
    /// The environment
    #[arg(long = "env", value_name = "NAME", default_value = "default")]
    environment: Environment,
}

/// How values are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// KEY='value' lines
    Dotenv,
    /// {"KEY": "value"}; {"base64": ".."} for a value that is not UTF-8
    Json,
    /// export KEY='value' lines
    Shell,
}

const EXAMPLES: &str = "\
Examples:
  distri secrets export --reveal --env dev > .env
  distri secrets export --reveal --format json --only STRIPE_API_KEY,DATABASE_URL
  distri exec -- CMD        # gives a command the values without writing them anywhere";

impl Export {
    /// Prints them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        if !self.reveal {
            return Err(
                Failure::new(Exit::Usage, "export prints values, so it needs `--reveal`")
                    .hint("`distri secrets list` prints keys; `distri exec -- CMD` gives a command the values"),
            );
        }
        let keys: BTreeSet<SecretKey> = parse_all(&self.only)?;
        let only = (!keys.is_empty()).then_some(&keys);
        let revealed = Context::open_to_read()?.caller()?.reveal_all(&self.environment, only)?;
        let text = match self.format {
            Format::Json => json(&revealed)?,
            Format::Dotenv => lines(&revealed, "")?,
            Format::Shell => lines(&revealed, "export ")?,
        };
        output::bytes(text.as_bytes())?;
        Ok(Exit::Ok)
    }
}

fn json(revealed: &[Revealed]) -> Result<Zeroizing<String>, Failure> {
    let values: serde_json::Map<_, _> = revealed
        .iter()
        .map(|it| (it.info.key.to_string(), json_value(it.value.expose_secret())))
        .collect();
    let text = serde_json::to_string_pretty(&values)
        .map_err(|error| Failure::new(Exit::Failed, "cannot write JSON").cause(error))?;
    Ok(Zeroizing::new(text + "\n"))
}

/// One line a secret, or nothing at all when one has no text form.
fn lines(revealed: &[Revealed], before: &str) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    for it in revealed {
        let value = dotenv::quoted(it.value.expose_secret()).map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("`{}` has no form in this format: {error}", it.info.key),
            )
            .hint("use `--format json`, or leave it out with `--only`")
        })?;
        let _ = writeln!(text, "{before}{}={}", it.info.key, *value);
    }
    Ok(text)
}
