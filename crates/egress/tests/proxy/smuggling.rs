//! Bytes that two readers would read differently: refused, with nothing sent on.

use crate::fixture::{World, verdict};

#[tokio::test]
async fn ambiguous_framing_is_refused_inside_and_outside() {
    let world = World::new().await;
    let good = world.credential();
    for (fields, body, rule) in [
        (
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "0\r\n\r\n",
            "content-length",
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "0\r\n\r\n",
            "content-length",
        ),
        ("Content-Length: 5\r\nContent-Length: 6", "hello!", "content-length"),
        ("Content-Length: 5\r\nContent-Length: 5", "hello", "content-length"),
        ("Content-Length: 5, 5", "hello", "content-length"),
        ("Content-Length: -1", "", "content-length"),
        ("Transfer-Encoding: chunked, identity", "0\r\n\r\n", "transfer-encoding"),
        ("Transfer-Encoding: identity, chunked", "0\r\n\r\n", "transfer-encoding"),
        ("Transfer-Encoding: gzip", "x", "transfer-encoding"),
        ("Transfer-Encoding: x chunked", "0\r\n\r\n", "transfer-encoding"),
        ("Transfer-Encoding\t: chunked", "0\r\n\r\n", "header-line"),
        ("Transfer-Encoding:\r\n chunked", "0\r\n\r\n", "header-line"),
        ("A: b\r\n folded", "", "header-line"),
        ("A b: c", "", "header-line"),
        ("Content-Length : 5", "hello", "header-line"),
        ("A: b\nTransfer-Encoding: chunked", "0\r\n\r\n", "line-ending"),
        ("A: b\r\r\nTransfer-Encoding: chunked", "0\r\n\r\n", "header-line"),
        ("content_length: 5", "hello", "header-name"),
        ("transfer_encoding: chunked", "0\r\n\r\n", "header-name"),
        ("Trailer: Authorization", "", "hop-by-hop"),
        (
            "Transfer-Encoding: chunked",
            "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
            "chunk",
        ),
        ("Transfer-Encoding: chunked", "5;ext\r\nhello\r\n0\r\n\r\n", "chunk"),
        ("Transfer-Encoding: chunked", "5\nhello\n0\n\n", "chunk"),
        ("Transfer-Encoding: chunked", "0x5\r\nhello\r\n0\r\n\r\n", "chunk"),
        ("Transfer-Encoding: chunked", "+5\r\nhello\r\n0\r\n\r\n", "chunk"),
        ("Transfer-Encoding: chunked", "000000005\r\nhello\r\n0\r\n\r\n", "chunk"),
        ("Transfer-Encoding: chunked", "\r\nhello\r\n0\r\n\r\n", "chunk"),
        ("Transfer-Encoding: chunked", "5\r\nhello!\r\n0\r\n\r\n", "chunk"),
        ("Transfer-Encoding: chunked", "4\r\nhello\r\n0\r\n\r\n", "chunk"),
        ("Transfer-Encoding: chunked", "ffffffff\r\n", "body-too-large"),
        (
            "Transfer-Encoding: chunked",
            "5\r\nhello\r\n0\r\nAuthorization: x\r\n\r\n",
            "trailer",
        ),
        ("Content-Length: 33554433", "", "body-too-large"),
        ("Content-Length: 18446744073709551615", "", "body-too-large"),
    ] {
        let rest = format!("{fields}\r\n\r\n{body}");
        let inside = format!("POST / HTTP/1.1\r\nHost: api.example.com\r\n{rest}");
        assert_eq!(verdict(&world.ask_inside(inside.as_bytes()).await).1, rule, "{rest:?}");
        let outside = format!("POST https://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n{good}\r\n{rest}");
        assert_eq!(verdict(&world.ask(outside.as_bytes()).await).1, rule, "{rest:?}");
    }
    assert_eq!(world.server.requests(), 0);
}

#[tokio::test]
async fn first_lines_are_read_by_the_letter() {
    let world = World::new().await;
    for (head, expected) in [
        (
            "\r\nGET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "request-line"),
        ),
        (
            "\nGET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "request-line"),
        ),
        (
            " GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "request-line"),
        ),
        (
            "GET  / HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "request-line"),
        ),
        (
            "GET /a b HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "request-line"),
        ),
        (
            "GET /#x HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "request-line"),
        ),
        (
            "GET /\0 HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "request-line"),
        ),
        ("GET / HTTP/1.1\nHost: api.example.com\n\n", (400, "line-ending")),
        ("GET / HTTP/1.2\r\nHost: api.example.com\r\n\r\n", (505, "http-version")),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (505, "http-version")),
        ("GET /\r\n\r\n", (400, "request-line")),
        ("get_it / HTTP/1.1\r\nHost: api.example.com\r\n\r\n", (400, "method")),
        (
            "GET /x/%2e%2e/v1 HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "dot-segment"),
        ),
        (
            "GET /x/..;/v1 HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "dot-segment"),
        ),
        (
            "GET /x\\..\\v1 HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "backslash"),
        ),
        (
            "GET /x%2fv1 HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "escaped-slash"),
        ),
        (
            "GET /%252e%252e/v1 HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "dot-segment"),
        ),
        (
            "GET /%c0%ae/v1 HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
            (400, "utf8"),
        ),
    ] {
        let (status, rule) = verdict(&world.ask_inside(head.as_bytes()).await);
        assert_eq!((status, rule.as_str()), expected, "{head:?}");
    }
    assert_eq!(world.server.requests(), 0);
}

#[tokio::test]
async fn a_head_has_bounds() {
    let world = World::new().await;
    let many = format!(
        "GET / HTTP/1.1\r\nHost: api.example.com\r\n{}\r\n",
        "a: b\r\n".repeat(100)
    );
    assert_eq!(
        verdict(&world.ask_inside(many.as_bytes()).await),
        (431, "headers-too-large".into())
    );
    let long = format!(
        "GET / HTTP/1.1\r\nHost: api.example.com\r\na: {}\r\n\r\n",
        "b".repeat(70_000)
    );
    assert_eq!(
        verdict(&world.ask_inside(long.as_bytes()).await),
        (431, "headers-too-large".into())
    );
    let endless = format!("GET / HTTP/1.1\r\nHost: api.example.com\r\na: {}", "b".repeat(200_000));
    assert_eq!(
        verdict(&world.ask_inside(endless.as_bytes()).await),
        (431, "headers-too-large".into())
    );
    let target = format!("GET /{} HTTP/1.1\r\nHost: api.example.com\r\n\r\n", "b".repeat(33_000));
    assert_eq!(
        verdict(&world.ask_inside(target.as_bytes()).await),
        (414, "target-too-long".into())
    );
    assert_eq!(world.server.requests(), 0);
}
