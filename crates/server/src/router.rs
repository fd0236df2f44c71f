//! The router, made of the list of routes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::routing::on;

use crate::app::App;
use crate::endpoint;
use crate::error::{ApiError, Code};
use crate::routes::routes;

/// The address of the other end of the connection.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

pub(crate) fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let app = app.clone();
        let handler = move |path: Result<RawPathParams, RawPathParamsRejection>, request: Request| {
            // Decoded after the router has matched: what is decoded can never lead to another route.
            let path = path.ok().map(|it| {
                it.iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect()
            });
            let peer = peer_of(&request);
            endpoint::answer(app.clone(), route, peer, path, request)
        };
        router = router.route(route.path, on(route.verb.filter(), handler));
    }
    let (lost, wrong) = (app.clone(), app.clone());
    router
        .fallback(move |request: Request| {
            let response = endpoint::refuse(&lost, &request, nothing_here(&request));
            async { response }
        })
        .method_not_allowed_fallback(move |request: Request| {
            let error = ApiError::new(Code::MethodNotAllowed, "there is nothing by this method here");
            let response = endpoint::refuse(&wrong, &request, error);
            async { response }
        })
}

/// A person is told of a page, a program of a route.
fn nothing_here(request: &Request) -> ApiError {
    match endpoint::is_read_by_people(request) {
        true => ApiError::new(Code::NotFound, "there is no page at this address"),
        false => ApiError::not_found("route"),
    }
}

/// The listener has put it there.
fn peer_of(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<Peer>();
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |it| it.0)
}
