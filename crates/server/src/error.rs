//! How a request is refused: the one place that turns an error outward.
//!
//! The client gets `{"error": sentence, "code": word}`; the log gets the cause. No sentence holds a value, and none
//! says of a stranger's account what exists in it. To add a code: a row in [`CODES`], and its use.

use std::error::Error;

use distri_vault::secrets::{MissingSecret, ReleaseError};
use distri_vault::{StoreError, Unauthenticated, VaultError};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

/// A refused request.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// The secrets that are missing.
    pub(crate) missing: Vec<MissingSecret>,
    /// A cookie that a browser gets with the refusal; it is not shown by `Debug`.
    pub(crate) cookie: Option<HeaderValue>,
    /// For the log of the process only.
    pub(crate) cause: Option<Box<dyn Error + Send + Sync>>,
}

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $word:literal, $status:literal;)+) => {
        /// What went wrong, as programs read it. A word keeps its meaning for good.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code {
            $($(#[doc = $meaning])+ $name,)+
        }

        /// Each code with its status and its meaning.
        pub(crate) const CODES: &[(Code, u16, &str)] = &[
            $((Code::$name, $status, concat!($($meaning),+)),)+
        ];

        impl Code {
            /// The word on the wire.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            pub(crate) fn status(self) -> StatusCode {
                let number = match self {
                    $(Self::$name => $status,)+
                };
                StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    };
}

codes! {
    /// The request cannot be read: its query, its body, a field, or a header.
    Invalid = "invalid", 400;
    /// No credential, or one that is not (or no longer) good.
    NotAuthenticated = "not_authenticated", 401;
    /// The credential is good, and does not permit this.
    Forbidden = "forbidden", 403;
    /// It is not there, or not yours.
    NotFound = "not_found", 404;
    /// There is nothing by this method here.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The request took too long to arrive.
    Timeout = "timeout", 408;
    /// It is there already, or its state does not permit this.
    Conflict = "conflict", 409;
    /// It changed since the version that `If-Match` names.
    Stale = "stale", 412;
    /// The body is larger than this route takes.
    TooLarge = "too_large", 413;
    /// The body has another type than this route takes.
    MediaType = "unsupported_media_type", 415;
    /// The `Host` header names another server.
    Misdirected = "misdirected", 421;
    /// Secrets that are required cannot be given.
    Missing = "missing_secrets", 422;
    /// The `Idempotency-Key` was used for another request.
    KeyReused = "key_reused", 422;
    /// Too many requests; `retry-after` says when to come again.
    TooMany = "too_many_requests", 429;
    /// The path and the header fields are larger than any route takes.
    HeadTooLarge = "head_too_large", 431;
    /// Something failed that the client has no part in; the log of the server has it.
    Internal = "internal", 500;
    /// The database went away while the change was committed: look before it is sent again.
    OutcomeUnknown = "outcome_unknown", 500;
    /// Stored data is not what distri wrote; an alarm was recorded.
    Integrity = "integrity", 500;
    /// The server has too much to do, or cannot write; nothing was done.
    Unavailable = "unavailable", 503;
}

impl ApiError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            missing: Vec::new(),
            cookie: None,
            cause: None,
        }
    }

    /// A field or header that cannot be read; the sentence must not repeat it.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    pub(crate) fn not_authenticated() -> Self {
        Self::new(
            Code::NotAuthenticated,
            "this needs a token that is valid, in `x-api-key` or `authorization: Bearer`",
        )
    }

    fn caused(code: Code, message: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            code,
            message: message.into(),
            missing: Vec::new(),
            cookie: None,
            cause: Some(cause.into()),
        }
    }

    /// The body on the wire.
    pub(crate) fn body(&self) -> ErrorBody<'_> {
        ErrorBody {
            error: &self.message,
            code: self.code.as_str(),
            missing: self.missing.iter().map(MissingView::from).collect(),
        }
    }
}

/// What a client gets when a request is refused.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct ErrorBody<'a> {
    /// One sentence for people.
    error: &'a str,
    /// One word for programs.
    #[schemars(schema_with = "words")]
    code: &'a str,
    /// The secrets that are missing, where some are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<MissingView>,
}

/// A required secret that cannot be given.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Missing")]
struct MissingView {
    /// Its key.
    key: String,
    /// Why not.
    reason: String,
}

impl From<&MissingSecret> for MissingView {
    fn from(missing: &MissingSecret) -> Self {
        Self {
            key: missing.key.to_string(),
            reason: missing.reason.to_string(),
        }
    }
}

fn words(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let words: Vec<&str> = CODES.iter().map(|it| it.0.as_str()).collect();
    schemars::json_schema!({ "type": "string", "enum": words })
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        let code = match &error {
            VaultError::Unauthenticated(Unauthenticated::TooMany) => Code::TooMany,
            VaultError::Unauthenticated(_) => Code::NotAuthenticated,
            VaultError::Denied(_) => Code::Forbidden,
            VaultError::NotFound { .. }
            | VaultError::NeverKnown(_)
            | VaultError::NoVersion { .. }
            | VaultError::NoEarlierValue { .. }
            | VaultError::NoAccount(_)
            | VaultError::NoToken
            | VaultError::NoMember
            | VaultError::NoInvitation
            | VaultError::NoAgent(_)
            | VaultError::NoSlot(_)
            | VaultError::NoRecord
            | VaultError::NotObserved(_) => Code::NotFound,
            VaultError::Stale { .. } => Code::Stale,
            VaultError::Exists { .. }
            | VaultError::TokenExists(_)
            | VaultError::MemberExists(_)
            | VaultError::AccountExists(_)
            | VaultError::FirstAccount
            | VaultError::LastOwner
            | VaultError::LastSlot(_)
            | VaultError::SlotExists(_)
            | VaultError::SlotsChanged
            | VaultError::NotDeleted(_)
            | VaultError::NotStaged(_)
            | VaultError::NotBehind
            | VaultError::VersionsExhausted(_)
            | VaultError::PlaceholdersExhausted
            | VaultError::Uses(_) => Code::Conflict,
            VaultError::TooLong { .. }
            | VaultError::SessionName
            | VaultError::Note
            | VaultError::UselessToken(_)
            | VaultError::UselessScope { .. }
            | VaultError::TooMuch(_)
            | VaultError::Password(_)
            | VaultError::Definition(_)
            | VaultError::Future => Code::Invalid,
            VaultError::Integrity { .. } | VaultError::Tampered { .. } => Code::Integrity,
            VaultError::NotRecorded(_)
            | VaultError::Store(
                StoreError::Busy { .. }
                | StoreError::Unwritable { .. }
                | StoreError::Unreachable { .. }
                | StoreError::Exhausted { .. },
            ) => Code::Unavailable,
            VaultError::Store(StoreError::Unknown { .. }) => Code::OutcomeUnknown,
            VaultError::Store(_)
            | VaultError::Key { .. }
            | VaultError::Log { .. }
            | VaultError::Behind(_)
            | VaultError::RootKey(_)
            | VaultError::Locked(_)
            | VaultError::NoneOpens(_)
            | VaultError::NoSlots
            | VaultError::UnknownProvider(_)
            | VaultError::NotSetUp(_)
            | VaultError::Lost(_)
            | VaultError::SlotsClosed(_)
            | VaultError::Home { .. }
            | VaultError::Undelivered { .. }
            | VaultError::WebhookFailed(_)
            | VaultError::Settings(_) => Code::Internal,
        };
        match code {
            // Paths and the database's words are for the operator.
            Code::Internal => Self::caused(code, "the server could not do this; its log says why", error),
            Code::Integrity | Code::OutcomeUnknown => Self::caused(code, error.to_string(), error),
            Code::Unavailable => Self::caused(code, unavailable(&error), error),
            _ => Self::new(code, error.to_string()),
        }
    }
}

impl From<ReleaseError> for ApiError {
    fn from(error: ReleaseError) -> Self {
        let message = error.to_string();
        match error {
            ReleaseError::Missing(missing) => Self {
                missing,
                ..Self::new(Code::Missing, message)
            },
            ReleaseError::Vault(error) => error.into(),
        }
    }
}

fn unavailable(error: &VaultError) -> &'static str {
    match error {
        VaultError::NotRecorded(_) => "the use cannot be recorded, so no value was given out",
        _ => "the store cannot be written at the moment; nothing was changed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_documentation() {
        let documented = include_str!("../../../docs/server.md");
        for (code, status, meaning) in CODES {
            let row = format!("| `{}` | {status} | {} |", code.as_str(), meaning.trim());
            assert!(documented.contains(&row), "docs/server.md has no row `{row}`");
        }
    }

    #[test]
    fn words_are_unique_and_statuses_are_of_errors() {
        for (index, (code, status, _)) in CODES.iter().enumerate() {
            assert!((400..600).contains(status));
            assert!(
                CODES[..index].iter().all(|it| it.0.as_str() != code.as_str()),
                "{code:?}"
            );
        }
    }
}
