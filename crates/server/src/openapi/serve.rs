//! `GET /v1/openapi.json`: the document of this API.

use http::HeaderValue;

use crate::app::App;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "openapi",
    path: "/v1/openapi.json",
    summary: "Read the description of this API",
    about: "An OpenAPI 3.1 document.",
    gives: &[Gives::json(
        200,
        "The document",
        schema_of::<serde_json::Map<String, serde_json::Value>>,
    )],
    run: Run::AtOnce(serve),
    ..Route::BLANK
};

fn serve(app: &App, _input: &Input) -> Result<Reply, ApiError> {
    Ok(Reply::bytes(
        HeaderValue::from_static("application/json"),
        app.document.bytes(),
    ))
}
