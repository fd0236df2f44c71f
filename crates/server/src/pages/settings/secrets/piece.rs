//! Pieces that the pages of secrets share.

use distri_core::policy::AgentScope;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_vault::secrets::SecretInfo;
use maud::{Markup, html};

use super::LIST;
use crate::web::component::{Tone, badge};
use crate::web::{Faults, Field};

/// The address of a page about one secret: `page` is empty, or as `/edit`.
pub(super) fn path_of(key: &SecretKey, environment: &Environment, page: &str) -> String {
    match environment.is_default() {
        true => format!("{LIST}/{key}{page}"),
        false => format!("{LIST}/{key}{page}?environment={environment}"),
    }
}

/// What should be known of it at a glance.
pub(super) fn badges(info: &SecretInfo, now: Timestamp) -> Markup {
    html! {
        @if info.is_expired(now) { (badge(Tone::Bad, "expired")) " " }
        @else if let Some(days) = info.expires_at.map(|it| days_until(it, now)).filter(|it| *it <= 14) {
            (badge(Tone::Warning, &format!("expires in {}", in_days(days)))) " "
        }
        @if info.is_rotation_due(now) { (badge(Tone::Warning, "rotation due")) " " }
        @if info.staged_version.is_some() { (badge(Tone::Plain, "next value staged")) " " }
    }
}

/// Where its value may go.
pub(super) fn hosts(info: &SecretInfo) -> Markup {
    html! {
        @if info.policy.is_unbound() { (badge(Tone::Warning, "unbound")) }
        @else if info.policy.hosts.is_empty() { span.quiet { "nowhere" } }
        @else {
            @for (index, host) in info.policy.hosts.iter().take(3).enumerate() {
                @if index > 0 { ", " }
                code { (host) }
            }
            @if info.policy.hosts.len() > 3 { span.quiet { " and " (info.policy.hosts.len() - 3) " more" } }
        }
    }
}

/// Who may use it.
pub(super) fn agents(agents: &AgentScope) -> Markup {
    html! {
        @match agents {
            AgentScope::All => "every agent",
            AgentScope::Only(names) if names.is_empty() => "no agent",
            AgentScope::Only(names) => {
                @for (index, name) in names.iter().enumerate() { @if index > 0 { ", " } (name) }
            }
        }
    }
}

/// The field of another value; without one the present value stays.
pub(super) fn new_value_field(faults: &Faults) -> Markup {
    html! {
        div.value-field {
            (Field {
                name: "value", label: "New value", lines: Some(3), is_code: true, is_secret: true, is_optional: true,
                fault: faults.of("value"), hint: "Empty: the present value stays.", is_first: faults.are_none(),
                ..Field::default()
            })
            label.choice { input.show type="checkbox"; span { "Show what I type" } }
        }
    }
}

/// The field of a value: what is typed is hidden until its writer asks to see it, and is never shown again.
pub(super) fn value_field(faults: &Faults, is_first: bool) -> Markup {
    html! {
        div.value-field {
            (Field {
                name: "value", label: "Value", lines: Some(3), is_code: true, is_secret: true, fault: faults.of("value"),
                hint: "Kept as it is, up to 64 KiB.", is_first, ..Field::default()
            })
            label.choice { input.show type="checkbox"; span { "Show what I type" } }
        }
    }
}

fn days_until(at: Timestamp, now: Timestamp) -> i64 {
    at.duration_since(now).as_hours() / 24
}

fn in_days(days: i64) -> String {
    match days {
        0 => "hours".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
