//! The end of a server: requests under way are answered, and nothing waits for ever.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{Client, TestServer};

/// A request whose body has begun to be read: the server asks for it only then.
fn under_way(server: &TestServer, client: &Client, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    let head = format!(
        "POST /v1/secrets HTTP/1.1\r\nhost: localhost\r\nx-api-key: {}\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        client.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("writes");
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).expect("an interim answer");
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn a_request_under_way_is_answered_and_nothing_new_is_accepted() {
    let mut server = TestServer::start();
    let client = server.client("write");
    let body = "{\"key\": \"CRM_TOKEN\", \"value\": \"v\"}";
    let mut stream = under_way(&server, &client, body);
    let mut idle = TcpStream::connect(server.address).expect("connects");
    idle.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    server.ask_to_stop();
    // A connection without a request ends at once; by then nothing listens any more.
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest);
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(server.address).is_ok() {
        assert!(Instant::now() < deadline, "it still accepts");
        std::thread::sleep(Duration::from_millis(5));
    }
    stream.write_all(body.as_bytes()).expect("writes");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the whole answer, then the end");
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    assert!(server.has_ended_within(Duration::from_secs(60)));
}

#[test]
fn a_request_that_never_ends_is_not_waited_for_longer_than_the_settings_say() {
    let mut server = TestServer::start_with(|it| it.shutdown_timeout = Duration::from_millis(100));
    let client = server.client("write");
    let _stream = under_way(&server, &client, "{\"key\": \"CRM_TOKEN\", \"value\": \"v\"}");
    server.ask_to_stop();
    assert!(server.has_ended_within(Duration::from_secs(60)));
}
