//! The audit log over HTTP.

pub(crate) mod export;
pub(crate) mod key;
pub(crate) mod list;
pub(crate) mod prove;
pub(crate) mod verify;
pub(crate) mod who_could;
pub(crate) mod who_did;

pub(crate) use list::RecordView;
