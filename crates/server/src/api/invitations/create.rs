//! `POST /v1/invitations`: somebody is invited; the text of it is in the answer and nowhere else.

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::people::NewInvitation;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::View;
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "invite",
    path: "/v1/invitations",
    summary: "Invite somebody",
    about: "Only the newest invitation of an address is good. Nobody invites to a role above their own.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(
        201,
        "The invitation, with its text",
        schema_of::<Invited<'_>>,
    )],
    refuses: &[409],
    scope: Some(Scope::Admin),
    run: Run::Caller(create),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewInvitation")]
struct Body {
    /// What they will sign in with.
    email: String,
    /// `owner`, `admin`, `member` or `viewer`.
    role: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreatedInvitation")]
struct Invited<'i> {
    /// The text of the link, which is shown this once.
    invitation: &'i str,
    #[serde(flatten)]
    view: View,
}

fn create(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let new = NewInvitation {
        email: named("email", &body.email)?,
        role: named("role", &body.role)?,
    };
    let (invitation, view) = caller.invite(&new)?;
    let invitation = invitation.expose_secret();
    let invited = Invited {
        invitation,
        view: view.into(),
    };
    Ok(Reply::values(&invited, 4_096)?.once().status(StatusCode::CREATED))
}
