//! Facts about secrets for the best-practice rules: what can be said without showing a value.

use std::ops::ControlFlow::Continue;

use distri_core::authz::{Read, Write};
use distri_core::{Environment, SecretValue};
use distri_store::lists::Place;
use distri_store::rows::Change;

use super::SecretInfo;
use super::walk::Which;
use crate::{Caller, VaultError};

/// What the rules need to know of one secret.
#[derive(Clone, Debug)]
pub struct SecretFacts {
    /// What is known of it.
    pub info: SecretInfo,
    /// How many versions brought a value.
    pub values_set: usize,
    /// The answer of `is_weak` for its value.
    pub weak: bool,
    /// Other environments in which this key has the same value.
    pub same_value_in: Vec<Environment>,
}

impl Caller<'_> {
    /// Facts about every live secret. Values are opened inside the vault to be compared, and none leaves it; so the
    /// permission to write is needed, not the one to reveal.
    ///
    /// # Errors
    /// [`VaultError::Integrity`] names the first secret that is not believed.
    pub fn facts(&self, is_weak: &dyn Fn(&[u8]) -> bool) -> Result<Vec<SecretFacts>, VaultError> {
        let _reads = self.authorize::<Read>()?;
        let allowed = self.authorize::<Write>()?;
        self.read(|work| {
            let mut facts: Vec<SecretFacts> = Vec::new();
            // The values of one key, whose secrets are neighbours: no more of them are in memory at a time.
            let mut values: Vec<(usize, SecretValue)> = Vec::new();
            let all = usize::MAX;
            self.walk(&allowed, work, Which::LIVE, &Place::beginning(), all, |work, view| {
                let view = self.verified(work, view)?;
                let version = self.current_version(work, &view.secret)?;
                let value = self.open_to_reseal(&allowed, work, &view.secret, &version)?;
                let versions = work.versions(view.secret.id)?;
                let values_set = versions
                    .iter()
                    .filter(|it| !matches!(it.change, Change::Policy | Change::Staged))
                    .count();
                if facts.last().is_some_and(|it| it.info.key != view.secret.key) {
                    values.clear();
                }
                let mut same_value_in = Vec::new();
                for (index, _) in values.iter().filter(|(_, it)| it.same_as(&value)) {
                    let other = &mut facts[*index];
                    same_value_in.push(other.info.environment.clone());
                    other.same_value_in.push(view.secret.environment.clone());
                }
                let weak = is_weak(value.expose_secret());
                values.push((facts.len(), value));
                facts.push(SecretFacts {
                    info: view.into(),
                    values_set,
                    weak,
                    same_value_in,
                });
                Ok(Continue(()))
            })?;
            Ok(facts)
        })
    }
}
