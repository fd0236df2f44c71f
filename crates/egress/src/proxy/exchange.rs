//! From what came in to the canonical request, and from there to the response.
//!
//! The place is decided before the request is: inside of a tunnel it is the tunnel's, and every request on it is held
//! against that, so that no `Host`, `:authority` or absolute URL leads a request elsewhere.

use distri_core::policy::Scheme;

use super::Shared;
use super::answer::Answer;
use super::body::Body;
use super::refusal::Refusal;
use crate::request::Request;
use crate::tunnel::Place;

/// Where the requests of a connection may go.
#[derive(Clone)]
pub(super) enum Scope {
    /// Wherever their absolute URL leads.
    Anywhere,
    /// To the one place that the tunnel was opened to.
    Inside(Scheme, Place),
}

/// A request's head, whichever version it came by.
pub(super) struct Asked {
    pub(super) method: String,
    /// As written: a path, or an absolute URL.
    pub(super) target: String,
    /// `host` among them, once. Those of the connection and of the framing have been taken out.
    pub(super) headers: Vec<(String, String)>,
}

impl Scope {
    /// The absolute URL of a request in this scope.
    ///
    /// # Errors
    /// A target that does not belong here. What the URL says is judged when it is parsed.
    pub(super) fn url(&self, target: &str) -> Result<String, Refusal> {
        let is_absolute = || {
            let scheme = target.split_once("://").map_or("", |it| it.0);
            scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
        };
        match self {
            Self::Inside(scheme, place) if target.starts_with('/') => {
                Ok(format!("{}://{}{target}", scheme.as_str(), place.authority(*scheme)))
            }
            // A server takes both forms (RFC 9112, section 3.2.2); `holds` compares the place.
            _ if is_absolute() => Ok(target.to_owned()),
            _ => Err(Refusal::Target),
        }
    }

    fn holds(&self, request: &Request) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Inside(scheme, place) => {
                request.scheme() == *scheme && request.host() == place.host() && request.port() == place.port()
            }
        }
    }
}

impl Shared {
    /// The canonical request for what was asked, in its scope.
    pub(super) fn request(&self, scope: &Scope, mut asked: Asked, body: Vec<u8>) -> Result<Request, Refusal> {
        if let Scope::Inside(..) = scope {
            self.credential.drop_from(&mut asked.headers);
        }
        let url = scope.url(&asked.target)?;
        let request = Request::parse(&asked.method, &url, asked.headers, body)?;
        if !scope.holds(&request) {
            return Err(Refusal::OtherHost);
        }
        if let Scope::Anywhere = scope {
            self.open_to(request.scheme(), &Place::of(&request))?;
        }
        Ok(request)
    }

    /// Sends what was asked for.
    pub(super) async fn exchange(&self, scope: &Scope, asked: Asked, body: Body) -> Result<Answer, Refusal> {
        let (bytes, room) = body.into_parts();
        let request = self.request(scope, asked, bytes)?;
        let to_head = request.method() == "HEAD";
        let response = self.egress.send(request).await?;
        drop(room);
        Ok(Answer::new(response, to_head))
    }

    /// Refuses a place without a secret where only places with one are open.
    pub(super) fn open_to(&self, scheme: Scheme, place: &Place) -> Result<(), Refusal> {
        if self.lock && !self.egress.is_bound(scheme, place) {
            return Err(Refusal::Locked(self.egress.shown(place)));
        }
        Ok(())
    }
}
