//! Session data of a conversation, kept encrypted in the vault.

use std::sync::Arc;

use crate::caller::Caller;
use distri_runtime::run::SessionStore;
use serde_json::Value;

use crate::context::Context;

/// The vault as a run sees it.
pub(crate) struct VaultSessions(pub(crate) Arc<Context>);

impl SessionStore for VaultSessions {
    fn get(&self, session: &str, key: &str) -> Result<Option<Value>, String> {
        let Some(bytes) = self
            .caller()?
            .session_get(session, key)
            .map_err(|it| it.message().to_owned())?
        else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| "the session data is not JSON".to_owned())
    }

    fn set(&self, session: &str, key: &str, value: &Value) -> Result<(), String> {
        let bytes = zeroize::Zeroizing::new(value.to_string().into_bytes());
        self.caller()?
            .session_set(session, key, &bytes, None)
            .map_err(|it| it.message().to_owned())
    }

    fn delete(&self, session: &str, key: &str) -> Result<(), String> {
        self.caller()?
            .session_delete(session, key)
            .map(drop)
            .map_err(|it| it.message().to_owned())
    }
}

impl VaultSessions {
    fn caller(&self) -> Result<Caller<'_>, String> {
        self.0
            .caller()
            .map_err(|_| "the session data cannot be reached".to_owned())
    }
}
