//! A token as clients see it: everything but its text.

use std::collections::BTreeSet;

use distri_core::Timestamp;
use distri_core::authz::Limits;
use distri_vault::tokens::TokenView;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::field::each;
use crate::error::ApiError;

/// A token without its text, which nobody has but its holder.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub(crate) struct View {
    /// Its identifier, a UUID.
    id: String,
    /// Its name.
    name: String,
    /// What it is for: `read`, `write`, `reveal`, `resolve`, `admin`.
    scopes: Vec<&'static str>,
    limits: LimitsView,
    /// The greatest role that it may act with.
    role: &'static str,
    /// `active`, `expired`, `revoked` or `damaged`.
    state: &'static str,
    /// When it was made.
    #[schemars(with = "String")]
    created_at: Timestamp,
    /// Who made it.
    created_by: String,
    /// When it stops working.
    #[schemars(with = "Option<String>")]
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[schemars(with = "Option<String>")]
    revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[schemars(with = "Option<String>")]
    last_used_at: Option<Timestamp>,
    /// Which integrity check it fails, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    damage: Option<String>,
}

impl View {
    pub(crate) fn new(token: TokenView, now: Timestamp) -> Self {
        Self {
            state: token.state(now).as_str(),
            id: token.id,
            name: token.name.into(),
            scopes: token.scopes.iter().map(|it| it.as_str()).collect(),
            limits: (&token.limits).into(),
            role: token.role.as_str(),
            created_at: token.created_at,
            created_by: token.created_by,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
            last_used_at: token.last_used_at,
            damage: token.damage,
        }
    }
}

/// What a token is limited to; a part that is left out limits nothing.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Limits")]
pub(crate) struct LimitsView {
    /// These keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<String>>,
    /// These agents, and the secrets that they may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<Vec<String>>,
    /// These environments.
    #[serde(skip_serializing_if = "Option::is_none")]
    environments: Option<Vec<String>>,
    /// Requests from these addresses, such as `10.0.0.0/8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<String>>,
}

impl LimitsView {
    pub(crate) fn read(&self) -> Result<Limits, ApiError> {
        Ok(Limits {
            keys: set("keys", self.keys.as_ref())?,
            agents: set("agents", self.agents.as_ref())?,
            environments: set("environments", self.environments.as_ref())?,
            addresses: set("addresses", self.addresses.as_ref())?,
        })
    }
}

impl From<&Limits> for LimitsView {
    fn from(limits: &Limits) -> Self {
        Self {
            keys: texts(limits.keys.as_ref()),
            agents: texts(limits.agents.as_ref()),
            environments: texts(limits.environments.as_ref()),
            addresses: texts(limits.addresses.as_ref()),
        }
    }
}

fn set<T>(field: &str, texts: Option<&Vec<String>>) -> Result<Option<BTreeSet<T>>, ApiError>
where
    T: std::str::FromStr + Ord,
    T::Err: std::fmt::Display,
{
    let read = texts.map(|it| each(field, it)).transpose()?;
    Ok(read.map(|it| it.into_iter().collect()))
}

fn texts<T: ToString>(set: Option<&BTreeSet<T>>) -> Option<Vec<String>> {
    set.map(|it| it.iter().map(ToString::to_string).collect())
}
