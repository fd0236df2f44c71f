//! `/settings/audit`: the log of the account.

pub(crate) mod export;
pub(crate) mod list;

mod record;
mod search;
