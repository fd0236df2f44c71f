//! `POST /v1/setup`: the first owner, by the secret that the server's terminal shows, and their first token.

use distri_core::Timestamp;
use distri_core::authz::{Limits, Scope, Scopes};
use distri_core::credential::PresentedSetup;
use distri_vault::VaultError;
use distri_vault::people::{FirstOwner, Password};
use distri_vault::tokens::NewToken;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::input::{Input, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "set_up",
    path: "/v1/setup",
    summary: "Become the first owner",
    about: "With the secret that the server prints while nobody can sign in; it is good once. The answer has a first \
            token of the owner: it has every scope, no limits, and ends after 90 days.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(201, "The owner, with a token", schema_of::<SetUp<'_>>)],
    refuses: &[401, 409, 429],
    run: Run::Anybody(set_up),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewOwner")]
struct Body {
    /// The secret, `distri_setup_…`.
    setup: String,
    /// What the owner will sign in with.
    email: String,
    /// What they are called.
    name: String,
    /// Their password, 12 characters or more.
    #[schemars(extend("writeOnly" = true))]
    password: String,
}

#[derive(Serialize, JsonSchema)]
struct SetUp<'t> {
    /// The account.
    account: String,
    /// The owner.
    email: String,
    /// The text of their first token, which is shown this once. It has every scope and no limits.
    token: &'t str,
    /// When that token stops working.
    #[schemars(with = "String")]
    expires_at: Timestamp,
}

fn set_up(app: &App, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let password = Password::new(body.password);
    let refused = || {
        ApiError::new(
            Code::NotAuthenticated,
            "this is no setup secret of this server, or it was used",
        )
    };
    let setup: PresentedSetup = body.setup.parse().map_err(|_| refused())?;
    let owner = FirstOwner {
        email: named("email", &body.email)?,
        name: named("name", &body.name)?,
        password,
    };
    let signed_in = app.vault.set_up(&setup, &owner)?;
    let session = signed_in.session.presented();
    let (caller, _) = app.vault.authenticate_session(&session)?;
    // The session ends with this request; the token does not end with it.
    let expires_at = caller.token_expiry();
    let (token, _) = caller.create_token(&NewToken {
        name: named("name", "first token")?,
        scopes: everything()?,
        limits: Limits::default(),
        expires_at: Some(expires_at),
    })?;
    let account = caller.account().to_string();
    // The token is what the client goes on with.
    app.vault.log_out(&session)?;
    let token = token.expose_secret();
    let done = SetUp {
        account,
        email: owner.email.into(),
        token,
        expires_at,
    };
    Ok(Reply::values(&done, 1_024)?.status(StatusCode::CREATED))
}

fn everything() -> Result<Scopes, VaultError> {
    let all: std::collections::BTreeSet<Scope> = Scope::ALL.into_iter().collect();
    all.try_into().map_err(|_| VaultError::NoToken)
}
