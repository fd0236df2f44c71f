//! What a handler answers: a status, headers, and a body that is overwritten when it may hold values.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::{ApiError, Code};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The answer to a request.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What is kept of it for a request that is sent again.
    pub(crate) keep: Keep,
}

/// What is kept of an answer for a request that is sent again with the same `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// The answer.
    Answer,
    /// That it was done: the answer is shown once.
    Done,
    /// Nothing: it may be done again.
    Nothing,
}

impl Reply {
    /// 204.
    pub(crate) fn nothing() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            keep: Keep::Answer,
        }
    }

    /// 200 with JSON.
    pub(crate) fn json(value: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self::bytes(JSON, to_json(value, 256)?.into()))
    }

    /// 200 with JSON that holds values: its bytes are overwritten once they were sent.
    ///
    /// `size` is how many bytes the values have: a buffer that grew would leave copies behind.
    pub(crate) fn values(value: &impl Serialize, size: usize) -> Result<Self, ApiError> {
        // Escaping makes at most six bytes of one.
        let body = to_json(value, 1_024 + 6 * size)?;
        Ok(Self {
            keep: Keep::Nothing,
            ..Self::bytes(JSON, Bytes::from_owner(Zeroizing::new(body)))
        })
    }

    /// The same, where what it shows is made only once.
    pub(crate) fn once(self) -> Self {
        Self {
            keep: Keep::Done,
            ..self
        }
    }

    /// The same, where nothing is left that could keep it.
    pub(crate) fn unkept(self) -> Self {
        Self {
            keep: Keep::Nothing,
            ..self
        }
    }

    /// 200 with bytes of another type.
    pub(crate) fn bytes(media: HeaderValue, body: Bytes) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, media);
        Self {
            status: StatusCode::OK,
            headers,
            body,
            keep: Keep::Answer,
        }
    }

    /// The same with another status.
    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same with one more header. A value that no header can hold is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same with the version as its entity tag.
    pub(crate) fn version(self, version: u32) -> Self {
        self.header(ETAG, &format!("\"{version}\""))
    }

    /// A refusal.
    pub(crate) fn refusal(error: &ApiError) -> Self {
        let body = serde_json::to_vec(&error.body()).unwrap_or_default();
        let reply = Self::bytes(JSON, body.into()).status(error.code.status());
        match error.code {
            Code::NotAuthenticated => reply.header(WWW_AUTHENTICATE, "Bearer realm=\"distri\""),
            Code::TooMany | Code::Unavailable => reply.header(RETRY_AFTER, "1"),
            _ => reply,
        }
    }
}

fn to_json(value: &impl Serialize, capacity: usize) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::with_capacity(capacity);
    match serde_json::to_writer(&mut body, value) {
        Ok(()) => Ok(body),
        Err(_) => Err(ApiError::new(Code::Internal, "the answer cannot be written as JSON")),
    }
}
