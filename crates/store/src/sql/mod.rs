//! The questions of the unit of work, in SQL that every database here understands.
//!
//! | module | owns |
//! |---|---|
//! | [`work`] | the table of questions |
//! | [`query`] | a transaction under way, and the ways to ask it |
//! | [`params`], [`columns`] | values in, values out |
//! | the others | the statements of one group of questions |

pub(crate) mod params;
pub(crate) mod query;

mod accounts;
mod agents;
mod audit;
mod audit_head;
mod backups;
mod columns;
mod fitting;
mod invitations;
mod keys;
mod observed;
mod people;
mod rotation;
mod secret_lists;
mod secrets;
mod sessions;
mod tables;
mod tokens;
mod web_sessions;
mod work;

pub(crate) use audit_head::with_head;
