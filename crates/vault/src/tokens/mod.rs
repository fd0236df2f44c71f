//! Tokens: made, listed, revoked, and authenticated at each request.
//!
//! A token acts in one account, for whoever made it: never more than its scopes, its limits, the role of its maker at
//! that time and the role of that person now. It is believed at each request anew, so that one that was revoked, has
//! expired or was changed in the database stops at the next.

mod authenticate;
mod create;
mod list;
mod revoke;
mod row;

pub(crate) use row::grants;

pub use authenticate::Known;
pub use create::{NewToken, TOKEN_DAYS};
pub use list::{TokenState, TokenView};
