//! What leaves the database after a commit: the tip, and each checkpoint to every sink.
//!
//! A sink that cannot be written is complained of and tried again with the next checkpoint; the commit it is about
//! stands. The sink itself says what it has: nothing in the database is marked as delivered.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use distri_core::audit::HeadState;
use distri_core::audit::merkle::Hash;
use distri_store::boundary::{Boundary, pass};
use distri_store::rows::CheckpointRow;
use distri_store::{Ended, Flush};

use super::behind::Behind;
use super::courier::Courier;
use super::log::Appended;
use super::settings::AuditSettings;
use super::sink::{file, syslog};
use super::tip;
use crate::{Home, Vault, VaultError};

/// The log's newest state and the leaf of its newest record.
#[derive(Clone)]
pub(crate) struct Tip {
    pub(crate) state: HeadState,
    pub(crate) leaf: Hash,
}

/// How the log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditStatus {
    /// How many records there are.
    pub size: u64,
    /// How many of them the newest checkpoint covers.
    pub covered: u64,
    /// How many checkpoints are not in the file outside the database.
    pub undelivered: u64,
    /// How many a webhook has not taken; none where there is no webhook.
    pub undelivered_to_webhook: u64,
}

/// Where evidence goes, and what could not be delivered.
pub(crate) struct Evidence {
    pub(super) settings: AuditSettings,
    pub(super) file: PathBuf,
    pub(super) tip: PathBuf,
    newest: Mutex<Option<HeadState>>,
    /// How many records this process knows to have been committed.
    seen: AtomicU64,
    /// The number of the newest checkpoint that is known to have been delivered.
    delivered: AtomicU64,
    /// Whether the tip was missing when the database was opened.
    pub(super) is_unwitnessed: AtomicBool,
    complaints: Mutex<Vec<String>>,
    pub(super) courier: Courier,
    /// What says which checkpoint the webhook took last.
    pub(super) cursor: PathBuf,
}

impl Evidence {
    pub(crate) fn of(home: &Home) -> Self {
        Self {
            settings: home.audit().clone(),
            file: home.checkpoint_file(),
            tip: home.audit_tip(),
            newest: Mutex::new(None),
            seen: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            is_unwitnessed: AtomicBool::new(false),
            complaints: Mutex::new(Vec::new()),
            courier: Courier::default(),
            cursor: home.webhook_cursor(),
        }
    }

    /// The state after the newest record of this process.
    pub(super) fn newest(&self) -> Option<HeadState> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Learns that the checkpoint with this number has been delivered, whether it is still there or not.
    pub(super) fn was_delivered(&self, number: u64) {
        self.delivered.fetch_max(number, Ordering::SeqCst);
    }

    /// Refuses a database that has lost what this process saw committed: under a running server, a database may be put back
    /// or fail over to a replica that did not have everything.
    pub(super) fn check_not_lost(&self, found: u64) -> Result<(), VaultError> {
        let delivered = self.seen.load(Ordering::SeqCst);
        if found >= delivered {
            return Ok(());
        }
        Err(VaultError::Behind(Behind {
            found,
            delivered,
            place: self.tip.clone(),
        }))
    }

    /// Lets a rollback be accepted: what was seen does not count until something is committed again. What it was.
    pub(super) fn set_seen_aside(&self) -> u64 {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.seen.swap(0, Ordering::SeqCst)
    }

    /// Keeps the state of the log, unless a later commit was quicker to say so; whether it was kept.
    fn keep_newest(&self, state: &HeadState) -> bool {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let is_later = newest
            .as_ref()
            .is_none_or(|it| it.frontier.size() <= state.frontier.size());
        if is_later {
            *newest = Some(state.clone());
        }
        is_later
    }

    /// Learns how many records were committed.
    pub(super) fn saw(&self, size: u64) {
        self.seen.fetch_max(size, Ordering::SeqCst);
    }

    fn complain(&self, complaint: String) {
        tracing::warn!(audit.complaint = complaint, "evidence was not delivered");
        self.keep(complaint);
    }

    /// Keeps a sentence for whoever asks next.
    pub(crate) fn keep(&self, complaint: String) {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if !complaints.contains(&complaint) {
            complaints.push(complaint);
        }
    }
}

impl Vault {
    /// How the record of a use is flushed.
    pub(crate) fn flush(&self) -> Flush {
        self.evidence.settings.flush
    }

    /// What could not be delivered, or is not as it should be, since this was last asked: a sentence each.
    pub fn take_complaints(&self) -> Vec<String> {
        let mut complaints = self.evidence.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut complaints)
    }

    /// Keeps a sentence for whoever asks next what could not be done for the evidence.
    pub(crate) fn complain(&self, complaint: String) {
        self.evidence.complain(complaint);
    }

    /// After a commit: nothing here can undo it, so what fails is complained of.
    pub(crate) fn let_out(&self, flush: Flush, appended: &Appended, ended: Ended) {
        let Tip { state, leaf } = &appended.tip;
        self.evidence.saw(state.frontier.size());
        let is_newest = self.evidence.keep_newest(state);
        if flush == Flush::Interval {
            // Evidence must not be ahead of a database that a power cut would set back.
            if !appended.has_checkpoint {
                return;
            }
            if let Err(error) = self.store.flush() {
                return self.evidence.complain(error.to_string());
            }
        }
        if appended.has_checkpoint {
            self.deliver_or_complain();
        }
        // Units that end together leave one tip, the last one's.
        let size = state.frontier.size();
        if is_newest && (appended.has_checkpoint || ended.log_size.is_none_or(|it| it == size)) {
            self.write_tip(size, *leaf);
        }
        if appended.has_checkpoint {
            self.flush_tip_or_complain();
        }
    }

    fn flush_tip_or_complain(&self) {
        if let Err(error) = self.flush_tip() {
            self.evidence.complain(error.to_string());
        }
    }

    /// Brings the tip that stands outside to the disk.
    pub(super) fn flush_tip(&self) -> Result<(), VaultError> {
        let path = &self.evidence.tip;
        tip::flush(path).map_err(|error| VaultError::Home {
            path: path.clone(),
            reason: error.to_string(),
        })
    }

    /// Shows how far the log has got, as it stands now.
    pub(super) fn show_tip(&self) -> Result<(), VaultError> {
        let newest = self.store.read(|work| {
            let size = self.log().head(work)?.frontier.size();
            Ok::<_, VaultError>(work.audit_leaf(size)?.map(|leaf| (size, leaf)))
        })?;
        if let Some((size, leaf)) = newest {
            self.write_tip(size, leaf);
            self.flush_tip_or_complain();
        }
        Ok(())
    }

    fn write_tip(&self, size: u64, leaf: Hash) {
        let path = &self.evidence.tip;
        let tip = tip::Tip {
            size,
            leaf,
            delivered: self.evidence.delivered.load(Ordering::SeqCst),
        };
        pass(Boundary::Tip);
        if let Err(error) = tip::write(path, &self.keyring, &tip) {
            self.evidence
                .complain(format!("cannot write `{}`: {error}", path.display()));
        }
    }

    /// Delivers what a crash, or a place that could not be reached, kept from getting there.
    pub(crate) fn deliver_or_complain(&self) {
        if let Err(error) = self.deliver() {
            self.evidence.complain(error.to_string());
        }
    }

    /// Brings every checkpoint that the file lacks into it, sends the newest one to the system log, and the webhook
    /// what it lacks.
    pub(crate) fn deliver(&self) -> Result<(), VaultError> {
        let origin = self.origin();
        let path = &self.evidence.file;
        let failed = |error: std::io::Error| VaultError::Undelivered {
            path: path.clone(),
            reason: error.to_string(),
        };
        let sink = file::Sink::open(path).map_err(failed)?;
        let there = sink.notes(&origin);
        let lacking = self.lacking(&there)?;
        let once = self.evidence.delivered.load(Ordering::SeqCst);
        let lost = lacking.iter().filter(|it| it.number <= once).count();
        if lost > 0 {
            let what = match lost {
                1 => "a checkpoint".to_owned(),
                count => format!("{count} checkpoints"),
            };
            self.evidence.complain(format!(
                "`{}` lacked {what} that had been delivered; delivered again",
                path.display()
            ));
        }
        let newest = lacking.last().map_or(0, |it| it.number);
        let notes: Vec<String> = lacking.into_iter().map(|it| it.note).collect();
        pass(Boundary::Deliver);
        sink.append(&notes).map_err(failed)?;
        pass(Boundary::Delivered);
        self.evidence.was_delivered(newest);
        if let (Some(socket), Some(note)) = (&self.evidence.settings.checkpoint_syslog, notes.last()) {
            syslog::send(socket, note).map_err(|error| VaultError::Undelivered {
                path: socket.clone(),
                reason: error.to_string(),
            })?;
        }
        self.send_to_webhook()
    }

    /// How many records there are: a cheap way to know whether anything has happened.
    ///
    /// # Errors
    /// [`VaultError::Log`], [`VaultError::Store`].
    pub fn records(&self) -> Result<u64, VaultError> {
        let state = self.store.read(|work| self.log().head(work))?;
        Ok(state.frontier.size())
    }

    /// How the log stands, without verifying it.
    ///
    /// # Errors
    /// [`VaultError::Log`], [`VaultError::Undelivered`] when the file of checkpoints cannot be read.
    pub fn audit_status(&self) -> Result<AuditStatus, VaultError> {
        let state = self.store.read(|work| self.log().head(work))?;
        let path = &self.evidence.file;
        let pieces = file::pieces(path).map_err(|error| VaultError::Undelivered {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        let origin = self.origin();
        let there: Vec<String> = pieces.into_iter().filter_map(|it| file::of(&origin, it)).collect();
        Ok(AuditStatus {
            size: state.frontier.size(),
            covered: state.checkpoint.map_or(0, |it| it.size),
            undelivered: self.lacking(&there)?.len() as u64,
            undelivered_to_webhook: self.lacking_at_webhook()?,
        })
    }

    /// The name of this installation's log.
    pub(crate) fn origin(&self) -> String {
        format!("distri/{}", self.keyring.instance())
    }

    /// The checkpoints after the newest one that is `there`.
    fn lacking(&self, there: &[String]) -> Result<Vec<CheckpointRow>, VaultError> {
        self.store.read(|work| {
            let mut after = 0;
            for note in there.iter().rev() {
                let size = distri_core::audit::Checkpoint::peek(note).map_or(0, |it| it.size);
                if let Some(row) = work.checkpoint_over(size)?.filter(|it| it.note == *note) {
                    after = row.number;
                    break;
                }
            }
            Ok(work.checkpoints(after, u32::MAX)?)
        })
    }
}
