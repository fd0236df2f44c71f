//! `/account`: shows another account that the person is a member of.

use distri_core::AccountName;

use crate::error::ApiError;
use crate::input::named;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::{Visit, next};

pub(crate) static ROUTE: Route = Route {
    name: "switch_account",
    path: "/account",
    run: Run::Member(switch),
    ..Route::FORM
};

fn switch(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let account: AccountName = named("account", visit.form.text("account"))?;
    visit.app.vault.switch_account(visit.session, &account)?;
    Ok(visit.done(next::HOME, "account"))
}
