//! Bounds and ends: how many, how long, and nothing left when the proxy is gone.

use std::time::Duration;

use distri_egress::proxy::ProxyLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fixture::{BOUND, PATIENCE, Setting, World, read_all, read_head, tell, verdict};

#[tokio::test]
async fn when_the_proxy_goes_every_connection_ends() {
    let world = World::new().await;
    let address = world.proxy.address();
    let mut fresh = TcpStream::connect(address).await.unwrap();
    let mut tunnel = world.connect(&format!("{BOUND}:443")).await.unwrap();
    let mut idle = world.inside(&["http/1.1"]).await;
    let mut http2 = world.inside(&["h2"]).await;
    let mut opaque = world.connect("other.example:443").await.unwrap();
    let mut served = world.inside(&["http/1.1"]).await;
    served
        .write_all(format!("GET / HTTP/1.1\r\nHost: {BOUND}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    assert!(read_head(&mut served).await.starts_with("HTTP/1.1 200 "));

    drop(world.proxy);
    for stream in [&mut fresh, &mut tunnel, &mut opaque] {
        read_all(stream).await;
    }
    for stream in [&mut idle, &mut http2, &mut served] {
        read_all(stream).await;
    }
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let mut setting = Setting::default();
    setting.limits.connections = 2;
    let world = World::with(setting, tell).await;
    let first = world.connect(&format!("{BOUND}:443")).await.unwrap();
    let _second = world.connect(&format!("{BOUND}:443")).await.unwrap();
    let mut third = TcpStream::connect(world.proxy.address()).await.unwrap();
    assert_eq!(
        verdict(&read_all(&mut third).await),
        (503, "too-many-connections".into())
    );
    drop(first);
    // The place is free as soon as the proxy has seen the end.
    let freed = async {
        loop {
            if world.connect(&format!("{BOUND}:443")).await.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, freed).await.unwrap();
}

#[tokio::test]
async fn who_dawdles_is_not_waited_for() {
    let soon = Duration::from_millis(100);
    let connected = format!("{BOUND}:443");

    let world = patient_but(|it| it.keep_alive = soon).await;
    let mut silent = TcpStream::connect(world.proxy.address()).await.unwrap();
    assert_eq!(read_all(&mut silent).await, "");

    let world = patient_but(|it| it.head = soon).await;
    let mut slow_head = TcpStream::connect(world.proxy.address()).await.unwrap();
    slow_head.write_all(b"GET http://").await.unwrap();
    assert_eq!(read_all(&mut slow_head).await, "");

    let world = patient_but(|it| it.handshake = soon).await;
    let mut no_tls = world.connect(&connected).await.unwrap();
    assert_eq!(read_all(&mut no_tls).await, "");
    let mut half_tls = world.connect(&connected).await.unwrap();
    half_tls.write_all(&[0x16, 3, 1, 2, 0]).await.unwrap();
    assert_eq!(read_all(&mut half_tls).await, "");

    let world = patient_but(|it| it.keep_alive = 10 * soon).await;
    let mut idle = world.inside(&["http/1.1"]).await;
    assert_eq!(read_all(&mut idle).await, "");
    // After its farewell the client has so long to end by itself as it has for a piece of a body.
    let world = patient_but(|it| (it.keep_alive, it.stall) = (10 * soon, soon)).await;
    let mut idle = world.inside(&["h2"]).await;
    let mut farewell = Vec::new();
    let _ = timeout(PATIENCE, idle.read_to_end(&mut farewell)).await.unwrap();

    let world = patient_but(|it| it.stall = soon).await;
    let body = format!("POST / HTTP/1.1\r\nHost: {BOUND}\r\nContent-Length: 5\r\n\r\nhel");
    assert_eq!(
        verdict(&world.ask_inside(body.as_bytes()).await),
        (408, "slow-body".into())
    );
    assert_eq!(world.server.requests(), 0);
}

/// A world whose proxy waits long for everything but one thing, so that what comes before that thing may take its time.
async fn patient_but(change: impl FnOnce(&mut ProxyLimits)) -> World {
    let mut setting = Setting::default();
    setting.limits.head = 2 * PATIENCE;
    setting.limits.handshake = 2 * PATIENCE;
    change(&mut setting.limits);
    World::with(setting, tell).await
}
