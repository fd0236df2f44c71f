//! A record as a row of the page.

use distri_core::audit::{ActionKind, AlarmFacts, KeyChange, LogChange, Outcome, Record};
use distri_core::authz::ActorKind;
use maud::{Markup, html};

use crate::web::component::{Tone, badge};
use crate::web::when;

/// The row of a record with its number.
pub(super) fn row(seq: u64, record: &Record) -> Markup {
    html! {
        tr.alarm[record.action == ActionKind::Alarm] id={ "record-" (seq) } {
            td data-label="Time" { (when(record.at)) br; span.quiet.small { "number " (seq) } }
            th scope="row" { (what(record)) }
            td data-label="About" { (about(record)) }
            td data-label="Who" { (record.actor.name) br; span.quiet.small { (who(record)) } }
            td data-label="For" { (whom(record)) }
        }
    }
}

fn what(record: &Record) -> Markup {
    html! {
        code { (record.action.as_str()) }
        @if record.action == ActionKind::Alarm { " " (badge(Tone::Bad, "alarm")) }
        @if let Outcome::Denied(rule) = &record.outcome { " " (badge(Tone::Warning, "denied")) br; span.small { (rule) } }
    }
}

/// What kind of actor it was, with the role of one who has any.
fn who(record: &Record) -> Markup {
    let actor = &record.actor;
    html! { (actor.kind.as_str()) @if actor.kind != ActorKind::Nobody { ", " (actor.role.as_str()) } }
}

fn about(record: &Record) -> Markup {
    html! {
        @if let Some(alarm) = &record.alarm { (noticed(alarm)) }
        @if let Some(environment) = &record.environment { div { "environment " (environment) } }
        @for it in &record.subjects { div { code { (it.key) } " " span.quiet { "version " (it.version) } } }
        @if let Some(about) = &record.about {
            div { (about.name) }
            @for grant in &about.grants { div.quiet.small { (grant) } }
        }
        @if let Some(log) = &record.log { div { (of_the_log(log)) } }
        @if let Some(keys) = &record.keys { div { (of_the_keys(keys)) } }
    }
}

fn noticed(alarm: &AlarmFacts) -> Markup {
    html! {
        div { strong { (alarm.rule) } ": " (alarm.place) }
        @if let Some(destination) = &alarm.destination { div { "on the way to " (destination) } }
        @if let Some(step) = &alarm.step { div { "at " (step) } }
        @if let Some(origin) = &alarm.origin { div { "made for run " code { (origin) } } }
    }
}

fn whom(record: &Record) -> Markup {
    html! {
        @if let Some(agent) = &record.agent { div { "agent " code { (agent) } } }
        @if let Some(run) = &record.run { div.quiet.small { "run " code { (run) } } }
    }
}

fn of_the_log(change: &LogChange) -> String {
    match change {
        LogChange::Pruned { through } => format!("bodies of the records 1 to {through}"),
        LogChange::RolledBack { found, delivered } => format!("{found} records where {delivered} had been delivered"),
        LogChange::BackedUp { size, recipients } => format!("{size} records, for {recipients} recipients"),
        LogChange::Restored { size } => format!("{size} records"),
    }
}

fn of_the_keys(change: &KeyChange) -> String {
    match change {
        KeyChange::SlotAdded(slot) | KeyChange::SlotRetired(slot) => {
            format!("slot {} of `{}`, root key {}", slot.slot, slot.provider, slot.root_key)
        }
        KeyChange::InstanceRotated { from, to } => format!("instance key {from} replaced by {to}"),
        KeyChange::AccountRotated { version } => format!("account key version {version}"),
        KeyChange::Resealed(it) => format!("{} data keys under account key version {}", it.data_keys, it.version),
        KeyChange::Renewed(it) => format!(
            "{} new data keys under account key version {}",
            it.data_keys, it.version
        ),
    }
}
