//! `secrets undelete`: bringing a deleted secret back.

use clap::Args;

use super::place::Place;
use super::view;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Bring a deleted secret back, at the version it had
///
/// `distri secrets list --deleted` shows which there are.
#[derive(Debug, Args)]
pub(crate) struct Undelete {
    #[command(flatten)]
    place: Place,
}

impl Undelete {
    /// Brings it back.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.place.key()?;
        let info = Context::open()?.caller()?.undelete(&key, &self.place.environment)?;
        terminal::note(&format!("Secret '{key}' undeleted."));
        terminal::note(&format!("  {}", view::summary(&info)));
        Ok(Exit::Ok)
    }
}
