//! A WebSocket through the proxy: two handshakes, and every message between them looked into.

use bytes::BytesMut;
use data_encoding::BASE64;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;
use tokio::time::{Duration, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::Shared;
use super::answer::{self, Answer};
use super::exchange::{Asked, Scope};
use super::head::{Framing, Head};
use super::refusal::Refusal;
use super::wire::{Expects, Wire};
use crate::websocket::{Messages, Opened, WebSocket, accept_of};

/// What a message may have, and what a connection holds of one in memory.
const LARGEST: usize = 1024 * 1024;

/// How long a side may take for its part of a farewell.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves the WebSocket that `head` asks for, to its end.
pub(super) async fn serve<S>(mut wire: Wire<S>, head: Head, scope: &Scope, shared: &Shared)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (asked, key) = match ask(head) {
        Ok(asked) => asked,
        Err(refusal) => return wire.refuse_and_close(&refusal, false).await,
    };
    let opened = match shared.request(scope, asked, Vec::new()) {
        Ok(request) => tokio::select! {
            opened = shared.egress.open_websocket(request) => opened.map_err(Refusal::from),
            () = wire.gone() => return,
        },
        Err(refusal) => Err(refusal),
    };
    match opened {
        Ok(Opened::WebSocket(opened)) => {
            let WebSocket {
                headers,
                stream,
                messages,
            } = *opened;
            let (mut client, ahead) = wire.into_parts();
            let mut head = BytesMut::new();
            answer::write_switch(&mut head, &accept_of(&key), &headers);
            if client.write_all(&head).await.is_err() || client.flush().await.is_err() {
                return;
            }
            let config = Some(config());
            let client = WebSocketStream::from_partially_read(client, ahead.to_vec(), Role::Server, config).await;
            let server = WebSocketStream::from_raw_socket(stream, Role::Client, config).await;
            relay(client, server, &messages, shared.limits.silence).await;
        }
        Ok(Opened::Response(response)) => {
            let expects = Expects {
                head_only: false,
                is_old: false,
                close: true,
            };
            if wire.respond(Answer::new(*response, false), expects).await.is_ok() {
                wire.close().await;
            }
        }
        Err(refusal) => wire.refuse_and_close(&refusal, false).await,
    }
}

/// The request without the fields of the client's handshake, and its key (RFC 6455, section 4.2.1).
fn ask(mut head: Head) -> Result<(Asked, String), Refusal> {
    let (keys, versions) = (head.take("sec-websocket-key"), head.take("sec-websocket-version"));
    // A message that is compressed, or cut in another way, could not be looked into: none is offered.
    head.take("sec-websocket-extensions");
    let plain = head.method == "GET" && head.framing == Framing::Bodiless && versions == ["13"];
    match keys.as_slice() {
        [key] if plain && BASE64.decode(key.as_bytes()).is_ok_and(|it| it.len() == 16) => {
            let key = key.clone();
            let asked = Asked {
                method: head.method,
                target: head.target,
                headers: head.headers,
            };
            Ok((asked, key))
        }
        _ => Err(Refusal::Handshake),
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(LARGEST))
        .max_frame_size(Some(LARGEST))
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * LARGEST)
}

/// How one direction ended.
enum End {
    /// By the side it comes from.
    Closed(Option<CloseFrame>),
    /// The side it comes from is gone, or does not keep to the protocol.
    Broken,
    /// A message was over the limit.
    TooLarge,
    /// A rule refused a message, by its name.
    Refused(&'static str),
    /// Nothing came for too long.
    Silent,
}

type Sink<S> = Mutex<SplitSink<WebSocketStream<S>, Message>>;

/// Passes messages on until a side ends, then lets both know.
async fn relay<C, S>(client: WebSocketStream<C>, server: WebSocketStream<S>, messages: &Messages, silence: Duration)
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (to_client, mut from_client) = client.split();
    let (to_server, mut from_server) = server.split();
    let (to_client, to_server) = (Mutex::new(to_client), Mutex::new(to_server));
    let (from_side, end) = tokio::select! {
        end = pass(&mut from_client, &to_server, silence, |it| leaving(messages, it)) => (Side::Client, end),
        end = pass(&mut from_server, &to_client, silence, |it| coming(messages, it)) => (Side::Server, end),
    };
    let (near, far) = farewells(&end);
    let (client_gets, server_gets) = match from_side {
        Side::Client => (near, far),
        Side::Server => (far, near),
    };
    // Each gets its farewell and may give its own; who does not is left.
    drop(tokio::join!(
        timeout(FAREWELL, part(&to_client, &mut from_client, client_gets)),
        timeout(FAREWELL, part(&to_server, &mut from_server, server_gets)),
    ));
}

enum Side {
    Client,
    Server,
}

async fn pass<F, T>(
    from: &mut SplitStream<WebSocketStream<F>>,
    to: &Sink<T>,
    silence: Duration,
    look: impl Fn(Message) -> Result<Option<Message>, &'static str>,
) -> End
where
    F: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let message = match timeout(silence, from.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(Error::Capacity(_)))) => return End::TooLarge,
            Ok(Some(Err(_)) | None) => return End::Broken,
            Err(_) => return End::Silent,
        };
        match look(message) {
            Ok(Some(Message::Close(frame))) => return End::Closed(frame),
            Ok(Some(message)) => {
                if to.lock().await.send(message).await.is_err() {
                    return End::Broken;
                }
            }
            Ok(None) => {}
            Err(rule) => return End::Refused(rule),
        }
    }
}

/// A message of the run: passed on as it is, or refused. Pongs are given on both sides by the library.
fn leaving(messages: &Messages, message: Message) -> Result<Option<Message>, &'static str> {
    if message.is_pong() {
        return Ok(None);
    }
    let payload = match &message {
        Message::Close(None) => return Ok(Some(message)),
        Message::Close(Some(frame)) => frame.reason.clone().into(),
        other => other.clone().into_data(),
    };
    match messages.leave(payload) {
        Ok(()) => Ok(Some(message)),
        Err(refusal) => {
            tracing::debug!(rule = refusal.rule(), "a message was refused");
            Err(refusal.rule())
        }
    }
}

/// A message of the server, scrubbed.
fn coming(messages: &Messages, message: Message) -> Result<Option<Message>, &'static str> {
    let text = |payload: &[u8]| {
        let scrubbed = messages.come(payload).into_owned();
        Utf8Bytes::try_from(scrubbed).map_err(|_| "not-text")
    };
    Ok(match message {
        Message::Pong(_) | Message::Frame(_) => None,
        Message::Text(payload) => Some(Message::Text(text(payload.as_bytes())?)),
        Message::Binary(payload) => Some(Message::Binary(messages.come(&payload).into_owned().into())),
        Message::Ping(payload) => Some(Message::Ping(shortened(&messages.come(&payload)).to_vec().into())),
        Message::Close(None) => Some(Message::Close(None)),
        Message::Close(Some(frame)) => {
            let reason = text(frame.reason.as_bytes())?;
            // A placeholder is as long as its value, most often; what no longer fits is left out.
            let reason = if reason.len() <= MOST_OF_A_REASON {
                reason
            } else {
                Utf8Bytes::default()
            };
            Some(Message::Close(Some(CloseFrame {
                code: frame.code,
                reason,
            })))
        }
    })
}

/// Payload of a control frame (RFC 6455, section 5.5), of which a close's code takes two.
const MOST_OF_A_CONTROL_FRAME: usize = 125;
const MOST_OF_A_REASON: usize = MOST_OF_A_CONTROL_FRAME - 2;

fn shortened(payload: &[u8]) -> &[u8] {
    &payload[..payload.len().min(MOST_OF_A_CONTROL_FRAME)]
}

/// What is said to the side that an end came from, and to the other one.
fn farewells(end: &End) -> (Option<CloseFrame>, Option<CloseFrame>) {
    let frame = |code, reason: &'static str| {
        Some(CloseFrame {
            code,
            reason: Utf8Bytes::from_static(reason),
        })
    };
    match end {
        // The library has answered the side itself.
        End::Closed(given) => (None, given.clone()),
        End::Broken => (None, frame(CloseCode::Away, "")),
        End::TooLarge => (
            frame(CloseCode::Size, "a message may have 1 MiB"),
            frame(CloseCode::Away, ""),
        ),
        End::Refused(rule) => (frame(CloseCode::Policy, rule), frame(CloseCode::Away, "")),
        End::Silent => (frame(CloseCode::Away, "silent"), frame(CloseCode::Away, "silent")),
    }
}

/// Says farewell to one side and waits for its own.
async fn part<S>(to: &Sink<S>, from: &mut SplitStream<WebSocketStream<S>>, frame: Option<CloseFrame>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut to = to.lock().await;
    // After a farewell of the other side this flushes the library's answer, and is an error.
    drop(to.send(Message::Close(frame)).await);
    drop(to.flush().await);
    while let Some(Ok(_)) = from.next().await {}
    drop(to.close().await);
}
