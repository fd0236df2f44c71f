//! HTTP/2 inside of a tunnel: the streams of one connection, all to the tunnel's one place.

use std::convert::Infallible;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream::try_unfold;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Shared;
use super::answer::{Answer, Cut};
use super::body::Body;
use super::exchange::{Asked, Scope};
use super::limits::{HEAD, LINGER};
use super::refusal::{Refusal, body_within_limit};
use crate::request::RequestError;

/// Requests that one client may have open at once.
const STREAMS: u32 = 100;

/// Serves a connection that speaks HTTP/2 until one side ends it.
pub(super) async fn serve<S>(stream: S, scope: Scope, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let tasks = Tasks::default();
    let _end = EndOnDrop(tasks.clone());
    let activity = Arc::new(Activity::default());
    let limits = shared.limits.clone();
    let service = service_fn({
        let activity = activity.clone();
        move |request| {
            let (scope, shared, busy) = (scope.clone(), shared.clone(), Activity::begin(&activity));
            async move { Ok::<_, Infallible>(respond(request, &scope, &shared, busy).await) }
        }
    });
    let serving = http2::Builder::new(tasks)
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(HEAD).unwrap_or(u32::MAX))
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .keep_alive_interval(limits.keep_alive)
        .keep_alive_timeout(limits.silence)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    tokio::select! {
        ended = serving.as_mut() => drop(ended),
        () = activity.quiet(limits.keep_alive) => {
            serving.as_mut().graceful_shutdown();
            drop(timeout(limits.stall, serving).await);
        }
    }
}

type ResponseBody = UnsyncBoxBody<Bytes, Cut>;

async fn respond(
    request: http::Request<Incoming>,
    scope: &Scope,
    shared: &Shared,
    busy: Busy,
) -> http::Response<ResponseBody> {
    match answer(request, scope, shared).await {
        Ok(answer) => passed_on(answer, busy),
        Err(refusal) => {
            tracing::debug!(rule = refusal.rule(), "refused");
            refused(&refusal)
        }
    }
}

async fn answer(request: http::Request<Incoming>, scope: &Scope, shared: &Shared) -> Result<Answer, Refusal> {
    let (head, mut incoming) = request.into_parts();
    let declared = head.headers.get(http::header::CONTENT_LENGTH).cloned();
    let asked = asked(head)?;
    scope.url(&asked.target)?;
    let length = declared.and_then(|it| it.to_str().ok().and_then(|it| it.parse().ok()));
    let mut body = Body::new(&shared.large);
    let read = match length.map_or(Ok(()), body_within_limit) {
        Ok(()) => read(&mut incoming, &mut body, shared).await,
        Err(refusal) => Err(refusal),
    };
    if let Err(refusal) = read {
        // A client that is still sending takes the reset of its stream for the answer.
        drop(timeout(LINGER, async { while let Some(Ok(_)) = incoming.frame().await {} }).await);
        return Err(refusal);
    }
    shared.exchange(scope, asked, body).await
}

async fn read(incoming: &mut Incoming, body: &mut Body, shared: &Shared) -> Result<(), Refusal> {
    loop {
        let frame = match timeout(shared.limits.stall, incoming.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return Ok(()),
            // The stream was reset; nobody reads the answer.
            Ok(Some(Err(_))) | Err(_) => return Err(Refusal::SlowBody),
        };
        match frame.into_data() {
            Ok(data) => {
                body.expect(data.len() as u64).await?;
                body.push(&data);
            }
            Err(_) => return Err(Refusal::Trailer),
        }
    }
}

/// The pseudo headers as method, target and `host` (RFC 9113, section 8.3.1).
fn asked(head: http::request::Parts) -> Result<Asked, Refusal> {
    if head.method == http::Method::CONNECT {
        return Err(Refusal::ConnectInside);
    }
    // The library lets a `host` stand for a missing `:authority`; where both are there they must agree.
    let authority = match (head.uri.authority(), head.headers.get(http::header::HOST)) {
        (Some(authority), None) => authority.as_str().to_owned(),
        (Some(authority), Some(host)) if host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) => {
            authority.as_str().to_owned()
        }
        (Some(_), Some(_)) => return Err(Refusal::OtherHost),
        (None, Some(host)) => text(host)?,
        (None, None) => return Err(Refusal::NoHost),
    };
    if head.headers.get_all(http::header::HOST).iter().count() > 1 {
        return Err(RequestError::HeaderRepeated.into());
    }
    if head.uri.scheme() != Some(&http::uri::Scheme::HTTPS) {
        return Err(Refusal::OtherHost);
    }
    let target = head.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
    Ok(Asked {
        method: head.method.as_str().to_owned(),
        target,
        headers: fields(&head.headers, authority)?,
    })
}

fn fields(headers: &HeaderMap, authority: String) -> Result<Vec<(String, String)>, Refusal> {
    let mut fields = vec![("host".to_owned(), authority)];
    let mut crumbs = Vec::new();
    for (name, value) in headers {
        match name.as_str() {
            // Held against the frames by the library.
            "host" | "content-length" => {}
            "te" => {}
            "expect" if value.as_bytes().eq_ignore_ascii_case(b"100-continue") => {}
            // Cut up for compression; one field again before it goes on (RFC 9113, section 8.2.3).
            "cookie" => crumbs.push(text(value)?),
            name => fields.push((name.to_owned(), text(value)?)),
        }
    }
    if !crumbs.is_empty() {
        fields.push(("cookie".to_owned(), crumbs.join("; ")));
    }
    Ok(fields)
}

fn text(value: &HeaderValue) -> Result<String, Refusal> {
    value.to_str().map(str::to_owned).map_err(|_| Refusal::Field)
}

fn passed_on(answer: Answer, busy: Busy) -> http::Response<ResponseBody> {
    let mut response = http::Response::new(());
    *response.status_mut() = answer.status();
    for (name, value) in answer.headers() {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    if let Some(length) = answer.length() {
        response
            .headers_mut()
            .insert(http::header::CONTENT_LENGTH, length.into());
    }
    let body = match answer.is_bodiless() {
        true => empty(),
        false => {
            let pieces = try_unfold((answer, busy), |(mut answer, busy)| async move {
                let piece = answer.chunk().await?;
                Ok(piece.map(|it| (Frame::data(it), (answer, busy))))
            });
            StreamBody::new(pieces).boxed_unsync()
        }
    };
    response.map(|()| body)
}

fn refused(refusal: &Refusal) -> http::Response<ResponseBody> {
    let body = Full::new(Bytes::from(refusal.body())).map_err(|never: Infallible| match never {});
    let mut response = http::Response::new(body.boxed_unsync());
    *response.status_mut() = refusal.status();
    for (name, value) in refusal.headers() {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn empty() -> ResponseBody {
    Full::default()
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// The tasks of one connection, which end with it: a stream that was left behind would go on asking upstream.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

struct EndOnDrop(Tasks);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        let mut tasks = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.abort_all();
    }
}

impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(future);
    }
}

/// Whether requests are open, and how many there have been.
#[derive(Default)]
struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A request that is open until this is dropped.
struct Busy(Arc<Activity>);

impl Activity {
    fn begin(this: &Arc<Self>) -> Busy {
        this.begun.fetch_add(1, Ordering::Relaxed);
        Busy(this.clone())
    }

    /// Ready when for `limit` no request was open or came.
    async fn quiet(&self, limit: std::time::Duration) {
        loop {
            let before = self.begun.load(Ordering::Relaxed);
            sleep(limit).await;
            if self.begun.load(Ordering::Relaxed) == before && self.ended.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}
