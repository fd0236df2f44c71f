//! `/settings/secrets/import`: many at once from the text of a `.env` file, looked at before anything is changed.
//!
//! Between looking and confirming, the text goes to the browser and back sealed: no page has a value, no server keeps one.

use distri_core::authz::Write;
use distri_core::catalogue::Catalogue;
use distri_core::names::SecretKeyError;
use distri_core::{Environment, SecretKey, SecretValue, dotenv};
use distri_vault::secrets::{ImportEntry, ImportSecrets, OnConflict, Planned};
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::add::unix_lines;
use super::{LIST, asked, list_of, needs};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run, Takes};
use crate::web::component::{Tone, badge, prose, table};
use crate::web::form::sentence;
use crate::web::{Faults, Field, Visit};

pub(crate) static ROUTE: Route = Route {
    name: "import_secrets_page",
    path: "/settings/secrets/import",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "preview_import",
    path: "/settings/secrets/import",
    body: Takes::form(1 << 20),
    run: Run::Member(preview),
    ..Route::FORM
};

pub(crate) static CONFIRM: Route = Route {
    name: "confirm_import",
    path: "/settings/secrets/import/confirm",
    body: Takes::form(2 << 20),
    run: Run::Member(confirm),
    ..Route::FORM
};

const TITLE: &str = "Import .env";
/// The most values at once.
const ENTRIES: usize = 1_000;

/// What a line of the file is.
struct Line {
    number: usize,
    /// As it is written where it could be a key, else nothing: it may be a piece of a value.
    key: String,
    read: Result<ImportEntry, String>,
    /// Whether it is no `KEY=value`, or one of a key that is there twice. The line before may be a value whose rest it is, and
    /// nobody knows which of two values is meant: nothing of such a file is imported.
    is_broken: bool,
}

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    needs::<Write>(visit)?;
    let page = page(visit, asked(visit)?.as_str(), &Faults::default());
    Ok(visit.page(TITLE, &page))
}

fn preview(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (form, mut faults) = (&visit.form, Faults::default());
    let environment: Option<Environment> = match form.given("environment") {
        None => Some(Environment::default()),
        Some(_) => form.parsed("environment", &mut faults),
    };
    let text = unix_lines(form.raw("text"));
    let lines = read(&text, &mut faults);
    let (Some(environment), Some(lines)) = (environment, lines) else {
        return Ok(visit.again(TITLE, &page(visit, form.text("environment"), &faults)));
    };
    let mut held = Zeroizing::new(Vec::with_capacity(text.len() + 40));
    held.extend_from_slice(environment.as_str().as_bytes());
    held.push(b'\n');
    held.extend_from_slice(&text);
    let held = match lines.iter().any(|it| it.is_broken) {
        true => None,
        false => Some(visit.caller.hold_form(visit.session, &held)?),
    };
    let shown: Vec<_> = lines
        .iter()
        .map(|it| (it.number, it.key.clone(), it.read.as_ref().err().cloned()))
        .collect();
    let outcome = visit.caller.import(ImportSecrets {
        environment: environment.clone(),
        entries: entries(lines),
        on_conflict: OnConflict::Skip,
        dry_run: true,
    })?;
    let mut plan = outcome.plan.into_iter().map(|it| it.1);
    let rows = shown.into_iter().map(|(number, key, fault)| Row {
        number,
        key,
        planned: match fault {
            None => plan.next().ok_or(String::new()),
            Some(fault) => Err(fault),
        },
    });
    let main = plan_page(visit, &environment, &rows.collect::<Vec<_>>(), held.as_deref());
    Ok(visit.page(TITLE, &main))
}

fn confirm(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let held = visit.caller.held_form(visit.session, visit.form.raw("held"))?;
    let gone = || ApiError::invalid("this form is no longer good; paste the file once more");
    let held = held.ok_or_else(gone)?;
    let at = held.iter().position(|it| *it == b'\n').ok_or_else(gone)?;
    let environment = std::str::from_utf8(&held[..at])
        .ok()
        .and_then(|it| it.parse::<Environment>().ok());
    let environment = environment.ok_or_else(gone)?;
    let lines = read(&held[at + 1..], &mut Faults::default()).ok_or_else(gone)?;
    if lines.iter().any(|it| it.is_broken) {
        return Err(gone());
    }
    visit.caller.import(ImportSecrets {
        environment: environment.clone(),
        entries: entries(lines),
        on_conflict: match visit.form.has("replace") {
            true => OnConflict::Replace,
            false => OnConflict::Skip,
        },
        dry_run: false,
    })?;
    Ok(visit.done(&list_of(&environment), "imported"))
}

/// The lines, or what is wrong with the whole.
fn read(text: &[u8], faults: &mut Faults) -> Option<Vec<Line>> {
    let lines = match dotenv::parse_each(text) {
        Ok(lines) if lines.is_empty() => {
            faults.add("text", "There is no line KEY=value in it.");
            return None;
        }
        Ok(lines) if lines.len() > ENTRIES => {
            faults.add("text", format!("At most {ENTRIES} values at once."));
            return None;
        }
        Ok(lines) => lines,
        Err(error) => {
            faults.add(
                "text",
                format!(
                    "{}. Nothing of it is shown again: paste it once more.",
                    sentence(&error)
                ),
            );
            return None;
        }
    };
    let lines = lines.into_iter().map(|line| {
        let mut line = match line {
            Ok(line) => line,
            Err(error) => {
                return Line {
                    number: error.line,
                    key: String::new(),
                    read: Err(sentence(&error.reason)),
                    is_broken: true,
                };
            }
        };
        let key = line.key.parse::<SecretKey>();
        let read = match &key {
            Err(error) => Err(sentence(error)),
            Ok(key) => SecretValue::new(std::mem::take(&mut *line.value))
                .map(|value| ImportEntry {
                    key: key.clone(),
                    value,
                    default_policy: Catalogue::builtin().policy_for(key),
                })
                .map_err(|error| sentence(&error)),
        };
        Line {
            number: line.number,
            key: match key {
                Ok(key) => key.into(),
                Err(SecretKeyError::Reserved { key, .. }) => key,
                Err(_) => String::new(),
            },
            read,
            is_broken: false,
        }
    });
    Some(lines.collect())
}

fn entries(lines: Vec<Line>) -> Vec<ImportEntry> {
    lines.into_iter().filter_map(|it| it.read.ok()).collect()
}

fn page(visit: &Visit<'_>, environment: &str, faults: &Faults) -> Markup {
    html! {
        p.crumbs { a href=(LIST) { "Secrets" } }
        h1 { (TITLE) }
        p { "Paste the text of a " code { ".env" } " file. You see what is new and what would change before anything does." }
        (faults.summary())
        form.stack method="post" action={ (LIST) "/import" } {
            (visit.token())
            div.value-field {
                (Field {
                    name: "text", label: "Text of the file", lines: Some(10), is_code: true, is_secret: true,
                    fault: faults.of("text"), hint: "A line for each, such as STRIPE_API_KEY=sk_live_…", is_first: faults.are_none(),
                    ..Field::default()
                })
                label.choice { input.show type="checkbox"; span { "Show what I paste" } }
            }
            (Field {
                name: "environment", label: "Environment", is_code: true, is_optional: true, value: environment,
                fault: faults.of("environment"), ..Field::default()
            })
            div.actions {
                button.primary type="submit" { "Preview" }
                a.button href=(LIST) { "Cancel" }
            }
        }
    }
}

/// A line of the preview.
struct Row {
    number: usize,
    key: String,
    planned: Result<Planned, String>,
}

fn plan_page(visit: &Visit<'_>, environment: &Environment, rows: &[Row], held: Option<&str>) -> Markup {
    let count = |planned: Planned| rows.iter().filter(|it| it.planned.as_ref() == Ok(&planned)).count();
    let (new, changed) = (count(Planned::New), count(Planned::Changed));
    let back = format!("{LIST}/import?environment={environment}");
    html! {
        p.crumbs { a href=(back) { (TITLE) } }
        h1 { "Import into " (environment) "?" }
        p { (new) " new, " (changed) " changed, " (count(Planned::Same)) " the same, " (rows.iter().filter(|it| it.planned.is_err()).count()) " invalid. Nothing was changed yet." }
        (table("What importing would do", &["Key", "Line", "What happens"], plan_rows(rows)))
        @match held {
            Some(held) => form.stack method="post" action={ (LIST) "/import/confirm" } {
                (visit.token())
                input type="hidden" name="held" value=(held);
                @if changed > 0 {
                    label.choice { input type="checkbox" name="replace" value="yes"; span { "Replace the values that changed; the earlier ones stay in the history" } }
                }
                div.actions {
                    @if new + changed > 0 { button.primary type="submit" { "Import" } }
                    a.button href=(back) { "Cancel" }
                }
            }
            None => {
                p { "Nothing can be imported while a line cannot be read, or a key is there twice: a line before it may be a value whose rest it is. A value of several lines needs quotes." }
                div.actions { a.button href=(back) { "Paste it once more" } }
            }
        }
    }
}

fn plan_rows(rows: &[Row]) -> Markup {
    html! {
        @for row in rows {
            tr {
                th scope="row" { @if row.key.is_empty() { span.quiet { "not shown" } } @else { code { (row.key) } } }
                td data-label="Line" { (row.number) }
                td data-label="What happens" {
                    @match &row.planned {
                        Ok(Planned::New) => { (badge(Tone::Good, "new")) " is set" }
                        Ok(Planned::Changed) => { (badge(Tone::Warning, "changed")) " has another value now" }
                        Ok(Planned::Same) => { (badge(Tone::Plain, "same")) " stays" }
                        Err(fault) => { (badge(Tone::Bad, "invalid")) " is not imported: " (prose(fault)) }
                    }
                }
            }
        }
    }
}
