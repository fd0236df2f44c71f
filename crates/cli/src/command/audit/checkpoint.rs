//! `audit checkpoint`: evidence out, now.

use clap::Args;
use distri_vault::FirstUse;

use super::verify::counted;
use crate::context::{self, Embedded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Sign a checkpoint over every record now, and deliver it
///
/// Not needed in daily use: one is made with every thousandth record and when a minute has passed. Use it before a
/// backup, or when a place that could not be reached is back.
#[derive(Debug, Args)]
pub(crate) struct Checkpoint {}

impl Checkpoint {
    /// Makes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Embedded::open(FirstUse::Refuse)?;
        let mark = context.vault().checkpoint()?;
        context.vault().deliver_to_webhook()?;
        terminal::note(&format!(
            "Checkpoint {} over {} is in `{}`.",
            mark.number,
            counted(mark.size, "record"),
            context::home()?.checkpoint_file().display()
        ));
        Ok(Exit::Ok)
    }
}
