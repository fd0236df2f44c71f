//! `GET /v1/whoami`: whose token this is, and what it is good for.

use distri_core::Timestamp;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Serialize;

use super::tokens::LimitsView;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "whoami",
    path: "/v1/whoami",
    summary: "Say whose token this is",
    about: "For any token that is good. `distri login` asks this before it keeps a token.",
    gives: &[Gives::json(
        200,
        "Who it is, and what the token permits",
        schema_of::<Who>,
    )],
    run: Run::Caller(whoami),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
struct Who {
    /// The account's identifier, a UUID.
    account: String,
    /// `token` or `member`.
    kind: &'static str,
    /// The name of the token or of the member.
    name: String,
    /// `owner`, `admin`, `member` or `viewer`.
    role: &'static str,
    /// What the token was made for; null where nothing but the role limits it.
    scopes: Option<Vec<&'static str>>,
    limits: LimitsView,
    /// When the credential stops working.
    #[schemars(with = "Option<String>")]
    expires_at: Option<Timestamp>,
}

fn whoami(caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    let authority = caller.authority();
    let actor = authority.actor();
    Reply::json(&Who {
        account: caller.account().to_string(),
        kind: actor.kind.as_str(),
        name: actor.name.clone(),
        role: actor.role.as_str(),
        scopes: authority.scopes().map(|it| it.iter().map(|it| it.as_str()).collect()),
        limits: authority.limits().into(),
        expires_at: caller.expires_at(),
    })
}
