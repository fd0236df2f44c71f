//! A request's body in memory: at most what a canonical request may have, and few large ones at a time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::SMALL_BODY;
use super::refusal::{Refusal, body_within_limit};

/// A body as it comes in.
pub(super) struct Body {
    bytes: Vec<u8>,
    large: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

/// The place of a large body in memory; given back when this is dropped.
pub(super) struct Room(#[expect(dead_code, reason = "held for its end")] Option<OwnedSemaphorePermit>);

impl Body {
    pub(super) fn new(large: &Arc<Semaphore>) -> Self {
        Self {
            bytes: Vec::new(),
            large: large.clone(),
            permit: None,
        }
    }

    /// Makes room for `more` bytes; waits while too many large bodies are in memory.
    ///
    /// # Errors
    /// The body would be over the limit.
    pub(super) async fn expect(&mut self, more: u64) -> Result<(), Refusal> {
        let all = more.saturating_add(self.bytes.len() as u64);
        body_within_limit(all)?;
        if all > SMALL_BODY as u64 && self.permit.is_none() {
            // Nobody closes it while the proxy lives; without it, nobody is left to wait for.
            self.permit = self.large.clone().acquire_owned().await.ok();
        }
        Ok(())
    }

    /// Takes a piece that was expected.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    pub(super) fn into_parts(self) -> (Vec<u8>, Room) {
        (self.bytes, Room(self.permit))
    }
}
