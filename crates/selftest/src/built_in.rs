//! The whole corpus against the broker of this program: its own servers, its own run, nothing of the user's.

use std::sync::Arc;
use std::time::Duration;

use distri_core::alarm::Watch;
use distri_core::clock::SystemClock;
use distri_egress::proxy::TrustFiles;
use distri_egress::{Egress, EgressConfig, Proxy, ProxyConfig};

use crate::authority::Authority;
use crate::black_box::{Subject, authorization, roots};
use crate::client::Client;
use crate::corpus::{Corpus, Only, SecretRow};
use crate::error::SelftestError;
use crate::forms::formed;
use crate::leak::Leaks;
use crate::report::Outcome;
use crate::requests;
use crate::template::Names;
use crate::upstream::{Door, Upstream};
use crate::values::Values;

/// The host that the secret of the proxy's run is bound to.
const HOST: &str = "bound.selftest.invalid";
/// A host of which the run knows nothing.
const OTHER: &str = "other.selftest.invalid";

/// The ports by which rows name the doors; a certificate of a bad kind is behind a port that the secret is bound to.
const PORTS: [(Door, u16, bool); 6] = [
    (Door::Good, 443, true),
    (Door::OtherPort, 8443, false),
    (Door::Clear, 80, false),
    (Door::Expired, 9001, true),
    (Door::WrongName, 9002, true),
    (Door::UnknownAuthority, 9003, true),
];

/// Tries the chosen rows.
///
/// # Errors
/// Nothing could be tried; a row that fails is an [`Outcome`].
pub async fn try_all(corpus: &Corpus, only: &[Only]) -> Result<Vec<Outcome>, SelftestError> {
    let authority = Authority::new()?;
    let names: Vec<String> = requests::HOSTS
        .iter()
        .chain(&[HOST, OTHER])
        .map(|it| (*it).to_owned())
        .collect();
    let upstream = Upstream::start(&authority, &names, None).await?;
    let temporary = std::env::temp_dir();
    let files = TrustFiles::write(&temporary, authority.certificate(), &[], |_| None).map_err(|source| {
        SelftestError::File {
            path: temporary,
            source,
        }
    })?;

    let mut outcomes = requests::try_all(corpus, only, &upstream, files.authority()).await?;
    outcomes.extend(through_the_proxy(corpus, only, &authority, &upstream, &files).await?);
    let untried = corpus.untried().filter(|it| Only::any(only, &it.id));
    outcomes.extend(untried.map(Outcome::untried));
    outcomes.sort_by_key(|it| it.id.number());
    Ok(outcomes)
}

async fn through_the_proxy(
    corpus: &Corpus,
    only: &[Only],
    authority: &Authority,
    upstream: &Upstream,
    files: &TrustFiles,
) -> Result<Vec<Outcome>, SelftestError> {
    let bound = PORTS
        .iter()
        .filter(|it| it.2)
        .map(|(_, port, _)| format!("{HOST}:{port}"));
    let row = SecretRow {
        value: "sk_live_{random}".to_owned(),
        times: 1,
        hosts: bound.collect(),
        body: true,
        delivery: None,
        apart: false,
    };
    let rows = [("STRIPE_API_KEY".to_owned(), row)].into();
    let release = Arc::new(Values::make(&rows)?.release(1, &[])?);
    let mut names = Names::default();
    for secret in &release.secrets {
        names.set("P", secret.given());
        names.set("V", secret.value.expose_secret());
    }
    let values: Vec<&[u8]> = release.secrets.iter().map(|it| it.value.expose_secret()).collect();
    let leaks = Leaks::of(&values);

    let egress = Egress::new(config(upstream, files), release.clone(), Arc::new(Watch::none()))?;
    let proxy = Proxy::start(egress, ProxyConfig::default(), &SystemClock)?;
    let url = proxy.url();
    let userinfo = url.strip_prefix("http://").and_then(|it| it.split('@').next());
    names.set("AUTH", authorization(userinfo));
    names.set("PROXY", proxy.address().to_string());
    for (name, text) in [("HOST", HOST), ("OTHER", OTHER), ("AT", HOST), ("OTHER_AT", OTHER)] {
        names.set(name, text);
    }
    for (door, name) in Door::ALL {
        if let Some((_, port, _)) = PORTS.iter().find(|it| it.0 == door) {
            names.set(name, port.to_string());
        }
    }
    let subject = Subject {
        client: Client {
            proxy: proxy.address(),
            roots: roots(&[proxy.certificate().as_bytes(), authority.certificate().as_bytes()])?,
            patience: Duration::from_secs(10),
        },
        upstream,
        names,
        leaks,
        own: true,
    };
    subject.try_all(corpus, only).await
}

/// Every name that a row may ask for leads here: nothing asks a resolver.
fn config(upstream: &Upstream, files: &TrustFiles) -> EgressConfig {
    let alike = formed(HOST.as_bytes(), "look-alike").unwrap_or_default();
    let alike = String::from_utf8_lossy(&alike).into_owned();
    let hosts = [HOST, OTHER, &alike].map(str::to_owned);
    let places = hosts
        .iter()
        .flat_map(|host| PORTS.map(|(door, port, _)| (host, port, door)));
    let resolve = places.map(|(host, port, door)| {
        let text = format!("{host}:{port}:{}", upstream.address(door));
        text.parse().expect("made of a host, a port and an address")
    });
    EgressConfig {
        resolve: resolve.collect(),
        ca_files: vec![files.authority()],
        ..EgressConfig::default()
    }
}
