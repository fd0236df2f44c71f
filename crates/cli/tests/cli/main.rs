//! Stories of the real binary, each in a home of its own.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod agents;
mod alarms;
mod audit;
mod backup;
mod bad_tools;
mod broker;
mod clients;
mod demo;
mod exec;
mod isolation;
mod keys;
mod learning;
mod log_in;
mod memory;
mod on_postgres;
mod page;
mod placeholders;
mod prompts;
mod purging;
mod reload;
mod rotation;
mod secrets;
mod selftest;
mod serve;
mod set_of_rows;
mod support;
mod tampering;
mod together;
mod traces;
mod transcripts;
mod upstream;
mod user;
mod watching;
mod webhook;
mod which_server;
