//! An agent definition as clients see it.

use distri_core::Timestamp;
use distri_vault::agents::AgentInfo;
use schemars::JsonSchema;
use serde::Serialize;

/// What is known of an agent definition.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Agent")]
pub(super) struct View {
    /// Its identifier, a UUID.
    id: String,
    /// Its name.
    name: String,
    /// What it says of itself.
    description: Option<String>,
    /// The keys without which it does not start.
    required: Vec<String>,
    /// The keys that it uses where they are set.
    optional: Vec<String>,
    /// How often it was pushed with another text.
    revision: u32,
    /// When it first was.
    #[schemars(with = "String")]
    created_at: Timestamp,
    /// When it last was.
    #[schemars(with = "String")]
    updated_at: Timestamp,
    /// By whom.
    updated_by: String,
    /// Which integrity check it fails, if it does: it is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    damage: Option<String>,
}

impl From<AgentInfo> for View {
    fn from(info: AgentInfo) -> Self {
        Self {
            id: info.id,
            name: info.name.into(),
            description: info.description,
            required: info.required.into_iter().map(String::from).collect(),
            optional: info.optional.into_iter().map(String::from).collect(),
            revision: info.revision,
            created_at: info.created_at,
            updated_at: info.updated_at,
            updated_by: info.updated_by,
            damage: info.damage,
        }
    }
}
