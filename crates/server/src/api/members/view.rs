//! A member as clients see them.

use distri_core::Timestamp;
use distri_vault::people::MemberView;
use schemars::JsonSchema;
use serde::Serialize;

/// A member of the account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Member")]
pub(super) struct View {
    /// Their identifier, a UUID.
    id: String,
    /// What they sign in with.
    email: String,
    /// What they are called.
    name: String,
    /// `owner`, `admin`, `member` or `viewer`.
    role: &'static str,
    /// Since when.
    #[schemars(with = "String")]
    created_at: Timestamp,
    /// Who invited them.
    created_by: String,
    /// Which integrity check fails, if one does: such a member cannot act.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    damage: Option<String>,
}

impl From<MemberView> for View {
    fn from(member: MemberView) -> Self {
        Self {
            id: member.id.to_string(),
            email: member.email.into(),
            name: member.name.into(),
            role: member.role.as_str(),
            created_at: member.created_at,
            created_by: member.created_by,
            damage: member.damage,
        }
    }
}
