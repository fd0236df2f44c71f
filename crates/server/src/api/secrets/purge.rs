//! `POST /v1/secrets/{key}/purge`: a secret is destroyed beyond recovery.

use distri_core::Timestamp;
use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::secrets::{Copies, Purged};
use schemars::JsonSchema;
use serde::Serialize;

use super::InEnvironment;
use super::view::SecretView;
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "purge_secret",
    path: "/v1/secrets/{key}/purge",
    summary: "Destroy a secret beyond recovery",
    about: "The key that seals it, and every version, live or deleted. What was recorded stays in the audit log. For owners \
            and admins.",
    query: Some(schema_of::<InEnvironment>),
    gives: &[Gives::json(
        200,
        "What was destroyed, and where something of it still is",
        schema_of::<PurgedView>,
    )],
    refuses: &[404],
    scope: Some(Scope::Write),
    run: Run::Caller(purge),
    ..Route::BLANK
};

/// What was destroyed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Purged")]
pub(super) struct PurgedView {
    /// The secrets.
    purged: Vec<SecretView>,
    /// How many versions they had.
    versions: usize,
    copies: CopiesView,
}

/// Where something of it still is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Copies")]
struct CopiesView {
    /// Backups that have it. Where they are is for the operator.
    backups: Vec<BackupView>,
    /// Whether the database's own log has it until it can be folded.
    log: bool,
    /// Whether a database server has it until it makes room.
    on_a_server: bool,
}

/// A backup that has it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BackupCopy")]
struct BackupView {
    /// When it was made.
    #[schemars(with = "String")]
    at: Timestamp,
    /// For how many recipients.
    recipients: u32,
}

fn purge(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let purged = caller.purge(&input.key()?, &environment(query.environment.as_deref())?)?;
    Reply::json(&PurgedView::from(purged))
}

impl From<Purged> for PurgedView {
    fn from(purged: Purged) -> Self {
        Self {
            purged: purged.secrets.into_iter().map(SecretView::from).collect(),
            versions: purged.versions,
            copies: purged.copies.into(),
        }
    }
}

impl From<Copies> for CopiesView {
    fn from(copies: Copies) -> Self {
        let backups = copies.backups.into_iter().map(|it| BackupView {
            at: it.at,
            recipients: it.recipients,
        });
        Self {
            backups: backups.collect(),
            log: copies.log.is_some(),
            on_a_server: copies.on_a_server,
        }
    }
}
