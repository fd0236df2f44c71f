//! Values, policies and secrets as the API's JSON has them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use data_encoding::BASE64;
use distri_core::policy::{AgentScope, Binding, Delivery};
use distri_core::{AgentName, Environment, Policy, SecretKey, SecretValue, Timestamp};
use distri_vault::secrets::{Edit, SecretInfo};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// A value on its way to the server: text as it is, other bytes as base64.
#[derive(Serialize)]
pub(super) struct Outgoing<'v> {
    value: Shown<'v>,
    encoding: Encoding,
}

impl<'v> Outgoing<'v> {
    pub(super) fn new(value: &'v SecretValue) -> Self {
        Self::bytes(value.expose_secret())
    }

    /// The same of bytes that are no secret's.
    pub(super) fn bytes(value: &'v [u8]) -> Self {
        let encoding = match str::from_utf8(value) {
            Ok(_) => Encoding::Text,
            Err(_) => Encoding::Base64,
        };
        Self {
            value: Shown(value),
            encoding,
        }
    }
}

struct Shown<'v>(&'v [u8]);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0;
        match str::from_utf8(bytes) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_str(&Zeroizing::new(BASE64.encode(bytes))),
        }
    }
}

/// How a value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    #[default]
    Text,
    Base64,
}

/// A value that came from the server, not yet decoded. A type that has one takes it as a field of its own: flattened, it
/// would pass through copies that nobody overwrites.
pub(super) struct Incoming(Zeroizing<Vec<u8>>);

impl Incoming {
    /// The value; `None` where it is not written as it says.
    pub(super) fn read(mut self, encoding: Encoding) -> Option<SecretValue> {
        let bytes = std::mem::take(&mut *self.0);
        let bytes = match encoding {
            Encoding::Text => bytes,
            Encoding::Base64 => BASE64.decode(&Zeroizing::new(bytes)).ok()?,
        };
        SecretValue::new(bytes).ok()
    }
}

impl<'de> Deserialize<'de> for Incoming {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Incoming;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Incoming, E> {
                Ok(Incoming(Zeroizing::new(text.as_bytes().to_vec())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Where a value may go, for whom, and how it is delivered.
#[derive(Deserialize)]
pub(super) struct PolicyView {
    pub(super) hosts: Vec<Binding>,
    pub(super) agents: Option<BTreeSet<AgentName>>,
    pub(super) delivery: Delivery,
    #[serde(default)]
    pub(super) body: bool,
}

impl From<PolicyView> for Policy {
    fn from(view: PolicyView) -> Self {
        Self {
            hosts: view.hosts,
            agents: view.agents.map_or(AgentScope::All, AgentScope::Only),
            delivery: view.delivery,
            body: view.body,
        }
    }
}

/// A secret without its value.
#[derive(Deserialize)]
pub(super) struct SecretView {
    id: String,
    key: SecretKey,
    #[serde(default)]
    environment: Environment,
    version: u32,
    #[serde(flatten)]
    policy: PolicyView,
    note: Option<String>,
    expires_at: Option<Timestamp>,
    rotate_every_days: Option<u32>,
    rotation_due_at: Option<Timestamp>,
    staged_version: Option<u32>,
    created_at: Timestamp,
    updated_at: Timestamp,
    value_changed_at: Timestamp,
    deleted_at: Option<Timestamp>,
    pub(super) damage: Option<String>,
}

impl From<SecretView> for SecretInfo {
    fn from(view: SecretView) -> Self {
        Self {
            id: view.id,
            key: view.key,
            environment: view.environment,
            version: view.version,
            policy: view.policy.into(),
            note: view.note,
            expires_at: view.expires_at,
            rotate_every_days: view.rotate_every_days,
            rotation_due_at: view.rotation_due_at,
            staged_version: view.staged_version,
            created_at: view.created_at,
            updated_at: view.updated_at,
            value_changed_at: view.value_changed_at,
            deleted_at: view.deleted_at,
        }
    }
}

/// What is said about a secret beside its value: what is kept is left out.
#[derive(Serialize)]
pub(super) struct About<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hosts: Option<&'e [Binding]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<Option<Vec<&'e AgentName>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<Delivery>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Option<&'e str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Option<Timestamp>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotate_every_days: Option<Option<u32>>,
}

/// The same as a verb has it.
pub(super) struct Edits<'e> {
    pub(super) hosts: &'e Edit<Vec<Binding>>,
    pub(super) agents: &'e Edit<AgentScope>,
    pub(super) delivery: Edit<Delivery>,
    pub(super) body: Edit<bool>,
    pub(super) note: &'e Edit<Option<String>>,
    pub(super) expires_at: Edit<Option<Timestamp>>,
    pub(super) rotate_every_days: Edit<Option<u32>>,
}

impl<'e> From<Edits<'e>> for About<'e> {
    fn from(edits: Edits<'e>) -> Self {
        Self {
            hosts: set(edits.hosts).map(Vec::as_slice),
            agents: set(edits.agents).map(|it| match it {
                AgentScope::All => None,
                AgentScope::Only(names) => Some(names.iter().collect()),
            }),
            delivery: set(&edits.delivery).copied(),
            body: set(&edits.body).copied(),
            note: set(edits.note).map(Option::as_deref),
            expires_at: set(&edits.expires_at).copied(),
            rotate_every_days: set(&edits.rotate_every_days).copied(),
        }
    }
}

fn set<T>(edit: &Edit<T>) -> Option<&T> {
    match edit {
        Edit::Keep => None,
        Edit::Set(value) => Some(value),
    }
}

/// One of the words that the vault has; another one, of a newer server, is shown as `other`.
pub(super) fn known(words: &[&'static str], said: Cow<'_, str>) -> &'static str {
    words.iter().find(|it| **it == said).copied().unwrap_or("other")
}
