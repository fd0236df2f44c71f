//! `Idempotency-Key`: a request that a client sends again, because it did not see the answer, is not done again.

use distri_vault::Caller;
use distri_vault::once::{Begun, KeptAnswer};
use http::header::{CONTENT_TYPE, ETAG, HeaderName};
use http::{HeaderValue, StatusCode};

use crate::error::{ApiError, Code};
use crate::input::Input;
use crate::reply::{Keep, Reply};
use crate::route::Verb;

/// The header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Whether a request is to be done once, however often it is sent.
pub(crate) fn is_asked_for(input: &Input) -> bool {
    input.parts.headers.contains_key(IDEMPOTENCY_KEY)
}

/// Runs a handler, once for each key. Without a key, and where nothing changes, it is just run.
pub(crate) fn run(
    caller: &Caller<'_>,
    verb: Verb,
    input: &Input,
    handle: impl FnOnce(&Caller<'_>) -> Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    let key = match input.header(&IDEMPOTENCY_KEY)? {
        Some(key) if verb != Verb::Get => checked(key)?,
        _ => return handle(caller),
    };
    let target = input.parts.uri.path_and_query().map_or("", |it| it.as_str());
    let request = [verb.as_str().as_bytes(), target.as_bytes(), &input.body];
    match caller.begin_once(key, &request)? {
        Begun::Now => {}
        Begun::Answered(answer) => return replayed(answer),
        Begun::Before => {
            return Err(ApiError::new(
                Code::Conflict,
                "a request with this `idempotency-key` is under way, or broke off: look whether it was done",
            ));
        }
        Begun::ForAnother => {
            return Err(ApiError::new(
                Code::KeyReused,
                "this `idempotency-key` was used for another request",
            ));
        }
    }
    let result = handle(caller);
    match &result {
        Ok(reply) => match reply.keep {
            Keep::Answer => caller.end_once(key, &request, &kept(reply, true))?,
            Keep::Done => caller.end_once(key, &request, &kept(reply, false))?,
            Keep::Nothing => caller.forget_once(key)?,
        },
        Err(_) => caller.forget_once(key)?,
    }
    result
}

/// 1 to 255 visible characters of ASCII.
fn checked(key: &str) -> Result<&str, ApiError> {
    let fits = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    match fits {
        true => Ok(key),
        false => Err(ApiError::invalid(
            "`idempotency-key` has 1 to 255 characters of ASCII without spaces",
        )),
    }
}

fn kept(reply: &Reply, with_body: bool) -> KeptAnswer {
    let etag = reply.headers.get(ETAG).and_then(|it| it.to_str().ok());
    KeptAnswer {
        status: reply.status.as_u16(),
        etag: etag.map(str::to_owned),
        body: with_body.then(|| String::from_utf8_lossy(&reply.body).into_owned()),
    }
}

fn replayed(answer: KeptAnswer) -> Result<Reply, ApiError> {
    let Some(body) = answer.body else {
        return Err(ApiError::new(
            Code::Conflict,
            "this was done already, and its answer is shown only once",
        ));
    };
    let mut reply = Reply::nothing().status(StatusCode::from_u16(answer.status).unwrap_or_default());
    if !body.is_empty() {
        reply
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        reply.body = body.into();
    }
    if let Some(etag) = answer.etag {
        reply = reply.header(ETAG, &etag);
    }
    Ok(reply.header(REPLAYED, "true"))
}
