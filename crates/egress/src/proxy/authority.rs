//! The run's certificate authority: made for one proxy, good for the hosts of its secrets, gone with it.
//!
//! Its key never leaves the cryptographic library, which overwrites what it frees. Name constraints keep it from
//! vouching for any other host, should the key be stolen while the run lasts; a run that is learned from has hosts that
//! nobody knows yet, and no constraints.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use distri_core::clock::Timestamp;
use distri_core::release::Release;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey,
};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};

const DAY: Duration = Duration::from_hours(24);

/// Certificates are made anew after this long, so that those of a long run do not expire.
const FRESH: Duration = DAY;

/// Hosts whose certificates are kept; a wildcard has many.
const KEPT: usize = 256;

/// The authority and the certificates it has signed.
pub(super) struct Authority {
    issuer: Issuer<'static, Key>,
    certificate: String,
    valid: (Timestamp, Duration),
    leaf: Leaf,
    provider: Arc<CryptoProvider>,
    made: Mutex<HashMap<String, (Arc<ServerConfig>, Instant)>>,
}

/// Why no certificate can be made: nothing that a client could cause.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The certificate's parts.
    #[error("the run's certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The server's side of TLS.
    #[error("the run's certificate cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// The cryptographic library.
    #[error("a key cannot be made")]
    Key,
}

impl From<aws_lc_rs::error::Unspecified> for AuthorityError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Key
    }
}

impl Authority {
    /// A new authority for the hosts of `release`, from a day before `now` on.
    pub(super) fn new(release: &Release, now: Timestamp) -> Result<Self, AuthorityError> {
        Self::within(Some(constraints(release)), now)
    }

    /// A new authority without a limit to its hosts.
    pub(super) fn of_any_host(now: Timestamp) -> Result<Self, AuthorityError> {
        Self::within(None, now)
    }

    fn within(hosts: Option<NameConstraints>, now: Timestamp) -> Result<Self, AuthorityError> {
        // Clocks of containers are late at times.
        let since = |days: u32| DAY * days;
        let mut params = params((now, since(3650)), "distri: authority of one run");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.name_constraints = hosts;
        let key = Key::generate()?;
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate,
            valid: (now, since(397)),
            leaf: Leaf::generate()?,
            provider: Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
            made: Mutex::default(),
        })
    }

    /// The authority's certificate in PEM.
    pub(super) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The server's side of TLS as `host`, a name or an address in its only form.
    pub(super) fn config_for(&self, host: &str) -> Result<Arc<ServerConfig>, AuthorityError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((config, since)) = made.get(host)
            && since.elapsed() < FRESH
        {
            return Ok(config.clone());
        }
        let config = Arc::new(self.make(host)?);
        if made.len() >= KEPT {
            made.clear();
        }
        made.insert(host.to_owned(), (config.clone(), Instant::now()));
        Ok(config)
    }

    fn make(&self, host: &str) -> Result<ServerConfig, AuthorityError> {
        let (from, length) = self.valid;
        // A common name is no place for a host: names longer than 64 bytes do not fit.
        let mut params = params((from, length), "distri");
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        params.subject_alt_names = CertificateParams::new(vec![bare.to_owned()])?.subject_alt_names;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&self.leaf, &self.issuer)?;
        let chain = vec![certificate.der().clone()];
        let certified = CertifiedKey::new(chain, self.leaf.signing.clone());
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // Every connection shows its name again; nothing to resume, nothing to keep.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }
}

fn params((from, length): (Timestamp, Duration), name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    let since_epoch = Duration::from_secs(u64::try_from(from.as_second()).unwrap_or_default());
    let from = rcgen::date_time_ymd(1970, 1, 1) + since_epoch.saturating_sub(DAY);
    params.not_before = from;
    params.not_after = from + length;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Only the hosts that the secrets of the run are bound to (RFC 5280, section 4.2.1.10).
fn constraints(release: &Release) -> NameConstraints {
    let mut permitted = Vec::new();
    let (mut names, mut addresses) = (false, false);
    for binding in release.secrets.iter().flat_map(|it| &it.policy.hosts) {
        let host = binding.host().to_string();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) => {
                addresses = true;
                permitted.push(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, 128)));
            }
            Err(_) => {
                names = true;
                permitted.push(GeneralSubtree::DnsName(bare.trim_start_matches("*.").to_owned()));
            }
        }
    }
    // A kind of name of which none is permitted would be free.
    if !names {
        permitted.push(GeneralSubtree::DnsName("invalid".to_owned()));
    }
    let any = |first: IpAddr| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(first, 0));
    let excluded = match addresses {
        true => Vec::new(),
        false => vec![any(IpAddr::from([0; 4])), any(IpAddr::from([0; 16]))],
    };
    NameConstraints {
        permitted_subtrees: permitted,
        excluded_subtrees: excluded,
    }
}

/// ECDSA over P-256, which every client verifies and no start waits for.
struct Key(EcdsaKeyPair);

impl Key {
    fn generate() -> Result<Self, AuthorityError> {
        Ok(Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?))
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature
            .map(|it| it.as_ref().to_vec())
            .map_err(|_| rcgen::Error::RingUnspecified)
    }
}

/// The key that all certificates of hosts share.
struct Leaf {
    public: Vec<u8>,
    signing: Arc<dyn rustls::sign::SigningKey>,
}

impl Leaf {
    fn generate() -> Result<Self, AuthorityError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
        let document = pair.to_pkcs8v1()?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(document.as_ref()));
        Ok(Self {
            public: pair.public_key().as_ref().to_vec(),
            signing: any_ecdsa_type(&der)?,
        })
    }
}

impl PublicKeyData for Leaf {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read as _, Write as _};

    use distri_core::clock::{Clock as _, SystemClock};
    use distri_core::ids::RunId;
    use distri_core::policy::Policy;
    use distri_core::release::ReleasedSecret;
    use distri_core::value::SecretValue;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};

    use super::*;

    fn authority(hosts: &[&str]) -> Authority {
        let secret = ReleasedSecret {
            key: "A_KEY".parse().expect("a key"),
            version: 1,
            value: SecretValue::new(b"value".to_vec()).expect("a value"),
            placeholder: None,
            policy: Policy {
                hosts: hosts.iter().map(|it| it.parse().expect("a binding")).collect(),
                ..Policy::default()
            },
        };
        let release = Release {
            secrets: vec![secret],
            ..Release::empty(RunId::new(&SystemClock))
        };
        Authority::new(&release, SystemClock.now()).expect("an authority")
    }

    /// Whether a client that trusts `authority` takes its certificate for `host`.
    fn is_trusted(authority: &Authority, host: &str) -> Result<(), String> {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(authority.certificate().as_bytes()).expect("PEM");
        roots.add(certificate).expect("a root");
        let client = ClientConfig::builder_with_provider(authority.provider.clone())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare).expect("a name");
        let mut client = ClientConnection::new(Arc::new(client), name).expect("a client");
        let mut server = ServerConnection::new(authority.config_for(host).expect("a certificate")).expect("a server");
        let mut wire = Vec::new();
        while client.is_handshaking() {
            wire.clear();
            client.write_tls(&mut wire).expect("memory");
            server.read_tls(&mut &wire[..]).expect("memory");
            server.process_new_packets().map_err(|error| error.to_string())?;
            wire.clear();
            server.write_tls(&mut wire).expect("memory");
            client.read_tls(&mut &wire[..]).expect("memory");
            client.process_new_packets().map_err(|error| error.to_string())?;
        }
        client.writer().write_all(b"x").expect("memory");
        wire.clear();
        while client.wants_write() {
            client.write_tls(&mut wire).expect("memory");
        }
        server.read_tls(&mut &wire[..]).expect("memory");
        server.process_new_packets().map_err(|error| error.to_string())?;
        let mut byte = [0];
        let read: io::Result<()> = server.reader().read_exact(&mut byte);
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn it_vouches_for_the_hosts_of_the_runs_secrets_and_for_no_other() {
        let names = authority(&["api.example.com", "POST *.wild.example:8443/v1"]);
        for host in ["api.example.com", "a.wild.example"] {
            assert_eq!(is_trusted(&names, host), Ok(()), "{host}");
        }
        for host in [
            "example.com",
            "evil.example",
            "evil-api.example.com",
            "127.0.0.1",
            "[::1]",
        ] {
            let refused = is_trusted(&names, host).expect_err(host);
            assert!(refused.contains("NameConstraintViolation"), "{host}: {refused}");
        }
        let addresses = authority(&["https://127.0.0.1:8443", "https://[2001:db8::1]"]);
        assert_eq!(is_trusted(&addresses, "127.0.0.1"), Ok(()));
        assert_eq!(is_trusted(&addresses, "[2001:db8::1]"), Ok(()));
        for host in ["127.0.0.2", "[2001:db8::2]", "api.example.com", "localhost"] {
            assert!(is_trusted(&addresses, host).is_err(), "{host}");
        }
        assert!(is_trusted(&authority(&[]), "api.example.com").is_err());
    }

    #[test]
    fn a_certificate_is_made_once_and_many_do_not_pile_up() {
        let authority = authority(&["*.wild.example"]);
        let one = authority.config_for("a.wild.example").expect("one");
        assert!(Arc::ptr_eq(
            &one,
            &authority.config_for("a.wild.example").expect("again")
        ));
        for index in 0..2 * KEPT {
            authority
                .config_for(&format!("x{index}.wild.example"))
                .expect("one more");
        }
        assert!(authority.made.lock().expect("no panic").len() <= KEPT);
    }
}
