//! Looking after secrets over HTTP: facts for the best practices, purging, whose a placeholder is.

use distri_core::audit::{Record, Subject};
use distri_core::placeholder::PlaceholderId;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_vault::alarm::Holder;
use distri_vault::secrets::{BackupCopy, Copies, Purged, SecretFacts};
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::client::Client;
use super::wire::{Outgoing, SecretView};
use crate::failure::Failure;

/// The most bytes of a text in one request, and how many of them stand in the one before too: more than a placeholder takes
/// in any encoding.
const PART: usize = 1 << 20;
const OVERLAP: usize = 4 << 10;

/// What was destroyed.
#[derive(Deserialize)]
struct PurgedView {
    purged: Vec<SecretView>,
    versions: usize,
    copies: CopiesView,
}

#[derive(Deserialize)]
struct CopiesView {
    backups: Vec<BackupView>,
    log: bool,
    on_a_server: bool,
}

#[derive(Deserialize)]
struct BackupView {
    at: Timestamp,
    recipients: u32,
}

impl Client {
    pub(crate) fn facts(&self) -> Result<Vec<SecretFacts>, Failure> {
        #[derive(Deserialize)]
        struct Facts {
            secret: SecretView,
            values_set: usize,
            weak: bool,
            same_value_in: Vec<Environment>,
        }
        let facts: Vec<Facts> = self.ask(Call::get(&["secrets", "facts"]))?;
        let facts = facts.into_iter().map(|it| SecretFacts {
            info: it.secret.into(),
            values_set: it.values_set,
            weak: it.weak,
            same_value_in: it.same_value_in,
        });
        Ok(facts.collect())
    }

    pub(crate) fn purge(&self, key: &SecretKey, environment: &Environment) -> Result<Purged, Failure> {
        let call = Call::post(&["secrets", key.as_str(), "purge"]).query("environment", environment);
        Ok(self.ask::<PurgedView>(call)?.into())
    }

    pub(crate) fn purge_deleted(&self, before: Timestamp) -> Result<Purged, Failure> {
        let body = json!({ "deleted_before": before });
        let call = Call::post(&["secrets", "purge"]).json(&body, 0)?;
        Ok(self.ask::<PurgedView>(call)?.into())
    }

    pub(crate) fn identify(&self, text: &[u8]) -> Result<Vec<Holder>, Failure> {
        let mut holders: Vec<Holder> = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let end = text.len().min(start + PART);
            for it in self.identify_part(&text[start..end])? {
                let range = it.start + start..it.end + start;
                let id = PlaceholderId::new(it.release.seq, it.place).ok_or_else(|| self.stranger())?;
                // The overlap was looked at before.
                if !holders
                    .iter()
                    .any(|seen| seen.id == id && seen.range.start >= range.start)
                {
                    holders.push(Holder {
                        range,
                        id,
                        release: it.release.record,
                        subject: it.subject,
                    });
                }
            }
            if end == text.len() {
                break;
            }
            start = end - OVERLAP;
        }
        Ok(holders)
    }

    fn identify_part(&self, text: &[u8]) -> Result<Vec<HolderView>, Failure> {
        let call = Call::post(&["placeholders", "identify"]);
        self.ask(call.json(&Outgoing::bytes(text), 2 * text.len())?)
    }
}

/// A placeholder, and whose it is.
#[derive(Deserialize)]
struct HolderView {
    start: usize,
    end: usize,
    place: usize,
    subject: Subject,
    release: Numbered,
}

/// A record with its number.
#[derive(Deserialize)]
struct Numbered {
    seq: u64,
    #[serde(flatten)]
    record: Record,
}

impl From<PurgedView> for Purged {
    fn from(view: PurgedView) -> Self {
        let backups = view.copies.backups.into_iter().map(|it| BackupCopy {
            at: it.at,
            // Where it is, the server tells its operator only.
            path: String::new(),
            recipients: it.recipients,
        });
        let log = view.copies.log;
        Self {
            secrets: view.purged.into_iter().map(Into::into).collect(),
            versions: view.versions,
            copies: Copies {
                backups: backups.collect(),
                log: log.then(|| "the server's database is in use".to_owned()),
                on_a_server: view.copies.on_a_server,
            },
        }
    }
}
