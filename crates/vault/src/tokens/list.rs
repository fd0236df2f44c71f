//! Listing tokens: everything but their texts, which nobody has.

use distri_core::authz::{Allowed, Limits, Role, Scopes, Tokens};
use distri_core::{Label, Timestamp};
use distri_store::rows::TokenRow;
use serde::{Deserialize, Serialize};

use crate::{Caller, VaultError};

/// What is known of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenView {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// What it is for.
    pub scopes: Scopes,
    /// What it is limited to; a part that is absent limits nothing.
    pub limits: Limits,
    /// The greatest role that it may act with.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it is.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Which check it fails, if any: such a token does not work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

/// Whether a token works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenState {
    /// It works.
    Active,
    /// It is past its expiry.
    Expired,
    /// It was revoked.
    Revoked,
    /// It fails a check of its integrity.
    Damaged,
}

impl TokenState {
    /// The word on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Damaged => "damaged",
        }
    }
}

impl TokenView {
    /// Whether it works at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> TokenState {
        match self {
            Self { damage: Some(_), .. } => TokenState::Damaged,
            Self {
                revoked_at: Some(_), ..
            } => TokenState::Revoked,
            Self {
                expires_at: Some(at), ..
            } if *at <= now => TokenState::Expired,
            _ => TokenState::Active,
        }
    }
}

impl From<&TokenRow> for TokenView {
    fn from(row: &TokenRow) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            scopes: row.scopes.clone(),
            limits: row.limits.clone(),
            role: row.role,
            created_at: row.created_at,
            created_by: row.created_by.clone(),
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.used_at,
            damage: None,
        }
    }
}

impl Caller<'_> {
    /// The tokens of the account, oldest first, revoked ones included: all as owner or admin, else one's own.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn tokens(&self) -> Result<Vec<TokenView>, VaultError> {
        let allowed = self.authorize::<Tokens>()?;
        let checked = self.read(|work| {
            let mut rows = work.tokens(self.account)?;
            rows.retain(|it| self.sees_token(&allowed, it));
            let checked = rows.into_iter().map(|row| (self.vault.check_row(work, &row), row));
            Ok(checked.collect::<Vec<_>>())
        })?;
        let views = checked.into_iter().map(|(check, row)| TokenView {
            damage: self.noticing(check).err().map(|error| error.to_string()),
            ..TokenView::from(&row)
        });
        Ok(views.collect())
    }

    /// Whether a token is one that this caller may see and revoke.
    pub(super) fn sees_token(&self, allowed: &Allowed<Tokens>, row: &TokenRow) -> bool {
        allowed.actor().role >= Role::Admin || (self.person.is_some() && row.person == self.person)
    }
}
