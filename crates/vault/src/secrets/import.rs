//! Importing: many values in one unit of work, planned first.

use distri_core::authz::Write;
use distri_core::{Environment, SecretKey, SecretValue};
use serde::Serialize;

use super::set::SetSecret;
use crate::{Caller, VaultError};

/// Values to import into one environment.
pub struct ImportSecrets {
    /// Where they go.
    pub environment: Environment,
    /// The values, each key once.
    pub entries: Vec<ImportEntry>,
    /// What to do with keys that hold another value already.
    pub on_conflict: OnConflict,
    /// Only plan.
    pub dry_run: bool,
}

/// One value to import.
pub struct ImportEntry {
    /// Its key.
    pub key: SecretKey,
    /// Its value.
    pub value: SecretValue,
    /// Its policy when it is new.
    pub default_policy: distri_core::Policy,
}

/// What to do with keys that hold another value already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Leave them as they are.
    Skip,
    /// Change nothing at all and name them.
    #[default]
    Fail,
    /// Set the new value; the old one stays in the history.
    Replace,
}

/// What importing does with one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Planned {
    /// There is none yet: it is set.
    New,
    /// There is another value: it is replaced, or kept under [`OnConflict::Skip`].
    Changed,
    /// It has this value already: nothing is done.
    Same,
}

/// What importing did, or would do.
#[derive(Clone, Debug)]
pub struct ImportOutcome {
    /// For each entry, in the order given.
    pub plan: Vec<(SecretKey, Planned)>,
    /// How many values were set.
    pub set: usize,
}

impl Caller<'_> {
    /// Imports all values, or none when one conflicts under [`OnConflict::Fail`].
    ///
    /// # Errors
    /// [`VaultError::Exists`] names the keys in conflict; [`VaultError::Integrity`].
    pub fn import(&self, request: ImportSecrets) -> Result<ImportOutcome, VaultError> {
        let allowed = self.authorize::<Write>()?;
        let ImportSecrets {
            environment,
            entries,
            on_conflict,
            dry_run,
        } = request;
        for entry in &entries {
            self.permitted(allowed.place(&environment, &entry.key))?;
        }
        let sets: Vec<SetSecret> = entries
            .into_iter()
            .map(|it| SetSecret {
                default_policy: it.default_policy,
                ..SetSecret::new(it.key, environment.clone(), it.value)
            })
            .collect();
        self.change(|work| {
            let mut plan = Vec::with_capacity(sets.len());
            for request in &sets {
                let planned = match work
                    .openable(self.account, &environment, &request.key)?
                    .within(&allowed)
                {
                    Some(row) if row.view.secret.deleted_at.is_none() => {
                        self.check_openable(&row)?;
                        let present = self.open_in_use_to_reseal(&allowed, work, &row)?;
                        if present.same_as(&request.value) {
                            Planned::Same
                        } else {
                            Planned::Changed
                        }
                    }
                    _ => Planned::New,
                };
                plan.push((request.key.clone(), planned));
            }
            let conflicts: Vec<SecretKey> = plan
                .iter()
                .filter(|it| it.1 == Planned::Changed)
                .map(|it| it.0.clone())
                .collect();
            if on_conflict == OnConflict::Fail && !conflicts.is_empty() && !dry_run {
                return Err(VaultError::Exists {
                    keys: conflicts,
                    environment: environment.clone(),
                });
            }
            let mut records = Vec::new();
            for (request, (_, planned)) in sets.iter().zip(&plan) {
                let wanted =
                    *planned == Planned::New || (*planned == Planned::Changed && on_conflict == OnConflict::Replace);
                if wanted && !dry_run {
                    records.push(self.set_in(&allowed, work, request)?.1);
                }
            }
            let set = records.len();
            Ok((ImportOutcome { plan, set }, records))
        })
    }
}
