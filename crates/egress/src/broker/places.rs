//! Where a placeholder is honoured, and the request with the value in its place.
//!
//! | place | the placeholder must be |
//! |---|---|
//! | header whose name says that it carries a credential | a word of the value: `Bearer X`, `X`, `token="X"` |
//! | Basic credentials | the whole user name or the whole password |
//! | query | the whole value of a pair |
//! | JSON body, if the policy says `body` | a whole string that is no member's name |
//! | form body, if the policy says `body` | the whole value of a pair |
//!
//! Always literally: an encoded placeholder is one that somebody wrote on purpose to be overlooked. A placeholder
//! within a text for people (`my key is X`) is therefore never filled outside credential headers.

use data_encoding::BASE64;
use distri_core::release::ReleasedSecret;
use serde::de::IgnoredAny;

use super::credential::{Field, is_credential_header};
use super::escape::{self, Unfit};
use crate::error::EgressError;
use crate::request::{Change, QueryPair, Request};

/// A request with its honoured places filled.
pub(super) struct Filled {
    /// With the values.
    pub(super) placed: Request,
    /// With nothing there.
    pub(super) blank: Request,
    /// The secrets placed, one entry for each time.
    pub(super) keys: Vec<String>,
    /// The fields they were placed in.
    pub(super) fields: Vec<Field>,
}

/// Fills every honoured place of `request` with the values of `secrets`, all of which may go there.
pub(super) fn fill(request: &Request, secrets: &[&ReleasedSecret], place: &str) -> Result<Filled, EgressError> {
    let mut filling = Filling {
        secrets,
        keys: Vec::new(),
        fields: Vec::new(),
    };
    let (mut placed, mut blank) = (Change::default(), Change::default());
    let unfit = |unfit: Misfit| EgressError::Unfit {
        key: unfit.key,
        reason: unfit.reason,
        place: place.to_owned(),
    };
    for (at, (name, value)) in request.headers().iter().enumerate() {
        if let Some(filled) = filling.header(name, value).map_err(unfit)? {
            filling.fields.push(Field::Header(at));
            placed.headers.push((at, filled.value));
            blank.headers.push((at, filled.blank));
        }
    }
    for (at, pair) in request.query().into_iter().flatten().enumerate() {
        if let Some(value) = filling.pair(pair) {
            filling.fields.push(Field::Pair(at));
            placed.pairs.push((at, value));
            blank.pairs.push((at, String::new()));
        }
    }
    if let Some(filled) = filling.body(request).map_err(unfit)? {
        if let Some((name, _)) = request
            .headers()
            .iter()
            .find(|(name, _)| SIGNS_BODY.contains(&name.as_str()))
        {
            return Err(EgressError::BodySigned {
                header: name.clone(),
                place: place.to_owned(),
            });
        }
        filling.fields.push(Field::Body);
        placed.body = Some(filled.value.into());
        blank.body = Some(filled.blank.into());
    }
    Ok(Filled {
        placed: request.changed(placed).ok_or_else(|| EgressError::Unfit {
            key: filling.keys.first().cloned().unwrap_or_default(),
            reason: "its value makes the request longer than a request may be",
            place: place.to_owned(),
        })?,
        blank: request.changed(blank).unwrap_or_else(|| request.clone()),
        keys: filling.keys,
        fields: filling.fields,
    })
}

/// Digests and signatures over the body, which would be another one (RFC 9530, RFC 9421, RFC 1864, AWS).
const SIGNS_BODY: &[&str] = &[
    "content-digest",
    "content-md5",
    "digest",
    "repr-digest",
    "signature",
    "signature-input",
    "x-amz-content-sha256",
];

struct Filling<'s> {
    secrets: &'s [&'s ReleasedSecret],
    keys: Vec<String>,
    fields: Vec<Field>,
}

/// One text, filled and blank.
struct Both<T> {
    value: T,
    blank: T,
}

struct Misfit {
    key: String,
    reason: Unfit,
}

impl<'s> Filling<'s> {
    /// The secret whose placeholder is exactly `text`.
    fn exactly(&self, text: &[u8]) -> Option<&'s ReleasedSecret> {
        self.secrets
            .iter()
            .copied()
            .find(|it| placeholder(it).as_bytes() == text)
    }

    fn count(&mut self, secret: &ReleasedSecret) {
        self.keys.push(secret.key.to_string());
    }

    fn header(&mut self, name: &str, value: &str) -> Result<Option<Both<String>>, Misfit> {
        if !is_credential_header(name) {
            return Ok(None);
        }
        if let Some(token) = basic(value) {
            return self.basic(token);
        }
        let mut both = Both {
            value: String::new(),
            blank: String::new(),
        };
        let mut rest = value;
        let mut before = None;
        while let Some((at, secret)) = self.first_word(rest, before) {
            let real = escape::header(secret.value.expose_secret()).map_err(|it| misfit(secret, it))?;
            let len = placeholder(secret).len();
            both.value.push_str(&rest[..at]);
            both.value.push_str(real);
            both.blank.push_str(&rest[..at]);
            before = rest[..at + len].chars().next_back();
            rest = &rest[at + len..];
            self.count(secret);
        }
        if before.is_none() {
            return Ok(None);
        }
        both.value.push_str(rest);
        both.blank.push_str(rest);
        Ok(Some(both))
    }

    /// The first placeholder in `text` that is a word of its own; `before` stands in front of the text.
    fn first_word(&self, text: &str, before: Option<char>) -> Option<(usize, &'s ReleasedSecret)> {
        let is_word = |at: usize, len: usize| {
            let inner = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
            let front = text[..at].chars().next_back().or(before);
            !inner(front) && !inner(text[at + len..].chars().next())
        };
        let of = |secret: &'s ReleasedSecret| {
            let needle = placeholder(secret);
            let mut places = text.match_indices(needle).map(|(at, _)| at);
            Some((places.find(|at| is_word(*at, needle.len()))?, secret))
        };
        self.secrets.iter().copied().filter_map(of).min_by_key(|(at, _)| *at)
    }

    /// Decoded, filled and encoded again.
    fn basic(&mut self, token: &str) -> Result<Option<Both<String>>, Misfit> {
        let Ok(decoded) = BASE64.decode(token.as_bytes()) else {
            return Ok(None);
        };
        let Some(colon) = decoded.iter().position(|it| *it == b':') else {
            return Ok(None);
        };
        let (user, password) = (&decoded[..colon], &decoded[colon + 1..]);
        let (own_user, own_password) = (self.exactly(user), self.exactly(password));
        if own_user.is_none() && own_password.is_none() {
            return Ok(None);
        }
        let mut real_user = user;
        if let Some(secret) = own_user {
            real_user = escape::basic_user(secret.value.expose_secret()).map_err(|it| misfit(secret, it))?;
            self.count(secret);
        }
        let mut real_password = password;
        if let Some(secret) = own_password {
            real_password = secret.value.expose_secret();
            self.count(secret);
        }
        let join = |user: &[u8], password: &[u8]| {
            let joined = zeroize::Zeroizing::new([user, b":", password].concat());
            format!("Basic {}", BASE64.encode(&joined))
        };
        let kept = |own: Option<_>, text| if own.is_some() { &[][..] } else { text };
        Ok(Some(Both {
            value: join(real_user, real_password),
            blank: join(kept(own_user, user), kept(own_password, password)),
        }))
    }

    fn pair(&mut self, pair: &QueryPair) -> Option<String> {
        let secret = self.exactly(pair.value.as_ref()?.as_bytes())?;
        self.count(secret);
        Some(escape::query(secret.value.expose_secret()))
    }

    fn body(&mut self, request: &Request) -> Result<Option<Both<Vec<u8>>>, Misfit> {
        if request
            .header("content-encoding")
            .is_some_and(|it| !it.eq_ignore_ascii_case("identity"))
        {
            return Ok(None);
        }
        let kind = request.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind == "application/json" || kind.ends_with("+json") {
            self.json(request.body())
        } else if kind == "application/x-www-form-urlencoded" {
            Ok(self.form(request.body()))
        } else {
            Ok(None)
        }
    }

    /// In a valid JSON text an unescaped quote begins or ends a string, so a placeholder between two of them is one.
    fn json(&mut self, body: &[u8]) -> Result<Option<Both<Vec<u8>>>, Misfit> {
        let found: Vec<_> = self
            .in_body()
            .flat_map(|secret| {
                let token = format!("\"{}\"", placeholder(secret));
                let places: Vec<usize> = memchr::memmem::find_iter(body, token.as_bytes()).collect();
                places.into_iter().map(move |at| (at..at + token.len(), secret))
            })
            .filter(|(range, _)| !is_escaped(body, range.start) && !is_name(body, range.end))
            .collect();
        if found.is_empty() || serde_json::from_slice::<IgnoredAny>(body).is_err() {
            return Ok(None);
        }
        let real = |secret: &ReleasedSecret| {
            let text = escape::json(secret.value.expose_secret()).map_err(|it| misfit(secret, it))?;
            Ok(text.into_bytes())
        };
        self.replaced(body, found, real, b"\"\"").map(Some)
    }

    fn form(&mut self, body: &[u8]) -> Option<Both<Vec<u8>>> {
        let mut found = Vec::new();
        let mut start = 0;
        for pair in body.split(|it| *it == b'&') {
            let end = start + pair.len();
            if let Some(equals) = pair.iter().position(|it| *it == b'=')
                && let Some(secret) = self
                    .in_body()
                    .find(|it| placeholder(it).as_bytes() == &pair[equals + 1..])
            {
                found.push((start + equals + 1..end, secret));
            }
            start = end + 1;
        }
        if found.is_empty() {
            return None;
        }
        let real = |secret: &ReleasedSecret| Ok(escape::form(secret.value.expose_secret()).into_bytes());
        self.replaced(body, found, real, b"").ok()
    }

    fn in_body(&self) -> impl Iterator<Item = &'s ReleasedSecret> + use<'s> {
        self.secrets.iter().copied().filter(|it| it.policy.body)
    }

    fn replaced(
        &mut self,
        body: &[u8],
        mut found: Vec<(std::ops::Range<usize>, &'s ReleasedSecret)>,
        real: impl Fn(&ReleasedSecret) -> Result<Vec<u8>, Misfit>,
        nothing: &[u8],
    ) -> Result<Both<Vec<u8>>, Misfit> {
        found.sort_by_key(|(range, _)| range.start);
        let mut both = Both {
            value: Vec::with_capacity(body.len() + 64),
            blank: Vec::with_capacity(body.len()),
        };
        let mut done = 0;
        for (range, secret) in found {
            let between = &body[done..range.start];
            both.value.extend_from_slice(between);
            both.value.extend(real(secret)?);
            both.blank.extend_from_slice(between);
            both.blank.extend_from_slice(nothing);
            done = range.end;
            self.count(secret);
        }
        both.value.extend_from_slice(&body[done..]);
        both.blank.extend_from_slice(&body[done..]);
        Ok(both)
    }
}

fn placeholder(secret: &ReleasedSecret) -> &str {
    secret.placeholder.as_ref().map_or("", |it| it.as_str())
}

fn misfit(secret: &ReleasedSecret, reason: Unfit) -> Misfit {
    Misfit {
        key: secret.key.to_string(),
        reason,
    }
}

fn basic(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| token.trim())
}

/// Whether the byte at `at` stands behind an odd number of backslashes.
fn is_escaped(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take_while(|it| **it == b'\\').count() % 2 == 1
}

/// Whether the string that ends at `end` is the name of an object's member.
fn is_name(text: &[u8], end: usize) -> bool {
    text[end..].trim_ascii_start().first() == Some(&b':')
}
