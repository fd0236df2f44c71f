//! The root key wrapped by a key of Vault's or OpenBao's Transit engine.
//!
//! The wrapped key is in the slot; unwrapping asks the service, which keeps its own record of it and can stop doing so.
//! The token is the operator's word each time and is never stored.

use std::path::PathBuf;

use data_encoding::BASE64;
use distri_core::envelope::RootKey;
use distri_egress::{Request, operator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::provider::{Enrolled, KeyProvider, Surroundings, parse};
use super::trusted::Vouched;
use super::{KeeperFault, RootKeyError, operators_word};

/// The provider.
pub struct Transit;

/// Which key, where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The service, such as `https://bao.internal:8200`.
    pub address: String,
    /// The key's name.
    pub key: String,
    /// Where the engine is mounted.
    pub mount: String,
    /// The namespace, where there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// A PEM file with the authority to trust beside Mozilla's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Parameters {
    #[serde(flatten)]
    settings: Settings,
    /// The root key, as Transit wrapped it.
    wrapped: String,
}

impl KeyProvider for Transit {
    fn word(&self) -> &'static str {
        "transit"
    }

    fn place(&self, _around: &Surroundings<'_>, parameters: &str) -> Result<String, RootKeyError> {
        Ok(place(&parse::<Parameters>(parameters)?.settings))
    }

    fn leads_outside(&self, parameters: &str) -> Result<bool, RootKeyError> {
        parse::<Parameters>(parameters).map(|_| true)
    }

    fn remedy(&self) -> &'static str {
        "give the token in `DISTRI_TRANSIT_TOKEN_FILE`, and see that the Transit engine answers"
    }

    fn root_key(&self, around: &mut Surroundings<'_>, parameters: &Vouched<'_>) -> Result<RootKey, RootKeyError> {
        let Parameters { settings, wrapped } = parse(parameters.as_str())?;
        let service = Service::new(around, settings)?;
        let answer = service.ask("POST", "decrypt", Some(json!({ "ciphertext": wrapped })))?;
        let root = answer
            .text("plaintext")
            .and_then(|it| BASE64.decode(it.as_bytes()).ok());
        let root =
            Zeroizing::new(root.ok_or_else(|| service.fault(KeeperFault::Answer("it has no plaintext".to_owned())))?);
        RootKey::from_bytes(&root).map_err(|_| service.fault(KeeperFault::Foreign("what it unwraps to is no root key")))
    }
}

/// A new slot: a random root key, wrapped by Transit. A key that is not there is not made.
///
/// # Errors
/// Parameters that cannot be, or the service's refusal.
pub fn enrol(around: &Surroundings<'_>, settings: Settings) -> Result<Enrolled, RootKeyError> {
    settings.check()?;
    let service = Service::new(around, settings)?;
    // To encrypt with a name that is not there would make a key of that name, where the token may.
    match service.ask("GET", "keys", None) {
        Err(RootKeyError::Keeper {
            fault: KeeperFault::NotPermitted(_),
            ..
        }) => {}
        other => drop(other?),
    }
    let root = RootKey::random();
    let plaintext = Zeroizing::new(BASE64.encode(root.expose_secret()));
    let answer = service.ask("POST", "encrypt", Some(json!({ "plaintext": *plaintext })))?;
    let wrapped = answer.text("ciphertext").map(ToOwned::to_owned);
    let wrapped = wrapped.ok_or_else(|| service.fault(KeeperFault::Answer("it has no ciphertext".to_owned())))?;
    let parameters = Parameters {
        settings: service.settings,
        wrapped,
    };
    Enrolled::new(Transit.word(), &parameters, root)
}

impl Settings {
    /// Whether each part can stand in a URL as it is.
    fn check(&self) -> Result<(), RootKeyError> {
        let is_word = |it: &str, more: &[u8]| {
            !it.is_empty()
                && it
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b) || more.contains(&b))
        };
        let rules = [
            (
                is_word(&self.key, b""),
                "the name of a Transit key",
                "has letters, digits, `.`, `_` and `-`",
            ),
            (
                is_word(&self.mount, b"/"),
                "the mount of a Transit engine",
                "is a path such as `transit`",
            ),
            (
                self.namespace.as_deref().is_none_or(|it| is_word(it, b"/")),
                "a namespace",
                "is a path such as `team/prod`",
            ),
        ];
        match rules.into_iter().find(|it| !it.0) {
            Some((_, what, rule)) => Err(RootKeyError::Parameter { what, rule }),
            None => Ok(()),
        }
    }

    fn url(&self, verb: &str) -> String {
        let (address, mount) = (self.address.trim_end_matches('/'), self.mount.trim_matches('/'));
        format!("{address}/v1/{mount}/{verb}/{}", self.key)
    }
}

fn place(settings: &Settings) -> String {
    let Settings {
        key,
        mount,
        address,
        namespace,
        ca_file,
    } = settings;
    let mut place = format!("Transit key `{key}` in `{mount}` at `{address}`");
    if let Some(namespace) = namespace {
        place.push_str(&format!(" in namespace `{namespace}`"));
    }
    if let Some(file) = ca_file {
        place.push_str(&format!(", by the authority in `{}`", file.display()));
    }
    place
}

/// One Transit key, and the right to ask.
struct Service {
    settings: Settings,
    token: Zeroizing<String>,
}

impl Service {
    fn new(around: &Surroundings<'_>, settings: Settings) -> Result<Self, RootKeyError> {
        let token = operators_word::read(
            around,
            &format!("the token for {}", place(&settings)),
            "DISTRI_TRANSIT_TOKEN_FILE",
            &["DISTRI_TRANSIT_TOKEN", "BAO_TOKEN", "VAULT_TOKEN"],
        )?;
        Ok(Self { settings, token })
    }

    fn fault(&self, fault: KeeperFault) -> RootKeyError {
        RootKeyError::Keeper {
            place: place(&self.settings),
            fault,
        }
    }

    fn ask(&self, method: &str, verb: &str, body: Option<Value>) -> Result<Answer, RootKeyError> {
        let mut headers = vec![
            ("x-vault-token".to_owned(), (*self.token).clone()),
            ("x-vault-request".to_owned(), "true".to_owned()),
        ];
        if let Some(namespace) = &self.settings.namespace {
            headers.push(("x-vault-namespace".to_owned(), namespace.clone()));
        }
        let body = body.map_or_else(Vec::new, |it| it.to_string().into_bytes());
        let request = Request::parse(method, &self.settings.url(verb), headers, body);
        // The error of a request may name what stands in a header: that would be the token.
        let request = request.map_err(|_| {
            self.fault(KeeperFault::Unreachable(
                "its address or token cannot be sent".to_owned(),
            ))
        })?;
        let answer = operator::send(&request, self.settings.ca_file.as_ref());
        let answer = answer.map_err(|error| self.fault(KeeperFault::Unreachable(error.to_string())))?;
        match answer.status {
            200 => {
                let json = serde_json::from_slice(&answer.body);
                json.map(Answer)
                    .map_err(|_| self.fault(KeeperFault::Answer("it is no JSON".to_owned())))
            }
            status => Err(self.fault(refusal(status, &answer.body))),
        }
    }
}

/// An answer's `data`. It may hold a key, which `serde_json` cannot overwrite: the process is non-dumpable.
struct Answer(Value);

impl Answer {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get("data")?.get(name)?.as_str()
    }
}

/// What a status means. Of the body only known sentences are looked for; none of it is repeated.
fn refusal(status: u16, body: &[u8]) -> KeeperFault {
    let says = |text: &str| memchr::memmem::find(body, text.as_bytes()).is_some();
    match status {
        403 => KeeperFault::NotPermitted("the token is not valid, or its policy does not permit this"),
        404 if says("no handler for route") => KeeperFault::NotFound("no engine is mounted there".to_owned()),
        404 => KeeperFault::NotFound("there is no key of that name".to_owned()),
        400 if says("key not found") => KeeperFault::NotFound("there is no key of that name".to_owned()),
        400 if says("message authentication failed") || says("invalid ciphertext") => {
            KeeperFault::Foreign("another key wrapped it")
        }
        400 if says("no longer") || says("disallowed by policy") || says("too old") => {
            KeeperFault::Foreign("its version of the key is no longer permitted")
        }
        503 if says("sealed") => KeeperFault::Unavailable("the service is sealed"),
        472 | 473 | 503 => KeeperFault::Unavailable("this node is a standby or not ready"),
        429 => KeeperFault::Unavailable("it limits requests"),
        other => KeeperFault::Answer(format!("status {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_stand_in_a_url_is_refused() {
        let good = Settings {
            address: "https://bao.internal:8200".to_owned(),
            key: "distri".to_owned(),
            mount: "transit".to_owned(),
            namespace: None,
            ca_file: None,
        };
        assert!(good.check().is_ok());
        assert_eq!(
            good.url("decrypt"),
            "https://bao.internal:8200/v1/transit/decrypt/distri"
        );
        for key in ["", "a/b", "a b", "../x", "a?b", "a%2fb"] {
            let bad = Settings {
                key: key.to_owned(),
                ..good.clone()
            };
            assert!(bad.check().is_err(), "{key}");
        }
        for mount in ["", "a b", "a?b"] {
            let bad = Settings {
                mount: mount.to_owned(),
                ..good.clone()
            };
            assert!(bad.check().is_err(), "{mount}");
        }
    }

    #[test]
    fn an_answers_text_is_never_repeated() {
        for status in [400, 403, 404, 429, 500, 503] {
            let fault = refusal(status, br#"{"errors":["hvs.SECRETTOKEN"]}"#);
            assert!(!fault.to_string().contains("SECRET"), "{fault}");
        }
    }
}
