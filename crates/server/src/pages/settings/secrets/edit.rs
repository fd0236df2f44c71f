//! `/settings/secrets/{key}/edit`: Edit, the new value, Save. What is known of it can be changed too.

use distri_core::authz::Write;
use distri_core::{Environment, SecretKey, SecretValue};
use distri_vault::VaultError;
use distri_vault::secrets::{Edit, SecretInfo, SetSecret, UpdateSecret};
use maud::{Markup, html};

use super::about::{About, Texts};
use super::add::{looks_odd, value};
use super::piece::path_of;
use super::{VALUE_FORM, asked, expected, needs, piece};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run, Takes};
use crate::web::form::sentence;
use crate::web::{Faults, Visit};

pub(crate) static ROUTE: Route = Route {
    name: "edit_secret_page",
    path: "/settings/secrets/{key}/edit",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "edit_secret_by_form",
    path: "/settings/secrets/{key}/edit",
    body: Takes::form(VALUE_FORM),
    run: Run::Member(save),
    ..Route::FORM
};

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    needs::<Write>(visit)?;
    let info = visit.caller.get(&visit.input.key()?, &asked(visit)?)?;
    let page = page(visit, &info, &Texts::from(&info), &Faults::default());
    Ok(visit.page(&title(&info.key), &page))
}

fn save(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (key, environment) = (visit.input.key()?, asked(visit)?);
    let (form, mut faults) = (&visit.form, Faults::default());
    let info = visit.caller.get(&key, &environment)?;
    let texts = Texts::of(form);
    let again = |faults: &Faults| visit.again(&title(&key), &page(visit, &info, &texts, faults));
    let about = texts.read(Some(&info), &mut faults);
    let value = match form.raw("value") {
        "" => None,
        _ => value(form, &mut faults),
    };
    if form.has("stage") && form.raw("value").is_empty() {
        faults.add("value", "Enter the value that comes next");
    }
    let Some(about) = about.filter(|_| faults.are_none()) else {
        return Ok(again(&faults));
    };
    let expected = expected(form)?;
    let is_odd = value.as_ref().is_some_and(|it| looks_odd(&key, it));
    let (saved, word) = match value {
        Some(value) if form.has("stage") => {
            let update = update(about, expected);
            let staged = visit.caller.update_and_stage(&key, &environment, &update, &value);
            (staged.map(drop), "staged")
        }
        Some(value) => (
            set(visit, &key, &environment, value, about, expected),
            if is_odd { "saved-odd" } else { "saved" },
        ),
        None => {
            let updated = visit.caller.update(&key, &environment, &update(about, expected));
            (updated.map(drop), "saved")
        }
    };
    match saved {
        Ok(()) => Ok(visit.done(&path_of(&key, &environment, ""), word)),
        Err(VaultError::Stale { current, .. }) => Ok(again(&Faults::one(
            "value",
            format!("Somebody else changed it meanwhile: it is at version {current}. Save again to change that one."),
        ))),
        Err(error @ (VaultError::TooLong { .. } | VaultError::Note)) => {
            Ok(again(&Faults::one("note", sentence(&error))))
        }
        Err(error) => Err(error.into()),
    }
}

fn set(
    visit: &Visit<'_>,
    key: &SecretKey,
    environment: &Environment,
    value: SecretValue,
    about: About,
    expected_version: Option<u32>,
) -> Result<(), VaultError> {
    let request = SetSecret {
        hosts: Edit::Set(about.hosts),
        agents: Edit::Set(about.agents),
        delivery: Edit::Set(about.delivery),
        body: Edit::Set(about.body),
        note: about.note,
        expires_at: about.expires_at,
        rotate_every_days: about.rotate_every_days,
        expected_version,
        must_exist: true,
        ..SetSecret::new(key.clone(), environment.clone(), value)
    };
    visit.caller.set(&request).map(drop)
}

fn update(about: About, expected_version: Option<u32>) -> UpdateSecret {
    UpdateSecret {
        hosts: Edit::Set(about.hosts),
        agents: Edit::Set(about.agents),
        delivery: Edit::Set(about.delivery),
        body: Edit::Set(about.body),
        note: about.note,
        expires_at: about.expires_at,
        rotate_every_days: about.rotate_every_days,
        expected_version,
    }
}

fn title(key: &SecretKey) -> String {
    format!("Edit {key}")
}

fn page(visit: &Visit<'_>, info: &SecretInfo, texts: &Texts, faults: &Faults) -> Markup {
    let path = |page: &str| path_of(&info.key, &info.environment, page);
    html! {
        p.crumbs { a href=(path("")) { code { (info.key) } } " in " (info.environment) }
        h1 { "Edit " code { (info.key) } }
        (faults.summary())
        form.stack method="post" action=(path("/edit")) {
            (visit.token())
            input type="hidden" name="expected" value=(info.version);
            (piece::new_value_field(faults))
            (texts.policy_fields(faults))
            (texts.description_fields(faults))
            div.actions {
                button.primary type="submit" { "Save" }
                button type="submit" name="stage" value="yes" { "Save as next value" }
                a.button href=(path("")) { "Cancel" }
            }
            p.hint { "The next value waits beside the one in use until it is taken into use." }
        }
    }
}
