//! Reading records backwards, a page at a time, those that are wanted.

use distri_core::audit::Record;
use distri_core::authz::Audit;

use super::Kept;
use crate::{Caller, VaultError};

/// Records read at once.
const CHUNK: u32 = 500;
/// The most records that are looked at for one page: where few are wanted, the page ends early and the next goes on.
const LOOKED_AT: usize = 10_000;

/// A page of the log.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// Records with their numbers, newest first.
    pub records: Vec<(u64, Record)>,
    /// The number before which the next page is; nothing when this was the last one.
    pub older: Option<u64>,
    /// The first record that is left, where this is the last page of a log whose beginning was pruned.
    pub kept: Option<Kept>,
}

impl Caller<'_> {
    /// The newest `limit` records before number `before` (or of all) that are `wanted`.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Log`] names the first record that is not believed.
    pub fn audit_page(
        &self,
        before: Option<u64>,
        limit: usize,
        wanted: &dyn Fn(&Record) -> bool,
    ) -> Result<AuditPage, VaultError> {
        let _allowed = self.authorize::<Audit>()?;
        let mut before = before.unwrap_or(u64::MAX);
        let mut records = Vec::new();
        let mut looked_at = 0;
        while looked_at < LOOKED_AT {
            let rows = self.read(|work| Ok(work.audit_rows_before(self.account, before, CHUNK)?))?;
            let is_last = rows.len() < CHUNK as usize;
            looked_at += rows.len();
            for (seq, record) in self.believed(&rows)? {
                if records.len() == limit {
                    return Ok(AuditPage {
                        records,
                        older: Some(before),
                        kept: None,
                    });
                }
                before = seq;
                if wanted(&record) {
                    records.push((seq, record));
                }
            }
            if is_last {
                return Ok(AuditPage {
                    records,
                    older: None,
                    kept: self.beginning()?.kept(),
                });
            }
        }
        Ok(AuditPage {
            records,
            older: Some(before),
            kept: None,
        })
    }
}
