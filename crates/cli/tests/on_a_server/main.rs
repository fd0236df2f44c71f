//! The stories of the embedded store once more, on servers: the same verbs, the same words, the same exit codes.
//!
//! In this program `Home::new()` is a home whose commands use a server, so that the stories are the very same. One that is
//! about the embedded store alone says so, with the reason.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "../cli/agents.rs"]
mod agents;
#[path = "../cli/alarms.rs"]
mod alarms;
#[path = "../cli/broker.rs"]
mod broker;
#[path = "../cli/exec.rs"]
mod exec;
#[path = "../cli/learning.rs"]
mod learning;
#[path = "../cli/page.rs"]
mod page;
#[path = "../cli/placeholders.rs"]
mod placeholders;
#[path = "../cli/prompts.rs"]
mod prompts;
#[path = "../cli/rotation.rs"]
mod rotation;
#[path = "../cli/secrets/mod.rs"]
mod secrets;
#[path = "../cli/support.rs"]
mod support;
#[path = "../cli/traces.rs"]
mod traces;
#[allow(dead_code, reason = "each story uses its part")]
#[path = "../cli/upstream.rs"]
mod upstream;
#[allow(dead_code, reason = "each story uses its part")]
#[path = "../cli/user.rs"]
mod user;
mod verbs;
#[path = "../cli/watching.rs"]
mod watching;
