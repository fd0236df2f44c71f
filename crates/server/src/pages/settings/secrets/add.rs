//! `/settings/secrets/new`: Add Secret, key, value, Save.

use distri_core::authz::Write;
use distri_core::catalogue::Catalogue;
use distri_core::{Environment, SecretKey, SecretValue};
use distri_vault::VaultError;
use distri_vault::secrets::{Edit, SetSecret};
use maud::{Markup, html};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::about::Texts;
use super::{LIST, VALUE_FORM, list_of, needs, piece};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run, Takes};
use crate::web::form::sentence;
use crate::web::{Faults, Field, Form, Visit};

pub(crate) static ROUTE: Route = Route {
    name: "add_secret_page",
    path: "/settings/secrets/new",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "add_secret",
    path: "/settings/secrets/new",
    body: Takes::form(VALUE_FORM),
    run: Run::Member(save),
    ..Route::FORM
};

const TITLE: &str = "Add Secret";

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    key: String,
    #[serde(default)]
    environment: String,
}

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    needs::<Write>(visit)?;
    let query: Query = visit.input.query()?;
    // What the address says is shown where it is a name, and nothing else is.
    let key = query.key.parse::<SecretKey>().ok();
    let environment = query.environment.parse::<Environment>().unwrap_or_default();
    let key = key.as_ref().map_or("", SecretKey::as_str);
    let page = page(visit, key, environment.as_str(), &Texts::default(), &Faults::default());
    Ok(visit.page(TITLE, &page))
}

fn save(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (form, mut faults) = (&visit.form, Faults::default());
    let texts = Texts::of(form);
    let key: Option<SecretKey> = form.parsed("key", &mut faults);
    let environment: Option<Environment> = match form.given("environment") {
        None => Some(Environment::default()),
        Some(_) => form.parsed("environment", &mut faults),
    };
    let value = value(form, &mut faults);
    let about = texts.read(None, &mut faults);
    let again = |faults: &Faults| {
        visit.again(
            TITLE,
            &page(visit, shown_again(form), form.text("environment"), &texts, faults),
        )
    };
    let (Some(key), Some(environment), Some(value), Some(about)) = (key, environment, value, about) else {
        return Ok(again(&faults));
    };
    let default_policy = Catalogue::builtin().policy_for(&key);
    // Where nothing was said of hosts, those of a well-known key are its hosts.
    let hosts = match about.hosts.is_empty() {
        true => Edit::Keep,
        false => Edit::Set(about.hosts),
    };
    let delivery = match about.delivery == Default::default() {
        true => Edit::Keep,
        false => Edit::Set(about.delivery),
    };
    let is_odd = looks_odd(&key, &value);
    let set = visit.caller.set(&SetSecret {
        default_policy,
        hosts,
        delivery,
        agents: Edit::Set(about.agents),
        body: Edit::Set(about.body),
        note: about.note,
        expires_at: about.expires_at,
        rotate_every_days: about.rotate_every_days,
        expected_version: Some(0),
        ..SetSecret::new(key, environment.clone(), value)
    });
    match set {
        Ok(_) if is_odd => Ok(visit.done(&list_of(&environment), "saved-odd")),
        Ok(_) => Ok(visit.done(&list_of(&environment), "saved")),
        Err(VaultError::Stale { .. }) => Ok(again(&Faults::one(
            "key",
            "This key is there already in this environment; edit it instead.",
        ))),
        Err(error @ (VaultError::TooLong { .. } | VaultError::Note)) => {
            Ok(again(&Faults::one("note", sentence(&error))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a value does not look like those of its key.
pub(super) fn looks_odd(key: &SecretKey, value: &SecretValue) -> bool {
    let odd = Catalogue::builtin().shape_warning(key, value.expose_secret());
    odd.is_some()
}

/// The value of a form.
pub(super) fn value(form: &Form, faults: &mut Faults) -> Option<SecretValue> {
    let value = SecretValue::new(std::mem::take(&mut *unix_lines(form.raw("value"))));
    value.map_err(|error| faults.add("value", sentence(&error))).ok()
}

/// Text byte for byte but for the ends of lines: browsers send CR LF for every one of them.
pub(super) fn unix_lines(text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((line, after)) = rest.split_once("\r\n") {
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// The key as it was typed, unless that is so far from any key that it may be a value in the wrong field.
fn shown_again(form: &Form) -> &str {
    use distri_core::names::SecretKeyError::{Empty, Grammar, Reserved};
    match form.text("key").parse::<SecretKey>() {
        Ok(_) | Err(Reserved { .. } | Grammar { suggestion: Some(_) }) => form.text("key"),
        Err(Empty | Grammar { suggestion: None }) => "",
    }
}

fn page(visit: &Visit<'_>, key: &str, environment: &str, texts: &Texts, faults: &Faults) -> Markup {
    html! {
        p.crumbs { a href=(LIST) { "Secrets" } }
        h1 { (TITLE) }
        (faults.summary())
        form.stack method="post" action={ (LIST) "/new" } {
            (visit.token())
            (Field {
                name: "key", label: "Key", is_code: true, list: Some("known"), value: key, fault: faults.of("key"),
                hint: "The environment variable in which agents find it, such as STRIPE_API_KEY. Well-known keys bring their hosts along.",
                is_first: faults.are_none() && key.is_empty(), ..Field::default()
            })
            (known_keys())
            (piece::value_field(faults, faults.are_none() && !key.is_empty()))
            (Field {
                name: "environment", label: "Environment", is_code: true, is_optional: true, value: environment,
                fault: faults.of("environment"), hint: "Such as dev or prod. Each has values of its own.",
                ..Field::default()
            })
            details.more open[!faults.are_none()] {
                summary { "Hosts, agents, note, expiry" }
                div.inside { (texts.policy_fields(faults)) (texts.description_fields(faults)) }
            }
            div.actions {
                button.primary type="submit" { "Save" }
                a.button href=(LIST) { "Cancel" }
            }
        }
    }
}

/// The well-known keys, which a browser suggests while one is typed.
fn known_keys() -> Markup {
    html! {
        datalist #known {
            @for entry in Catalogue::builtin().entries() { option value=(entry.key) { (entry.description) } }
        }
    }
}
