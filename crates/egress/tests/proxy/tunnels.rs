//! Tunnels to places without a secret: untouched, and only to addresses that may be dialled.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use distri_core::clock::SystemClock;
use distri_egress::{EgressLimits, Proxy, ProxyConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{World, ask, read_head, tell, verdict};
use crate::support::{Age, Authority, Server, answer, release};

/// A server that sends back what it gets, byte by byte, and then `!`.
async fn echo() -> Server {
    Server::accept(|mut stream| async move {
        let mut piece = [0; 4096];
        while let Ok(read) = stream.read(&mut piece).await {
            if read == 0 {
                let _ = stream.write_all(b"!").await;
                return;
            }
            let _ = stream.write_all(&piece[..read]).await;
        }
    })
    .await
}

fn proxy(server: &Server, authority: &Authority, config: ProxyConfig) -> Proxy {
    let bound: &[(&str, &[u8], &[&str])] = &[("A_KEY", b"sk_live_0123456789abcdef", &["api.example.com"])];
    let egress = server.egress(
        authority,
        &["other.example:443"],
        release(bound),
        EgressLimits::default(),
    );
    Proxy::start(egress, config, &SystemClock).unwrap()
}

fn world(authority: Authority, server: Server, proxy: Proxy) -> World {
    World {
        authority,
        server,
        proxy,
    }
}

#[tokio::test]
async fn bytes_pass_untouched_until_both_sides_have_ended() {
    let (server, authority) = (echo().await, Authority::new());
    let proxy = proxy(&server, &authority, ProxyConfig::default());
    let world = world(authority, server, proxy);
    let mut stream = world.connect("other.example:443").await.unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let (mut read, mut write) = stream.split();
    let mut back = Vec::new();
    let (sent, received) = tokio::join!(
        async {
            write.write_all(&bytes).await?;
            // The server still answers after our end.
            write.shutdown().await
        },
        read.read_to_end(&mut back)
    );
    sent.unwrap();
    received.unwrap();
    assert!(back.ends_with(b"!") && back[..bytes.len()] == bytes[..]);
}

#[tokio::test]
async fn bytes_sent_ahead_of_the_tunnel_pass_too() {
    let (server, authority) = (echo().await, Authority::new());
    let proxy = proxy(&server, &authority, ProxyConfig::default());
    let world = world(authority, server, proxy);
    let mut stream = TcpStream::connect(world.proxy.address()).await.unwrap();
    let head = format!(
        "CONNECT other.example:443 HTTP/1.1\r\n{}\r\n\r\nahead",
        world.credential()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
    stream.shutdown().await.unwrap();
    assert_eq!(ask(&mut stream, b"").await, "ahead!");
}

#[tokio::test]
async fn a_silent_tunnel_ends() {
    const SILENCE: Duration = Duration::from_millis(200);
    for _ in 0..20 {
        let authority = Authority::new();
        let longest = Arc::<Mutex<Duration>>::default();
        let pauses = longest.clone();
        let server = Server::accept(move |mut stream| {
            let pauses = pauses.clone();
            async move {
                let mut spoken = Instant::now();
                // Says something for a while, so that only silence of both sides counts.
                for _ in 0..5 {
                    tokio::time::sleep(SILENCE * 3 / 10).await;
                    let _ = stream.write_all(b".").await;
                    let mut longest = pauses.lock().unwrap();
                    *longest = longest.max(spoken.elapsed());
                    spoken = Instant::now();
                }
                std::future::pending::<()>().await;
            }
        })
        .await;
        let mut config = ProxyConfig::default();
        config.limits.silence = SILENCE;
        let proxy = proxy(&server, &authority, config);
        let world = world(authority, server, proxy);
        let mut stream = world.connect("other.example:443").await.unwrap();
        let heard = ask(&mut stream, b"").await;
        // Where the machine itself kept the server silent for so long, nothing is shown: then once more.
        if *longest.lock().unwrap() < SILENCE * 3 / 4 {
            assert_eq!(heard, ".....");
            return;
        }
    }
    panic!("this machine is too busy to say something five times a second");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_gateway_error() {
    let authority = Authority::new();
    let server = Server::nowhere();
    let proxy = proxy(&server, &authority, ProxyConfig::default());
    let world = world(authority, server, proxy);
    for (authority, expected) in [
        ("other.example:443", (502, "connect")),
        ("nothing.invalid:443", (502, "resolve")),
    ] {
        let answer = world.connect(authority).await.unwrap_err();
        let (status, rule) = verdict(&answer);
        assert_eq!((status, rule.as_str()), expected, "{answer}");
    }
}

#[tokio::test]
async fn another_port_of_a_bound_host_is_a_place_without_a_secret() {
    let authority = Authority::new();
    let server = Server::start(&authority, "api.example.com", Age::Valid, &["http/1.1"], tell).await;
    let bound: &[(&str, &[u8], &[&str])] = &[("A_KEY", b"sk_live_0123456789abcdef", &["api.example.com"])];
    let egress = server.egress(
        &authority,
        &["api.example.com:8443"],
        release(bound),
        EgressLimits::default(),
    );
    let proxy = Proxy::start(egress, ProxyConfig::default(), &SystemClock).unwrap();
    let world = world(authority, server, proxy);
    let stream = world.connect("api.example.com:8443").await.unwrap();
    // The server's own certificate: nobody has looked in.
    let pem = std::fs::read(world.authority.file.path()).unwrap();
    let mut tls = crate::fixture::tls(&pem, stream, "api.example.com", &["http/1.1"])
        .await
        .unwrap();
    let head = "GET / HTTP/1.1\r\nHost: api.example.com\r\nAccept-Encoding: xz\r\nConnection: close\r\n\r\n";
    let answer = ask(&mut tls, head.as_bytes()).await;
    assert!(answer.contains("accept-encoding: xz\n"), "{answer}");
}

#[tokio::test]
async fn a_secret_on_this_machine_is_reached_with_and_without_a_tunnel() {
    let authority = Authority::new();
    let server = Server::accept(|tcp| async move {
        let service = hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| async move {
            let told = request.headers()["authorization"].to_str().unwrap().to_owned();
            Ok::<_, std::convert::Infallible>(answer(told))
        });
        let serving = hyper::server::conn::http1::Builder::new();
        drop(
            serving
                .serve_connection(hyper_util::rt::TokioIo::new(tcp), service)
                .await,
        );
    })
    .await;
    let port = server.address.port();
    let binding = format!("http://localhost:{port}");
    let bound: &[(&str, &[u8], &[&str])] = &[("A_KEY", b"sk_live_0123456789abcdef", &[&binding])];
    let egress = server.egress(&authority, &[], release(bound), EgressLimits::default());
    let proxy = Proxy::start(egress, ProxyConfig::default(), &SystemClock).unwrap();
    let world = Arc::new(world(authority, server, proxy));
    let fields = format!("Host: localhost:{port}\r\nAuthorization: sk_live_0123456789abcdef\r\nConnection: close\r\n");

    let head = format!("GET {binding}/ HTTP/1.1\r\n{}\r\n{fields}\r\n", world.credential());
    assert!(
        world
            .ask(head.as_bytes())
            .await
            .ends_with("\r\n\r\nsk_live_0123456789abcdef")
    );
    let mut stream = world.connect(&format!("localhost:{port}")).await.unwrap();
    let answer = ask(&mut stream, format!("GET / HTTP/1.1\r\n{fields}\r\n").as_bytes()).await;
    assert!(answer.ends_with("\r\n\r\nsk_live_0123456789abcdef"), "{answer}");
}

#[tokio::test]
async fn to_learn_tls_ends_here_for_every_host_and_anything_else_passes_untouched() {
    let learn = ProxyConfig {
        learn: true,
        ..ProxyConfig::default()
    };
    let authority = Authority::new();
    let names = "other.example api.example.com";
    let server = Server::start(&authority, names, Age::Valid, &["http/1.1"], tell).await;
    let secure = proxy(&server, &authority, learn.clone());
    let secure = world(authority, server, secure);
    let stream = secure.connect("other.example:443").await.unwrap();
    // Its certificate is the run's own: the client trusts no other authority.
    let mut stream = secure.tls(stream, "other.example", &["http/1.1"]).await.unwrap();
    let request = b"GET /x HTTP/1.1\r\nhost: other.example\r\nconnection: close\r\n\r\n";
    let told = ask(&mut stream, request).await;
    assert_eq!(verdict(&told), (200, "passed on".to_owned()), "{told}");
    assert!(told.contains("GET /x\n"), "{told}");

    let (server, authority) = (echo().await, Authority::new());
    let plain = proxy(&server, &authority, learn);
    let plain = world(authority, server, plain);
    let mut stream = plain.connect("other.example:443").await.unwrap();
    stream.write_all(b"SSH-2.0-client\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut back = String::new();
    stream.read_to_string(&mut back).await.unwrap();
    assert_eq!(back, "SSH-2.0-client\r\n!");
}
