//! `distri demo`: the whole story in a throw-away home, told by the real verbs and checked while it is told.
//!
//! Every `$` line is a command that this very binary then runs, in a home of its own; nothing that is said to hold is
//! a constant. To add a step: a file in [`story`], its line in [`story::tell`], and its check, with a test that shows
//! it failing, in [`checks`].
//!
//! | module | owns |
//! |---|---|
//! | [`story`] | the steps, a file each |
//! | [`checks`] | what is looked into: evidence → what was seen |
//! | [`place`] | the throw-away directory |
//! | [`keys`] | the secrets, made by chance each time |
//! | [`traces`] | finding a value in bytes and files, without the redactor that is on trial |
//! | [`distri`] | this binary run as a command |
//! | [`endpoint`] | the mail service on loopback; [`authority`] its certificate |
//! | [`screen`] | how the story looks on a terminal and in a pipe; [`layout`] its lines |

mod authority;
mod checks;
mod distri;
mod endpoint;
mod keys;
mod layout;
mod place;
mod screen;
mod story;
mod traces;

use std::time::Instant;

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::running::interrupt::block_on_or_interrupt;
use place::Place;
use screen::Screen;

/// Show the whole story in a throw-away home, without an account or a network
///
/// A secret is stored, an agent uses it, and then others try to get it. Home, keys and mail service are made for the
/// demo and removed afterwards. What it says is checked while it says it: it names what does not hold, and exits with 1.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Leave everything that it made, and say how to look around
    #[arg(long)]
    keep: bool,
}

impl Demo {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        block_on_or_interrupt(show(self.keep))?
    }
}

/// Dropped by a signal or left by an error, it removes what it made as well.
async fn show(keep: bool) -> Result<Exit, Failure> {
    let started = Instant::now();
    let place = Place::make(keep)?;
    let mut screen = Screen::new();
    story::tell(&place, &mut screen).await?;
    let kept = place.close()?;
    screen.ending(started.elapsed(), kept.as_ref())?;
    match screen.failed().join("; ").as_str() {
        "" => Ok(Exit::Ok),
        failed => Err(Failure::new(Exit::Failed, format!("this does not hold: {failed}"))),
    }
}
