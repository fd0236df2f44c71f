//! What there is in an account, without looking at all of it.

use distri_core::Environment;
use distri_core::authz::Read;

use super::find::MOST_COUNTED;
use crate::{Caller, VaultError};

/// What there is.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The environments in which there are secrets, sorted.
    pub environments: Vec<Environment>,
    /// How many keys there are; at most one more than [`MOST_COUNTED`].
    pub keys: u32,
    /// How many secrets are deleted and can be brought back; counted as far as keys are.
    pub deleted: u32,
}

impl Caller<'_> {
    /// Counts secrets. Rows are counted as they are, none is checked.
    ///
    /// # Errors
    /// [`VaultError::Denied`], also for a token that is limited to some of the secrets; [`VaultError::Store`].
    pub fn tally(&self) -> Result<Tally, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let counted = self.read(|work| Ok(work.tally(self.account, MOST_COUNTED + 1)?))?;
        let tally = self.permitted(counted.whole(&allowed))?;
        Ok(Tally {
            environments: tally.environments,
            keys: tally.keys,
            deleted: tally.deleted,
        })
    }
}
