//! The attacks that distri is built against, as data, and the runner that tries them.
//!
//! The corpus (`corpus/*.toml`) has one attack a row: an id, a sentence, the input, the decision that must come out of
//! it. The tests of this crate and `distri selftest` walk the same rows with the same runner: nothing is tried by one
//! and not by the other.
//!
//! | module | owns |
//! |---|---|
//! | [`corpus`] | the rows, read once |
//! | `template`, `forms` | texts with placeholders, values and their encodings filled in |
//! | `values` | values and placeholders made for one selftest |
//! | `authority`, `upstream` | the servers behind: loopback, TLS, writing down what arrives, answering what a row says |
//! | `requests` | rows of layer `request`, through [`Egress::send`](distri_egress::Egress::send) |
//! | `client`, `answer`, `leak` | what is sent to a proxy byte by byte, what comes back, and what must not be in it |
//! | [`black_box`] | rows of the layers `proxy` and `reply`, through any proxy |
//! | [`built_in`] | all of it, against the broker of this program |
//! | [`report`] | what came out |
//!
//! The runner knows nothing of the inside of what it tries: it goes by what the servers received and what came back.
//! Its encodings are its own, so that one that the redactor does not know is missed here too only by chance.
//!
//! The values are made at random for one selftest and open nothing.

mod answer;
pub mod authority;
pub mod black_box;
pub mod built_in;
mod client;
pub mod corpus;
mod error;
mod forms;
mod leak;
pub mod report;
mod requests;
mod template;
mod upstream;
mod values;

pub use black_box::OtherProxy;
pub use corpus::{Case, Corpus, Layer, Only, Section};
pub use error::SelftestError;
pub use report::{Outcome, Verdict};
