//! What runs with `--learn` did: kept for the newest of them, sealed, and read back to propose or try a policy.

use std::collections::BTreeMap;

use distri_core::authz::{Allowed, Read, Resolve};
use distri_core::envelope::{ObservedContext, next_use};
use distri_core::ids::RunId;
use distri_core::learn::ObservedRequest;
use distri_core::policy::AgentScope;
use distri_core::{AgentName, Environment, SecretKey, Timestamp};
use distri_store::UnitOfWork;
use distri_store::rows::ObservedBatchRow;
use serde::{Deserialize, Serialize};

use crate::{Caller, VaultError};

/// Runs that are kept; older ones go when a new one is written.
pub const KEPT_RUNS: u32 = 50;

/// Some requests of a run, with what every batch repeats.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ObservedBatch {
    /// What the run was.
    pub about: ObservedAbout,
    /// The requests, with how often each was sent.
    pub requests: Vec<(ObservedRequest, u32)>,
    /// Requests that were sent beside these and of which nothing is kept.
    pub left_out: u64,
}

/// What a run was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedAbout {
    /// When it began to be observed.
    pub at: Timestamp,
    /// The agent; `None` for a command without one.
    pub agent: Option<AgentName>,
    /// The environment that its secrets are from.
    pub environment: Environment,
    /// The secrets that it was given.
    pub secrets: Vec<SecretKey>,
}

/// All that is known of what a run did.
#[derive(Clone, Debug)]
pub struct ObservedRun {
    /// The run.
    pub run: RunId,
    /// What it was.
    pub about: ObservedAbout,
    /// The requests, with how often each was sent.
    pub requests: BTreeMap<ObservedRequest, u32>,
    /// Requests of which nothing is kept.
    pub left_out: u64,
}

impl ObservedAbout {
    /// Whether a permission includes the agent and every secret of the run.
    fn is_within<A>(&self, allowed: &Allowed<A>) -> bool {
        let reaches = |key: &SecretKey| allowed.reaches(&self.environment, key, &AgentScope::All);
        allowed.reaches_agent(self.agent.as_ref())
            && allowed.environment(&self.environment).is_ok()
            && self.secrets.iter().all(reaches)
    }
}

impl Caller<'_> {
    /// Keeps a batch of a run. The number is 1 for the first and one more for each that follows.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn observe(&self, run: RunId, batch: u32, observed: &ObservedBatch) -> Result<(), VaultError> {
        let allowed = self.authorize::<Resolve>()?;
        self.permitted(allowed.environment(&observed.about.environment))?;
        self.permitted(allowed.agent(observed.about.agent.as_ref()))?;
        let data = serde_json::to_vec(observed).expect("names, numbers and texts become JSON");
        let kept = self.vault.store.write(|work| {
            let (mut key_row, key) = self.newest_account_key(work)?;
            key_row.uses = next_use(key_row.uses)?;
            work.put_account_key(&key_row)?;
            work.put_observed_batch(&ObservedBatchRow {
                account: self.account,
                run,
                batch,
                account_key_version: key_row.version,
                sealed: key.seal_observed(&self.observed_context(run, batch), &data),
            })?;
            work.drop_observed_runs(self.account, KEPT_RUNS)?;
            Ok(())
        });
        self.noticing(kept)
    }

    /// The newest `limit` runs that were observed, newest first. Those with secrets or agents beyond the credential's
    /// limits are left out.
    ///
    /// # Errors
    /// [`VaultError::Key`] when one was changed in the database.
    pub fn observed_runs(&self, limit: u32) -> Result<Vec<ObservedRun>, VaultError> {
        let allowed = self.authorize::<Read>()?;
        self.read(|work| {
            let runs = work.observed_runs(self.account, limit)?;
            let observed = runs.into_iter().map(|run| self.observed(work, run));
            Ok(observed
                .collect::<Result<Vec<_>, VaultError>>()?
                .into_iter()
                .flatten()
                .filter(|it| it.about.is_within(&allowed))
                .collect())
        })
    }

    /// What is known of one run.
    ///
    /// # Errors
    /// [`VaultError::NotObserved`]; [`VaultError::Key`] when it was changed in the database.
    pub fn observed_run(&self, run: RunId) -> Result<ObservedRun, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let observed = self.read(|work| self.observed(work, run))?;
        observed
            .filter(|it| it.about.is_within(&allowed))
            .ok_or(VaultError::NotObserved(run))
    }

    fn observed(&self, work: &mut dyn UnitOfWork, run: RunId) -> Result<Option<ObservedRun>, VaultError> {
        const CHANGED: VaultError = VaultError::Key {
            what: "list of a run's requests",
        };
        let mut found: Option<ObservedRun> = None;
        for row in work.observed_batches(self.account, run)? {
            let key = self.account_key(work, row.account_key_version)?;
            let data = key.open_observed(&self.observed_context(run, row.batch), &row.sealed);
            let data = data.map_err(|_| CHANGED)?;
            let batch: ObservedBatch = serde_json::from_slice(&data).map_err(|_| CHANGED)?;
            let whole = found.get_or_insert_with(|| ObservedRun {
                run,
                about: batch.about,
                requests: BTreeMap::new(),
                left_out: 0,
            });
            for (request, times) in batch.requests {
                let sum = whole.requests.entry(request).or_default();
                *sum = sum.saturating_add(times);
            }
            whole.left_out = whole.left_out.saturating_add(batch.left_out);
        }
        Ok(found)
    }

    fn observed_context(&self, run: RunId, batch: u32) -> ObservedContext {
        ObservedContext {
            instance: self.vault.keyring.instance(),
            account: self.account,
            run,
            batch,
        }
    }
}
