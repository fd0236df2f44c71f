//! `/settings/tokens/create`: a new token, whose text is in the answer to its form and nowhere else.

use std::collections::BTreeSet;
use std::str::FromStr;

use distri_core::Timestamp;
use distri_core::authz::{Limits, Role, Scope, Scopes};
use distri_core::credential::PlainToken;
use distri_vault::VaultError;
use distri_vault::tokens::{NewToken, TOKEN_DAYS, TokenView};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::list::{limits, words};
use crate::audit_filter::until;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::choice::boxes;
use crate::web::form::sentence;
use crate::web::{Faults, Field, Form, Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "create_token_page",
    path: "/settings/tokens/create",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "create_token_by_form",
    path: "/settings/tokens/create",
    run: Run::Member(create),
    ..Route::FORM
};

const TITLE: &str = "Create token";

/// What each scope is for.
const SCOPES: [(Scope, &str); 5] = [
    (Scope::Read, "read: keys, versions, policies, history, never a value"),
    (Scope::Write, "write: set, change and delete secrets; push agents"),
    (Scope::Resolve, "resolve: hand values to runs"),
    (Scope::Reveal, "reveal: read values"),
    (Scope::Admin, "admin: tokens, members, the audit log"),
];
/// What the last one is for where the role is less.
const OWN_TOKENS: &str = "admin: your own tokens";

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    // Who may not make one is told so before they fill a form.
    visit.caller.tokens()?;
    let today = TimeZone::UTC.to_datetime(visit.input.clock.now()).date();
    let expires = today.checked_add(TOKEN_DAYS.days()).unwrap_or(today).to_string();
    Ok(visit.page(TITLE, &page(visit, &visit.form, &expires, &Faults::default())))
}

fn create(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let mut faults = Faults::default();
    let form = &visit.form;
    let again =
        |visit: &Visit<'_>, faults: &Faults| visit.again(TITLE, &page(visit, form, form.text("expires"), faults));
    let Some(new) = read(visit, &mut faults) else {
        return Ok(again(visit, &faults));
    };
    visit.freshly(again, |visit| match visit.caller.create_token(&new) {
        Ok((token, view)) => Ok(visit.page("Token created", &made(&token, &view))),
        Err(error @ VaultError::TokenExists(_)) => Ok(again(visit, &Faults::one("name", sentence(&error)))),
        Err(error @ (VaultError::UselessToken(_) | VaultError::UselessScope { .. })) => {
            Ok(again(visit, &Faults::one("scopes", sentence(&error))))
        }
        Err(error) => Err(error.into()),
    })
}

fn read(visit: &Visit<'_>, faults: &mut Faults) -> Option<NewToken> {
    let form = &visit.form;
    let name = form.parsed("name", faults);
    let scopes: Vec<&str> = form.all("scopes").collect();
    let scopes: Option<Scopes> = match scopes.join(",").parse() {
        Ok(scopes) => Some(scopes),
        Err(_) => {
            faults.add("scopes", "Choose one or more scopes.");
            None
        }
    };
    let expires_at = form
        .given("expires")
        .and_then(|text| expiry(text, visit.input.clock.now(), faults));
    let limits = Limits {
        keys: set(visit, "keys", faults),
        agents: set(visit, "agents", faults),
        environments: set(visit, "environments", faults),
        addresses: set(visit, "addresses", faults),
    };
    let new = NewToken {
        name: name?,
        scopes: scopes?,
        limits,
        expires_at,
    };
    faults.are_none().then_some(new)
}

/// The end of a day that is not over.
fn expiry(text: &str, now: Timestamp, faults: &mut Faults) -> Option<Timestamp> {
    match until("expires", text) {
        Ok(at) if at > now => Some(at),
        Ok(_) => {
            faults.add("expires", "This day is over.");
            None
        }
        Err(_) => {
            faults.add("expires", "This is no day; write it like 2027-01-31.");
            None
        }
    }
}

/// Names that are separated by spaces, commas or lines; none limits nothing.
fn set<T>(visit: &Visit<'_>, field: &'static str, faults: &mut Faults) -> Option<BTreeSet<T>>
where
    T: FromStr<Err: std::fmt::Display> + Ord,
{
    let names = visit.form.given(field)?.split([' ', ',', '\n', '\r', '\t']);
    let mut set = BTreeSet::new();
    for name in names.filter(|it| !it.is_empty()) {
        match name.parse() {
            Ok(name) => drop(set.insert(name)),
            Err(error) => {
                faults.add(field, sentence(&error));
                return None;
            }
        }
    }
    Some(set)
}

/// The scopes by which this role permits anything, and what each is for then.
fn offered(role: Role) -> Vec<(&'static str, &'static str)> {
    let of_use = SCOPES.into_iter().filter(|it| it.0.is_of_use_to(role));
    let worded = of_use.map(|(scope, words)| match scope {
        Scope::Admin if role < Role::Admin => (scope.as_str(), OWN_TOKENS),
        _ => (scope.as_str(), words),
    });
    worded.collect()
}

fn page(visit: &Visit<'_>, form: &Form, expires: &str, faults: &Faults) -> Markup {
    let limit = |name, label, hint| Field {
        name,
        label,
        hint,
        value: form.text(name),
        fault: faults.of(name),
        is_code: true,
        is_optional: true,
        ..Field::default()
    };
    let scopes = offered(visit.caller.authority().actor().role);
    let are_limited = ["keys", "agents", "environments", "addresses"]
        .iter()
        .any(|it| form.given(it).is_some());
    html! {
        p.crumbs { a href="/settings/tokens" { "Tokens" } }
        h1 { (TITLE) }
        (faults.summary())
        form.stack method="post" action="/settings/tokens/create" {
            (visit.token())
            (Field {
                name: "name", label: "Name", hint: "What it is for, such as deploy or laptop.", value: form.text("name"),
                fault: faults.of("name"), is_first: faults.are_none(), ..Field::default()
            })
            (boxes("scopes", "Scopes", faults.of("scopes"), &scopes, &|scope| form.all("scopes").any(|it| it == scope)))
            (Field {
                name: "expires", label: "Last day", kind: "date", value: expires, fault: faults.of("expires"),
                hint: "It stops working at the end of this day (UTC); without one, never.", is_optional: true, ..Field::default()
            })
            details.more open[are_limited] {
                summary { "Limits" }
                div.inside {
                    p.hint { "Several are separated by spaces. What is left empty limits nothing." }
                    (limit("keys", "Only these keys", ""))
                    (limit("agents", "Only for these agents", "And the secrets that they may use."))
                    (limit("environments", "Only in these environments", ""))
                    (limit("addresses", "Only from these addresses", "Such as 10.0.0.0/8."))
                }
            }
            (visit.password_again(faults, false))
            div.actions {
                button.primary type="submit" { (TITLE) }
                a.button href="/settings/tokens" { "Cancel" }
            }
        }
    }
}

fn made(token: &PlainToken, view: &TokenView) -> Markup {
    html! {
        p.crumbs { a href="/settings/tokens" { "Tokens" } }
        h1 { "Token created" }
        div.warning-box role="status" { p { strong { "This is shown once." } " Copy it now: nobody, this server included, can show it again." } }
        div.card {
            p { "Token " strong { (view.name) } }
            pre.value id="token" tabindex="0" aria-label="The token" { (token.expose_secret()) }
            button type="button" data-copies="token" hidden { "Copy" }
            dl.facts {
                dt { "Scopes" } dd { (words(&view.scopes)) }
                dt { "Limits" } dd { (limits(view)) }
                dt { "Expires" } dd { @if let Some(at) = view.expires_at { (when(at)) } @else { "never" } }
            }
        }
        p { "Give it to a program as " code { "DISTRI_API_KEY" } ", or to the command line by " code { "distri login" } "." }
        p { a.button href="/settings/tokens" { "Done" } }
    }
}
