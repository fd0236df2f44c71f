//! An invitation as clients see it: everything but its text.

use distri_core::Timestamp;
use distri_vault::people::InvitationView;
use schemars::JsonSchema;
use serde::Serialize;

/// An invitation that was not used yet.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
pub(super) struct View {
    /// Its identifier, a UUID.
    id: String,
    /// For whom.
    email: String,
    /// With which role: `owner`, `admin`, `member` or `viewer`.
    role: &'static str,
    /// Who made it.
    created_by: String,
    /// When it was made.
    #[schemars(with = "String")]
    created_at: Timestamp,
    /// When it stops working.
    #[schemars(with = "String")]
    expires_at: Timestamp,
}

impl From<InvitationView> for View {
    fn from(invitation: InvitationView) -> Self {
        Self {
            id: invitation.id.to_string(),
            email: invitation.email.into(),
            role: invitation.role.as_str(),
            created_by: invitation.created_by,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}
