//! Fields of partial changes: left out, null, or a value.

use distri_core::Timestamp;
use distri_core::policy::{AgentScope, Binding, Delivery};
use distri_vault::secrets::Edit;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::error::ApiError;
use crate::input::named;

/// What may be said about a secret beside its value. What is left out stays, or is by default.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct About {
    /// Where the value may go, such as `api.stripe.com` or `GET,POST crm.example.com/api`; `[]` for any host.
    pub(crate) hosts: Option<Vec<String>>,
    /// The agents that may use it; null for all of them.
    #[serde(deserialize_with = "there")]
    pub(crate) agents: Option<Option<Vec<String>>>,
    /// `auto`, `placeholder` or `value`.
    pub(crate) delivery: Option<String>,
    /// Whether the value may be put into a request's body.
    pub(crate) body: Option<bool>,
    /// What people should know; null for nothing. At most 4 KiB.
    #[serde(deserialize_with = "there")]
    pub(crate) note: Option<Option<String>>,
    /// When it stops being given out (RFC 3339); null for never.
    #[serde(deserialize_with = "there")]
    pub(crate) expires_at: Option<Option<String>>,
    /// After how many days its value is to be replaced, 1 to 3,650; null for never.
    #[serde(deserialize_with = "there")]
    pub(crate) rotate_every_days: Option<Option<u32>>,
}

/// The same, read.
pub(crate) struct Edits {
    pub(crate) hosts: Edit<Vec<Binding>>,
    pub(crate) agents: Edit<AgentScope>,
    pub(crate) delivery: Edit<Delivery>,
    pub(crate) body: Edit<bool>,
    pub(crate) note: Edit<Option<String>>,
    pub(crate) expires_at: Edit<Option<Timestamp>>,
    pub(crate) rotate_every_days: Edit<Option<u32>>,
}

impl About {
    pub(crate) fn read(self) -> Result<Edits, ApiError> {
        let hosts = self.hosts.map(|it| each("hosts", &it)).transpose()?;
        let agents = self.agents.map(|names| match names {
            None => Ok(AgentScope::All),
            Some(names) => each("agents", &names).map(AgentScope::only),
        });
        let delivery = self.delivery.map(|it| named("delivery", &it)).transpose()?;
        let expires_at = self
            .expires_at
            .map(|it| it.map(|it| instant("expires_at", &it)).transpose());
        Ok(Edits {
            hosts: edit(hosts),
            agents: edit(agents.transpose()?),
            delivery: edit(delivery),
            body: edit(self.body),
            note: edit(self.note),
            expires_at: edit(expires_at.transpose()?),
            rotate_every_days: edit(self.rotate_every_days.map(checked_days).transpose()?),
        })
    }
}

fn checked_days(days: Option<u32>) -> Result<Option<u32>, ApiError> {
    match days {
        None | Some(1..=3_650) => Ok(days),
        Some(_) => Err(ApiError::invalid("`rotate_every_days` is a number from 1 to 3650")),
    }
}

/// An instant of a field.
pub(crate) fn instant(field: &str, text: &str) -> Result<Timestamp, ApiError> {
    let refused = || ApiError::invalid(format!("`{field}` is an instant such as `2027-01-31T12:00:00Z`"));
    let instant: Timestamp = text.parse().map_err(|_| refused())?;
    Timestamp::from_millisecond(instant.as_millisecond()).map_err(|_| refused())
}

/// Each of a list of names.
pub(crate) fn each<T>(field: &str, texts: &[String]) -> Result<Vec<T>, ApiError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    texts.iter().map(|it| named(field, it)).collect()
}

/// The agents by name; none when it is all of them.
pub(crate) fn names_of(agents: &AgentScope) -> Option<Vec<String>> {
    match agents {
        AgentScope::All => None,
        AgentScope::Only(names) => Some(names.iter().map(ToString::to_string).collect()),
    }
}

fn edit<T>(field: Option<T>) -> Edit<T> {
    field.map_or(Edit::Keep, Edit::Set)
}

/// A field that is there, even as null.
pub(crate) fn there<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
