//! Where a run's secrets stand in a request, and whether a placeholder in the same spot would be filled.
//!
//! A secret that the run was given by value is looked for in what a client makes of it (percent-encoded in a query,
//! escaped in JSON): a client that is given a placeholder does the same to it, and a placeholder has nothing to escape.

use data_encoding::BASE64;
use distri_core::SecretKey;
use distri_core::learn::{Carried, Spot};
use distri_core::release::{Release, ReleasedSecret};
use distri_redact::{Redactor, weakness};

use super::credential::is_credential_header;
use super::views;
use crate::plain_body::PlainBody;
use crate::request::{Request, decode};

/// Finds one run's secrets: what the run was given of each, value or placeholder.
pub(crate) struct Spotter(Vec<Sought>);

struct Sought {
    key: SecretKey,
    given: zeroize::Zeroizing<Vec<u8>>,
    /// In every encoding; nothing for a value too common to be searched for, which is seen only as a whole credential.
    needle: Redactor,
    lower: Redactor,
}

impl Spotter {
    pub(crate) fn new(release: &Release) -> Self {
        Self(release.secrets.iter().map(Sought::new).collect())
    }

    /// Each spot of each secret, sorted by key.
    pub(crate) fn spots(&self, request: &Request, plain: &PlainBody) -> Vec<Carried> {
        let of = |sought: &Sought| {
            let mut spots = Vec::new();
            sought.in_location(request, &mut spots);
            sought.in_headers(request, &mut spots);
            sought.in_body(request, plain, &mut spots);
            let key = sought.key.clone();
            spots.into_iter().map(move |spot| Carried { key: key.clone(), spot })
        };
        let mut found: Vec<Carried> = self.0.iter().flat_map(of).collect();
        found.sort();
        found
    }
}

/// Where a credential would be, for words about it.
const PATH: &str = "the path";
const QUERY: &str = "the query";
const BODY: &str = "the body";

impl Sought {
    fn new(secret: &ReleasedSecret) -> Self {
        let given = secret.given();
        let redactor = |text: &[u8]| match weakness(text) {
            Some(_) => Redactor::none(),
            None => Redactor::builder().secret(secret.key.as_str(), text).build(),
        };
        Self {
            key: secret.key.clone(),
            given: given.to_vec().into(),
            needle: redactor(given),
            lower: redactor(&given.to_ascii_lowercase()),
        }
    }

    fn is(&self, text: &[u8]) -> bool {
        text == &self.given[..]
    }

    fn stands_in(&self, text: &[u8]) -> bool {
        views::body_texts(text).iter().any(|it| self.needle.find(it).is_some())
    }

    fn is_weak(&self) -> bool {
        self.needle.is_empty()
    }

    fn in_location(&self, request: &Request, spots: &mut Vec<Spot>) {
        let elsewhere = |words: &str| Spot::Elsewhere(words.to_owned());
        if views::host(request).iter().any(|it| self.lower.find(it).is_some()) {
            spots.push(elsewhere("the host's name"));
        }
        if self.stands_in(request.path().as_bytes()) {
            spots.push(elsewhere(PATH));
        }
        for pair in request.query().into_iter().flatten() {
            let value = pair.value.as_deref().unwrap_or_default().as_bytes();
            if self.is_read_from(value) && !self.is_weak() {
                spots.push(Spot::Query);
            } else if self.stands_in(value) || self.stands_in(pair.name.as_bytes()) {
                spots.push(elsewhere(QUERY));
            }
        }
    }

    /// Whether it is what a server reads from a pair's value.
    fn is_read_from(&self, value: &[u8]) -> bool {
        let spaced: Vec<u8> = value.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        self.is(&decode(value)) || self.is(&decode(&spaced))
    }

    fn in_headers(&self, request: &Request, spots: &mut Vec<Spot>) {
        for (name, value) in request.headers() {
            let elsewhere = || Spot::Elsewhere(format!("header {name}"));
            if self.lower.find(name.as_bytes()).is_some() {
                spots.push(Spot::Elsewhere("the name of a header".to_owned()));
            }
            let honoured = match basic(value) {
                _ if !is_credential_header(name) => 0,
                Some((user, password)) => {
                    let times = usize::from(self.is(&user)) + usize::from(self.is(&password));
                    spots.extend(std::iter::repeat_n(Spot::Basic, times));
                    times
                }
                None => {
                    let times = self.words_in(value);
                    spots.extend(std::iter::repeat_n(Spot::Header(name.clone()), times));
                    times
                }
            };
            if honoured == 0 && self.stands_in(value.as_bytes()) {
                spots.push(elsewhere());
            }
        }
    }

    /// How often it is a word of its own in `text`.
    fn words_in(&self, text: &str) -> usize {
        let text = text.as_bytes();
        let inner = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
        let is_word = |at: &usize| {
            let before = at.checked_sub(1).and_then(|it| text.get(it));
            !inner(before) && !inner(text.get(at + self.given.len()))
        };
        memchr::memmem::find_iter(text, &self.given[..]).filter(is_word).count()
    }

    fn in_body(&self, request: &Request, plain: &PlainBody, spots: &mut Vec<Spot>) {
        if self.is_weak() {
            return;
        }
        let is_fillable = matches!(plain, PlainBody::AsItIs);
        let body = match plain {
            PlainBody::Decoded(decoded) => decoded,
            PlainBody::AsItIs | PlainBody::Unreadable => request.body(),
        };
        if !self.stands_in(body) {
            return;
        }
        let before = spots.len();
        if is_fillable {
            match kind(request) {
                Kind::Json => {
                    if let Ok(json) = serde_json::from_slice(body) {
                        self.in_json(&json, spots);
                    }
                }
                Kind::Form => {
                    let values = body
                        .split(|it| *it == b'&')
                        .filter_map(|it| Some(&it[it.iter().position(|it| *it == b'=')? + 1..]));
                    let whole = values.filter(|it| self.is_read_from(it)).count();
                    spots.extend(std::iter::repeat_n(Spot::Body, whole));
                }
                Kind::Other => {}
            }
        }
        if spots.len() == before {
            spots.push(Spot::Elsewhere(BODY.to_owned()));
        }
    }

    fn in_json(&self, json: &serde_json::Value, spots: &mut Vec<Spot>) {
        use serde_json::Value;
        match json {
            Value::String(text) if self.is(text.as_bytes()) => spots.push(Spot::Body),
            Value::String(text) if self.stands_in(text.as_bytes()) => spots.push(Spot::Elsewhere(BODY.to_owned())),
            Value::Array(items) => items.iter().for_each(|it| self.in_json(it, spots)),
            Value::Object(members) => {
                for (name, value) in members {
                    if self.stands_in(name.as_bytes()) {
                        spots.push(Spot::Elsewhere(BODY.to_owned()));
                    }
                    self.in_json(value, spots);
                }
            }
            _ => {}
        }
    }
}

enum Kind {
    Json,
    Form,
    Other,
}

fn kind(request: &Request) -> Kind {
    let kind = request.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/x-www-form-urlencoded" => Kind::Form,
        "application/json" => Kind::Json,
        it if it.ends_with("+json") => Kind::Json,
        _ => Kind::Other,
    }
}

fn basic(value: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, token) = value.split_once(' ')?;
    let decoded = BASE64.decode(token.trim().as_bytes()).ok()?;
    let colon = decoded.iter().position(|it| *it == b':')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| (decoded[..colon].to_vec(), decoded[colon + 1..].to_vec()))
}
