//! Reading a body: no more bytes than the route takes, no longer than a request may take, and no more of all bodies
//! together than there is room for.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use super::Limits;
use crate::error::{ApiError, Code};

/// A body, and the room that it takes.
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Limits {
    /// Reads a body of at most `limit` bytes within `time`. One that says beforehand that it is larger is not read.
    pub(crate) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
        limit: usize,
        time: Duration,
    ) -> Result<Received, ApiError> {
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|it| it > limit as u64) {
            return Err(too_large(limit));
        }
        match tokio::time::timeout(time, self.collect(body, limit)).await {
            Ok(received) => received,
            Err(_) => Err(ApiError::new(Code::Timeout, "the body took too long to arrive")),
        }
    }

    async fn collect(&self, mut body: Body, limit: usize) -> Result<Received, ApiError> {
        let mut bytes = BytesMut::new();
        let mut room: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| ApiError::invalid("the body broke off"))?;
            let Ok(data) = frame.into_data() else { continue };
            if bytes.len() + data.len() > limit {
                return Err(too_large(limit));
            }
            let more = self.room_for(data.len())?;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Received {
            bytes: bytes.freeze(),
            _room: room,
        })
    }

    fn room_for(&self, len: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let permits = u32::try_from(len).unwrap_or(u32::MAX);
        let room = self.bodies.clone().try_acquire_many_owned(permits);
        room.map_err(|_| {
            ApiError::new(
                Code::Unavailable,
                "the server has no room for more bodies at the moment",
            )
        })
    }
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(
        Code::TooLarge,
        format!("a body of this route has at most {limit} bytes"),
    )
}
