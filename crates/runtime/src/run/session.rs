//! Session data: JSON values kept per conversation.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

/// Where session data is kept; the embedded vault implements it encrypted, a remote server over HTTP.
///
/// Calls may block: a run makes them on a thread that may wait. An error is a sentence that the
/// handler sees, so it must not repeat a value.
pub trait SessionStore: Send + Sync {
    /// The value under `key`, or nothing.
    ///
    /// # Errors
    /// A sentence without a value in it.
    fn get(&self, session: &str, key: &str) -> Result<Option<Value>, String>;

    /// Puts `value` under `key`.
    ///
    /// # Errors
    /// A sentence without a value in it.
    fn set(&self, session: &str, key: &str, value: &Value) -> Result<(), String>;

    /// Removes `key`; no error when it is not there.
    ///
    /// # Errors
    /// A sentence without a value in it.
    fn delete(&self, session: &str, key: &str) -> Result<(), String>;
}

/// Session data that ends with the process.
#[derive(Default)]
pub struct MemorySessions(Mutex<BTreeMap<(String, String), Value>>);

impl SessionStore for MemorySessions {
    fn get(&self, session: &str, key: &str) -> Result<Option<Value>, String> {
        Ok(self.map().get(&(session.to_owned(), key.to_owned())).cloned())
    }

    fn set(&self, session: &str, key: &str, value: &Value) -> Result<(), String> {
        self.map().insert((session.to_owned(), key.to_owned()), value.clone());
        Ok(())
    }

    fn delete(&self, session: &str, key: &str) -> Result<(), String> {
        self.map().remove(&(session.to_owned(), key.to_owned()));
        Ok(())
    }
}

impl MemorySessions {
    fn map(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), Value>> {
        // No operation leaves the map half-changed, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
