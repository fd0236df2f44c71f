//! Accounts: tenants of one installation, each with a key of its own.

mod create;
mod list;

pub(crate) use create::create_account;
pub use list::AccountView;
