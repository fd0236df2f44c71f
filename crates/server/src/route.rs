//! What a route is: a row from which the router, the OpenAPI document and the completeness tests are made. Pages are rows
//! like those of the API, and are in no document.
//!
//! A handler is a plain function that runs on a thread of its own, with the caller authenticated before the body is
//! looked into: it reads its input, calls one use case, and answers.

use axum::routing::MethodFilter;
use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::app::App;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::together::Begin;
use crate::web::{Visit, Visitor, form};

/// One method on one path.
pub(crate) struct Route {
    pub(crate) verb: Verb,
    /// What programs call it: the operation's id in the document.
    pub(crate) name: &'static str,
    /// The path; a parameter is a whole segment, as in `/v1/secrets/{key}`.
    pub(crate) path: &'static str,
    /// What it does, in the imperative.
    pub(crate) summary: &'static str,
    /// What its user should know.
    pub(crate) about: &'static str,
    /// The fields of the query.
    pub(crate) query: Option<SchemaOf>,
    /// The headers that it looks at beside the credential, with what they mean.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// What it takes.
    pub(crate) body: Option<Takes>,
    /// What it answers when all is well.
    pub(crate) gives: &'static [Gives],
    /// The statuses of refusals beside those that every route has.
    pub(crate) refuses: &'static [u16],
    pub(crate) run: Run,
    /// The scope that a token needs for it.
    pub(crate) scope: Option<Scope>,
}

impl Route {
    /// For `..Route::FORM` in a row: what a page sends.
    pub(crate) const FORM: Self = Self {
        verb: Verb::Post,
        body: Takes::form(64 << 10),
        ..Self::BLANK
    };

    /// For `..Route::BLANK` in a row.
    pub(crate) const BLANK: Self = Self {
        verb: Verb::Get,
        name: "",
        path: "",
        summary: "",
        about: "",
        query: None,
        headers: &[],
        body: None,
        gives: &[],
        refuses: &[],
        run: Run::AtOnce(|_, _| Err(ApiError::not_found("route"))),
        scope: None,
    };

    /// Whether somebody could guess at a credential here. Nobody guesses a token or a session: whoever has a good one is
    /// answered, whatever else comes from the same address.
    pub(crate) fn is_guessed_at(&self) -> bool {
        match self.run {
            Run::Anybody(_) | Run::Visitor(_) => self.body.is_some(),
            Run::AtOnce(_) | Run::File(_) | Run::Caller(_) | Run::Together(_) | Run::Member(_) => false,
        }
    }

    /// Whether it is for whoever has a token.
    pub(crate) fn takes_token(&self) -> bool {
        matches!(self.run, Run::Caller(_) | Run::Together(_))
    }

    /// Whether it is for people in a browser: then it is in no document, and its refusals are pages.
    pub(crate) fn is_page(&self) -> bool {
        matches!(self.run, Run::File(_) | Run::Visitor(_) | Run::Member(_))
    }

    /// The most bytes of a body: none where it takes none.
    pub(crate) fn body_limit(&self) -> usize {
        self.body.as_ref().map_or(0, |it| it.limit)
    }
}

/// Who may call a route, and what answers.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// Anybody, from memory, without waiting for a thread.
    AtOnce(fn(&App, &Input) -> Result<Reply, ApiError>),
    /// Anybody: it says nothing of any account.
    Anybody(fn(&App, &Input) -> Result<Reply, ApiError>),
    /// Whoever has a token. What it permits is asked by the use case; `scope` only says so.
    Caller(fn(&Caller<'_>, &Input) -> Result<Reply, ApiError>),
    /// The same, in two halves: requests that come together share a transaction and its flush.
    Together(Begin),
    /// Whoever loads a page: a file of it, from memory.
    File(fn(&App, &Input) -> Result<Reply, ApiError>),
    /// A page for whoever comes.
    Visitor(fn(&Visitor<'_>) -> Result<Reply, ApiError>),
    /// A page for whoever is signed in. What their role permits is asked by the use case.
    Member(fn(&Visit<'_>) -> Result<Reply, ApiError>),
}

/// The methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

/// The schema of a type.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of `T`, as a row names it.
pub(crate) fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A body that a route takes.
pub(crate) struct Takes {
    /// The type of text that may come instead of JSON.
    pub(crate) text: Option<&'static str>,
    pub(crate) schema: SchemaOf,
    /// The most bytes.
    pub(crate) limit: usize,
}

impl Takes {
    /// JSON of a few fields.
    pub(crate) const fn json(schema: SchemaOf) -> Option<Self> {
        Self::json_up_to(64 << 10, schema)
    }

    /// What a form of a page sends.
    pub(crate) const fn form(limit: usize) -> Option<Self> {
        Some(Self {
            text: Some(form::MEDIA),
            schema: schema_of::<String>,
            limit,
        })
    }

    /// JSON, or text of another type that says the same.
    pub(crate) const fn json_or(text: &'static str, limit: usize, schema: SchemaOf) -> Option<Self> {
        Some(Self {
            text: Some(text),
            schema,
            limit,
        })
    }

    /// JSON that may be larger.
    pub(crate) const fn json_up_to(limit: usize, schema: SchemaOf) -> Option<Self> {
        Some(Self {
            text: None,
            schema,
            limit,
        })
    }
}

/// An answer that a route gives.
pub(crate) struct Gives {
    pub(crate) status: u16,
    pub(crate) about: &'static str,
    pub(crate) schema: Option<SchemaOf>,
    pub(crate) media: &'static str,
}

impl Gives {
    pub(crate) const fn json(status: u16, about: &'static str, schema: SchemaOf) -> Self {
        Self {
            status,
            about,
            schema: Some(schema),
            media: "application/json",
        }
    }

    pub(crate) const fn text(status: u16, about: &'static str) -> Self {
        Self {
            status,
            about,
            schema: Some(schema_of::<String>),
            media: "text/plain",
        }
    }

    pub(crate) const fn nothing(status: u16, about: &'static str) -> Self {
        Self {
            status,
            about,
            schema: None,
            media: "",
        }
    }
}
