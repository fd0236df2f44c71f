//! `/settings/audit`: who did what, to which versions, for whom; alarms stand out.

use distri_vault::VaultError;
use distri_vault::audit::AuditPage;
use maud::{Markup, html};

use super::record;
use super::search::Search;
use crate::error::ApiError;
use crate::page::Cursor;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{empty, table, when};
use crate::web::form::sentence;
use crate::web::{Faults, Visit};

pub(crate) static ROUTE: Route = Route {
    name: "audit_page",
    path: "/settings/audit",
    run: Run::Member(show),
    ..Route::BLANK
};

const TITLE: &str = "Audit";
/// Records of a page.
const MANY: usize = 50;

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let search: Search = visit.input.query()?;
    let mut faults = Faults::default();
    let filter = search.read(&mut faults);
    if !faults.are_none() {
        return Ok(visit.again(TITLE, &frame(&search, &faults, &html! {})));
    }
    let cursor = Cursor {
        list: "audit",
        account: visit.caller.account(),
    };
    let before = search.cursor().map(|it| cursor.number(it)).transpose()?;
    let page = visit.caller.audit_page(before, MANY, &|it| filter.includes(it))?;
    if let (true, None, Some(key)) = (page.records.is_empty(), page.older, &filter.key) {
        match visit.caller.check_known(key, filter.environment.as_ref()) {
            Err(VaultError::NeverKnown(error)) => {
                faults.add("key", sentence(&error));
                return Ok(visit.again(TITLE, &frame(&search, &faults, &html! {})));
            }
            known => known?,
        }
    }
    let older = page.older.map(|it| cursor.text(it));
    Ok(visit.page(
        TITLE,
        &frame(&search, &faults, &records(&search, &page, older.as_deref())),
    ))
}

fn frame(search: &Search, faults: &Faults, records: &Markup) -> Markup {
    html! {
        div.head {
            div {
                h1 { (TITLE) }
                p { "Every change, every use of a value and every refusal, as it was recorded. Nothing here can be edited." }
            }
        }
        (search.form(faults))
        (records)
    }
}

fn records(search: &Search, page: &AuditPage, older: Option<&str>) -> Markup {
    html! {
        @if page.records.is_empty() {
            (empty("Nothing found", html! {
                @if older.is_some() { "None of the records that were looked at are like that. There are older ones." }
                @else { "No record is like that." }
            }))
        } @else {
            (table(
                "Records, newest first",
                &["Time", "What", "About", "Who", "For"],
                html! { @for (seq, it) in &page.records { (record::row(*seq, it)) } },
            ))
        }
        @if let Some(kept) = &page.kept {
            p.quiet.small { "Records before number " (kept.seq) " of " (when(kept.at)) " were pruned." }
        }
        nav.pages aria-label="Pages of the log" {
            @if search.cursor().is_some() { a.button href=(search.at(None)) { "Newest" } }
            @if let Some(older) = older { a.button href=(search.at(Some(older))) { "Older" } }
        }
        @if !page.records.is_empty() {
            p.quiet.small {
                a href=(search.export()) { "Download these records" } ": all pages of them, up to the newest 10,000, one in a line (JSON). "
                "For evidence that others can check without trusting this server, run " code { "distri audit export" } " on it."
            }
        }
    }
}
