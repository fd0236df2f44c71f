//! What all requests share.

use std::sync::Arc;

use distri_core::Clock;
use distri_vault::Vault;

use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::openapi::Document;
use crate::reload::InUse;
use crate::request_log::RequestLog;
use crate::together::Together;
use crate::webhook::Webhook;

/// The server's state.
pub(crate) struct App {
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: InUse,
    pub(crate) limits: Limits,
    pub(crate) together: Together,
    pub(crate) metrics: Metrics,
    pub(crate) webhook: Arc<Webhook>,
    pub(crate) log: RequestLog,
    pub(crate) document: Document,
}
