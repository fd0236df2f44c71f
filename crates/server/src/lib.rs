//! The server: the HTTP API, the dashboard, and what a server needs beside them.
//!
//! A request comes in at [`listener`], finds its row by [`router`], passes the cheap refusals of [`endpoint`], and is
//! answered by the handler of its row on a thread that may wait: the handler reads its input and calls one use case of
//! the vault. Rows are in one list, [`routes`]; the router, the OpenAPI document and the completeness tests walk it.
//!
//! | module | owns |
//! |---|---|
//! | [`serve`] | start, signals, end |
//! | [`settings`], [`reload`] | the list of settings; what SIGHUP reads again |
//! | [`listener`], [`tls`] | connections and their limits |
//! | [`router`], [`route`], [`routes`] | which handler answers what |
//! | [`endpoint`], [`together`] | the way of a request, and the only hand-overs to threads |
//! | [`credential`], [`host`], [`limits`] | what is refused before anything is looked up |
//! | [`once`] | requests that are sent again |
//! | [`input`], [`unread`], [`page`], [`reply`], [`error`] | what handlers read and answer |
//! | [`api`] | the API: a file for each route |
//! | [`pages`] | the dashboard: a file for each page |
//! | [`web`] | what pages share: sessions, forms, markup |
//! | [`probes`] | `/healthz` and `/readyz` |
//! | [`openapi`] | the document |
//! | [`audit_filter`], [`need`] | what an answer of the API and a page find out in the same way |
//! | [`request_log`], [`metrics`], [`webhook`] | what is told of requests, and of the webhook |
//!
//! To add a route: a file under [`api`] with its `ROUTE`, its line in [`routes`], its story in `tests/`, and the new
//! `docs/openapi.json`.

mod api;
mod app;
mod audit_filter;
mod credential;
mod endpoint;
mod error;
mod host;
mod input;
mod limits;
mod listener;
mod metrics;
mod need;
mod once;
mod openapi;
mod page;
mod pages;
mod probes;
mod reload;
mod reply;
mod request_log;
mod route;
mod router;
mod routes;
mod serve;
mod tls;
mod together;
mod unread;
mod web;
mod webhook;

pub mod settings;

pub use reload::Reread;
pub use routes::list_of_pages;
pub use serve::{Process, ServeError, Server};
pub use settings::{SETTINGS, Setting, Settings, SettingsError, SettingsFile};
pub use tls::TlsError;
