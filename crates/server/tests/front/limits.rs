//! What is refused before anything is looked up (T67), and what a browser of another site is refused (T57).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use distri_core::credential::PlainToken;

use crate::support::{Request, TestServer};

/// How long an answer may take that is sure to come; a server waits for a body only half as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends bytes as they are and reads what comes back until the server closes or is silent.
fn raw(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut piece) {
        answer.extend_from_slice(&piece[..count]);
        if answer.windows(4).any(|it| it == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn bombs_are_refused_by_their_size_and_number() {
    let server = TestServer::start();
    let many: String = (0..100).map(|it| format!("x-{it}: 1\r\n")).collect();
    let long = format!("x-long: {}\r\n", "a".repeat(64 << 10));
    for fields in [many, long] {
        let answer = raw(
            &server,
            format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n").as_bytes(),
        );
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    let target = "a".repeat(64 << 10);
    let answer = raw(
        &server,
        format!("GET /{target} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes(),
    );
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[test]
fn a_head_of_more_than_32_kib_is_refused_to_the_byte() {
    let server = TestServer::start();
    // `/healthz`, and `host: ` with its value and its end.
    let others = "/healthz".len() + "host".len() + "localhost".len() + 4;
    for (length, status) in [(32 << 10, "200"), ((32 << 10) + 1, "431")] {
        let long = "a".repeat(length - others - "x-long".len() - 4);
        let head = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-long: {long}\r\n\r\n");
        let answer = raw(&server, head.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}

#[test]
fn a_body_that_is_too_large_is_not_waited_for() {
    let server = TestServer::start();
    let head = |length: u64, path: &str| {
        let token = PlainToken::random();
        let token = token.expose_secret();
        format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nx-api-key: {token}\r\ncontent-length: {length}\r\n\r\n")
    };
    let answer = raw(&server, head(1 << 30, "/v1/secrets").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // A route without a body takes none.
    let answer = raw(&server, head(1, "/v1/secrets/A/undelete").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // Nobody sends a body without a credential.
    let anonymous = "POST /v1/secrets HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1073741824\r\n\r\n";
    assert!(raw(&server, anonymous.as_bytes()).starts_with("HTTP/1.1 401"));
}

#[test]
fn a_slow_body_and_a_slow_head_end() {
    let server = TestServer::start_with(|it| it.request_timeout = Duration::from_millis(200));
    let token = PlainToken::random();
    let token = token.expose_secret();
    let slow =
        format!("POST /v1/secrets HTTP/1.1\r\nhost: localhost\r\nx-api-key: {token}\r\ncontent-length: 100\r\n\r\n{{");
    let answer = raw(&server, slow.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    // A head that does not end is no request: the connection is closed.
    let mut stream = TcpStream::connect(server.address).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost:").expect("writes");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("the server closes");
}

#[test]
fn another_sites_name_is_refused() {
    let server = TestServer::start();
    for host in ["evil.example", "127.0.0.1.evil.example:7777"] {
        let answer = server.request("GET", "/healthz").header("host", host).send();
        assert_eq!(answer.refused(), (421, "misdirected".to_owned()), "{host}");
    }
    let answer = server.request("GET", "/healthz").header("host", "localhost:1").send();
    assert_eq!(answer.status, 200);
    // Nothing tells a browser that another origin may read the answers.
    let preflight = server
        .request("OPTIONS", "/v1/secrets")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .send();
    assert_eq!(preflight.refused(), (405, "method_not_allowed".to_owned()));
    assert!(
        !preflight
            .headers
            .keys()
            .any(|it| it.as_str().starts_with("access-control"))
    );
}

#[test]
fn whoever_guesses_tokens_is_slowed_down() {
    let server = TestServer::start_with(|it| it.rate_per_address = 1);
    let neighbour = server.client("read");
    let guess = |token: &str| server.request("GET", "/v1/secrets").header("x-api-key", token).send();
    assert_eq!(guess("distri_0").status, 401);
    // Two without a pause, and then one a second: a busy machine may need some more of them to be quicker than that.
    let mut answers = (1..100).map(|it| guess(&format!("distri_{it}")).status);
    assert!(answers.any(|it| it == 429));
    assert_eq!(server.request("GET", "/healthz").send().status, 200);
    // A neighbour at the same address whose token is good is not kept out.
    assert_eq!(neighbour.get("/v1/secrets").status, 200);
}

#[test]
fn two_credentials_that_differ_are_one_too_many() {
    let server = TestServer::start();
    let both = server
        .request("GET", "/v1/secrets")
        .header("x-api-key", "a")
        .header("authorization", "Bearer b")
        .send();
    assert_eq!(both.refused(), (400, "invalid".to_owned()));
    let twice = server
        .request("GET", "/v1/secrets")
        .header("x-api-key", "a")
        .header("x-api-key", "a")
        .send();
    assert_eq!(twice.refused(), (400, "invalid".to_owned()));
    let none = server.request("GET", "/v1/secrets").send();
    assert_eq!(none.refused(), (401, "not_authenticated".to_owned()));
    assert_eq!(none.header("www-authenticate"), "Bearer realm=\"distri\"");
}

#[test]
fn whether_a_token_is_good_is_asked_before_the_body_is_looked_into() {
    let server = TestServer::start();
    let stranger = |request: Request| {
        request
            .header("x-api-key", PlainToken::random().expose_secret())
            .send()
            .refused()
    };
    let refused = (401, "not_authenticated".to_owned());
    let body = serde_json::json!({ "key": "STRIPE_API_KEY", "value": "sk_live_1234" });
    assert_eq!(stranger(server.request("POST", "/v1/secrets").json(&body)), refused);
    assert_eq!(stranger(server.request("POST", "/v1/secrets").body("no JSON")), refused);
}
