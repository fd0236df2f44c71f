//! Agent definitions that were pushed to an account: kept as they were written, authenticated, and on the record.

mod get;
mod push;
mod remove;
mod row;

pub use get::{AgentInfo, StoredAgent};
pub use push::Pushed;
