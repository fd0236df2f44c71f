//! Stylesheet, script and icon: in the binary, at an address that has their digest in it, so that they may be kept.

use std::sync::OnceLock;

use bytes::Bytes;
use distri_core::digest::Digesting;
use http::HeaderValue;
use http::header::CACHE_CONTROL;

use crate::app::App;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Route, Run};

pub(crate) static ROUTE: Route = Route {
    name: "asset",
    path: "/assets/{file}",
    run: Run::File(serve),
    ..Route::BLANK
};

/// A file that pages load.
pub(crate) struct Asset {
    stem: &'static str,
    extension: &'static str,
    media: &'static str,
    text: &'static str,
    path: OnceLock<String>,
}

pub(crate) static STYLE: Asset = Asset::new(
    "style",
    "css",
    "text/css; charset=utf-8",
    include_str!("../../assets/style.css"),
);
pub(crate) static SCRIPT: Asset = Asset::new(
    "script",
    "js",
    "text/javascript; charset=utf-8",
    include_str!("../../assets/script.js"),
);
pub(crate) static ICON: Asset = Asset::new("icon", "svg", "image/svg+xml", include_str!("../../assets/icon.svg"));

impl Asset {
    const fn new(stem: &'static str, extension: &'static str, media: &'static str, text: &'static str) -> Self {
        Self {
            stem,
            extension,
            media,
            text,
            path: OnceLock::new(),
        }
    }

    /// Where it is: somewhere else once its text changes.
    pub(crate) fn path(&self) -> &str {
        self.path.get_or_init(|| {
            let mut digesting = Digesting::default();
            digesting.update(self.text.as_bytes());
            let digest = digesting.so_far().to_string();
            format!("/assets/{}-{}.{}", self.stem, &digest[..16], self.extension)
        })
    }
}

fn serve(_app: &App, input: &Input) -> Result<Reply, ApiError> {
    let asset = [&STYLE, &SCRIPT, &ICON]
        .into_iter()
        .find(|it| it.path() == input.parts.uri.path())
        .ok_or_else(|| ApiError::not_found("file"))?;
    let reply = Reply::bytes(
        HeaderValue::from_static(asset.media),
        Bytes::from_static(asset.text.as_bytes()),
    );
    Ok(reply.header(CACHE_CONTROL, "public, max-age=31536000, immutable"))
}
