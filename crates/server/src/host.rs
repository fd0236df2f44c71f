//! The `Host` of a request: a browser that was led to this server by another site's name is refused.
//!
//! A page of any site can have its name resolve to 127.0.0.1 (DNS rebinding) and then is this server's origin to the
//! browser. On loopback only the names of loopback are answered; elsewhere the operator says which.

use http::request::Parts;

use crate::error::{ApiError, Code};
use crate::settings::Settings;

/// Refuses a request for another host than this server's.
pub(crate) fn check(settings: &Settings, parts: &Parts) -> Result<(), ApiError> {
    let mut values = parts.headers.get_all(http::header::HOST).iter();
    let header = match (values.next(), values.next()) {
        (_, Some(_)) => return Err(ApiError::invalid("the header `host` is there twice")),
        (value, None) => value.map(|it| it.to_str().unwrap_or("\0")),
    };
    // HTTP/2 has it in the request's target.
    let host = match (parts.uri.authority(), header) {
        (Some(authority), _) => authority.as_str(),
        (None, Some(header)) => header,
        (None, None) => "",
    };
    let name = name_of(host).to_ascii_lowercase();
    let known = if !settings.hosts.is_empty() {
        settings.hosts.iter().any(|it| name_of(it) == name)
    } else if settings.bind.ip().is_loopback() && !settings.behind_proxy {
        matches!(name.as_str(), "localhost" | "[::1]") || is_loopback_v4(&name)
    } else {
        true
    };
    if known {
        Ok(())
    } else {
        Err(ApiError::new(
            Code::Misdirected,
            "this server does not answer to the name in `host`; `server.hosts` has its names",
        ))
    }
}

/// The host without its port.
fn name_of(host: &str) -> &str {
    let after = match host.starts_with('[') {
        true => host.find(']').map_or(host.len(), |it| it + 1),
        false => host.find(':').unwrap_or(host.len()),
    };
    &host[..after]
}

fn is_loopback_v4(name: &str) -> bool {
    name.parse::<std::net::Ipv4Addr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(settings: &Settings, host: &str) -> bool {
        let request = http::Request::builder()
            .header("host", host)
            .body(())
            .expect("a request");
        check(settings, &request.into_parts().0).is_ok()
    }

    #[test]
    fn loopback_answers_to_loopback_and_others_to_what_they_are_called() {
        let loopback = Settings::default();
        for host in [
            "localhost",
            "LOCALHOST:7777",
            "127.0.0.1:7777",
            "127.0.0.9",
            "[::1]:7777",
        ] {
            assert!(answers(&loopback, host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:7777",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "",
            "[::1",
            "0.0.0.0",
        ] {
            assert!(!answers(&loopback, host), "{host}");
        }
        let named = Settings {
            hosts: vec!["distri.example".to_owned()],
            ..Settings::default()
        };
        assert!(answers(&named, "distri.example:443") && !answers(&named, "localhost"));
    }
}
