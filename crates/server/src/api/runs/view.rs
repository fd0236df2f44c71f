//! Requests of a run as clients see and send them: without a value, a query, a header's text or a body.

use distri_core::learn::{Carried, MAX_PATH, ObservedRequest, Spot};
use distri_core::policy::Scheme;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::input::named;

/// The most bytes of a name in a request.
const NAME: usize = 512;

/// One request, and how often it was sent.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ObservedRequest")]
pub(super) struct RequestView {
    /// Upper case.
    method: String,
    /// `https` or `http`.
    scheme: String,
    /// As policies compare it.
    host: String,
    /// Never implied.
    port: u16,
    /// A secret in it is replaced.
    path: String,
    /// Each time that one of the run's secrets stood in it.
    carried: Vec<CarriedView>,
    /// How often it was sent.
    times: u32,
}

/// A secret at a spot of a request.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Carried")]
struct CarriedView {
    /// The secret's key.
    key: String,
    /// Where it stood.
    spot: SpotWord,
    /// The header's name, or where else it stood in words.
    name: Option<String>,
}

/// Where in a request a secret stood.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Spot")]
enum SpotWord {
    /// A word of a header that carries credentials.
    Header,
    /// The user name or password of Basic credentials.
    Basic,
    /// The value of a pair of the query.
    Query,
    /// A string of a JSON body, or the value of a pair of a form.
    Body,
    /// Where no placeholder is filled.
    Elsewhere,
}

impl RequestView {
    pub(super) fn read(self) -> Result<(ObservedRequest, u32), ApiError> {
        let scheme = match self.scheme.as_str() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err(ApiError::invalid("`scheme` is `https` or `http`")),
        };
        let texts = [&self.method, &self.host];
        if self.path.len() > MAX_PATH + NAME || texts.iter().any(|it| it.len() > NAME) {
            return Err(ApiError::invalid("a method, a host or a path is too long"));
        }
        let carried = self.carried.into_iter().map(CarriedView::read);
        let request = ObservedRequest {
            method: self.method,
            scheme,
            host: self.host,
            port: self.port,
            path: self.path,
            carried: carried.collect::<Result<_, _>>()?,
        };
        Ok((request, self.times))
    }
}

impl CarriedView {
    fn read(self) -> Result<Carried, ApiError> {
        let name = self.name.unwrap_or_default();
        if name.len() > NAME {
            return Err(ApiError::invalid("`name` is too long"));
        }
        Ok(Carried {
            key: named("key", &self.key)?,
            spot: match self.spot {
                SpotWord::Header => Spot::Header(name),
                SpotWord::Basic => Spot::Basic,
                SpotWord::Query => Spot::Query,
                SpotWord::Body => Spot::Body,
                SpotWord::Elsewhere => Spot::Elsewhere(name),
            },
        })
    }
}

impl From<(ObservedRequest, u32)> for RequestView {
    fn from((request, times): (ObservedRequest, u32)) -> Self {
        Self {
            method: request.method,
            scheme: request.scheme.as_str().to_owned(),
            host: request.host,
            port: request.port,
            path: request.path,
            carried: request.carried.into_iter().map(CarriedView::from).collect(),
            times,
        }
    }
}

impl From<Carried> for CarriedView {
    fn from(carried: Carried) -> Self {
        let (spot, name) = match carried.spot {
            Spot::Header(name) => (SpotWord::Header, Some(name)),
            Spot::Basic => (SpotWord::Basic, None),
            Spot::Query => (SpotWord::Query, None),
            Spot::Body => (SpotWord::Body, None),
            Spot::Elsewhere(words) => (SpotWord::Elsewhere, Some(words)),
        };
        Self {
            key: carried.key.into(),
            spot,
            name,
        }
    }
}
