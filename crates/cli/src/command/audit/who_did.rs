//! `audit who-did`: every record that names a secret.

use clap::Args;

use super::list;
use super::period::Period;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// List who did something with a secret: changes, reveals and releases
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct WhoDid {
    #[command(flatten)]
    period: Period,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: as `distri audit list`.

Examples:
  distri audit who-did STRIPE_API_KEY
  distri audit who-did STRIPE_API_KEY --env prod --from 2026-01-01 --to 2026-02-01";

impl WhoDid {
    /// Lists them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let (key, (from, to)) = (self.period.key()?, self.period.span()?);
        let context = Context::open()?;
        let records = context
            .caller()?
            .who_did(&key, self.period.environment.as_ref(), from, to)?;
        list::show(&records, self.json)?;
        Ok(Exit::Ok)
    }
}
