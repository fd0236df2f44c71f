//! Verifying the log in the database: every record, the head, every checkpoint, and what was delivered. A log that is whole
//! then says which rows there have to be beside it.
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
//! | removed a secret, a token, … with all of its rows | the record that says that it is there |
//! | made one, or put one back that is gone | no record of it; the record that says that it is gone |

mod checkpoints;
mod held;
mod known;
mod records;

use std::io;

use distri_core::audit::merkle::Hash;
use distri_core::authz::{ActorKind, Audit};
use distri_core::ids::AccountId;
use distri_store::UnitOfWork;

use self::checkpoints::Claims;
use self::held::Held;
use self::known::Known;
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
    /// How many rows may be older than the records that were not pruned, and so could not be held against them.
    #[serde(default)]
    pub unheld: u64,
    /// What is not as distri wrote it: of the log, the first record first; where the log is whole, of the rows beside it.
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
    /// Whether this home should have a tip: one that is not in use yet need not, and what its log says of an earlier one is
    /// for whoever uses it.
    is_in_use: bool,
    had_tip: bool,
    tip: tip::Read,
    pieces: io::Result<Vec<Piece>>,
}

impl Outside {
    fn read(vault: &Vault) -> Self {
        // Before the tip: whoever makes a tip marks that after it.
        let had_tip = vault.had_tip();
        Self {
            is_in_use: true,
            had_tip,
            tip: tip::read(&vault.evidence.tip, &vault.keyring),
            pieces: file::pieces(&vault.evidence.file),
        }
    }
}

impl Caller<'_> {
    /// Verifies the whole log, of every account, and holds the rows that it names against it. Of accounts that the caller
    /// cannot work in nothing that records or rows say is in the answer.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`]. What is wrong with the log is in the report.
    pub fn verify_audit(&self) -> Result<AuditReport, VaultError> {
        let _allowed = self.authorize::<Audit>()?;
        let vault = self.vault;
        // Before the snapshot: what another process shows outside meanwhile is about records that the snapshot lacks.
        let outside = Outside::read(vault);
        let is_local = self.authority.actor().kind == ActorKind::Local;
        let sees = |account: AccountId| is_local || account == self.account;
        vault.store.read(|work| {
            let (mut report, known) = vault.verify(work, &outside)?;
            if let Some(known) = known {
                let mut held = Held::new(vault, known, report.size, &sees);
                held.run(work)?;
                report.unheld = held.unheld;
                report.findings.extend(held.findings);
            }
            Ok(report)
        })
    }
}

impl Vault {
    /// The report, and where the records are whole, what they say there is.
    fn verify(&self, work: &mut dyn UnitOfWork, outside: &Outside) -> Result<(AuditReport, Option<Known>), VaultError> {
        let mut findings = Findings::default();
        let is_new = outside.tip == tip::Read::None && self.needs_no_tip(work, outside.had_tip).unwrap_or(false);
        let claims = Claims::collect(self, work, outside, is_new, &mut findings)?;
        let before = findings.0.len();
        let mut walk = Walk::new(self.log(), claims.sizes());
        walk.run(work, &mut findings)?;
        self.check_head(work, &walk, &claims, &mut findings)?;
        // Records that are not believed cannot accuse anything else.
        let known = (findings.0.len() == before).then(|| std::mem::take(&mut walk.known));
        claims.check(&walk, &mut findings);
        if let Some(seq) = walk.unwitnessed().filter(|_| outside.is_in_use) {
            let what = format!(
                "record {seq} says that `{}` was missing at a start: records of before may be missing, until that is accepted",
                self.evidence.tip.display()
            );
            findings.add(seq, what);
        }
        if !is_new {
            self.check_tip(outside.tip, work, &walk, &mut findings)?;
        }
        let mut findings = findings.0;
        findings.sort_by_key(|it| it.seq);
        let report = AuditReport {
            size: walk.frontier.size(),
            head: walk.frontier.head(),
            checkpoints: claims.in_database(),
            delivered: claims.in_file(),
            waiting: claims.waiting(),
            pruned_through: walk.bodiless,
            rollbacks: walk.rollbacks.len() as u64 + walk.unknown_accepted,
            unheld: 0,
            findings,
        };
        Ok((report, known))
    }

    /// Verifies a log in a database that is not in use yet: nothing outside needs to know of it.
    /// The second answer is what is wrong with the rows beside it.
    pub(crate) fn verify_inside(&self, work: &mut dyn UnitOfWork) -> Result<(AuditReport, Vec<Finding>), VaultError> {
        let size = work.audit_head()?.map_or(0, |it| it.state.frontier.size());
        let tip = work.audit_leaf(size)?.map_or(tip::Read::None, |leaf| {
            let delivered = 0;
            tip::Read::Tip(tip::Tip { size, leaf, delivered })
        });
        let pieces = Ok(Vec::new());
        let outside = Outside {
            is_in_use: false,
            had_tip: true,
            tip,
            pieces,
        };
        let (report, known) = self.verify(work, &outside)?;
        let mut held = Held::new(self, known.unwrap_or_default(), report.size, &|_| true);
        if report.findings.is_empty() {
            held.run(work)?;
        }
        Ok((report, held.findings))
    }

    /// Whether the log has an alarm about its missing tip that nobody has accepted, or lacks the tip now.
    pub(super) fn unwitnessed(&self) -> Result<bool, VaultError> {
        let outside = Outside::read(self);
        self.store.read(|work| {
            if !matches!(outside.tip, tip::Read::Tip(_)) {
                let is_new = outside.tip == tip::Read::None && self.needs_no_tip(work, outside.had_tip)?;
                return Ok(!is_new);
            }
            let mut walk = Walk::new(self.log(), std::iter::empty());
            walk.run(work, &mut Findings::default())?;
            Ok(walk.unwitnessed().is_some())
        })
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
            tip::Read::Another => findings.add(walk.frontier.size(), format!("`{place}` is of another installation")),
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

/// `1 record`, `2 records`.
fn records(count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} record{plural}")
}

/// The words for records that are not there.
fn missing(first: u64, last: u64) -> String {
    if first == last {
        format!("record {first} is missing")
    } else {
        format!("records {first} to {last} are missing")
    }
}
