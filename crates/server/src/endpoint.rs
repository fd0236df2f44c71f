//! From a request to its answer: cheap refusals first, then the body, then a thread for the use case.
//!
//! This is the one place where asynchronous code hands over to the vault, which is synchronous: each use case waits
//! for the database on a thread of its own, so that those under way at the same time share a flush.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use distri_core::credential::PresentedToken;
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response};

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::input::Input;
use crate::limits::Received;
use crate::reply::Reply;
use crate::request_log::Line;
use crate::route::{Route, Run, Verb};
use crate::{credential, host, once};

/// Answers a request to `route`, logs and counts it.
pub(crate) async fn answer(
    app: Arc<App>,
    route: &'static Route,
    peer: IpAddr,
    path: Vec<(String, String)>,
    request: Request<Body>,
) -> Response<Body> {
    let started = Instant::now();
    let mut actor = "-";
    let result = attempt(&app, route, peer, path, request, &mut actor).await;
    finish(&app, route.verb.as_str(), route.path, actor, started, result)
}

/// Answers a request that no route is for.
pub(crate) fn refuse(app: &App, verb: &str, error: ApiError) -> Response<Body> {
    // The path is not logged: it is the client's text.
    finish(app, known_verb(verb), "-", "-", Instant::now(), Err(error))
}

async fn attempt(
    app: &Arc<App>,
    route: &'static Route,
    peer: IpAddr,
    path: Vec<(String, String)>,
    request: Request<Body>,
    actor: &mut &'static str,
) -> Result<Reply, ApiError> {
    let (parts, body) = request.into_parts();
    host::check(&app.settings, &parts)?;
    let _place = app.limits.enter()?;
    let peer = client(app, &parts, peer);
    if route.is_guessed_at() && !app.limits.failures.has(&peer) {
        return Err(ApiError::new(
            Code::TooMany,
            "too many requests of this address failed to authenticate",
        ));
    }
    let mut token = None;
    if matches!(route.run, Run::Caller(_)) {
        // Whoever has no credential sends no body.
        let presented = credential::token(&parts.headers);
        let presented = app.counting_failures(&peer, presented)?;
        if !app.limits.tokens.take(&presented.expose_secret()) {
            return Err(ApiError::new(Code::TooMany, "too many requests with this token"));
        }
        token = Some(presented);
    }
    let (limit, time) = (route.body_limit(), app.settings.request_timeout);
    let received = app.limits.read(&parts.headers, body, limit, time).await?;
    let input = Input {
        parts,
        path,
        body: received.bytes.clone(),
        clock: app.clock.clone(),
    };
    match route.run {
        Run::AtOnce(handler) => handler(app, &input),
        Run::Anybody(_) | Run::Caller(_) => {
            let app = app.clone();
            let done =
                tokio::task::spawn_blocking(move || run_blocking(&app, route, peer, token.as_ref(), &input, received))
                    .await;
            let (result, who) =
                done.map_err(|_| ApiError::new(Code::Internal, "the server could not do this; its log says why"))?;
            *actor = who;
            result
        }
    }
}

/// On a thread that may wait: who it is, then the handler. Also says what kind of actor it was.
fn run_blocking(
    app: &App,
    route: &Route,
    peer: IpAddr,
    token: Option<&PresentedToken>,
    input: &Input,
    _received: Received,
) -> (Result<Reply, ApiError>, &'static str) {
    let handler = match route.run {
        Run::AtOnce(handler) | Run::Anybody(handler) => {
            return (app.counting_failures(&peer, handler(app, input)), "-");
        }
        Run::Caller(handler) => handler,
    };
    let Some(token) = token else {
        return (Err(ApiError::not_authenticated()), "-");
    };
    let authenticated = app.vault.authenticate_token(token, peer).map_err(ApiError::from);
    match app.counting_failures(&peer, authenticated) {
        Ok(caller) => {
            let asked = credential::workspace(&input.parts.headers, caller.account());
            let result = asked.and_then(|()| once::run(&caller, route.verb, input, handler));
            (result, caller.authority().actor().kind.as_str())
        }
        Err(error) => (Err(error), "-"),
    }
}

impl App {
    /// Takes one of the address's when it failed to authenticate.
    fn counting_failures<T>(&self, peer: &IpAddr, result: Result<T, ApiError>) -> Result<T, ApiError> {
        result.inspect_err(|error| {
            if error.code == Code::NotAuthenticated {
                self.limits.failures.take(peer);
            }
        })
    }
}

/// The client's address: the proxy's word for it where there is one.
fn client(app: &App, parts: &http::request::Parts, peer: IpAddr) -> IpAddr {
    if !app.settings.behind_proxy {
        return peer;
    }
    // The last one is what the proxy itself saw; those before it are what the client says.
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|it| it.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.unwrap_or(peer)
}

fn finish(
    app: &App,
    verb: &'static str,
    route: &'static str,
    actor: &'static str,
    started: Instant,
    result: Result<Reply, ApiError>,
) -> Response<Body> {
    let reply = result.unwrap_or_else(|error| {
        if let Some(cause) = &error.cause {
            tracing::error!(method = verb, route, code = error.code.as_str(), cause = %chain(cause.as_ref()), "a request failed");
        }
        Reply::refusal(&error)
    });
    let took = started.elapsed();
    app.metrics.count(verb, route, reply.status.as_u16(), took);
    app.log.write(&Line {
        at: app.clock.now(),
        verb,
        route,
        status: reply.status.as_u16(),
        took,
        actor,
    });
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    *headers = reply.headers;
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn chain(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// A method that has routes, or a dash: the client may send any word.
fn known_verb(verb: &str) -> &'static str {
    let verbs = [Verb::Get, Verb::Post, Verb::Put, Verb::Patch, Verb::Delete];
    verbs.iter().map(|it| it.as_str()).find(|it| *it == verb).unwrap_or("-")
}
