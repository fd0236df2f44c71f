//! `keys status`: which slots there are.

use clap::Args;
use distri_vault::FirstUse;
use distri_vault::root_key::Surroundings;

use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::table::{minute, table};

/// Show which root keys open the store
#[derive(Debug, Args)]
#[command(
    after_help = "JSON: {slots: [{id, provider, place, root_key, instance_key, created_at}]}; the keys are fingerprints."
)]
pub(crate) struct Status {
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Shows them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open_with(FirstUse::Refuse)?;
        let home = context::home()?;
        let status = context
            .vault()
            .key_status(&Surroundings::of(&home, &mut context::ask_passphrase))?;
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
        Ok(Exit::Ok)
    }
}
