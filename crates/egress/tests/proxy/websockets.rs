//! WebSockets towards a bound host: the handshake through the broker, every message looked into.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use distri_core::clock::SystemClock;
use distri_egress::{EgressLimits, Proxy, ProxyConfig};
use futures_util::{SinkExt, StreamExt};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::fixture::{BOUND, PATIENCE, VALUE, World, ask, read_all, read_head, verdict};
use crate::support::{Authority, Body, Server, full, held, placeholder};

const HANDSHAKE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

type Client = WebSocketStream<TlsStream<TcpStream>>;
/// What has arrived at the server.
type Heard = Arc<Mutex<Vec<Message>>>;

/// A server that tells what the handshake was, then sends every message back and obeys some.
async fn speaking(request: http::Request<Incoming>, heard: Heard) -> http::Response<Body> {
    if request.uri().path() == "/plain" {
        return crate::fixture::tell(request).await;
    }
    let key = request.headers()["sec-websocket-key"].clone();
    let told = format!("{:?}", request.headers());
    let builder = http::Response::builder()
        .status(101)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", accept(key.as_bytes()))
        .header(
            "x-echo",
            request
                .headers()
                .get("authorization")
                .cloned()
                .unwrap_or_else(|| "none".parse().unwrap()),
        );
    let builder = match request.uri().path() {
        "/extension" => builder.header("sec-websocket-extensions", "permessage-deflate"),
        "/protocol" => builder.header("sec-websocket-protocol", "chat.v2"),
        "/wrong" => http::Response::builder()
            .status(101)
            .header("connection", "upgrade")
            .header("upgrade", "websocket"),
        _ => builder,
    };
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else {
            return;
        };
        let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let _ = socket.send(Message::text(told)).await;
        while let Some(Ok(message)) = socket.next().await {
            heard.lock().unwrap().push(message.clone());
            let answer = match &message {
                Message::Text(text) if text.as_str() == "say it" => Message::text(format!("it is {VALUE}")),
                Message::Text(text) if text.as_str() == "say it in base64" => {
                    Message::binary(BASE64.encode(VALUE.as_bytes()).into_bytes())
                }
                Message::Text(text) if text.as_str() == "ping it" => Message::Ping(VALUE.into()),
                Message::Text(text) if text.as_str() == "close with it" => Message::Close(Some(CloseFrame {
                    code: CloseCode::Library(4000),
                    reason: format!("bye {VALUE}").into(),
                })),
                Message::Text(text) if text.as_str() == "say much" => Message::binary(vec![0; 1024 * 1024 + 1]),
                Message::Text(_) | Message::Binary(_) => message,
                _ => continue,
            };
            if socket.send(answer).await.is_err() {
                return;
            }
        }
    });
    builder.body(full("")).unwrap()
}

fn accept(key: &[u8]) -> String {
    let guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        &[key, guid.as_slice()].concat(),
    );
    BASE64.encode(digest.as_ref())
}

/// A world whose run holds a placeholder, which is told beside.
async fn world() -> (World, String, Heard) {
    let (authority, heard) = (Authority::new(), Heard::default());
    let hearing = heard.clone();
    let server = Server::raw(&authority, BOUND, move |stream| {
        let heard = hearing.clone();
        async move {
            let service = hyper::service::service_fn(move |request| {
                let heard = heard.clone();
                async move { Ok::<_, Infallible>(speaking(request, heard).await) }
            });
            let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            drop(serving.with_upgrades().await);
        }
    })
    .await;
    let release = held(&[("A_KEY", VALUE.as_bytes(), &[BOUND])]);
    let given = placeholder(&release, "A_KEY");
    let egress = server.egress(&authority, &["api.example.com:443"], release, EgressLimits::default());
    let proxy = Proxy::start(egress, ProxyConfig::default(), &SystemClock).unwrap();
    (
        World {
            authority,
            server,
            proxy,
        },
        given,
        heard,
    )
}

/// An open WebSocket, and the head by which the proxy has opened it.
async fn open(world: &World, path: &str, fields: &str) -> (Client, String) {
    let mut stream = world.inside(&["http/1.1"]).await;
    let head = format!("GET {path} HTTP/1.1\r\nHost: {BOUND}\r\n{HANDSHAKE}{fields}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let head = read_head(&mut stream).await;
    (WebSocketStream::from_raw_socket(stream, Role::Client, None).await, head)
}

async fn next(client: &mut Client) -> Option<Message> {
    let next = timeout(PATIENCE, client.next()).await.expect("something comes");
    next.and_then(Result::ok)
}

async fn say(client: &mut Client, text: &str) -> Option<Message> {
    client.send(Message::text(text)).await.unwrap();
    next(client).await
}

#[tokio::test]
async fn the_handshake_goes_through_the_broker_and_messages_both_ways() {
    let (world, given, _) = world().await;
    let fields = format!(
        "Authorization: Bearer {given}\r\nOrigin: https://x.example\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
    );
    let (mut client, head) = open(&world, "/", &fields).await;
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert!(
        head.contains("\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        "{head}"
    );
    // The server got the value; what it sends back of it is the placeholder again.
    assert!(
        head.contains(&format!("\r\nx-echo: Bearer {given}\r\n")) && !head.contains(VALUE),
        "{head}"
    );
    let told = next(&mut client).await.unwrap().into_text().unwrap();
    assert!(
        told.contains(&format!("Bearer {given}")) && told.contains("https://x.example"),
        "{told}"
    );
    assert!(
        !told.contains("extensions") && !told.contains("dGhlIHNhbXBsZSBub25jZQ=="),
        "{told}"
    );

    assert_eq!(say(&mut client, "hello").await, Some(Message::text("hello")));
    client.send(Message::binary(vec![0, 159, 255])).await.unwrap();
    assert_eq!(next(&mut client).await, Some(Message::binary(vec![0, 159, 255])));
    let large = "x".repeat(1024 * 1024);
    assert_eq!(say(&mut client, &large).await, Some(Message::text(large)));
    client.send(Message::Ping("are you there".into())).await.unwrap();
    assert_eq!(next(&mut client).await, Some(Message::Pong("are you there".into())));

    client
        .close(Some(CloseFrame {
            code: CloseCode::Normal,
            reason: "done".into(),
        }))
        .await
        .unwrap();
    assert!(matches!(next(&mut client).await, Some(Message::Close(_))));
    assert_eq!(next(&mut client).await, None);
}

#[tokio::test]
async fn what_the_server_says_is_scrubbed() {
    let (world, given, _) = world().await;
    let (mut client, _) = open(&world, "/", "").await;
    next(&mut client).await.unwrap();
    assert_eq!(
        say(&mut client, "say it").await,
        Some(Message::text(format!("it is {given}")))
    );
    let message = say(&mut client, "say it in base64").await.unwrap().into_data();
    assert!(!String::from_utf8_lossy(&message).contains(&BASE64.encode(VALUE.as_bytes())));
    let Some(Message::Ping(payload)) = say(&mut client, "ping it").await else {
        panic!("no ping")
    };
    assert_eq!(payload, given.as_bytes());
    let Some(Message::Close(Some(frame))) = say(&mut client, "close with it").await else {
        panic!("no close")
    };
    assert_eq!(
        (u16::from(frame.code), frame.reason.as_str()),
        (4000, format!("bye {given}").as_str())
    );
    assert_eq!(next(&mut client).await, None);
}

#[tokio::test]
async fn a_placeholder_in_a_message_closes_and_never_arrives() {
    for sort in ["text", "binary", "ping", "close", "base64", "fragments"] {
        let (world, given, heard) = world().await;
        let (mut client, _) = open(&world, "/", "").await;
        next(&mut client).await.unwrap();
        let close = Message::Close(Some(CloseFrame {
            code: CloseCode::Normal,
            reason: Utf8Bytes::from(&given),
        }));
        let message = match sort {
            "text" => Message::text(format!("my key is {given}")),
            "binary" => Message::binary(given.clone().into_bytes()),
            "ping" => Message::Ping(given.clone().into()),
            "base64" => Message::text(BASE64.encode(given.as_bytes())),
            _ => close,
        };
        if sort == "fragments" {
            let (one, two) = given.split_at(given.len() / 2);
            let stream = client.get_mut();
            stream.write_all(&fragment(false, 1, one.as_bytes())).await.unwrap();
            stream.write_all(&fragment(true, 0, two.as_bytes())).await.unwrap();
            stream.flush().await.unwrap();
        } else {
            client.send(message).await.unwrap();
        }
        match next(&mut client).await {
            Some(Message::Close(Some(frame))) if sort == "close" => assert_eq!(frame.code, CloseCode::Normal),
            Some(Message::Close(Some(frame))) => {
                assert_eq!(
                    (frame.code, frame.reason.as_str()),
                    (CloseCode::Policy, "wrong-place"),
                    "{sort}"
                );
            }
            // A ping is answered by the proxy itself, before it is looked into.
            Some(Message::Pong(_)) if sort == "ping" => {
                let Some(Message::Close(Some(frame))) = next(&mut client).await else {
                    panic!("no close")
                };
                assert_eq!(frame.code, CloseCode::Policy);
            }
            other => panic!("{sort}: {other:?}"),
        }
        assert_eq!(next(&mut client).await, None, "{sort}");
        let heard = heard.lock().unwrap();
        assert!(heard.iter().all(Message::is_close), "{sort}: {heard:?}");
        assert!(!format!("{heard:?}").contains(VALUE) && !format!("{heard:?}").contains(&given));
    }
}

#[tokio::test]
async fn too_large_or_malformed_messages_close() {
    let (world, _, _) = world().await;
    let (mut client, _) = open(&world, "/", "").await;
    next(&mut client).await.unwrap();
    let _ = client.send(Message::binary(vec![0; 1024 * 1024 + 1])).await;
    let Some(Message::Close(Some(frame))) = next(&mut client).await else {
        panic!("no close")
    };
    assert_eq!(frame.code, CloseCode::Size);

    let (mut client, _) = open(&world, "/", "").await;
    next(&mut client).await.unwrap();
    assert!(matches!(say(&mut client, "say much").await, Some(Message::Close(_))));

    // Without a mask (RFC 6455, section 5.1).
    let (mut client, _) = open(&world, "/", "").await;
    next(&mut client).await.unwrap();
    let stream = client.get_mut();
    stream.write_all(&[0x81, 2, b'h', b'i']).await.unwrap();
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap();
    assert!(!rest.windows(2).any(|it| it == b"hi"));
}

#[tokio::test]
async fn a_handshake_has_one_form() {
    let (world, given, _) = world().await;
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    for (head, rule) in [
        (
            format!("GET / HTTP/1.1\r\nHost: {BOUND}\r\n{upgrade}{key}"),
            "websocket-handshake",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: {BOUND}\r\n{upgrade}Sec-WebSocket-Version: 13\r\n"),
            "websocket-handshake",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: {BOUND}\r\n{HANDSHAKE}{key}"),
            "websocket-handshake",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: {BOUND}\r\n{HANDSHAKE}"),
            "websocket-handshake",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: {BOUND}\r\nContent-Length: 1\r\n{HANDSHAKE}"),
            "websocket-handshake",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: other.example\r\n{HANDSHAKE}"),
            "host-header",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: {BOUND}\r\nUser-Agent: {given}\r\n{HANDSHAKE}"),
            "wrong-place",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: {BOUND}\r\nSec-WebSocket-Protocol: {given}\r\n{HANDSHAKE}"),
            "wrong-place",
        ),
        (
            format!("GET /extension HTTP/1.1\r\nHost: {BOUND}\r\n{HANDSHAKE}"),
            "http",
        ),
        (
            format!("GET /protocol HTTP/1.1\r\nHost: {BOUND}\r\n{HANDSHAKE}"),
            "http",
        ),
        (format!("GET /wrong HTTP/1.1\r\nHost: {BOUND}\r\n{HANDSHAKE}"), "http"),
    ] {
        let mut stream = world.inside(&["http/1.1"]).await;
        let answer = ask(&mut stream, (head.clone() + "\r\n").as_bytes()).await;
        assert_eq!(verdict(&answer).1, rule, "{head}");
    }
    let head = format!(
        "GET /protocol HTTP/1.1\r\nHost: {BOUND}\r\nSec-WebSocket-Protocol: chat.v1, chat.v2\r\n{HANDSHAKE}\r\n"
    );
    let mut stream = world.inside(&["http/1.1"]).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(
        read_head(&mut stream)
            .await
            .contains("\r\nsec-websocket-protocol: chat.v2\r\n")
    );
    // A server that does not want to is heard.
    let answer = world
        .ask_inside(format!("GET /plain HTTP/1.1\r\nHost: {BOUND}\r\n{HANDSHAKE}\r\n").as_bytes())
        .await;
    assert_eq!(verdict(&answer).0, 200, "{answer}");
    drop(world);
    let _ = read_all(&mut stream).await;
}

/// A frame of a client, with a mask of zeros.
fn fragment(last: bool, code: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    let mut frame = vec![u8::from(last) << 7 | code, 0x80 | length, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}
