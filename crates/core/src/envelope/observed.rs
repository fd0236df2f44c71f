//! Sealing what was observed of a run's requests: hosts and paths are private, and a binding is made from them, so that
//! whoever edits the database must neither read them nor add one.

use zeroize::Zeroizing;

use super::aead::{Aead, OpenError};
use super::canonical::Canonical;
use super::keys::{AccountKey, Role};
use crate::ids::{AccountId, InstanceId, RunId};

/// Everything that a sealed batch of observed requests is bound to.
#[derive(Clone, Copy)]
pub struct ObservedContext {
    /// The installation.
    pub instance: InstanceId,
    /// The account that the run belongs to.
    pub account: AccountId,
    /// The run.
    pub run: RunId,
    /// The batch's number in the run, from 1.
    pub batch: u32,
}

impl ObservedContext {
    fn ad(&self) -> Canonical {
        let mut ad = Canonical::new("seal.observed");
        ad.bytes(self.instance.as_bytes())
            .bytes(self.account.as_bytes())
            .bytes(self.run.as_bytes())
            .number(self.batch.into());
        ad
    }
}

impl AccountKey {
    /// Seals a batch under a key derived for that purpose.
    #[must_use]
    pub fn seal_observed(&self, context: &ObservedContext, data: &[u8]) -> Vec<u8> {
        self.observed_aead(context.account).seal(data, &context.ad())
    }

    /// Opens a batch.
    ///
    /// # Errors
    /// [`OpenError`] when it, its run or its number was changed.
    pub fn open_observed(&self, context: &ObservedContext, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.observed_aead(context.account).open(sealed, &context.ad())
    }

    fn observed_aead(&self, account: AccountId) -> Aead {
        Aead::new(&self.derive(account.as_bytes(), "observed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bound_to_its_run_and_number() {
        let key = AccountKey::random();
        let context = ObservedContext {
            instance: InstanceId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            run: RunId::from_bytes([3; 16]),
            batch: 1,
        };
        let sealed = key.seal_observed(&context, b"{}");
        assert_eq!(key.open_observed(&context, &sealed).expect("opens").as_slice(), b"{}");
        let other_run = RunId::from_bytes([4; 16]);
        let other_account = AccountId::from_bytes([4; 16]);
        for changed in [
            ObservedContext {
                run: other_run,
                ..context
            },
            ObservedContext { batch: 2, ..context },
            ObservedContext {
                account: other_account,
                ..context
            },
        ] {
            assert_eq!(key.open_observed(&changed, &sealed).err(), Some(OpenError::Changed));
        }
    }
}
