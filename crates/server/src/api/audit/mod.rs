//! The audit log over HTTP.

pub(crate) mod list;

pub(crate) use list::RecordView;
