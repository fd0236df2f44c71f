//! The cookies: which there are, how they are read, set and taken away.
//!
//! Over TLS their names begin with `__Host-`, which a browser takes from this very host only, over TLS and for every path:
//! nobody beside it in the domain can put one there. On loopback without TLS that prefix is impossible.

use distri_core::credential::{Kind, Presented};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::error::ApiError;
use crate::reply::Reply;
use crate::settings::Settings;

/// A cookie of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Whoever is signed in.
    Session,
    /// A browser in which nobody is, so that its forms can be told from those of another site.
    Visit,
    /// The secret of the setup link, from the link to its form.
    Setup,
    /// The secret of an invitation, from the link to its form.
    Invitation,
}

impl Cookie {
    /// Its name.
    pub(crate) fn name(self, settings: &Settings) -> &'static str {
        match (self, settings.is_secure()) {
            (Self::Session, true) => "__Host-distri",
            (Self::Session, false) => "distri",
            (Self::Visit, true) => "__Host-distri-visit",
            (Self::Visit, false) => "distri-visit",
            (Self::Setup, true) => "__Host-distri-setup",
            (Self::Setup, false) => "distri-setup",
            (Self::Invitation, true) => "__Host-distri-invitation",
            (Self::Invitation, false) => "distri-invitation",
        }
    }

    /// The credential that it holds. One that is there twice is none: somebody has put the other there.
    pub(crate) fn read<K: Kind>(self, settings: &Settings, headers: &HeaderMap) -> Option<Presented<K>> {
        let name = self.name(settings);
        let fields = headers.get_all(COOKIE).iter().filter_map(|it| it.to_str().ok());
        let pairs = fields.flat_map(|it| it.split(';')).filter_map(|it| it.split_once('='));
        let mut found = pairs.filter(|it| it.0.trim() == name).map(|it| it.1.trim());
        match (found.next(), found.next()) {
            (Some(text), None) => text.parse().ok(),
            _ => None,
        }
    }

    /// A reply that puts it there until the browser is closed; the server ends what it stands for before that.
    ///
    /// `SameSite=Lax`: a link from elsewhere opens the page, and no other site's form carries it.
    pub(crate) fn set(self, settings: &Settings, reply: Reply, text: &str) -> Reply {
        append(reply, &self.line(settings, text))
    }

    /// A refusal that puts it there, as a page.
    pub(crate) fn set_with(self, settings: &Settings, error: ApiError, text: &str) -> ApiError {
        with(error, &self.line(settings, text))
    }

    /// A refusal that takes it away, as a page.
    pub(crate) fn cleared_with(self, settings: &Settings, error: ApiError) -> ApiError {
        with(error, &self.blank(settings))
    }

    fn line(self, settings: &Settings, text: &str) -> String {
        let (name, secure) = (self.name(settings), secure(settings));
        format!("{name}={text}; Path=/; HttpOnly; SameSite=Lax{secure}")
    }

    /// A reply that takes it away.
    pub(crate) fn clear(self, settings: &Settings, reply: Reply) -> Reply {
        append(reply, &self.blank(settings))
    }

    fn blank(self, settings: &Settings) -> String {
        let (name, secure) = (self.name(settings), secure(settings));
        format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}")
    }
}

fn with(error: ApiError, line: &str) -> ApiError {
    let cookie = HeaderValue::from_str(line).ok();
    ApiError {
        cookie: cookie.map(|mut it| {
            it.set_sensitive(true);
            it
        }),
        ..error
    }
}

fn secure(settings: &Settings) -> &'static str {
    match settings.is_secure() {
        true => "; Secure",
        false => "",
    }
}

fn append(mut reply: Reply, value: &str) -> Reply {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers.append(SET_COOKIE, value);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use distri_core::credential::{PlainSession, Session};

    #[test]
    fn one_of_the_right_form_is_read_and_anything_else_is_none() {
        let settings = Settings::default();
        let session = PlainSession::random();
        let text = session.expose_secret();
        let read = |fields: &[&str]| {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(COOKIE, field.parse().expect("a header"));
            }
            let found = Cookie::Session.read::<Session>(&settings, &headers);
            found.is_some_and(|it| it.expose_secret() == text)
        };
        assert!(read(&[&format!("distri={text}")]));
        assert!(read(&[&format!("a=b; distri={text}; distri-visit=x")]));
        assert!(read(&["a=b", &format!("distri={text}")]));
        for other in [
            "distri=".to_owned(),
            "distri".to_owned(),
            format!("__Host-distri={text}"),
            format!("distri={text}; distri={text}"),
            format!("distri={text}x"),
            format!("distri-visit={text}"),
        ] {
            assert!(!read(&[&other]), "{other}");
        }
    }

    #[test]
    fn over_tls_a_cookie_is_of_this_host_alone() {
        let settings = Settings {
            behind_proxy: true,
            ..Settings::default()
        };
        let reply = Cookie::Session.set(&settings, Reply::nothing(), "x");
        assert_eq!(
            reply.headers[SET_COOKIE],
            "__Host-distri=x; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
    }
}
