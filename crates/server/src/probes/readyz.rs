//! `GET /readyz`: an audit record can be written, without which no secret is used.

use bytes::Bytes;
use http::HeaderValue;

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run};

pub(crate) static ROUTE: Route = Route {
    name: "readyz",
    path: "/readyz",
    summary: "Say whether the server can do its work",
    about: "Writes to the audit log's place and flushes it, without adding a record: when that fails no secret is \
            given out, and the answer says why.",
    gives: &[Gives::text(200, "`ready`")],
    refuses: &[503],
    run: Run::Anybody(readyz),
    ..Route::BLANK
};

fn readyz(app: &App, _input: &Input) -> Result<Reply, ApiError> {
    match app.vault.check_recording() {
        Ok(()) => Ok(Reply::bytes(
            HeaderValue::from_static("text/plain"),
            Bytes::from_static(b"ready\n"),
        )),
        Err(error) => {
            let message = format!("no audit record can be written: {error}");
            Err(ApiError {
                cause: Some(error.into()),
                ..ApiError::new(Code::Unavailable, message)
            })
        }
    }
}
