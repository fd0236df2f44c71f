//! Nothing that comes back from a server has a value in it that the run holds only as a placeholder.

mod codings;
mod edges;
mod fuzz;
mod head;
mod marks;
mod parts;
#[expect(dead_code, reason = "the redactor's own tests use all of it")]
#[path = "../../../redact/tests/reference/mod.rs"]
mod reference;
mod replies;
mod stream;
#[path = "../support/mod.rs"]
mod support;
mod world;
