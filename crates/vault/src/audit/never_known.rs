//! A key that the log never knew: an answer of "nobody" would be a false comfort to whoever mistyped it.

use std::fmt;

use distri_core::authz::{Allowed, Audit};
use distri_core::names::is_near;
use distri_core::{Environment, SecretKey, Timestamp};

use super::{Kept, WhoDid};
use crate::{Caller, VaultError};

/// Which key, and the one that was perhaps meant.
#[derive(Debug)]
pub struct NeverKnown {
    /// The key.
    pub key: SecretKey,
    /// Where it was looked for; in all environments without one.
    pub environment: Option<Environment>,
    /// Another environment that has one.
    pub elsewhere: Option<Environment>,
    /// A key that is near.
    pub near: Option<SecretKey>,
    /// From where on the log has its records, where it was pruned.
    pub kept: Option<Kept>,
}

impl fmt::Display for NeverKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the audit log has never known a secret `{}`", self.key)?;
        if let Some(environment) = &self.environment {
            write!(f, " in environment `{environment}`")?;
        }
        if let Some(kept) = &self.kept {
            write!(f, " since record {}, and those before it were pruned", kept.seq)?;
        }
        match (&self.elsewhere, &self.near) {
            (Some(elsewhere), _) => write!(f, "; there is one in environment `{elsewhere}`"),
            (None, Some(near)) => write!(f, "; did you mean `{near}`"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for NeverKnown {}

impl Caller<'_> {
    /// That the log has known a secret of this key, in one environment or in any.
    ///
    /// # Errors
    /// [`VaultError::NeverKnown`], [`VaultError::Denied`], [`VaultError::Log`].
    pub fn check_known(&self, key: &SecretKey, environment: Option<&Environment>) -> Result<(), VaultError> {
        let ever = WhoDid {
            key: key.clone(),
            environment: environment.cloned(),
            from: Timestamp::MIN,
            to: Timestamp::MAX,
            after: 0,
            limit: 1,
        };
        self.who_did(&ever).map(drop)
    }

    /// The refusal to answer about a key that is not known.
    pub(super) fn never_known(
        &self,
        allowed: &Allowed<Audit>,
        key: &SecretKey,
        environment: Option<&Environment>,
        kept: Option<Kept>,
    ) -> VaultError {
        let all = match self.read(|work| Ok(work.secrets(self.account, None, true)?.within(allowed))) {
            Ok(all) => all,
            Err(error) => return error,
        };
        let secrets = || all.iter().map(|it| &it.secret);
        let elsewhere = secrets().find(|it| it.key == *key).map(|it| it.environment.clone());
        let near = secrets()
            .find(|it| is_near(it.key.as_str(), key.as_str()))
            .map(|it| it.key.clone());
        VaultError::NeverKnown(Box::new(NeverKnown {
            key: key.clone(),
            environment: environment.cloned(),
            elsewhere,
            near,
            kept,
        }))
    }
}
