//! `secrets unstage`: giving a staged value up.

use clap::Args;

use super::place::Place;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Give the staged value up; the one in use stays in use
///
/// Its version stays in the history.
#[derive(Debug, Args)]
pub(crate) struct Unstage {
    #[command(flatten)]
    place: Place,
}

impl Unstage {
    /// Gives it up.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.place.key()?;
        let info = Context::open()?.caller()?.unstage(&key, &self.place.environment)?;
        terminal::note(&format!(
            "Secret '{key}' has no staged value any more; version {} is in use.",
            info.version
        ));
        Ok(Exit::Ok)
    }
}
