//! Proving that one record is in the log.

use std::ops::Range;

use data_encoding::BASE64;
use distri_core::audit::merkle::{Frontier, Hash, proof};
use distri_core::audit::{Record, RecordProof};
use distri_core::authz::Audit;
use distri_core::ids::RecordId;
use distri_store::UnitOfWork;
use serde::{Deserialize, Serialize};

use super::log::log_damaged;
use crate::{Caller, VaultError};

/// A record with its proof: what travels to whoever shall believe it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenRecord {
    /// Its number.
    pub seq: u64,
    /// Its leaf.
    pub leaf: Hash,
    /// The record; absent when its body was pruned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Its canonical bytes in base64: what the leaf is the hash of, for verifiers that do not know records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
    /// The proof in the C2SP `tlog-proof` form.
    pub proof: String,
    /// The public key that its checkpoint is signed with. A verifier uses the one that it was given, not this one.
    pub key: String,
}

/// Which record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordRef {
    /// By its identifier.
    Id(RecordId),
    /// By its number.
    Seq(u64),
}

impl Caller<'_> {
    /// The proof that a record is in the log, under the newest checkpoint.
    ///
    /// # Errors
    /// [`VaultError::NoRecord`], [`VaultError::Log`].
    pub fn prove_audit(&self, which: RecordRef) -> Result<ProvenRecord, VaultError> {
        let _allowed = self.authorize::<Audit>()?;
        let mark = self.vault.checkpoint()?;
        self.vault.store.read(|work| {
            let found = match which {
                RecordRef::Id(id) => work.audit_row(id)?,
                RecordRef::Seq(seq) => {
                    let page = work.audit_rows(seq.saturating_sub(1), 1)?;
                    page.into_iter().find(|it| it.seq == seq).and_then(|it| it.row)
                }
            };
            // Another account's record is as if it were not there.
            let row = found
                .filter(|it| it.entry.account == self.account)
                .ok_or(VaultError::NoRecord)?;
            let (seq, leaf) = (row.entry.seq, row.entry.leaf);
            let damaged = |reason| log_damaged(format!("record {seq}: {reason}"));
            let record = self.vault.log().record_of(&row).map_err(damaged)?;
            let gone = || log_damaged("its newest checkpoint is gone");
            let checkpoint = work.checkpoint_over(mark.size)?.ok_or_else(gone)?.note;
            let path = proof::inclusion(seq - 1, mark.size, |range| head_of(work, range))?;
            let proof = RecordProof {
                index: seq - 1,
                path: path.ok_or(VaultError::NoRecord)?,
                checkpoint,
            };
            Ok(ProvenRecord {
                seq,
                leaf,
                canonical: record.as_ref().map(|it| BASE64.encode(it.canonical().as_ref())),
                record,
                proof: proof.to_text(),
                key: self.vault.audit_key(),
            })
        })
    }
}

/// The head of the tree over a range of leaves, read in pages.
fn head_of(work: &mut dyn UnitOfWork, leaves: Range<u64>) -> Result<Hash, VaultError> {
    const PAGE: u32 = 10_000;
    let mut frontier = Frontier::new();
    let mut after = leaves.start;
    while after < leaves.end {
        let wanted = u32::try_from(leaves.end - after).unwrap_or(PAGE).min(PAGE);
        let page = work.audit_leaves(after, wanted)?;
        if page.is_empty() {
            return Err(log_damaged("records are missing at its end"));
        }
        after += page.len() as u64;
        page.into_iter().for_each(|leaf| frontier.push(leaf));
    }
    Ok(frontier.head())
}
