//! WebSockets: a handshake through the broker, then messages, each looked into as a whole.
//!
//! No extension is agreed on, so that no message is compressed. A message from the run is held against the same rules
//! as a request's body to the same place, and no placeholder in it is filled; a message from the server is scrubbed.
//! What a value or placeholder is cut into over several messages is not put together again.

use std::borrow::Cow;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::Bytes;
use data_encoding::BASE64;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, UPGRADE};
use http::header::{SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION};
use http::{HeaderMap, HeaderValue};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::client::{Egress, http1_message};
use crate::dial::{Sender, dial, http_error};
use crate::error::EgressError;
use crate::plain_body::PlainBody;
use crate::request::{Change, Request};
use crate::resolve::resolve;
use crate::response::Response;
use crate::scrub_head::{self, Changes};
use crate::tls;

/// What came of a handshake.
pub(crate) enum Opened {
    /// The server has gone over to WebSocket.
    WebSocket(Box<WebSocket>),
    /// It has given an ordinary response instead.
    Response(Box<Response>),
}

/// An open WebSocket.
pub(crate) struct WebSocket {
    /// Of the response, scrubbed; without those of the handshake itself.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) stream: TokioIo<Upgraded>,
    pub(crate) messages: Messages,
}

/// Looks into the messages of one WebSocket.
pub(crate) struct Messages {
    egress: Egress,
    /// The handshake's request without its headers: where messages go.
    request: Request,
}

impl Egress {
    /// Asks for a WebSocket by `request`, a `GET` without the headers that belong to the handshake.
    ///
    /// # Errors
    /// As of [`Egress::send`], and a server that does not keep to RFC 6455.
    pub(crate) async fn open_websocket(&self, request: Request) -> Result<Opened, EgressError> {
        let bare = Request::parse(request.method(), &request.url(), Vec::new(), Vec::new())
            .expect("a canonical request without headers is one");
        let limit = self.config().limits.header;
        let place = self.broker().place_of(&request);
        match timeout(limit, self.shake_hands(request, bare)).await {
            Ok(opened) => opened,
            Err(_) => Err(EgressError::HeaderTimeout { place, after: limit }),
        }
    }

    async fn shake_hands(&self, request: Request, bare: Request) -> Result<Opened, EgressError> {
        let observed = self.observing().map(|it| it.look(&request, &PlainBody::AsItIs));
        let cleared = self.broker().clear(request, &PlainBody::AsItIs)?;
        let config = self.config();
        let checked = resolve(&cleared, &config.resolve, config.limits.connect).await?;
        let sender = dial(&cleared, &checked, &tls::http1_only(self.tls()), &config.limits).await?;
        let place = cleared.place.clone();
        let Sender::Http1(mut sender) = sender else {
            return Err(broken(place, "the server speaks HTTP/2 although it was not offered"));
        };
        if let (Some(observing), Some(observed)) = (self.observing(), observed) {
            observing.tell(observed);
        }
        let key = new_key();
        let mut message = http1_message(&cleared.request, false);
        let headers = message.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(SEC_WEBSOCKET_KEY, key.parse().expect("base64 is a header's value"));
        let answer = sender.send_request(message).await;
        let mut answer = answer.map_err(|error| http_error(place.clone(), &error))?;
        if answer.status() != http::StatusCode::SWITCHING_PROTOCOLS {
            let response = Response::new(answer, &cleared.request, place, &config.limits, None, self.scrubber())?;
            return Ok(Opened::Response(Box::new(response)));
        }
        if let Err(reason) = check(answer.headers(), &key, &cleared.request) {
            return Err(broken(place, reason));
        }
        let upgraded = hyper::upgrade::on(&mut answer).await;
        let upgraded = upgraded.map_err(|error| http_error(place, &error))?;
        let (head, _) = answer.into_parts();
        let changes = Changes {
            decoded: false,
            scrubbed: false,
            bodiless: true,
            whole: false,
        };
        let mut headers = scrub_head::fields(&head, &changes, self.scrubber());
        headers.retain(|(name, _)| !matches!(name.as_str(), "sec-websocket-accept" | "content-length"));
        Ok(Opened::WebSocket(Box::new(WebSocket {
            headers,
            stream: TokioIo::new(upgraded),
            messages: Messages {
                egress: self.clone(),
                request: bare,
            },
        })))
    }
}

impl Messages {
    /// Decides on what the run sends; every payload is one, that of a ping and the reason of a close too.
    ///
    /// # Errors
    /// The refusal of a body with the same bytes.
    pub(crate) fn leave(&self, payload: Bytes) -> Result<(), EgressError> {
        let change = Change {
            body: Some(payload),
            ..Change::default()
        };
        // Over the limit of a request's body: the messages' own is lower.
        let Some(request) = self.request.changed(change) else {
            return Err(EgressError::EncodedBody {
                place: self.egress.broker().place_of(&self.request),
            });
        };
        drop(self.egress.broker().clear(request, &PlainBody::AsItIs)?);
        Ok(())
    }

    /// What the server sends, with placeholders in place of values.
    pub(crate) fn come<'p>(&self, payload: &'p [u8]) -> Cow<'p, [u8]> {
        self.egress.scrubber().text(payload)
    }
}

/// What proves that the other side speaks WebSocket (RFC 6455, section 4.2.2).
pub(crate) fn accept_of(key: &str) -> String {
    const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    BASE64.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{GUID}").as_bytes()).as_ref())
}

fn new_key() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has random bytes");
    BASE64.encode(&bytes)
}

/// What a client has to hold against a server's handshake (RFC 6455, section 4.1).
fn check(headers: &HeaderMap, key: &str, request: &Request) -> Result<(), &'static str> {
    let only = |name: http::HeaderName| {
        let mut values = headers.get_all(name).iter();
        let first = values.next().and_then(|it| it.to_str().ok());
        first.filter(|_| values.next().is_none())
    };
    if only(SEC_WEBSOCKET_ACCEPT) != Some(accept_of(key).as_str()) {
        return Err("the server's handshake does not fit to ours");
    }
    if !only(UPGRADE).is_some_and(|it| it.eq_ignore_ascii_case("websocket")) {
        return Err("the server switches to another protocol than WebSocket");
    }
    if headers.contains_key(SEC_WEBSOCKET_EXTENSIONS) {
        return Err("the server uses a WebSocket extension that was not offered");
    }
    if headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        let chosen = only(SEC_WEBSOCKET_PROTOCOL);
        let offers = request
            .headers()
            .iter()
            .filter(|(name, _)| name == "sec-websocket-protocol");
        let mut offered = offers.flat_map(|(_, value)| value.split(',')).map(str::trim);
        if !offered.any(|it| Some(it) == chosen) {
            return Err("the server uses a WebSocket protocol that was not offered");
        }
    }
    Ok(())
}

fn broken(place: String, reason: &str) -> EgressError {
    EgressError::Http {
        place,
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_of_the_standards_key() {
        assert_eq!(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
