//! The stories of the store on a real PostgreSQL server.

mod on_a_server;
mod stories;
mod support;

/// Where each story takes place.
const ON_A_SERVER: bool = true;
