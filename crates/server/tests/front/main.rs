//! The server through its front door: a real server on a loopback port, real connections.

mod agents;
mod audit;
mod document;
mod encrypted;
mod ending;
mod limits;
mod once;
mod pages;
mod people;
mod probes;
mod releases;
mod rights;
mod rotation;
mod secrets;
mod sessions;
mod setup;
mod support;
mod together;
mod tokens;
mod unread;
mod wire;
