//! `GET /healthz`: the process lives.

use bytes::Bytes;
use http::HeaderValue;

use crate::app::App;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run};

pub(crate) static ROUTE: Route = Route {
    name: "healthz",
    path: "/healthz",
    summary: "Say that the process lives",
    about: "Nothing else is asked: a server that lives and cannot work says so at `/readyz`.",
    gives: &[Gives::text(200, "`ok`")],
    run: Run::AtOnce(healthz),
    ..Route::BLANK
};

fn healthz(_app: &App, _input: &Input) -> Result<Reply, ApiError> {
    Ok(Reply::bytes(
        HeaderValue::from_static("text/plain"),
        Bytes::from_static(b"ok\n"),
    ))
}
