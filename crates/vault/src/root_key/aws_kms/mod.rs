//! The root key wrapped by a key of AWS KMS.
//!
//! The wrapped key is in the slot; unwrapping asks KMS, which keeps its own record of it and can stop doing so. Requests are
//! signed with the operator's credentials, which are read each time and never stored. The encryption context says what the
//! ciphertext is for, so that a policy of the key can be limited to it.

mod sigv4;

use std::path::PathBuf;

use data_encoding::BASE64;
use distri_core::envelope::RootKey;
use distri_egress::{Request, operator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use self::sigv4::{Signer, amz_date};
use super::provider::{Enrolled, KeyProvider, Surroundings, parse};
use super::trusted::Vouched;
use super::{KeeperFault, RootKeyError, operators_word};

/// The provider.
pub struct AwsKms;

/// Which key, where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The key's ARN, identifier or alias.
    pub key: String,
    /// The region.
    pub region: String,
    /// Another endpoint than the region's own, such as that of a private network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// A PEM file with the endpoint's authority, to trust beside Mozilla's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Parameters {
    #[serde(flatten)]
    settings: Settings,
    /// The root key, as KMS wrapped it.
    wrapped: String,
}

impl KeyProvider for AwsKms {
    fn word(&self) -> &'static str {
        "aws-kms"
    }

    fn place(&self, _around: &Surroundings<'_>, parameters: &str) -> Result<String, RootKeyError> {
        Ok(place(&parse::<Parameters>(parameters)?.settings))
    }

    fn leads_outside(&self, parameters: &str) -> Result<bool, RootKeyError> {
        parse::<Parameters>(parameters).map(|_| true)
    }

    fn remedy(&self) -> &'static str {
        "give the credentials in `DISTRI_AWS_ACCESS_KEY_FILE` and `DISTRI_AWS_SECRET_KEY_FILE`, and see that AWS KMS answers"
    }

    fn root_key(&self, around: &mut Surroundings<'_>, parameters: &Vouched<'_>) -> Result<RootKey, RootKeyError> {
        let Parameters { settings, wrapped } = parse(parameters.as_str())?;
        let service = Service::new(around, settings)?;
        let request = json!({
            "KeyId": service.settings.key,
            "CiphertextBlob": wrapped,
            "EncryptionContext": context(),
        });
        let answer = service.ask(around, "Decrypt", &request)?;
        let root = answer.get("Plaintext").and_then(Value::as_str);
        let root = root
            .and_then(|it| BASE64.decode(it.as_bytes()).ok())
            .map(Zeroizing::new);
        let root = root.ok_or_else(|| service.fault(KeeperFault::Answer("it has no plaintext".to_owned())))?;
        RootKey::from_bytes(&root).map_err(|_| service.fault(KeeperFault::Foreign("what it unwraps to is no root key")))
    }
}

/// A new slot: a random root key, wrapped by KMS.
///
/// # Errors
/// Parameters that cannot be, or the service's refusal.
pub fn enrol(around: &Surroundings<'_>, settings: Settings) -> Result<Enrolled, RootKeyError> {
    let is_region = |it: &str| {
        !it.is_empty()
            && it
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !is_region(&settings.region) {
        return Err(RootKeyError::Parameter {
            what: "a region",
            rule: "is a word such as `eu-central-1`",
        });
    }
    let service = Service::new(around, settings)?;
    let root = RootKey::random();
    let plaintext = Zeroizing::new(BASE64.encode(root.expose_secret()));
    let request = json!({
        "KeyId": service.settings.key,
        "Plaintext": *plaintext,
        "EncryptionContext": context(),
    });
    let answer = service.ask(around, "Encrypt", &request)?;
    let wrapped = answer
        .get("CiphertextBlob")
        .and_then(Value::as_str)
        .map(ToOwned::to_owned);
    let wrapped = wrapped.ok_or_else(|| service.fault(KeeperFault::Answer("it has no ciphertext".to_owned())))?;
    let parameters = Parameters {
        settings: service.settings,
        wrapped,
    };
    Enrolled::new(AwsKms.word(), &parameters, root)
}

fn context() -> Value {
    json!({ "application": "distri", "purpose": "root-key" })
}

fn place(settings: &Settings) -> String {
    let Settings {
        key,
        region,
        endpoint,
        ca_file,
    } = settings;
    let mut place = format!("AWS KMS key `{key}` in `{region}`");
    if let Some(endpoint) = endpoint {
        place.push_str(&format!(" at `{endpoint}`"));
    }
    if let Some(file) = ca_file {
        place.push_str(&format!(", by the authority in `{}`", file.display()));
    }
    place
}

/// One key of KMS, and the right to ask.
struct Service {
    settings: Settings,
    access_key: Zeroizing<String>,
    secret_key: Zeroizing<String>,
    session: Option<Zeroizing<String>>,
}

impl Service {
    fn new(around: &Surroundings<'_>, settings: Settings) -> Result<Self, RootKeyError> {
        let place = place(&settings);
        let read = |what: &str, file: &str, variable: &str| {
            operators_word::read(around, &format!("the {what} for {place}"), file, &[variable])
        };
        let session = ["DISTRI_AWS_SESSION_TOKEN_FILE", "AWS_SESSION_TOKEN"];
        let has_session = session.iter().any(|it| around.given(it).is_some());
        Ok(Self {
            access_key: read("access key", "DISTRI_AWS_ACCESS_KEY_FILE", "AWS_ACCESS_KEY_ID")?,
            secret_key: read("secret key", "DISTRI_AWS_SECRET_KEY_FILE", "AWS_SECRET_ACCESS_KEY")?,
            session: has_session
                .then(|| read("session token", session[0], session[1]))
                .transpose()?,
            settings,
        })
    }

    fn fault(&self, fault: KeeperFault) -> RootKeyError {
        RootKeyError::Keeper {
            place: place(&self.settings),
            fault,
        }
    }

    fn ask(&self, around: &Surroundings<'_>, action: &str, body: &Value) -> Result<Value, RootKeyError> {
        let unsendable = |_| {
            self.fault(KeeperFault::Unreachable(
                "its endpoint or credentials cannot be sent".to_owned(),
            ))
        };
        let own = || format!("https://kms.{}.amazonaws.com", self.settings.region);
        let endpoint = self.settings.endpoint.clone().unwrap_or_else(own);
        let url = format!("{}/", endpoint.trim_end_matches('/'));
        // The host that is signed is the one that is sent.
        let host = Request::parse("POST", &url, Vec::new(), Vec::new())
            .map_err(unsendable)?
            .authority();
        let time = amz_date(around.clock.now());
        let body = body.to_string().into_bytes();
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("host", host),
            ("x-amz-date", time.clone()),
        ];
        if let Some(session) = &self.session {
            headers.push(("x-amz-security-token", (**session).clone()));
        }
        headers.push(("x-amz-target", format!("TrentService.{action}")));
        let mut headers: Vec<(String, String)> = headers.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
        let signer = Signer {
            access_key: &self.access_key,
            secret_key: &self.secret_key,
            region: &self.settings.region,
            service: "kms",
        };
        let authorization = signer.authorization(&time, &headers, &body);
        headers.retain(|it| it.0 != "host");
        headers.push(("authorization".to_owned(), authorization));
        let request = Request::parse("POST", &url, headers, body).map_err(unsendable)?;
        let answer = operator::send(&request, self.settings.ca_file.as_ref());
        let answer = answer.map_err(|error| self.fault(KeeperFault::Unreachable(error.to_string())))?;
        let json = serde_json::from_slice::<Value>(&answer.body);
        match (answer.status, json) {
            (200, Ok(json)) => Ok(json),
            (200, Err(_)) => Err(self.fault(KeeperFault::Answer("it is no JSON".to_owned()))),
            (status, json) => {
                let kind = json
                    .ok()
                    .and_then(|it| it.get("__type")?.as_str().map(ToOwned::to_owned));
                Err(self.fault(refusal(status, kind.as_deref().unwrap_or_default())))
            }
        }
    }
}

/// What the type of an error means. The message beside it is not repeated.
fn refusal(status: u16, kind: &str) -> KeeperFault {
    match kind.rsplit('#').next().unwrap_or_default() {
        "AccessDeniedException" => KeeperFault::NotPermitted("the credentials may not do this with the key"),
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => KeeperFault::NotPermitted("the access key is not known"),
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            KeeperFault::NotPermitted("the secret key is wrong, or the clock is")
        }
        "ExpiredTokenException" => KeeperFault::NotPermitted("the session token has expired"),
        "NotFoundException" => KeeperFault::NotFound("there is no such key".to_owned()),
        "InvalidCiphertextException" | "IncorrectKeyException" => KeeperFault::Foreign("another key wrapped it"),
        "DisabledException" | "KMSInvalidStateException" | "KeyUnavailableException" => {
            KeeperFault::Unavailable("the key is disabled or pending deletion")
        }
        "ThrottlingException" | "LimitExceededException" => KeeperFault::Unavailable("it limits requests"),
        "KMSInternalException" | "DependencyTimeoutException" => KeeperFault::Unavailable("KMS has a fault of its own"),
        _ => KeeperFault::Answer(format!("status {status}")),
    }
}
