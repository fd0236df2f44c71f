//! From which site a form was sent: only this server's own pages may.
//!
//! Every browser says so, in `origin` or in `sec-fetch-site`; a request without either is no browser's form. This comes
//! before the token of the form, and holds for signing in too, where there is no session yet to bind a token to.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use http::request::Parts;

use crate::error::{ApiError, Code};
use crate::settings::Settings;

/// Refuses a form that another site has sent.
pub(crate) fn check(settings: &Settings, parts: &Parts) -> Result<(), ApiError> {
    let is_ours = match (
        single(&parts.headers, ORIGIN.as_str()),
        single(&parts.headers, "sec-fetch-site"),
    ) {
        (Header::Once(origin), Header::None) => is_own(settings, parts, origin),
        (Header::Once(origin), Header::Once(site)) => site == "same-origin" && is_own(settings, parts, origin),
        (Header::None, Header::Once(site)) => site == "same-origin",
        _ => false,
    };
    match is_ours {
        true => Ok(()),
        false => Err(ApiError::new(
            Code::Forbidden,
            "this form was not sent by a page of this server",
        )),
    }
}

enum Header<'a> {
    None,
    Once(&'a str),
    Other,
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Header<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(|it| it.to_str()), values.next()) {
        (None, _) => Header::None,
        (Some(Ok(text)), None) => Header::Once(text),
        _ => Header::Other,
    }
}

/// Whether `origin` is the one that the browser has asked: the scheme of this server and the host of the request. A proxy
/// may have put another `host` there; then `server.hosts` says what the browser knows this server by.
fn is_own(settings: &Settings, parts: &Parts, origin: &str) -> bool {
    let scheme = match settings.is_secure() {
        true => "https://",
        false => "http://",
    };
    let Some(host) = origin.strip_prefix(scheme) else {
        return false;
    };
    let asked = parts.uri.authority().map(|it| it.as_str());
    let asked = asked.or_else(|| parts.headers.get(HOST)?.to_str().ok());
    let is_asked = asked.is_some_and(|it| it.eq_ignore_ascii_case(host));
    is_asked || settings.hosts.iter().any(|it| it.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(settings: &Settings, headers: &[(&str, &str)]) -> bool {
        let mut request = http::Request::builder().header("host", "127.0.0.1:7777");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let parts = request.body(()).expect("a request").into_parts().0;
        check(settings, &parts).is_ok()
    }

    #[test]
    fn only_a_form_of_our_own_page_is_taken() {
        let loopback = Settings::default();
        let own = ("origin", "http://127.0.0.1:7777");
        assert!(is_taken(&loopback, &[own]));
        assert!(is_taken(&loopback, &[own, ("sec-fetch-site", "same-origin")]));
        assert!(is_taken(&loopback, &[("sec-fetch-site", "same-origin")]));
        let others: &[&[(&str, &str)]] = &[
            &[],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "http://127.0.0.1:8888")],
            &[("origin", "https://127.0.0.1:7777")],
            &[("origin", "http://localhost:7777")],
            &[("origin", "http://127.0.0.1:7777.evil.example")],
            &[own, own],
            &[own, ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
        ];
        for headers in others {
            assert!(!is_taken(&loopback, headers), "{headers:?}");
        }
    }

    #[test]
    fn behind_a_proxy_the_names_of_the_server_count_too() {
        let settings = Settings {
            behind_proxy: true,
            hosts: vec!["distri.example".to_owned()],
            ..Settings::default()
        };
        assert!(is_taken(&settings, &[("origin", "https://distri.example")]));
        for other in [
            "http://distri.example",
            "https://distri.example:8443",
            "https://example",
        ] {
            assert!(!is_taken(&settings, &[("origin", other)]), "{other}");
        }
    }
}
