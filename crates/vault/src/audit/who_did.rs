//! Who did something with a secret: the records that name its key, in pages.

use distri_core::audit::Record;
use distri_core::authz::{Allowed, Audit};
use distri_core::{Environment, SecretKey, Timestamp};
use distri_store::lists::Half;

use super::Kept;
use crate::{Caller, VaultError};

/// The question.
#[derive(Clone, Debug)]
pub struct WhoDid {
    /// With which secret.
    pub key: SecretKey,
    /// In which environment, or in all.
    pub environment: Option<Environment>,
    /// From this instant.
    pub from: Timestamp,
    /// And before this one.
    pub to: Timestamp,
    /// Only records after this number: where the page before ended.
    pub after: u64,
    /// How many at most.
    pub limit: usize,
}

/// A page of the answer.
#[derive(Clone, Debug)]
pub struct Did {
    /// The records with their numbers, oldest first.
    pub records: Vec<(u64, Record)>,
    /// The number after which the next page is; nothing when this was the last one.
    pub next: Option<u64>,
    /// The first record that retention left, where what was asked for begins before it.
    pub kept: Option<Kept>,
}

impl Caller<'_> {
    /// The records that name a key, oldest first.
    ///
    /// # Errors
    /// [`VaultError::Denied`]; [`VaultError::NeverKnown`] for a key that the log never knew there; [`VaultError::Log`].
    pub fn who_did(&self, question: &WhoDid) -> Result<Did, VaultError> {
        let WhoDid { key, after, limit, .. } = question;
        let allowed = self.authorize::<Audit>()?;
        let beginning = self.beginning()?;
        let (mut records, mut next, mut is_known) = (Vec::new(), None, false);
        // Where every record is one of those, no more are read than fit into the page and the one that says there are more.
        let first = u32::try_from(limit.saturating_add(1)).unwrap_or(u32::MAX);
        self.each_record_after(*after, first, |seq, record| {
            if !question.names(&record) {
                return Ok(true);
            }
            is_known = true;
            if (question.from..question.to).contains(&record.at) {
                if records.len() == *limit {
                    next = records.last().map(|it: &(u64, Record)| it.0);
                    return Ok(false);
                }
                records.push((seq, record));
            }
            Ok(true)
        })?;
        let environment = question.environment.as_ref();
        if *after == 0 && !is_known && !self.is_stored(&allowed, key, environment)? {
            return Err(self.never_known(&allowed, key, environment, beginning.kept()));
        }
        let is_missed = |it: &Kept| question.from < it.at;
        Ok(Did {
            records,
            next,
            kept: beginning.kept().filter(is_missed),
        })
    }

    /// Whether a secret whose records were pruned is stored.
    fn is_stored(
        &self,
        allowed: &Allowed<Audit>,
        key: &SecretKey,
        environment: Option<&Environment>,
    ) -> Result<bool, VaultError> {
        self.read(|work| {
            for half in [Half::Live, Half::Deleted] {
                let views = work.secrets_called(self.account, key, half)?.within(allowed);
                let is_there = |it: &Environment| environment.is_none_or(|asked| asked == it);
                if views.iter().any(|it| is_there(&it.secret.environment)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

impl WhoDid {
    /// Whether a record is about the secret.
    fn names(&self, record: &Record) -> bool {
        let is_here = self.environment.is_none() || self.environment == record.environment;
        is_here && record.subjects.iter().any(|it| it.key == self.key)
    }
}
