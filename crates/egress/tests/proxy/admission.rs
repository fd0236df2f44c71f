//! Who may use the proxy: processes of the run, by the credential in its URL.

use data_encoding::BASE64;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{BOUND, World, verdict};

#[tokio::test]
async fn without_the_credential_nothing_is_passed_on() {
    let world = World::new().await;
    let another = World::new().await;
    let good = world.credential();
    let word = good.rsplit_once(' ').unwrap().1;
    let requests = [
        "CONNECT api.example.com:443",
        "CONNECT other.example:443",
        "GET http://other.example/",
        "GET /",
    ];
    for line in requests {
        for credential in [
            "x: y".to_owned(),
            another.credential(),
            "Proxy-Authorization: Basic".to_owned(),
            format!("Proxy-Authorization: Bearer {word}"),
            format!("Proxy-Authorization: Basic {}", &word[..word.len() - 1]),
            format!("Proxy-Authorization: Basic {word}A"),
            format!("Proxy-Authorization: Basic {}", BASE64.encode(b"distri:")),
            format!("Proxy-Authorization: {word}"),
            format!("Authorization: Basic {word}"),
            format!("{good}\r\n{good}"),
        ] {
            let head = format!("{line} HTTP/1.1\r\nHost: {BOUND}\r\n{credential}\r\n\r\n");
            let answer = world.ask(head.as_bytes()).await;
            assert_eq!(verdict(&answer), (407, "proxy-credential".into()), "{head}");
            assert!(
                answer.contains("proxy-authenticate: Basic realm=\"distri\"\r\n"),
                "{answer}"
            );
        }
    }
    assert_eq!(world.server.connections(), 0);
}

#[tokio::test]
async fn the_credential_is_asked_on_every_request_and_goes_no_further() {
    let world = World::new().await;
    let good = world.credential();
    let request = |credential: &str| format!("GET https://{BOUND}/ HTTP/1.1\r\nHost: {BOUND}\r\n{credential}\r\n\r\n");
    let answer = world.ask((request(&good) + &request("x: y")).as_bytes()).await;
    let (first, second) = answer.split_once("HTTP/1.1 407 ").unwrap();
    assert_eq!(verdict(first).0, 200);
    assert!(first.contains("GET /\n") && !first.contains("proxy-"), "{first}");
    assert!(second.contains("proxy-credential"));

    // Inside of a tunnel some clients repeat it: it goes no further. Another one is not ours to drop.
    let inside =
        |credential: &str| format!("GET / HTTP/1.1\r\nHost: {BOUND}\r\nConnection: close\r\n{credential}\r\n\r\n");
    let answer = world.ask_inside(inside(&good).as_bytes()).await;
    assert_eq!(verdict(&answer).0, 200);
    assert!(answer.contains("GET /\n") && !answer.contains("proxy-"), "{answer}");
    let another = World::new().await.credential();
    let answer = world.ask_inside(inside(&another).as_bytes()).await;
    assert_eq!(verdict(&answer), (400, "hop-by-hop".into()));
}

#[tokio::test]
async fn the_credential_is_long_and_another_one_for_each_run() {
    let (one, two) = (World::new().await, World::new().await);
    let (one, two) = (one.proxy.url(), two.proxy.url());
    let password = |url: &str| {
        url.strip_prefix("http://distri:")
            .unwrap()
            .split('@')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_ne!(password(&one), password(&two));
    assert_eq!(password(&one).len(), 32, "24 bytes");
    assert!(one.contains("@127.0.0.1:"), "{}", *one);
}

#[tokio::test]
async fn a_connection_from_another_machine_is_closed_without_a_word() {
    // Of the addresses of this machine, those that are not loopback stand for other machines.
    let probe = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let own = probe.connect("192.0.2.1:9").and_then(|()| probe.local_addr());
    let Some(own) = own
        .ok()
        .map(|it| it.ip())
        .filter(|it| !it.is_loopback() && !it.is_unspecified())
    else {
        return;
    };
    let listener = std::net::TcpListener::bind((own, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let world = World::new().await;
    let egress = world
        .server
        .egress(&world.authority, &[], crate::support::release(&[]), Default::default());
    let _proxy = distri_egress::Proxy::serve(listener, egress, Default::default(), &distri_core::clock::SystemClock);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
}
