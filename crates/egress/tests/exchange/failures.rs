//! What goes wrong ends in bounded time, and is said.

use std::time::Duration;

use distri_egress::EgressLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Authority, Server, get, read, release};
use crate::{read_head, read_path};

#[tokio::test]
async fn a_body_that_is_cut_short_is_an_error() {
    let authority = Authority::new();
    for head in ["content-length: 100", "transfer-encoding: chunked"] {
        let server = Server::raw(&authority, "api.example.com", move |mut stream| async move {
            let _ = read_head(&mut stream).await;
            let body = if head.starts_with('t') { "4\r\nhalf\r\n" } else { "half" };
            let _ = stream
                .write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").as_bytes())
                .await;
            let _ = stream.flush().await;
        })
        .await;
        let egress = server.egress_without_secrets(&authority);
        let mut response = egress.send(get("https://api.example.com/")).await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "half");
        assert_eq!(response.chunk().await.unwrap_err().rule(), "http");
        assert!(response.chunk().await.is_err(), "an error is not followed by an end");
    }
}

#[tokio::test]
async fn silence_and_floods_end_in_bounded_time_and_memory() {
    let authority = Authority::new();
    let server = Server::raw(&authority, "api.example.com", |mut stream| async move {
        let path = read_path(&mut stream).await;
        let reply = match path.as_str() {
            "/silent" => String::new(),
            "/half-head" => "HTTP/1.1 200 OK\r\nx-a: ".into(),
            "/pause" => "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".into(),
            "/long-head" => format!("HTTP/1.1 200 OK\r\nx-a: {}\r\n\r\n", "a".repeat(1_000_000)),
            "/many-heads" => format!(
                "HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n",
                "x-a: b\r\n".repeat(300)
            ),
            "/garbage" => "SSH-2.0-OpenSSH\r\n\r\n".into(),
            "/smuggle" => "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".into(),
            _ => "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".into(),
        };
        let _ = stream.write_all(reply.as_bytes()).await;
        let _ = stream.flush().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    // Only what is waited for in vain is waited for briefly: whatever else ends a request may take its time.
    let limits = |rule: &str| {
        let mut limits = EgressLimits::default();
        match rule {
            "header-timeout" => limits.header = Duration::from_millis(500),
            "idle-timeout" => limits.idle = Duration::from_millis(500),
            _ => {}
        }
        limits
    };
    for (path, rule) in [
        ("/silent", "header-timeout"),
        ("/half-head", "header-timeout"),
        ("/pause", "idle-timeout"),
        ("/long-head", "head-too-large"),
        ("/many-heads", "head-too-large"),
        ("/garbage", "http"),
        ("/smuggle", "http"),
        ("/switch", "http"),
    ] {
        let egress = server.egress(&authority, &["api.example.com:443"], release(&[]), limits(rule));
        let error = match egress.send(get(&format!("https://api.example.com{path}"))).await {
            Ok(response) => read(response).await.expect_err(path),
            Err(error) => error,
        };
        assert_eq!(error.rule(), rule, "{path}: {error}");
        assert!(!error.to_string().contains(path), "{error}");
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_said_without_the_path() {
    let authority = Authority::new();
    let egress = Server::nowhere().egress(
        &authority,
        &["api.example.com:443"],
        release(&[]),
        EgressLimits::default(),
    );
    let error = egress
        .send(get("https://api.example.com/CANARY?CANARY"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`api.example.com` cannot be reached: connection refused"
    );
    let error = egress.send(get("http://127.0.0.1/CANARY")).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`127.0.0.1` is at `127.0.0.1`, which is a loopback address (RFC 1122): not dialled"),
        "{error}"
    );
    // An override is for its own port only.
    assert_eq!(
        egress.send(get("https://127.0.0.1:444/")).await.unwrap_err().rule(),
        "special-address"
    );
    assert_eq!(
        egress.send(get("https://nothing.invalid/")).await.unwrap_err().rule(),
        "resolve"
    );
}
