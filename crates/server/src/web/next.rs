//! Where signing in leads to: a page of ours and nothing else, so that no link takes somebody who signs in to another site.

use crate::route::{Route, Run, Verb};
use crate::routes::routes;

/// Where signing in leads to without any other word.
pub(crate) const HOME: &str = "/settings/secrets";

/// `text` when it is the path of a page that is shown to whoever is signed in.
pub(crate) fn checked(text: &str) -> Option<&str> {
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'#' | b'<' | b'>' | b'"'));
    let path = text.split('?').next().unwrap_or_default();
    let is_page =
        |route: &Route| route.verb == Verb::Get && matches!(route.run, Run::Member(_)) && matches(route.path, path);
    (is_plain && text.len() <= 1024 && routes().any(is_page)).then_some(text)
}

/// Whether a path is one of a template, segment by segment.
fn matches(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let all = template.split('/').all(|expected| {
        let segment = segments.next();
        segment.is_some_and(|it| it == expected || (expected.starts_with('{') && !it.is_empty()))
    });
    all && segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_led_to() {
        for page in [HOME, "/settings/secrets?environment=prod"] {
            assert_eq!(checked(page), Some(page));
        }
        for other in [
            "",
            "/",
            "//evil.example/settings/secrets",
            "/\\evil.example",
            "https://evil.example/settings/secrets",
            "javascript:alert(1)",
            "/settings/secrets\r\nset-cookie: a=b",
            "/settings/secrets#\u{20}",
            "/settings//secrets",
            "/settings/secrets/",
            "/sign-in",
            "/v1/secrets",
            "/sign-out",
        ] {
            assert_eq!(checked(other), None, "{other}");
        }
    }
}
