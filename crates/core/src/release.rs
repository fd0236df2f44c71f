//! Values on their way to a run, after the release was recorded.

use crate::ids::RunId;
use crate::names::SecretKey;
use crate::policy::Policy;
use crate::value::SecretValue;

/// What one run was given. Shared as `Arc<Release>`; the values are overwritten when the last holder goes.
pub struct Release {
    /// The run that the audit record names.
    pub run: RunId,
    /// The secrets, sorted by key.
    pub secrets: Vec<ReleasedSecret>,
}

/// One secret as it leaves to a run.
pub struct ReleasedSecret {
    /// Its name, which is the environment variable's name.
    pub key: SecretKey,
    /// The version released.
    pub version: u32,
    /// Its cleartext.
    pub value: SecretValue,
    /// The policy that was sealed in with this version.
    pub policy: Policy,
}

impl Release {
    /// A run without any secret.
    #[must_use]
    pub fn empty(run: RunId) -> Self {
        Self {
            run,
            secrets: Vec::new(),
        }
    }

    /// The secret called `key`, if this run has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&ReleasedSecret> {
        self.secrets.iter().find(|it| it.key.as_str() == key)
    }
}
