//! `secrets history`: who wrote which version, when and why.

use clap::Args;

use super::place::Place;
use super::view;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::table::{minute, table};

/// List the versions of a secret, newest first
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct History {
    #[command(flatten)]
    place: Place,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
CHANGE is `value` for a new value, `policy` for the same value with other hosts, agents or delivery,
`rollback` for an earlier value, `staged` for one put beside it and `promoted` for such a one taken into use. The
version in use is marked `*`, the one that waits `+`.

JSON: an array of {version, current, staged, change, origin, created_at, created_by, hosts, agents, delivery};
origin, only with `rollback`, is the version whose value came back.

Examples:
  distri secrets history STRIPE_API_KEY
  distri secrets get STRIPE_API_KEY --reveal --version 1";

impl History {
    /// Lists them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.place.key()?;
        let entries = Context::open_to_read()?
            .caller()?
            .history(&key, &self.place.environment)?;
        if self.json {
            output::json(&entries)?;
            return Ok(Exit::Ok);
        }
        let rows = entries.iter().map(|it| {
            let mark = match (it.current, it.staged) {
                (true, _) => "*",
                (_, true) => "+",
                _ => "",
            };
            let origin = it.origin.map(|origin| format!(" to {origin}")).unwrap_or_default();
            vec![
                format!("{}{mark}", it.version),
                minute(it.created_at),
                it.created_by.clone(),
                format!("{}{origin}", it.change),
                view::hosts(&it.policy),
                view::agents(&it.policy),
                it.policy.delivery.to_string(),
            ]
        });
        output::line(&table(
            &["VERSION", "WHEN", "BY", "CHANGE", "HOSTS", "AGENTS", "DELIVERY"],
            rows.collect(),
        ))?;
        Ok(Exit::Ok)
    }
}
