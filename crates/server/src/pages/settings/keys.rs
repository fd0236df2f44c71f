//! `/settings/keys`: the key slots, the history of the keys, and how far the evidence outside the database goes.

use distri_vault::audit::AuditStatus;
use distri_vault::keys::{KeyInfo, KeyStatus};
use distri_vault::root_key::{RootKeyError, Surroundings};
use maud::{Markup, html};

use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{Tone, badge, table};
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "keys_page",
    path: "/settings/keys",
    run: Run::Member(show),
    ..Route::BLANK
};

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let vault = &visit.app.vault;
    let nobody = &mut || Err(RootKeyError::Parameters);
    let status = visit.caller.key_status(&Surroundings::of(vault.home(), nobody))?;
    let log = vault.audit_status()?;
    let main = html! {
        div.head {
            div {
                h1 { "Keys" }
                p { "What unlocks this installation, as fingerprints. Changes are made on the machine: see " code { "distri keys" } "." }
            }
        }
        h2 { "Slots" }
        (slots(&status))
        h2 { "Keys under them" }
        (history(&status))
        h2 { "Evidence" }
        (evidence(&vault.audit_key(), log))
    };
    Ok(visit.page("Keys", &main))
}

fn slots(status: &KeyStatus) -> Markup {
    let rows = html! {
        @for it in &status.slots {
            tr {
                th scope="row" { (it.provider) br; span.quiet.small { code { (it.id) } } }
                td data-label="Place" { (it.place.replace('`', "")) }
                td data-label="Root key" { code.nowrap { (it.root_key) } }
                td data-label="Instance key" { code.nowrap { (it.instance_key) } }
                td data-label="Since" { (when(it.created_at)) }
            }
        }
    };
    table(
        "The slots, each of which unlocks the installation",
        &["Provider", "Place", "Root key", "Instance key", "Since"],
        rows,
    )
}

fn history(status: &KeyStatus) -> Markup {
    let newest = status.instance_keys.last().map(|it| it.version);
    let row = |what: &str, key: &KeyInfo, state: Markup| {
        html! {
            tr {
                th scope="row" { (what) " version " (key.version) }
                td data-label="Fingerprint" { code { (key.fingerprint) } }
                td data-label="Since" { (when(key.created_at)) }
                td data-label="State" { (state) }
            }
        }
    };
    let rows = html! {
        @for it in &status.instance_keys {
            @let state = if Some(it.version) == newest { badge(Tone::Good, "in use") } else { badge(Tone::Plain, "replaced") };
            (row("Instance key", it, state))
        }
        @for it in &status.account_keys {
            (row("Account key", &it.key, html! { (it.data_keys) " data keys, " (it.uses) " uses" }))
        }
    };
    table(
        "Instance keys and account keys, oldest first",
        &["Key", "Fingerprint", "Since", "State"],
        rows,
    )
}

fn evidence(key: &str, log: AuditStatus) -> Markup {
    let unsigned = log.size.saturating_sub(log.covered);
    html! {
        dl.facts {
            dt { "Audit records" } dd { (log.size) }
            dt { "Signed" } dd {
                "through record " (log.covered)
                @if unsigned > 0 { span.quiet { " (the newest " (unsigned) " are signed with the next checkpoint)" } }
            }
            dt { "Outside the database" } dd {
                @if log.undelivered == 0 { (badge(Tone::Good, "every checkpoint is delivered")) }
                @else { (badge(Tone::Warning, "not delivered")) " " (log.undelivered) " checkpoints" }
                @if log.undelivered_to_webhook > 0 {
                    " " (badge(Tone::Warning, "not delivered to the webhook")) " " (log.undelivered_to_webhook) " checkpoints"
                }
            }
            dt { "Key of the checkpoints" } dd { code { (key) } }
        }
    }
}
