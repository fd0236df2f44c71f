//! `secrets get`: what is known of one secret, and its value when asked for by name.

use std::io::IsTerminal;

use clap::Args;
use distri_core::{Clock, SystemClock};
use serde_json::json;

use super::place::Place;
use super::view::{self, SecretJson};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Show what is known of a secret; its value only with --reveal
///
/// A reveal is in the audit log before the value leaves the store.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Get {
    #[command(flatten)]
    place: Place,
    /// Print the value, byte for byte; a line break is added only on a terminal
    #[arg(long)]
    reveal: bool,
    /// The value of this version; `history` lists them
    #[arg(long, value_name = "N", requires = "reveal")]
    version: Option<u32>,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: {id, key, environment, version, hosts, agents, delivery, body, note, expires_at, created_at,
updated_at, value_changed_at, given, unbound, masked_value}; with --reveal also value: text, or {\"base64\": ..}
where it is not UTF-8.

Examples:
  distri secrets get STRIPE_API_KEY
  distri secrets get STRIPE_API_KEY --env prod --reveal
  distri secrets get TLS_KEY --reveal --version 1 > old-key.pem";

impl Get {
    /// Shows it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.place.key()?;
        let context = Context::open_to_read()?;
        let caller = context.caller()?;
        if !self.reveal {
            let info = caller.get(&key, &self.place.environment)?;
            if self.json {
                output::json(&SecretJson::new(&info, None))?;
            } else {
                output::line(&view::lines(&info, SystemClock.now()))?;
            }
            return Ok(Exit::Ok);
        }
        let revealed = caller.reveal(&key, &self.place.environment, self.version)?;
        let value = revealed.value.expose_secret();
        if self.json {
            let mut object = json!(SecretJson::new(&revealed.info, None));
            object["value"] = json_value(value);
            output::json(&object)?;
        } else {
            output::bytes(value)?;
            if std::io::stdout().is_terminal() && !value.ends_with(b"\n") {
                output::bytes(b"\n")?;
            }
        }
        Ok(Exit::Ok)
    }
}

/// A value in JSON: text, or base64 where it is not UTF-8.
pub(crate) fn json_value(value: &[u8]) -> serde_json::Value {
    match str::from_utf8(value) {
        Ok(text) => text.into(),
        Err(_) => json!({ "base64": data_encoding::BASE64.encode(value) }),
    }
}
