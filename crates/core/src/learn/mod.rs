//! Learn and lock: what the requests of a run carried, the least policy that permits them, and what a policy refuses.
//!
//! | module | owns |
//! |---|---|
//! | `observed` | one request as it was sent, without anything that is a secret |
//! | `propose` | from requests to a [`Proposal`] |
//! | `refusal` | from a policy and a request to the rule that refuses it |
//!
//! A proposal is checked against the second: what it was made from is never refused by it.

mod observed;
mod propose;
mod refusal;

pub use observed::{Carried, MAX_PATH, ObservedRequest, Spot};
pub use propose::{Note, Proposal, propose};
pub use refusal::{Refusal, refusal};

#[cfg(test)]
mod tests;
