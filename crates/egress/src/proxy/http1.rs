//! HTTP/1.1 requests on one connection, one after another.

use tokio::io::{AsyncRead, AsyncWrite};

use super::Shared;
use super::body::Body;
use super::connection_fields;
use super::exchange::{Asked, Scope};
use super::head::Head;
use super::refusal::Refusal;
use super::websocket;
use super::wire::{Broken, Expects, Wire};

/// Serves the requests of a tunnel until one side ends it.
pub(super) async fn serve<S>(mut wire: Wire<S>, scope: Scope, shared: &Shared)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    loop {
        let head = match wire.head().await {
            Ok(Some(head)) => head,
            Ok(None) => return wire.close().await,
            Err(Broken::Gone) => return,
            Err(Broken::Refused(refusal)) => return wire.refuse_and_close(&refusal, false).await,
        };
        match serve_one(&mut wire, head, &scope, shared).await {
            Next::Request => {}
            Next::WebSocket(head) => return websocket::serve(wire, head, &scope, shared).await,
            Next::Close => return wire.close().await,
            Next::Refuse(refusal, head_only) => return wire.refuse_and_close(&refusal, head_only).await,
        }
    }
}

/// What comes after a request.
pub(super) enum Next {
    Request,
    /// The connection goes on as a WebSocket.
    WebSocket(Head),
    Close,
    /// A refusal of the request itself: whoever sends such a one is not listened to any longer.
    Refuse(Refusal, bool),
}

/// Serves one request.
pub(super) async fn serve_one<S>(wire: &mut Wire<S>, mut head: Head, scope: &Scope, shared: &Shared) -> Next
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let head_only = head.is_head();
    let refuse = |refusal| Next::Refuse(refusal, head_only);
    let fields = match check(&mut head, scope) {
        Ok(fields) => fields,
        Err(refusal) => return refuse(refusal),
    };
    if fields.websocket {
        return Next::WebSocket(head);
    }
    let mut body = Body::new(&shared.large);
    match wire.body(&head, &mut body).await {
        Ok(()) => {}
        Err(Broken::Gone) => return Next::Close,
        Err(Broken::Refused(refusal)) => return refuse(refusal),
    }
    head.take("expect");
    let expects = Expects {
        head_only,
        is_old: head.is_old,
        close: fields.close,
    };
    let asked = Asked {
        method: head.method,
        target: head.target,
        headers: head.headers,
    };
    let answer = tokio::select! {
        answer = shared.exchange(scope, asked, body) => answer,
        // Whoever asked does not wait any more: the exchange is dropped with its connection.
        () = wire.gone() => return Next::Close,
    };
    let written = match answer {
        Ok(answer) => wire.respond(answer, expects).await,
        Err(refusal @ Refusal::Egress(_)) => wire.refuse(&refusal, expects).await,
        Err(refusal) => return refuse(refusal),
    };
    match written {
        Ok(()) if !expects.close => Next::Request,
        _ => Next::Close,
    }
}

/// What can be said before the body is read.
fn check(head: &mut Head, scope: &Scope) -> Result<connection_fields::Fields, Refusal> {
    let fields = connection_fields::take(head)?;
    if head.is_connect() {
        return Err(Refusal::ConnectInside);
    }
    // More than one is refused with the other repeated headers.
    if !head.is_old && !head.has("host") {
        return Err(Refusal::NoHost);
    }
    scope.url(&head.target)?;
    Ok(fields)
}
