//! `GET /v1/accounts`: the accounts that the caller can work in.

use distri_core::Timestamp;
use distri_vault::Caller;
use distri_vault::accounts::AccountView;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_accounts",
    path: "/v1/accounts",
    summary: "List the accounts",
    about: "Those that the caller can work in: of a token the one that it is for. Accounts are made by people, in the \
            dashboard or with `distri accounts create`: a token is for one account and cannot make another.",
    gives: &[Gives::json(200, "The accounts", schema_of::<Vec<View>>)],
    run: Run::Caller(list),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Account")]
struct View {
    /// Its identifier, a UUID.
    id: String,
    /// Its name.
    name: String,
    /// What the caller may do in it: `owner`, `admin`, `member` or `viewer`.
    role: Option<&'static str>,
    /// When it was made.
    #[schemars(with = "String")]
    created_at: Timestamp,
}

fn list(caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    let accounts = caller.accounts()?.into_iter().map(View::from);
    Reply::json(&accounts.collect::<Vec<_>>())
}

impl From<AccountView> for View {
    fn from(account: AccountView) -> Self {
        Self {
            id: account.id.to_string(),
            name: account.name.into(),
            role: account.role.map(|it| it.as_str()),
            created_at: account.created_at,
        }
    }
}
