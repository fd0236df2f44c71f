//! A handler's `fetch`: one request through the way out, and redirects by the rules of a program that
//! carries secrets.

use distri_egress::{Egress, Request, Response};
use distri_redact::Redactor;
use futures_util::future::BoxFuture;
use url::Url;

use crate::tool_host::{FetchReply, FetchRequest, RedirectMode, ReplyBody};

/// Most redirects that one `fetch` follows.
const REDIRECTS: usize = 10;

/// Sends `request` and what its redirects ask for. An error is a sentence for the handler.
pub(super) async fn fetch(egress: &Egress, redactor: &Redactor, request: FetchRequest) -> Result<FetchReply, String> {
    let FetchRequest {
        method,
        url,
        headers,
        body,
        redirect,
    } = request;
    // The URL standard keeps a fragment, which is never sent.
    let mut hop = Hop {
        method,
        url,
        headers,
        body: body.to_vec(),
    };
    for followed in 0..=REDIRECTS {
        let request = hop.parse()?;
        let response = egress.send(request).await.map_err(|it| it.to_string())?;
        let location = location(&response);
        match (redirect, location) {
            (RedirectMode::Manual, _) | (_, None) => return Ok(reply(response, hop.url, followed > 0)),
            (RedirectMode::Error, Some(_)) => {
                return Err(format!(
                    "the server redirects with status {}, and `redirect` is `error`",
                    response.status
                ));
            }
            (RedirectMode::Follow, Some(location)) => {
                hop = hop.follow(response.status, &location, redactor)?;
            }
        }
    }
    Err(format!("the server redirects more than {REDIRECTS} times"))
}

/// One request of a chain.
struct Hop {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Hop {
    fn parse(&self) -> Result<Request, String> {
        let request = Request::parse(&self.method, &self.url, self.headers.clone(), self.body.clone());
        request.map_err(|it| it.to_string())
    }

    /// The next request (Fetch standard, HTTP-redirect fetch). To another origin nothing goes that
    /// holds a secret: a server that is trusted with a key must not be able to pass it on.
    fn follow(mut self, status: u16, location: &str, redactor: &Redactor) -> Result<Self, String> {
        let invalid = |_| "the server redirects to what is no URL".to_owned();
        let from = Url::parse(&self.url).map_err(invalid)?;
        let mut to = from.join(location).map_err(invalid)?;
        to.set_fragment(None);
        let becomes_get = (matches!(status, 301 | 302) && self.method == "POST")
            || (status == 303 && !matches!(self.method.as_str(), "GET" | "HEAD"));
        if becomes_get {
            self.method = "GET".to_owned();
            self.body.clear();
            self.headers.retain(|(name, _)| !name.starts_with("content-"));
        }
        self.url = to.to_string();
        if from.origin() != to.origin() {
            if let Some(label) = self.secret(redactor) {
                return Err(format!(
                    "the redirect to another origin (status {status}) is not followed, because the request carries `{label}`"
                ));
            }
            self.headers.retain(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
        }
        self.headers.retain(|(name, _)| name != "host");
        Ok(self)
    }

    /// The secret in it, if any.
    fn secret<'r>(&self, redactor: &'r Redactor) -> Option<&'r str> {
        let headers = self.headers.iter().map(|(_, value)| value.as_bytes());
        [self.url.as_bytes(), &self.body]
            .into_iter()
            .chain(headers)
            .find_map(|text| redactor.labels_in(text).into_iter().next())
            .or_else(|| self.basic(redactor))
    }

    /// Basic credentials join two values before they are encoded, at an alignment of their own.
    fn basic<'r>(&self, redactor: &'r Redactor) -> Option<&'r str> {
        let tokens = self.headers.iter().filter_map(|(_, value)| value.split_once(' '));
        let decoded = tokens.filter_map(|(_, token)| data_encoding::BASE64.decode(token.trim().as_bytes()).ok());
        decoded
            .into_iter()
            .find_map(|text| redactor.labels_in(&text).into_iter().next())
    }
}

/// Never sent to another origin, whatever is in them.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

fn location(response: &Response) -> Option<String> {
    let is_redirect = matches!(response.status, 301 | 302 | 303 | 307 | 308);
    response.header("location").filter(|_| is_redirect).map(str::to_owned)
}

fn reply(mut response: Response, url: String, redirected: bool) -> FetchReply {
    FetchReply {
        status: response.status,
        reason: std::mem::take(&mut response.reason),
        url,
        redirected,
        headers: std::mem::take(&mut response.headers),
        body: Box::new(Streamed(response)),
    }
}

/// A body that is read from the network as the handler asks for it.
struct Streamed(Response);

impl ReplyBody for Streamed {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<bytes::Bytes>, String>> {
        Box::pin(async { self.0.chunk().await.map_err(|it| it.to_string()) })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn hop(method: &str, header: &str) -> Hop {
        Hop {
            method: method.to_owned(),
            url: "https://a.example/x".to_owned(),
            headers: vec![
                ("x-api-key".to_owned(), header.to_owned()),
                ("content-type".to_owned(), "text/plain".to_owned()),
                ("cookie".to_owned(), "a=b".to_owned()),
            ],
            body: b"body".to_vec(),
        }
    }

    fn redactor() -> Redactor {
        Redactor::builder().secret("KEY", b"s3cret-value").build()
    }

    #[test]
    fn a_secret_is_never_carried_to_another_origin() {
        for (location, refused) in [
            ("/y", false),
            ("https://a.example/y", false),
            ("https://b.example/", true),
            ("//b.example/", true),
            ("http://a.example/", true),
            ("https://a.example:444/", true),
        ] {
            let next = hop("GET", "s3cret-value").follow(302, location, &redactor());
            assert_eq!(next.is_err(), refused, "{location}");
        }
        let basic = format!("Basic {}", data_encoding::BASE64.encode(b"user:s3cret-value"));
        assert!(
            hop("GET", &basic)
                .follow(307, "https://b.example/", &redactor())
                .is_err()
        );
        let error = hop("GET", "s3cret-value")
            .follow(302, "//b.example/", &redactor())
            .err()
            .unwrap();
        assert!(error.contains("`KEY`") && !error.contains("s3cret"), "{error}");
    }

    #[test]
    fn credentials_stay_and_methods_change_as_the_standard_says() {
        let next = hop("POST", "plain")
            .follow(302, "https://b.example/#f", &redactor())
            .unwrap();
        assert_eq!((next.method.as_str(), next.url.as_str()), ("GET", "https://b.example/"));
        assert_eq!(next.headers, [("x-api-key".to_owned(), "plain".to_owned())]);
        assert!(next.body.is_empty());
        let next = hop("POST", "plain").follow(307, "/y", &redactor()).unwrap();
        assert_eq!((next.method.as_str(), next.body.as_slice()), ("POST", &b"body"[..]));
        assert_eq!(next.headers.len(), 3);
        assert!(hop("GET", "x").follow(302, "https://[", &redactor()).is_err());
    }
}
