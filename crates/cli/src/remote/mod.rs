//! A server instead of the embedded store: which one, with which token, and how verbs reach it.
//!
//! | module | owns |
//! |---|---|
//! | [`flags`] | `--base-url`, `--profile`, `--ca-file`, `--local`, before the verb |
//! | [`chosen`] | flag, environment, profile: which server is meant, and which token may go to it |
//! | [`base_url`] | the one form of a server's address |
//! | [`profiles`] | the files that `distri login` writes |
//! | [`client`], [`call`] | one request and its answer: limits, what is sent again, nothing followed |
//! | [`next_page`] | lists that come in pages |
//! | [`refused`] | a refusal → the exit code that the embedded store would give |
//! | [`wire`] | values and policies as JSON has them |
//! | [`secrets`], … | the use cases over HTTP, with the names that the vault's have |
//!
//! A verb knows nothing of this: it asks [`Caller`](crate::caller::Caller). To add a use case: its line in the table there,
//! a method of the same name here.

mod agents;
mod audit;
pub(crate) mod base_url;
mod call;
mod care;
pub(crate) mod chosen;
pub(crate) mod client;
pub(crate) mod flags;
mod next_page;
mod people;
pub(crate) mod profiles;
mod refused;
mod releases;
mod runs;
mod secrets;
mod sessions;
mod tokens;
mod whoami;
mod wire;

pub(crate) use client::Client;
