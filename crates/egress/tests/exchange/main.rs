//! Exchanges with real TLS servers, over HTTP/1.1 and HTTP/2.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod connections;
mod failures;
mod replies;
#[path = "../support/mod.rs"]
mod support;
mod tls;

use tokio::io::AsyncReadExt;

const HTTP1: &[&str] = &["http/1.1"];
const HTTP2: &[&str] = &["h2"];

async fn read_head(stream: &mut (impl AsyncReadExt + Unpin)) -> bool {
    !read_path(stream).await.is_empty()
}

/// Reads a request's head and returns its path; empty at the end of the stream.
async fn read_path(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    String::from_utf8(head).unwrap().split(' ').nth(1).unwrap().to_owned()
}
