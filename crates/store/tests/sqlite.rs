//! The stories of the store on SQLite.

mod stories;
mod support;

/// Where each story takes place.
const ON_A_SERVER: bool = false;
