//! `audit who-did`: every record that names a secret.

use clap::Args;
use distri_vault::audit::WhoDid as Question;

use super::list::Shown;
use super::period::{Period, pruned};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Records that are held at once.
const PAGE: usize = 1_000;

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
        let (from, to) = self.period.span()?;
        let mut question = Question {
            key: self.period.key()?,
            environment: self.period.environment.clone(),
            from,
            to,
            after: 0,
            limit: PAGE,
        };
        let context = Context::open_to_read()?;
        let caller = context.caller()?;
        let first = caller.who_did(&question)?;
        let kept = first.kept;
        let mut shown = Shown::begin(self.json);
        let mut page = first;
        loop {
            shown.page(&page.records)?;
            let Some(next) = page.next else { break };
            question.after = next;
            page = caller.who_did(&question)?;
        }
        shown.end()?;
        if kept.is_some() {
            terminal::warning(&format!("{}: what was done before that is not known", pruned(kept)));
        }
        Ok(Exit::Ok)
    }
}
