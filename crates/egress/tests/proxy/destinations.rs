//! Where requests go: the tunnel's host and no other, in whatever way another one is named.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::fixture::{BOUND, OTHER, Setting, World, ask, read_head, tell, verdict};

#[tokio::test]
async fn a_request_inside_of_a_tunnel_is_for_its_host() {
    let world = World::new().await;
    for (head, expected) in [
        ("GET /v1?a=b HTTP/1.1\r\nHost: api.example.com\r\n", (200, "passed on")),
        ("GET / HTTP/1.1\r\nHost: API.example.com:443\r\n", (200, "passed on")),
        (
            "GET https://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n",
            (200, "passed on"),
        ),
        (
            "GET https://api.example.com:443/ HTTP/1.1\r\nHost: api.example.com\r\n",
            (200, "passed on"),
        ),
        ("GET / HTTP/1.1\r\nHost: other.example\r\n", (421, "host-header")),
        ("GET / HTTP/1.1\r\nHost: api.example.com:8443\r\n", (421, "host-header")),
        ("GET / HTTP/1.1\r\nHost: api.example.com.\r\n", (421, "host-header")),
        (
            "GET / HTTP/1.1\r\nHost: api.example.com, other.example\r\n",
            (421, "host-header"),
        ),
        ("GET / HTTP/1.1\r\nHost:\r\n", (421, "host-header")),
        ("GET / HTTP/1.1\r\n", (400, "no-host")),
        (
            "GET / HTTP/1.1\r\nHost: api.example.com\r\nHost: other.example\r\n",
            (400, "header-repeated"),
        ),
        (
            "GET / HTTP/1.1\r\nHost: api.example.com\r\nHost: api.example.com\r\n",
            (400, "header-repeated"),
        ),
        (
            "GET https://other.example/ HTTP/1.1\r\nHost: other.example\r\n",
            (421, "other-host"),
        ),
        (
            "GET https://other.example/ HTTP/1.1\r\nHost: api.example.com\r\n",
            (421, "host-header"),
        ),
        (
            "GET http://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n",
            (421, "other-host"),
        ),
        (
            "GET https://api.example.com:8443/ HTTP/1.1\r\nHost: api.example.com:8443\r\n",
            (421, "other-host"),
        ),
        (
            "GET https://a@api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n",
            (400, "userinfo"),
        ),
        (
            "GET //other.example/ HTTP/1.1\r\nHost: api.example.com\r\n",
            (400, "empty-segment"),
        ),
        (
            "GET api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n",
            (400, "target"),
        ),
        ("OPTIONS * HTTP/1.1\r\nHost: api.example.com\r\n", (400, "target")),
        (
            "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n",
            (400, "connect-inside"),
        ),
        (
            "CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\n",
            (400, "connect-inside"),
        ),
    ] {
        let answer = world
            .ask_inside(format!("{head}Connection: close\r\n\r\n").as_bytes())
            .await;
        let (status, rule) = verdict(&answer);
        assert_eq!((status, rule.as_str()), expected, "{head}");
    }
    assert_eq!(world.server.requests(), 4);
}

#[tokio::test]
async fn each_request_of_a_connection_is_held_against_its_tunnel() {
    let world = World::new().await;
    let good = format!("GET /one HTTP/1.1\r\nHost: {BOUND}\r\n\r\n");
    let bad = format!("GET /two HTTP/1.1\r\nHost: {OTHER}\r\n\r\n");
    // In one piece, as a smuggler would send it.
    let answer = world.ask_inside((good.clone() + &good + &bad + &good).as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 421 ").count(), 1);
    assert_eq!(world.server.requests(), 2);
}

#[tokio::test]
async fn the_server_name_of_tls_is_the_tunnels_host() {
    let world = World::new().await;
    for name in [OTHER, "example.com", "evil-api.example.com", "wild.example"] {
        let stream = world.connect(&format!("{BOUND}:443")).await.unwrap();
        let error = world.tls(stream, name, &["http/1.1"]).await.unwrap_err();
        assert!(error.to_string().contains("UnrecognisedName"), "{name}: {error}");
    }
    // Without a name.
    let stream = world.connect(&format!("{BOUND}:443")).await.unwrap();
    assert!(world.tls(stream, "127.0.0.1", &["http/1.1"]).await.is_err());
    assert_eq!(world.server.connections(), 0);
}

#[tokio::test]
async fn in_a_tunnel_to_a_bound_host_only_tls_is_spoken() {
    let world = World::new().await;
    for bytes in [
        "GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
        "SSH-2.0-x\r\n",
        "\0\0\0\0",
    ] {
        let mut stream = world.connect(&format!("{BOUND}:443")).await.unwrap();
        let answer = ask(&mut stream, bytes.as_bytes()).await;
        assert_eq!(verdict(&answer), (400, "not-tls".into()), "{bytes:?}");
    }
    assert_eq!(world.server.connections(), 0);
}

#[tokio::test]
async fn spellings_of_a_bound_host_are_the_bound_host() {
    let world = World::new().await;
    for authority in ["API.Example.COM:443", "api.example.com.:443", "a.wild.example:443"] {
        let stream = world.connect(authority).await.unwrap();
        let name = authority.trim_end_matches(":443").trim_end_matches('.').to_lowercase();
        // Only the proxy has a certificate of the run's authority.
        world.tls(stream, &name, &[]).await.unwrap();
    }
    for (authority, expected) in [
        ("api.example.com", (400, "port")),
        ("api.example.com:0443x", (400, "port")),
        ("api.example.com%00.evil.com:443", (400, "host")),
        ("evil.com@api.example.com:443", (400, "userinfo")),
        ("https://api.example.com:443", (400, "host")),
        ("/:443", (400, "host")),
        ("api.example.com/x:443", (400, "host")),
        (&format!("{}.example:443", "a".repeat(254)), (400, "host")),
        ("127.1:443", (403, "special-address")),
        ("0x7f.1:443", (403, "special-address")),
        ("[::ffff:169.254.169.254]:80", (403, "special-address")),
        ("localhost:22", (403, "special-address")),
    ] {
        let (status, rule) = verdict(&world.connect(authority).await.unwrap_err());
        assert_eq!((status, rule.as_str()), expected, "{authority}");
    }
    assert_eq!(world.server.connections(), 0);
}

#[tokio::test]
async fn a_connect_has_one_meaning() {
    let world = World::new().await;
    let good = world.credential();
    let itself = format!("Host: {}", world.proxy.address());
    for (fields, expected) in [
        ("Host: api.example.com:443", 200),
        ("Host: api.example.com", 200),
        ("User-Agent: x\r\nProxy-Connection: Keep-Alive", 200),
        (&itself, 200),
        ("Host: other.example:443", 421),
        ("Host: 127.0.0.1:1", 421),
        ("Host: api.example.com:443\r\nHost: api.example.com:443", 400),
        ("Content-Length: 0", 400),
        ("Content-Length: 5", 400),
        ("Transfer-Encoding: chunked", 400),
        ("Upgrade: h2c\r\nConnection: upgrade", 400),
        (" folded: x", 400),
    ] {
        for version in ["1.1", "1.0"] {
            let mut stream = TcpStream::connect(world.proxy.address()).await.unwrap();
            let head = format!("CONNECT api.example.com:443 HTTP/{version}\r\n{good}\r\n{fields}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            assert_eq!(verdict(&read_head(&mut stream).await).0, expected, "{head}");
        }
    }
}

#[tokio::test]
async fn bytes_sent_ahead_are_for_the_tunnel_and_never_another_request() {
    let world = World::new().await;
    let good = world.credential();
    let smuggled = format!("GET https://{BOUND}/smuggled HTTP/1.1\r\nHost: {BOUND}\r\n{good}\r\n\r\n");
    for authority in ["localhost:443", "nothing.invalid:443", "bad", &format!("{BOUND}:443")] {
        let head = format!("CONNECT {authority} HTTP/1.1\r\n{good}\r\n\r\n");
        let answer = world.ask((head + &smuggled).as_bytes()).await;
        assert!(!answer.contains("smuggled"), "{authority}: {answer}");
    }
    assert_eq!(world.server.requests(), 0);
}

#[tokio::test]
async fn an_absolute_url_leads_where_it_says_with_every_rule() {
    let world = World::new().await;
    let good = world.credential();
    for (line, host, more, expected) in [
        ("GET https://api.example.com/", BOUND, "", (200, "passed on")),
        ("GET HTTPS://api.example.com/", BOUND, "", (200, "passed on")),
        ("GET https://api.example.com/", OTHER, "", (421, "host-header")),
        ("GET http://127.0.0.1/", "127.0.0.1", "", (403, "special-address")),
        (
            "GET http://169.254.169.254/",
            "169.254.169.254",
            "",
            (403, "special-address"),
        ),
        ("GET /", BOUND, "", (400, "target")),
        ("GET ftp://other.example/", OTHER, "", (400, "target")),
        ("GET https://api.example.com/x/../y", BOUND, "", (400, "dot-segment")),
        (
            "GET http://api.example.com/",
            BOUND,
            "authorization: sk_live_0123456789abcdef\r\n",
            (403, "outside-hosts"),
        ),
        (
            "GET https://other.example/",
            OTHER,
            "x: sk_live_0123456789abcdef\r\n",
            (403, "outside-hosts"),
        ),
        ("TRACE https://api.example.com/", BOUND, "", (400, "method")),
        (
            "GET https://api.example.com/",
            BOUND,
            "upgrade: h2c\r\nconnection: upgrade\r\n",
            (400, "upgrade"),
        ),
        (
            "GET https://api.example.com/",
            BOUND,
            "connection: authorization\r\n",
            (400, "connection"),
        ),
        (
            "GET https://api.example.com/",
            BOUND,
            "x-http-method-override: DELETE\r\n",
            (400, "method-override"),
        ),
    ] {
        let head = format!("{line} HTTP/1.1\r\nHost: {host}\r\n{good}\r\n{more}");
        let head = match more.contains("connection") {
            true => head + "\r\n",
            false => head + "Connection: close\r\n\r\n",
        };
        let (status, rule) = verdict(&world.ask(head.as_bytes()).await);
        assert_eq!((status, rule.as_str()), expected, "{head}");
    }
    assert_eq!(world.server.requests(), 2);
}

#[tokio::test]
async fn a_refusal_names_its_rule_and_no_value() {
    let world = World::new().await;
    let head = format!(
        "GET https://{OTHER}/ HTTP/1.1\r\nHost: {OTHER}\r\n{}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        world.credential(),
        crate::fixture::VALUE
    );
    let answer = world.ask(head.as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-type: application/json\r\n") && head.contains("x-distri-rule: outside-hosts"));
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "error": "`A_KEY` may not go to `other.example`: it is bound to `api.example.com`, `*.wild.example`",
            "code": "outside-hosts",
        })
    );

    // A value as a host name is redacted where the host is named.
    let answer = world
        .connect("sk-live-0123456789abcdef.evil.example:443")
        .await
        .unwrap_err();
    assert!(
        !answer.contains("0123456789abcdef.evil") || verdict(&answer).1 == "resolve",
        "{answer}"
    );
    let answer = world
        .connect(&format!("{}.evil.example:443", crate::fixture::VALUE))
        .await
        .unwrap_err();
    assert_eq!(verdict(&answer), (403, "outside-hosts".into()));
    assert!(!answer.contains("0123456789"), "{answer}");
}

#[tokio::test]
async fn locked_only_the_hosts_of_secrets_are_open() {
    let setting = Setting {
        lock: true,
        ..Setting::default()
    };
    let world = World::with(setting, tell).await;
    world.connect(&format!("{BOUND}:443")).await.unwrap();
    for authority in [
        "other.example:443",
        "api.example.com:8443",
        "api.example.com:80",
        "localhost:443",
    ] {
        let answer = world.connect(authority).await.unwrap_err();
        assert_eq!(verdict(&answer), (403, "locked".into()), "{authority}");
    }
    for url in [
        "http://other.example/",
        "http://api.example.com/",
        "https://api.example.com:8443/",
    ] {
        let host = url.split('/').nth(2).unwrap();
        let head = format!(
            "GET {url} HTTP/1.1\r\nHost: {host}\r\n{}\r\nConnection: close\r\n\r\n",
            world.credential()
        );
        assert_eq!(
            verdict(&world.ask(head.as_bytes()).await),
            (403, "locked".into()),
            "{url}"
        );
    }
    assert_eq!(world.server.connections(), 0);
}
