//! `secrets promote`: the staged value into use.

use clap::Args;

use super::place::Place;
use super::view;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Take the staged value into use, as the newest version
///
/// The value before it stays in the history, and `secrets rollback` brings it back. The policy stays the present one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Promote {
    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "\
Examples:
  distri secrets set STRIPE_API_KEY --stage      # the old and the new key are both good now
  distri exec --staged --only STRIPE_API_KEY -- ./check
  distri secrets promote STRIPE_API_KEY";

impl Promote {
    /// Promotes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.place.key()?;
        let info = Context::open()?.caller()?.promote(&key, &self.place.environment)?;
        terminal::note(&format!("Secret '{key}' promoted."));
        terminal::note(&format!("  {}", view::summary(&info)));
        Ok(Exit::Ok)
    }
}
