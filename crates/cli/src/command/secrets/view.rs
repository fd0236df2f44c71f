//! A secret as people and programs see it, without its value.

use distri_core::policy::Given;
use distri_core::{Policy, Timestamp};
use distri_vault::secrets::SecretInfo;
use serde::Serialize;

use crate::table::minute;
use crate::terminal::inert;

/// What stands for a value: eight bullets, whatever it is.
pub(crate) const MASKED: &str = "••••••••";

/// The JSON object of a secret.
#[derive(Serialize)]
pub(crate) struct SecretJson<'a> {
    #[serde(flatten)]
    info: &'a SecretInfo,
    /// What a run is given: `placeholder` or `value`.
    given: &'static str,
    /// Whether the value may go to any host.
    unbound: bool,
    masked_value: &'static str,
    /// Which integrity check it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<&'a str>,
}

impl<'a> SecretJson<'a> {
    pub(crate) fn new(info: &'a SecretInfo, damage: Option<&'a str>) -> Self {
        Self {
            info,
            given: given_word(&info.policy),
            unbound: info.policy.is_unbound(),
            masked_value: MASKED,
            damage,
        }
    }
}

/// Where the value may go: the hosts, or `any host`.
pub(crate) fn hosts(policy: &Policy) -> String {
    if policy.is_unbound() {
        return "any host".to_owned();
    }
    if policy.hosts.is_empty() {
        return "no host".to_owned();
    }
    policy
        .hosts
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// What a run is given of it, in a word.
fn given_word(policy: &Policy) -> &'static str {
    match policy.given() {
        Given::Placeholder => "placeholder",
        Given::Value => "value",
    }
}

/// The same for a column, with the mark of what may go anywhere.
pub(crate) fn given_cell(policy: &Policy) -> String {
    let mark = if policy.is_unbound() { ", unbound" } else { "" };
    format!("{}{mark}", given_word(policy))
}

/// What a run is given of it.
pub(crate) fn given(policy: &Policy) -> &'static str {
    match (policy.given(), policy.body) {
        (Given::Placeholder, false) => "runs get a placeholder",
        (Given::Placeholder, true) => "runs get a placeholder, also for bodies",
        (Given::Value, _) => "runs get the value",
    }
}

/// Which agents may use it.
pub(crate) fn agents(policy: &Policy) -> String {
    match policy.agents.to_string().as_str() {
        "*" => "all".to_owned(),
        names => names.replace(',', ", "),
    }
}

/// When it expires, marked when that is over.
pub(crate) fn expiry(info: &SecretInfo, now: Timestamp) -> String {
    match info.expires_at {
        None => "never".to_owned(),
        Some(at) if info.is_expired(now) => format!("{} (expired)", minute(at)),
        Some(at) => minute(at),
    }
}

/// When its value is to be replaced, marked when that is over.
pub(crate) fn rotation(info: &SecretInfo, now: Timestamp) -> String {
    match info.rotation_due_at {
        None => "-".to_owned(),
        Some(at) if info.is_rotation_due(now) => format!("{} (due)", minute(at)),
        Some(at) => minute(at),
    }
}

/// `version 2; goes only to api.stripe.com`: what is said after a change.
pub(crate) fn summary(info: &SecretInfo) -> String {
    summary_with(info, "")
}

/// The same, with a remark on the hosts.
pub(crate) fn summary_with(info: &SecretInfo, on_hosts: &str) -> String {
    let mut parts = vec![format!("version {}", info.version)];
    if !info.environment.is_default() {
        parts.push(format!("environment {}", info.environment));
    }
    let goes = match (info.policy.is_unbound(), info.policy.hosts.is_empty()) {
        (true, _) => "unbound: may go to any host".to_owned(),
        (false, true) => "goes to no host".to_owned(),
        (false, false) => format!("goes only to {}", hosts(&info.policy)),
    };
    parts.push(format!("{goes}{on_hosts}"));
    if !matches!(info.policy.agents, distri_core::policy::AgentScope::All) {
        parts.push(format!("only for {}", agents(&info.policy)));
    }
    if let Some(at) = info.expires_at {
        parts.push(format!("expires {}", minute(at)));
    }
    parts.push(given(&info.policy).to_owned());
    parts.join("; ")
}

/// Everything known, a line each.
pub(crate) fn lines(info: &SecretInfo, now: Timestamp) -> String {
    let rows = [
        ("key", info.key.to_string()),
        ("environment", info.environment.to_string()),
        ("version", info.version.to_string()),
        ("value", MASKED.to_owned()),
        ("hosts", hosts(&info.policy)),
        ("agents", agents(&info.policy)),
        (
            "delivery",
            format!("{} ({})", info.policy.delivery, given(&info.policy)),
        ),
        ("expires", expiry(info, now)),
        (
            "rotate",
            info.rotate_every_days.map_or_else(
                || "-".to_owned(),
                |days| format!("every {days} days, by {}", rotation(info, now)),
            ),
        ),
        (
            "staged",
            info.staged_version
                .map_or_else(|| "-".to_owned(), |version| format!("version {version}")),
        ),
        (
            "note",
            info.note
                .as_deref()
                .map_or_else(|| "-".to_owned(), |it| inert(it).replace('\n', "\n               ")),
        ),
        ("created", minute(info.created_at)),
        ("value changed", minute(info.value_changed_at)),
        ("updated", minute(info.updated_at)),
    ];
    rows.map(|(name, text)| format!("{name:13}  {text}")).join("\n")
}
