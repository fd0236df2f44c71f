//! Pieces that the pages of secrets share.

use distri_core::Timestamp;
use distri_vault::secrets::SecretInfo;
use maud::{Markup, html};

use crate::web::component::{Tone, badge};
use crate::web::{Faults, Field};

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
