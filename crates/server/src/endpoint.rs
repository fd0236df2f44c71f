//! From a request to its answer: cheap refusals first, then the body, then a thread for the use case.
//!
//! This is the one place where asynchronous code hands over to the vault, which is synchronous: each use case waits
//! for the database on a thread of its own, so that those under way at the same time share a flush. Those that come often
//! are done many at a time by two threads: [`together`](crate::together).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use data_encoding::HEXLOWER;
use distri_core::credential::{PresentedSession, PresentedToken, Session, random};
use distri_vault::Caller;
use http::header::{ACCEPT, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response};

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::input::Input;
use crate::limits::{self, Received};
use crate::pages::sign_out;
use crate::reply::Reply;
use crate::request_log::Line;
use crate::route::{Route, Run, Verb};
use crate::together::Asked;
use crate::web::cookie::Cookie;
use crate::web::{Visit, Visitor, headers, origin, refusal};
use crate::{credential, host, once, together};

/// The parts of a path that a route has names for, decoded; none where one of them is no text.
pub(crate) type PathParts = Option<Vec<(String, String)>>;

/// Answers a request to `route`, logs and counts it.
pub(crate) async fn answer(
    app: Arc<App>,
    route: &'static Route,
    peer: IpAddr,
    path: PathParts,
    request: Request<Body>,
) -> Response<Body> {
    let started = Instant::now();
    let mut actor = "-";
    let face = match route.is_page() {
        true => Face::Page {
            route: Some(route),
            target: request.uri().path_and_query().map_or("", |it| it.as_str()).to_owned(),
        },
        false => Face::Program,
    };
    let result = attempt(&app, route, peer, path, request, &mut actor).await;
    finish(&app, route.verb.as_str(), route.path, actor, started, &face, result)
}

/// Answers a request that no route is for.
pub(crate) fn refuse(app: &App, request: &Request<Body>, error: ApiError) -> Response<Body> {
    let face = match is_read_by_people(request) {
        true => Face::Page {
            route: None,
            target: String::new(),
        },
        false => Face::Program,
    };
    // The path is not logged: it is the client's text.
    let verb = known_verb(request.method().as_str());
    finish(app, verb, "-", "-", Instant::now(), &face, Err(error))
}

/// Whether a request that no route is for is a person's, in a browser.
pub(crate) fn is_read_by_people<B>(request: &Request<B>) -> bool {
    accepts_pages(request.headers()) && !request.uri().path().starts_with("/v1/")
}

/// Who reads the answer.
enum Face {
    Program,
    Page {
        route: Option<&'static Route>,
        target: String,
    },
}

/// What a request shows of who sends it.
enum Shown {
    Nothing,
    Token(PresentedToken),
    Session(PresentedSession),
}

async fn attempt(
    app: &Arc<App>,
    route: &'static Route,
    peer: IpAddr,
    path: PathParts,
    request: Request<Body>,
    actor: &mut &'static str,
) -> Result<Reply, ApiError> {
    let (parts, body) = request.into_parts();
    limits::check_head(&parts)?;
    host::check(&app.settings.now(), &parts)?;
    let place = app.limits.enter()?;
    let peer = client(app, &parts, peer);
    if route.is_guessed_at() && !app.limits.failures.has(&peer) {
        return Err(too_many_failures());
    }
    let shown = shown(app, route, &peer, &parts)?;
    let path = path.ok_or_else(|| ApiError::invalid("a part of the path is no UTF-8 once it is decoded"))?;
    let (limit, time) = (route.body_limit(), app.settings.now().request_timeout);
    let received = app.limits.read(&parts.headers, body, limit, time).await?;
    let input = Input {
        parts,
        path,
        body: received.bytes.clone(),
        clock: app.clock.clone(),
    };
    match route.run {
        Run::AtOnce(handler) | Run::File(handler) => handler(app, &input),
        Run::Together(begin) if received.bytes.len() <= together::MOST_BYTES && !once::is_asked_for(&input) => {
            let Shown::Token(token) = shown else {
                return Err(ApiError::not_authenticated());
            };
            let asked = Asked {
                app: app.clone(),
                peer,
                token,
                input,
                begin,
                places: (place, received),
            };
            let (result, who) = app.together.answer(asked).await;
            *actor = who;
            result
        }
        Run::Anybody(_) | Run::Caller(_) | Run::Together(_) | Run::Visitor(_) | Run::Member(_) => {
            let app = app.clone();
            let done =
                tokio::task::spawn_blocking(move || run_blocking(&app, route, peer, &shown, &input, received)).await;
            let (result, who) =
                done.map_err(|_| ApiError::new(Code::Internal, "the server could not do this; its log says why"))?;
            *actor = who;
            result
        }
    }
}

/// Refuses, before the body is read, whoever shows nothing that could be good; and forms of other sites.
fn shown(app: &App, route: &Route, peer: &IpAddr, parts: &http::request::Parts) -> Result<Shown, ApiError> {
    if route.is_page() && route.verb == Verb::Post {
        origin::check(&app.settings.now(), parts)?;
    }
    match route.run {
        Run::Caller(_) | Run::Together(_) => {
            let presented = app.counting_failures(peer, credential::token(&parts.headers))?;
            if !app.limits.tokens.take(&presented.expose_secret()) {
                return Err(ApiError::new(Code::TooMany, "too many requests with this token"));
            }
            Ok(Shown::Token(presented))
        }
        Run::Member(_) => {
            // A browser without a session is no guess at one.
            let session = Cookie::Session.read::<Session>(&app.settings.now(), &parts.headers);
            let session = session.ok_or_else(ApiError::not_authenticated)?;
            if !app.limits.tokens.take(&session.expose_secret()) {
                return Err(ApiError::new(Code::TooMany, "too many requests of this session"));
            }
            Ok(Shown::Session(session))
        }
        Run::AtOnce(_) | Run::Anybody(_) | Run::File(_) | Run::Visitor(_) => Ok(Shown::Nothing),
    }
}

/// On a thread that may wait: who it is, then the handler. Also says what kind of actor it was.
fn run_blocking(
    app: &App,
    route: &Route,
    peer: IpAddr,
    shown: &Shown,
    input: &Input,
    _received: Received,
) -> (Result<Reply, ApiError>, &'static str) {
    match (route.run, shown) {
        (Run::AtOnce(handler) | Run::Anybody(handler) | Run::File(handler), _) => {
            (app.counting_failures(&peer, handler(app, input)), "-")
        }
        (Run::Visitor(handler), _) => {
            let done = Visitor::new(app, input, peer).and_then(|it| handler(&it));
            (app.counting_failures(&peer, done), "-")
        }
        (Run::Caller(_) | Run::Together(_), Shown::Token(token)) => {
            let authenticated = app.vault.authenticate_token(token, peer).map_err(ApiError::from);
            match app.counting_failures(&peer, authenticated) {
                Ok(caller) => {
                    let asked = credential::workspace(&input.parts.headers, caller.account());
                    let handle = |caller: &Caller<'_>| match route.run {
                        Run::Together(begin) => begin(caller, input)?(),
                        Run::Caller(handler) => handler(caller, input),
                        _ => Err(ApiError::not_authenticated()),
                    };
                    let result = asked.and_then(|()| once::run(&caller, route.verb, input, handle));
                    (result, caller.authority().actor().kind.as_str())
                }
                Err(error) => (Err(error), "-"),
            }
        }
        (Run::Member(handler), Shown::Session(session)) => {
            let authenticated = app.vault.authenticate_session(session).map_err(ApiError::from);
            // A browser whose session has ended is led to sign in, whatever else comes from its address.
            match authenticated.inspect_err(|error| _ = app.count_failure(&peer, error)) {
                Ok(who) => {
                    let visit = Visit::new(app, &who, session, input, peer);
                    (
                        visit.and_then(|it| handler(&it)),
                        who.0.authority().actor().kind.as_str(),
                    )
                }
                // Whoever signs out wants the cookie gone, whatever has become of its session.
                Err(error) if route.path == sign_out::ROUTE.path && error.code == Code::NotAuthenticated => {
                    (Err(Cookie::Session.cleared_with(&app.settings.now(), error)), "-")
                }
                Err(error) => (Err(error), "-"),
            }
        }
        (Run::Caller(_) | Run::Together(_) | Run::Member(_), _) => (Err(ApiError::not_authenticated()), "-"),
    }
}

impl App {
    /// Takes one of the address's when it failed to authenticate, and says so when none was left.
    pub(crate) fn counting_failures<T>(&self, peer: &IpAddr, result: Result<T, ApiError>) -> Result<T, ApiError> {
        result.map_err(|error| match self.count_failure(peer, &error) {
            true => too_many_failures(),
            false => error,
        })
    }

    /// Takes one of the address's where this is a failure to authenticate; whether none was left.
    fn count_failure(&self, peer: &IpAddr, error: &ApiError) -> bool {
        error.code == Code::NotAuthenticated && !self.limits.failures.take(peer)
    }
}

fn too_many_failures() -> ApiError {
    ApiError::new(
        Code::TooMany,
        "too many requests of this address failed to authenticate",
    )
}

/// The client's address: the proxy's word for it where there is one.
fn client(app: &App, parts: &http::request::Parts, peer: IpAddr) -> IpAddr {
    if !app.settings.now().behind_proxy {
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
    face: &Face,
    result: Result<Reply, ApiError>,
) -> Response<Body> {
    let reply = result.unwrap_or_else(|error| {
        let id = HEXLOWER.encode(&random::<8>());
        if let Some(cause) = &error.cause {
            tracing::error!(request.id = %id, method = verb, route, code = error.code.as_str(), cause = %chain(cause.as_ref()), "a request failed");
        }
        let reply = match face {
            Face::Program => Reply::refusal(&error),
            Face::Page { route, target } => refusal::reply(*route, target, &error, &id),
        };
        reply.header(refusal::REQUEST_ID, &id)
    });
    let reply = match face {
        Face::Program => reply,
        Face::Page { .. } => headers::secured(reply),
    };
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

/// Whether a page is wanted rather than JSON.
fn accepts_pages(headers: &http::HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|it| it.to_str().ok());
    accepted.is_some_and(|it| it.contains("text/html"))
}

/// A method that has routes, or a dash: the client may send any word.
fn known_verb(verb: &str) -> &'static str {
    let verbs = [Verb::Get, Verb::Post, Verb::Put, Verb::Patch, Verb::Delete];
    verbs.iter().map(|it| it.as_str()).find(|it| *it == verb).unwrap_or("-")
}
