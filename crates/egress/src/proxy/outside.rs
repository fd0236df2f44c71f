//! What comes in on the listener: `CONNECT`, or requests with an absolute URL, each with the run's credential.

use std::sync::Arc;

use distri_core::policy::Scheme;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::exchange::Scope;
use super::head::Head;
use super::http1::{Next, serve_one};
use super::inside;
use super::opaque::relay;
use super::refusal::Refusal;
use super::wire::{Broken, Wire};
use super::{Shared, connection_fields, websocket};
use crate::request::RequestError;
use crate::tunnel::Place;

/// Serves a connection until one side ends it.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Small answers to small requests: Nagle's algorithm against delayed acknowledgements costs 40 ms each.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let mut wire = Wire::new(stream, shared.limits.clone());
    loop {
        let mut head = match wire.head().await {
            Ok(Some(head)) => head,
            Ok(None) => return wire.close().await,
            Err(Broken::Gone) => return,
            Err(Broken::Refused(refusal)) => return wire.refuse_and_close(&refusal, false).await,
        };
        let next = match shared.credential.admit(&mut head) {
            Err(refusal) => Next::Refuse(refusal, head.is_head()),
            Ok(()) if head.is_connect() => return connect(wire, head, shared).await,
            Ok(()) => serve_one(&mut wire, head, &Scope::Anywhere, &shared).await,
        };
        match next {
            Next::Request => {}
            Next::WebSocket(head) => return websocket::serve(wire, head, &Scope::Anywhere, &shared).await,
            Next::Close => return wire.close().await,
            Next::Refuse(refusal, head_only) => return wire.refuse_and_close(&refusal, head_only).await,
        }
    }
}

/// Opens a tunnel. Whatever is refused closes the connection: bytes that the client sent ahead, for the tunnel, must
/// not be read as another request.
async fn connect(wire: Wire<TcpStream>, mut head: Head, shared: Arc<Shared>) {
    let (place, is_looked_into) = match destination(&mut head, &shared) {
        Ok(found) => found,
        Err(refusal) => return wire.refuse_and_close(&refusal, false).await,
    };
    if is_looked_into {
        let (mut stream, ahead) = wire.into_parts();
        if established(&mut stream).await {
            inside::serve(stream, ahead, place, shared).await;
        }
        return;
    }
    match shared.egress.tunnel(&place).await {
        Ok(upstream) => {
            let (mut stream, ahead) = wire.into_parts();
            if established(&mut stream).await {
                relay(stream, ahead, upstream, shared.limits.silence).await;
            }
        }
        Err(error) => wire.refuse_and_close(&error.into(), false).await,
    }
}

/// The place that is asked for, and whether what goes there is looked into: where a secret is bound to it, or to learn.
fn destination(head: &mut Head, shared: &Shared) -> Result<(Place, bool), Refusal> {
    connection_fields::take(head)?;
    let place = Place::parse(&head.target)?;
    // Optional, because many clients speak HTTP/1.0 here; where it is there, it names the same place, or the proxy
    // itself, as Node.js does.
    let hosts = head.take("host");
    if hosts.len() > 1 {
        return Err(RequestError::HeaderRepeated.into());
    }
    for host in hosts {
        let named = Place::parse(&host);
        let same = named.as_ref().is_ok_and(|it| *it == place) || host.eq_ignore_ascii_case(place.host());
        if !same && !named.is_ok_and(|it| shared.is_itself(&it)) {
            return Err(Refusal::OtherHost);
        }
    }
    let bound = [Scheme::Https, Scheme::Http]
        .into_iter()
        .any(|it| shared.egress.is_bound(it, &place));
    if !bound {
        shared.open_to(Scheme::Https, &place)?;
    }
    Ok((place, bound || shared.learn))
}

async fn established(stream: &mut TcpStream) -> bool {
    stream
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await
        .is_ok()
}
