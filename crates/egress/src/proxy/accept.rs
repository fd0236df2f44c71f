//! Takes connections: from this machine only, not too many, each a task that ends with the proxy.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Shared;
use super::answer::write_refusal;
use super::refusal::Refusal;
use super::wire::Expects;

/// How long to wait where the system has no descriptor left for another connection.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `listener` for ever; dropping the future closes it and every connection.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if is_this_machine(peer) => {
                    if connections.len() < shared.limits.connections {
                        connections.spawn(super::outside::serve(stream, shared.clone()));
                    } else {
                        turn_away(&stream);
                    }
                }
                // The credential goes over the connection in clear.
                Ok(_) => tracing::warn!("a connection from another machine was closed"),
                Err(_) => sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

fn is_this_machine(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

/// Tells why without waiting for the client to read it.
fn turn_away(stream: &TcpStream) {
    let mut answer = BytesMut::new();
    let expects = Expects {
        head_only: false,
        is_old: false,
        close: true,
    };
    write_refusal(&mut answer, &Refusal::TooManyConnections, expects);
    drop(stream.try_write(&answer));
}
