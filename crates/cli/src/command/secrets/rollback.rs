//! `secrets rollback`: an earlier value as the newest version.

use clap::Args;

use super::place::Place;
use super::view;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Make an earlier value the newest version
///
/// The policy stays the present one. Without --to it is the value before the present one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Rollback {
    #[command(flatten)]
    place: Place,
    /// The version whose value comes back
    #[arg(long, value_name = "N")]
    to: Option<u32>,
}

const EXAMPLES: &str = "\
Examples:
  distri secrets rollback STRIPE_API_KEY
  distri secrets rollback STRIPE_API_KEY --to 3";

impl Rollback {
    /// Brings the value back.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.place.key()?;
        let info = Context::open()?
            .caller()?
            .rollback(&key, &self.place.environment, self.to)?;
        terminal::note(&format!("Secret '{key}' rolled back."));
        terminal::note(&format!("  {}", view::summary(&info)));
        Ok(Exit::Ok)
    }
}
