//! The audit log in use: appended in the unit of work that it is about, signed, delivered, verified, shown.
//!
//! | module | owns |
//! |---|---|
//! | [`log`] | the sequencer: numbers, MACs, the tree's head, and when a checkpoint is due |
//! | [`settings`] | `audit.flush` and where checkpoints go |
//! | [`evidence`] | what leaves the database after a commit: checkpoints and the tip |
//! | [`sink`] | the places outside the database that get each checkpoint |
//! | [`courier`] | taking checkpoints to a webhook, on a thread |
//! | [`behind`] | the check at opening that the database has not fallen behind them, and accepting that it has |
//! | [`lost`] | what a home without a database still knows of one |
//! | [`witness`] | what is done where the tip is missing at a start |
//! | [`list`], [`page`] | reading records |
//! | [`verify`] | finding every record, head and checkpoint that is not as distri wrote it |
//! | [`export`], [`prove`] | evidence for people who have only the public key |
//! | [`who_could`], [`who_did`] | the auditor's two questions |
//! | [`kept`], [`never_known`] | what such an answer says beside: what was pruned, and that a key is none |
//! | [`prune`] | retention: bodies go, leaves stay |

pub mod behind;
pub mod export;
pub mod prove;
pub mod prune;
pub mod settings;
pub mod verify;
pub mod who_could;

pub(crate) mod evidence;
pub(crate) mod log;
pub(crate) mod lost;

mod courier;
mod kept;
mod list;
mod never_known;
mod page;
mod sink;
mod tip;
mod who_did;
mod witness;

pub use behind::Behind;
pub use courier::WebhookStatus;
pub use evidence::AuditStatus;
pub use export::ExportOptions;
pub use kept::Kept;
pub use log::LITTLE_ROOM;
pub use lost::Lost;
pub use never_known::NeverKnown;
pub use page::AuditPage;
pub use prove::{ProvenRecord, RecordRef};
pub use prune::Pruned;
pub use settings::{AuditSettings, SettingsError};
pub use sink::file::checkpoints_in;
pub use sink::webhook::{Webhook, WebhookUrl, WebhookUrlError};
pub use verify::{AuditReport, Finding};
pub use who_could::{CouldUse, Person, Source, Span, WhoCould};
pub use who_did::{Did, WhoDid};
