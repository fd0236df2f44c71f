//! Limits on what clients may take: requests at once, requests a second, bytes of bodies under way.
//!
//! What a limit refuses is refused before anything is looked up; the number of header fields and connections are limited
//! in [`listener`](crate::listener).

mod body;
mod rate;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use body::Received;
pub(crate) use rate::Rates;

use crate::error::{ApiError, Code};
use crate::settings::Settings;

/// The most bytes of a request's path and header fields.
pub(crate) const HEAD_BYTES: usize = 32 << 10;
/// The most bytes of bodies that are kept at once, all requests together.
const BODIES: usize = 64 << 20;

/// Whether a head is small enough, whatever has parsed it: over HTTP/1 a parser that reads in pieces takes somewhat more.
pub(crate) fn check_head(parts: &http::request::Parts) -> Result<(), ApiError> {
    let target = parts.uri.path_and_query().map_or(0, |it| it.as_str().len());
    let fields = parts.headers.iter();
    let fields: usize = fields.map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    match target + fields <= HEAD_BYTES {
        true => Ok(()),
        false => Err(ApiError::new(
            Code::HeadTooLarge,
            format!("the path and the header fields are more than {} KiB", HEAD_BYTES >> 10),
        )),
    }
}

/// All limits of a server.
pub(crate) struct Limits {
    requests: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    /// Requests of one token.
    pub(crate) tokens: Rates,
    /// Requests of one address that fail to authenticate.
    pub(crate) failures: Rates,
}

impl Limits {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(settings.max_requests)),
            bodies: Arc::new(Semaphore::new(BODIES)),
            tokens: Rates::new(settings.rate_per_token),
            failures: Rates::new(settings.rate_per_address),
        }
    }

    /// Takes other rates for requests from now on.
    pub(crate) fn follow(&self, settings: &Settings) {
        self.tokens.change_to(settings.rate_per_token);
        self.failures.change_to(settings.rate_per_address);
    }

    /// A place for one request, until the permit goes.
    pub(crate) fn enter(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = self.requests.clone().try_acquire_owned();
        permit.map_err(|_| ApiError::new(Code::Unavailable, "the server has too many requests under way"))
    }
}
