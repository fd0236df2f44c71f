//! `GET /v1/audit/export`: the log for somebody who has only the public key.

use bytes::Bytes;
use distri_core::authz::Scope;
use distri_vault::audit::ExportOptions;
use distri_vault::{Caller, StoreError, VaultError};
use http::HeaderValue;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{ApiError, Code};
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

/// The most bytes of an export: it is held in memory until it is sent.
const MOST: usize = 128 << 20;

pub(crate) static ROUTE: Route = Route {
    name: "export_log",
    path: "/v1/audit/export",
    summary: "Export the audit log",
    about: "A line of JSON for each record, under a signed checkpoint: `docs/audit.md` has the form. A log of more than \
            128 MiB is exported on the server's host.",
    query: Some(schema_of::<Query>),
    gives: &[Gives {
        status: 200,
        about: "The log",
        schema: Some(schema_of::<String>),
        media: "application/jsonl",
    }],
    refuses: &[409],
    scope: Some(Scope::Admin),
    run: Run::Caller(export),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// A proof with each record: then a verifier names the very record that was changed.
    #[serde(default)]
    proofs: bool,
}

/// Why there is no export.
enum Stopped {
    Vault(VaultError),
    TooLarge,
}

fn export(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: Query = input.query()?;
    let mut lines = Vec::new();
    let options = ExportOptions { proofs: query.proofs };
    caller.export_audit(options, |line| {
        if lines.len() + line.len() >= MOST {
            return Err(Stopped::TooLarge);
        }
        lines.extend_from_slice(line.as_bytes());
        lines.push(b'\n');
        Ok(())
    })?;
    let media = HeaderValue::from_static("application/jsonl");
    Ok(Reply::bytes(media, Bytes::from(lines)))
}

impl From<VaultError> for Stopped {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Vault(error.into())
    }
}

impl From<Stopped> for ApiError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Vault(error) => error.into(),
            Stopped::TooLarge => Self::new(
                Code::Conflict,
                "the log is too large for this; `distri audit export` on the server's host writes it to a file",
            ),
        }
    }
}
