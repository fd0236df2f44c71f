//! `keys verify`: whether each slot still opens.

use clap::Args;
use distri_core::ids::SlotId;
use distri_vault::FirstUse;
use distri_vault::keys::VerifiedSlot;
use distri_vault::root_key::Surroundings;
use serde::Serialize;

use crate::context::{self, Embedded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::table::table;

/// Try every key slot, or one, and say whether it opens the store
///
/// Asks each provider for its root key now: a service is called, a passphrase is asked for.
#[derive(Debug, Args)]
#[command(
    after_help = "JSON: an array of {id, provider, root_key, opens, reason}. Exit code 1 when one does not open."
)]
pub(crate) struct Verify {
    /// The slot, as `keys status` shows it
    #[arg(value_name = "SLOT")]
    slot: Option<SlotId>,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Verified {
    id: String,
    provider: String,
    root_key: String,
    opens: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Verify {
    /// Tries them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Embedded::open(FirstUse::Refuse)?;
        let home = context::home()?;
        let mut ask = context::ask_passphrase;
        let mut around = Surroundings::of(&home, &mut ask);
        let verified = context.caller()?.verify_slots(&mut around, self.slot)?;
        let verified: Vec<Verified> = verified
            .into_iter()
            .map(|VerifiedSlot { slot, opens }| Verified {
                id: slot.id,
                provider: slot.provider,
                root_key: slot.root_key,
                opens: opens.is_ok(),
                reason: opens.err().map(|why| why.to_string()),
            })
            .collect();
        let all_open = verified.iter().all(|it| it.opens);
        if self.json {
            output::json(&verified)?;
        } else {
            let rows = verified.into_iter().map(|it| {
                let state = it
                    .reason
                    .map_or("opens".to_owned(), |reason| format!("does not open: {reason}"));
                vec![it.provider, it.root_key, it.id, state]
            });
            output::line(&table(&["PROVIDER", "ROOT KEY", "SLOT", "STATE"], rows.collect()))?;
        }
        Ok(if all_open { Exit::Ok } else { Exit::Failed })
    }
}
