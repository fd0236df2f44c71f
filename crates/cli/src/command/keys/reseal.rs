//! `keys reseal`: the secrets that there are under the newest key of the account.

use std::time::{Duration, Instant};

use clap::Args;
use distri_vault::FirstUse;
use distri_vault::keys::{Depth, Progress};

use crate::context::Embedded;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Bring data keys, and with --deep the values, under the newest key of the account
///
/// In small steps, while everything goes on. Stopped in the middle, it goes on from there when it is started again.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 8 when a secret is damaged; it stays as it is, and the first is named. `distri doctor` opens everything."
)]
pub(crate) struct Reseal {
    /// Replace the data keys that are older than the account's newest key, and seal every version's value anew
    #[arg(long)]
    deep: bool,
}

/// A line of progress is said at most this often.
const EVERY: Duration = Duration::from_secs(1);

impl Reseal {
    /// Does it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Embedded::open(FirstUse::Refuse)?;
        let depth = if self.deep { Depth::Values } else { Depth::Wrap };
        let mut said = Instant::now();
        let end = context.caller()?.reseal(depth, |progress| {
            if said.elapsed() >= EVERY {
                said = Instant::now();
                terminal::note(&so_far(progress));
            }
        })?;
        if end.done == 0 && end.damaged == 0 {
            terminal::note("Nothing is out of date.");
            terminal::hint("`distri keys rotate account` makes a newer key of the account");
        } else {
            terminal::note(&so_far(&end));
        }
        if let Some(first) = &end.first_damaged {
            terminal::error(first);
            terminal::hint("it stays as it is; `distri doctor` opens everything that is stored");
        }
        Ok(if end.damaged == 0 { Exit::Ok } else { Exit::Integrity })
    }
}

fn so_far(Progress { done, damaged, of, .. }: &Progress) -> String {
    let damaged = match damaged {
        0 => String::new(),
        count => format!(", {count} damaged"),
    };
    format!("{done} of {of} data keys{damaged}")
}
