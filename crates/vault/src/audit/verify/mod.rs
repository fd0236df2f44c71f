//! Verifying the log in the database: every record, the head, every checkpoint, and what was delivered.
//!
//! One pass over the records in little memory. It goes on after a bad record as far as it makes sense, because an
//! auditor wants to know how far the damage goes; the first bad one is the one to look at.
//!
//! | what somebody did | what gives it away |
//! |---|---|
//! | changed a body, or a column | its leaf; its MAC |
//! | moved, copied or made a record | its MAC, which has its number |
//! | removed one in the middle | the numbers have a gap |
//! | removed some at the end | the head's MAC, which has the size |
//! | put an old head back with them | the tip and the checkpoints outside |
//! | dropped a body | no record of a pruning covers it |
//! | changed, moved, removed or made a checkpoint | its signature, its number, its size, the head over its records |

mod checkpoints;
mod records;

use std::io;

use distri_core::audit::merkle::Hash;
use distri_core::authz::Audit;
use distri_store::UnitOfWork;

use self::checkpoints::Claims;
use self::records::Walk;
use super::sink::file::{self, Piece};
use super::tip;
use serde::{Deserialize, Serialize};

use crate::{Caller, Vault, VaultError};

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReport {
    /// How many records there are.
    pub size: u64,
    /// The head of the tree over them.
    pub head: Hash,
    /// How many checkpoints the database has.
    pub checkpoints: u64,
    /// How many checkpoints of this log the file outside the database has.
    pub delivered: u64,
    /// How many checkpoints are on their way to that file: a crash or an unreachable place kept them from getting there,
    /// and the next command delivers them.
    pub waiting: u64,
    /// The last record whose body was pruned; 0 when none was.
    pub pruned_through: u64,
    /// How often a rollback was accepted.
    pub rollbacks: u64,
    /// What is not as distri wrote it, the first record first.
    pub findings: Vec<Finding>,
}

/// Something that is not as distri wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The record it is about, or the last one that a checkpoint covers.
    pub seq: u64,
    /// What is wrong, as a sentence.
    pub what: String,
}

/// A log with more findings than this is not worth a longer list.
const MAX_FINDINGS: usize = 1_000;

/// Findings as they come.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, seq: u64, what: impl Into<String>) {
        if self.0.len() < MAX_FINDINGS {
            self.0.push(Finding { seq, what: what.into() });
        }
    }
}

/// What is outside the database.
struct Outside {
    tip: tip::Read,
    pieces: io::Result<Vec<Piece>>,
}

impl Outside {
    fn read(vault: &Vault) -> Self {
        Self {
            tip: tip::read(&vault.evidence.tip, &vault.keyring),
            pieces: file::pieces(&vault.evidence.file),
        }
    }
}

impl Caller<'_> {
    /// Verifies the whole log, of every account; nothing of what the records say is in the answer.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`]. What is wrong with the log is in the report.
    pub fn verify_audit(&self) -> Result<AuditReport, VaultError> {
        let _allowed = self.authorize::<Audit>()?;
        let vault = self.vault;
        // Before the snapshot: what another process shows outside meanwhile is about records that the snapshot lacks.
        let outside = Outside::read(vault);
        vault.store.read(|work| vault.verify(work, &outside))
    }
}

impl Vault {
    fn verify(&self, work: &mut dyn UnitOfWork, outside: &Outside) -> Result<AuditReport, VaultError> {
        let mut findings = Findings::default();
        let claims = Claims::collect(self, work, outside, &mut findings)?;
        let mut walk = Walk::new(self.log(), claims.sizes());
        walk.run(work, &mut findings)?;
        self.check_head(work, &walk, &claims, &mut findings)?;
        claims.check(&walk, &mut findings);
        self.check_tip(outside.tip, work, &walk, &mut findings)?;
        let mut findings = findings.0;
        findings.sort_by_key(|it| it.seq);
        Ok(AuditReport {
            size: walk.frontier.size(),
            head: walk.frontier.head(),
            checkpoints: claims.in_database(),
            delivered: claims.in_file(),
            waiting: claims.waiting(),
            pruned_through: walk.bodiless,
            rollbacks: walk.rollbacks.len() as u64,
            findings,
        })
    }

    /// Verifies a log in a database that is not in use yet: nothing outside needs to know of it.
    pub(crate) fn verify_inside(&self, work: &mut dyn UnitOfWork) -> Result<AuditReport, VaultError> {
        let size = work.audit_head()?.map_or(0, |it| it.state.frontier.size());
        let tip = work.audit_leaf(size)?.map_or(tip::Read::None, |leaf| {
            let delivered = 0;
            tip::Read::Tip(tip::Tip { size, leaf, delivered })
        });
        let pieces = Ok(Vec::new());
        self.verify(work, &Outside { tip, pieces })
    }

    fn check_head(
        &self,
        work: &mut dyn UnitOfWork,
        walk: &Walk<'_>,
        claims: &Claims,
        findings: &mut Findings,
    ) -> Result<(), VaultError> {
        let size = walk.frontier.size();
        let state = match self.log().head(work) {
            Ok(state) => state,
            Err(VaultError::Log { reason }) => {
                findings.add(size, format!("the audit log fails its integrity check: {reason}"));
                return Ok(());
            }
            Err(VaultError::Store(distri_store::StoreError::Damaged { .. })) => {
                findings.add(size, "the head of the log is damaged");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let signed = state.frontier.size();
        if size < signed && !walk.is_broken {
            findings.add(size + 1, missing(size + 1, signed));
        }
        if size > signed {
            findings.add(
                signed + 1,
                format!("record {} came after the head of the log", signed + 1),
            );
        }
        // Where a record is bad the head cannot fit either, which says nothing new.
        if size == signed && walk.frontier != state.frontier && findings.0.is_empty() {
            findings.add(size, "the records are not those under the head of the log");
        }
        claims.check_mark(&state, findings);
        Ok(())
    }

    fn check_tip(
        &self,
        tip: tip::Read,
        work: &mut dyn UnitOfWork,
        walk: &Walk<'_>,
        findings: &mut Findings,
    ) -> Result<(), VaultError> {
        let place = self.evidence.tip.display();
        match tip {
            tip::Read::None if walk.frontier.size() == 0 => {}
            tip::Read::None => findings.add(walk.frontier.size(), format!("`{place}` is not there")),
            tip::Read::Damaged => findings.add(walk.frontier.size(), format!("`{place}` is not what distri wrote")),
            tip::Read::Tip(tip::Tip { size, leaf, .. }) => {
                if work.audit_leaf(size).ok().flatten() != Some(leaf) && !walk.is_accepted(size) {
                    let what = format!("record {size} is not the one that `{place}` shows");
                    findings.add(size, what);
                }
            }
        }
        Ok(())
    }
}

/// The words for records that are not there.
fn missing(first: u64, last: u64) -> String {
    if first == last {
        format!("record {first} is missing")
    } else {
        format!("records {first} to {last} are missing")
    }
}
