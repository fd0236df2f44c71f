//! Values on their way to a run, after the release was recorded.

use std::sync::Arc;

use crate::ids::RunId;
use crate::names::SecretKey;
use crate::placeholder::{Placeholder, PlaceholderKey};
use crate::policy::Policy;
use crate::value::SecretValue;

/// What one run was given. Shared as `Arc<Release>`; the values are overwritten when the last holder goes.
pub struct Release {
    /// The run that the audit record names.
    pub run: RunId,
    /// The secrets, sorted by key.
    pub secrets: Vec<ReleasedSecret>,
    /// Recognises every placeholder of the instance, also those of other runs.
    pub placeholders: Option<Arc<PlaceholderKey>>,
}

/// One secret as it leaves to a run.
pub struct ReleasedSecret {
    /// Its name, which is the environment variable's name.
    pub key: SecretKey,
    /// The version released.
    pub version: u32,
    /// Its cleartext: for the broker, and for the run only where it has no placeholder.
    pub value: SecretValue,
    /// What the run holds instead of the value.
    pub placeholder: Option<Placeholder>,
    /// The policy that was sealed in with this version.
    pub policy: Policy,
}

impl ReleasedSecret {
    /// What the run itself gets: the placeholder where there is one, else the value.
    #[must_use]
    pub fn given(&self) -> &[u8] {
        match &self.placeholder {
            Some(placeholder) => placeholder.as_str().as_bytes(),
            None => self.value.expose_secret(),
        }
    }
}

impl Release {
    /// A run without any secret.
    #[must_use]
    pub fn empty(run: RunId) -> Self {
        Self {
            run,
            secrets: Vec::new(),
            placeholders: None,
        }
    }

    /// The secret called `key`, if this run has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&ReleasedSecret> {
        self.secrets.iter().find(|it| it.key.as_str() == key)
    }
}
