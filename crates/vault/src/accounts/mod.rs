//! Accounts: tenants of one installation, each with a key of its own.

mod create;
mod delete;
mod list;

pub(crate) use create::create_account;
pub use delete::DeletedAccount;
pub use list::AccountView;
