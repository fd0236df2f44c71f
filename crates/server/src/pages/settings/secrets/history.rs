//! The versions of a secret: who set which, when, and the way back to one.

use distri_core::authz::{Reveal, Write};
use distri_vault::secrets::{HistoryEntry, SecretInfo};
use maud::{Markup, html};

use super::piece::path_of;
use crate::web::component::{Tone, badge, table_of_actions};
use crate::web::{Visit, when};

/// The table of versions, newest first.
pub(super) fn table(visit: &Visit<'_>, info: &SecretInfo, entries: &[HistoryEntry]) -> Markup {
    let path = |page: &str| path_of(&info.key, &info.environment, page);
    let rows = html! {
        @for it in entries {
            tr {
                th scope="row" {
                    (it.version) " "
                    @if it.current { (badge(Tone::Good, "in use")) }
                    @if it.staged { (badge(Tone::Plain, "staged")) }
                }
                td data-label="What" { (what(it)) }
                td data-label="When" { span.nowrap { (when(it.created_at)) } }
                td data-label="Who" { (it.created_by) }
                td.actions {
                    @if visit.may::<Reveal>() {
                        a.button.slight href={ (path("/reveal")) (sign(info)) "version=" (it.version) } {
                            "Reveal" span.only-heard { " version " (it.version) }
                        }
                    }
                    @if visit.may::<Write>() && !it.current && !it.staged {
                        " "
                        form method="post" action=(path("/rollback")) {
                            (visit.token())
                            input type="hidden" name="version" value=(it.version);
                            input type="hidden" name="expected" value=(info.version);
                            button.slight type="submit" { "Roll back" span.only-heard { " to version " (it.version) } }
                        }
                    }
                }
            }
        }
    };
    table_of_actions(
        &format!("Versions of {}", info.key),
        &["Version", "What", "When", "Who"],
        rows,
    )
}

/// What goes before another field of the query.
pub(super) fn sign(info: &SecretInfo) -> &'static str {
    match info.environment.is_default() {
        true => "?",
        false => "&",
    }
}

fn what(entry: &HistoryEntry) -> Markup {
    html! {
        @match (entry.change, entry.origin) {
            ("value", _) => "value set",
            ("policy", _) => "policy changed",
            ("staged", _) => "next value staged",
            ("promoted", _) => "staged value taken into use",
            ("rollback", Some(origin)) => { "rolled back to version " (origin) }
            (other, _) => (other),
        }
    }
}
