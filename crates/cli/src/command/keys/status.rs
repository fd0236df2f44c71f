//! `keys status`: which keys there are, and were.

use clap::Args;
use distri_vault::root_key::Surroundings;

use crate::caller::Caller;
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::table::{minute, table};

/// Show which root keys open the store, and the history of the keys under them
#[derive(Debug, Args)]
#[command(
    after_help = "JSON: {slots: [{id, provider, place, root_key, instance_key, created_at}],
instance_keys: [{version, fingerprint, created_at}],
account_keys: [{version, fingerprint, created_at, uses, data_keys}]}; the keys are fingerprints.

The instance key in use is the one that a slot opened. Those that were replaced are as the database has them:
`distri audit verify` holds them against the audit log. Exit code 8 when a slot, or the history, names another key as
the one in use."
)]
pub(crate) struct Status {
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Shows them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open_to_read()?;
        let status = match context.caller()? {
            Caller::Here(it) => {
                let home = context::home()?;
                it.key_status(&Surroundings::of(&home, &mut context::ask_passphrase))?
            }
            Caller::There(it) => it.key_status()?,
        };
        if self.json {
            output::json(&status)?;
            return Ok(Exit::Ok);
        }
        let rows = status.slots.into_iter().map(|it| {
            vec![
                it.provider,
                it.root_key,
                it.instance_key,
                minute(it.created_at),
                it.id,
                it.place,
            ]
        });
        output::line(&table(
            &["PROVIDER", "ROOT KEY", "INSTANCE KEY", "SINCE", "SLOT", "PLACE"],
            rows.collect(),
        ))?;
        let last = status.instance_keys.len();
        let instance = status.instance_keys.into_iter().enumerate().map(|(index, it)| {
            let state = if index + 1 == last { "in use" } else { "replaced*" };
            vec![
                "instance".to_owned(),
                it.version.to_string(),
                it.fingerprint,
                minute(it.created_at),
                state.to_owned(),
            ]
        });
        let account = status.account_keys.into_iter().map(|it| {
            let key = it.key;
            let data_keys = format!("{} data keys", it.data_keys);
            vec![
                "account".to_owned(),
                key.version.to_string(),
                key.fingerprint,
                minute(key.created_at),
                data_keys,
            ]
        });
        output::line("")?;
        output::line(&table(
            &["KEY", "VERSION", "FINGERPRINT", "SINCE", "STATE"],
            instance.chain(account).collect(),
        ))?;
        if last > 1 {
            output::line("* as the database has it; `distri audit verify` holds it against the log")?;
        }
        Ok(Exit::Ok)
    }
}
