//! A secret as clients see it: everything but its value.

use distri_core::Timestamp;
use distri_core::policy::Binding;
use distri_vault::secrets::SecretInfo;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::field::names_of;

/// What stands for every value, whatever its key and its length are.
const MASKED: &str = "••••••••";

/// A secret without its value.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Secret")]
pub(crate) struct SecretView {
    /// Its identifier, a UUID.
    id: String,
    /// Its key.
    key: String,
    /// Its environment.
    environment: String,
    /// Eight bullets.
    masked_value: &'static str,
    /// The version in use, from 1.
    version: u32,
    /// Where the value may go; empty when it is bound to no host.
    hosts: Vec<String>,
    /// The agents that may use it; null for all of them.
    agents: Option<Vec<String>>,
    /// `auto`, `placeholder` or `value`.
    delivery: &'static str,
    /// Whether the value may be put into a request's body.
    body: bool,
    /// What people wrote about it.
    note: Option<String>,
    /// When it stops being given out.
    #[schemars(with = "Option<String>")]
    expires_at: Option<Timestamp>,
    /// After how many days its value is to be replaced.
    rotate_every_days: Option<u32>,
    /// When that is.
    #[schemars(with = "Option<String>")]
    rotation_due_at: Option<Timestamp>,
    /// The version that waits beside the one in use.
    staged_version: Option<u32>,
    /// When its first version was set.
    #[schemars(with = "String")]
    created_at: Timestamp,
    /// When it was last changed in any way.
    #[schemars(with = "String")]
    updated_at: Timestamp,
    /// When a value was last set.
    #[schemars(with = "String")]
    value_changed_at: Timestamp,
    /// When it was deleted, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    deleted_at: Option<Timestamp>,
    /// Which integrity check it fails, if it does: it is not given out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    damage: Option<String>,
}

impl SecretView {
    /// The same with the check that it fails.
    pub(crate) fn damaged(self, damage: Option<String>) -> Self {
        Self { damage, ..self }
    }
}

impl From<SecretInfo> for SecretView {
    fn from(info: SecretInfo) -> Self {
        let policy = info.policy;
        Self {
            id: info.id,
            key: info.key.into(),
            environment: info.environment.into(),
            masked_value: MASKED,
            version: info.version,
            hosts: policy.hosts.iter().map(Binding::to_string).collect(),
            agents: names_of(&policy.agents),
            delivery: policy.delivery.as_str(),
            body: policy.body,
            note: info.note,
            expires_at: info.expires_at,
            rotate_every_days: info.rotate_every_days,
            rotation_due_at: info.rotation_due_at,
            staged_version: info.staged_version,
            created_at: info.created_at,
            updated_at: info.updated_at,
            value_changed_at: info.value_changed_at,
            deleted_at: info.deleted_at,
            damage: None,
        }
    }
}
