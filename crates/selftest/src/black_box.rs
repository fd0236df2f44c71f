//! Rows of the layers `proxy` and `reply`, through any proxy: decided by what the servers behind received and what
//! came back to the client.
//!
//! The other proxy is configured by its operator: it puts a value in the place of a placeholder in requests to one
//! host, it trusts the authority of the servers here, and that host leads to them. Whether this is so is tried first;
//! a proxy that puts no value anywhere would otherwise pass most rows.

mod judge;
mod reply;

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use distri_core::value::SecretValue;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::authority::Authority;
use crate::client::{Client, Heard, Script};
use crate::corpus::{Corpus, Only, ProxyRow, ReplyRow, Speaks};
use crate::error::SelftestError;
use crate::leak::Leaks;
use crate::report::Outcome;
use crate::template::Names;
use crate::upstream::{Door, Upstream};

/// How long nothing may come: there are proxies that leave many a client without an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// A proxy of somebody else, and what its operator has told it.
pub struct OtherProxy {
    /// Where it listens.
    pub address: SocketAddr,
    /// `user:password`, where it wants one.
    pub credential: Option<String>,
    /// The authority by which it ends TLS, in PEM.
    pub ca: Vec<u8>,
    /// What it replaces.
    pub placeholder: String,
    /// By what: a value that opens nothing.
    pub value: SecretValue,
}

/// The servers behind another proxy.
pub struct Behind {
    authority: Authority,
    upstream: Upstream,
    host: String,
    other_host: String,
    patience: Duration,
}

impl Behind {
    /// Starts the servers: HTTPS at `first`, the others on the six ports after it; on free ports without.
    ///
    /// # Errors
    /// No ports, no certificates.
    pub async fn start(
        authority: Authority,
        host: &str,
        other_host: &str,
        first: Option<SocketAddr>,
    ) -> Result<Self, SelftestError> {
        let names = [host.to_owned(), other_host.to_owned()];
        Ok(Self {
            upstream: Upstream::start(&authority, &names, first).await?,
            authority,
            host: host.to_owned(),
            other_host: other_host.to_owned(),
            patience: PATIENCE,
        })
    }

    /// Waits so long until nothing more comes: longer than usual where the proxy answers or closes, however busy its machine.
    #[must_use]
    pub fn waiting(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where the server called `name` in the rows listens: `PORT`, `EXPIRED_PORT` …
    #[must_use]
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        let door = Door::ALL.iter().find(|it| it.1 == name)?.0;
        Some(self.upstream.address(door))
    }

    /// The certificate that the other proxy must trust, in PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        self.authority.certificate()
    }

    /// Tries the chosen rows through `proxy`.
    ///
    /// # Errors
    /// [`SelftestError::NotConfigured`] when it does not put the value into the simplest request.
    pub async fn try_all(
        &self,
        corpus: &Corpus,
        only: &[Only],
        proxy: &OtherProxy,
    ) -> Result<Vec<Outcome>, SelftestError> {
        let mut names = Names::default();
        names.set("HOST", self.host.as_str());
        names.set("OTHER", self.other_host.as_str());
        for (door, name) in Door::ALL {
            names.set(name, self.upstream.address(door).port().to_string());
        }
        names.set("AT", names.fill("{HOST}:{PORT}")?);
        names.set("OTHER_AT", names.fill("{OTHER}:{PORT}")?);
        let value = proxy.value.expose_secret();
        names.set("P", proxy.placeholder.as_str());
        names.set("V", value);
        names.set("AUTH", authorization(proxy.credential.as_deref()));
        let subject = Subject {
            client: Client {
                proxy: proxy.address,
                roots: roots(&[&proxy.ca, self.certificate().as_bytes()])?,
                patience: self.patience,
            },
            upstream: &self.upstream,
            names,
            leaks: Leaks::of(&[value]),
            own: false,
        };
        subject.calibrate().await?;
        subject.try_all(corpus, only).await
    }
}

/// The proxy that is tried.
pub(crate) struct Subject<'s> {
    pub(crate) client: Client,
    pub(crate) upstream: &'s Upstream,
    pub(crate) names: Names,
    pub(crate) leaks: Leaks,
    /// It is ours: refusals have rules, and what comes back is known to the byte.
    pub(crate) own: bool,
}

impl Subject<'_> {
    pub(crate) async fn try_all(&self, corpus: &Corpus, only: &[Only]) -> Result<Vec<Outcome>, SelftestError> {
        let mut outcomes = Vec::new();
        for (case, row) in corpus.proxy.iter().filter(|it| Only::any(only, &it.0.id)) {
            if row.own && !self.own {
                continue;
            }
            self.upstream.begin(None);
            let heard = self.client.say(&self.script(row)?).await;
            let (got, ok) = self.judge(row, &heard)?;
            outcomes.push(Outcome::new(case, got, ok));
        }
        for (case, row) in corpus.replies.iter().filter(|it| Only::any(only, &it.0.id)) {
            self.upstream.begin(Some(self.reply(row).await?));
            let heard = self.client.say(&self.asking(row)?).await;
            let (got, ok) = self.judge_reply(row, &heard).await?;
            outcomes.push(Outcome::new(case, got, ok));
        }
        Ok(outcomes)
    }

    /// The simplest request of all.
    async fn calibrate(&self) -> Result<(), SelftestError> {
        self.upstream.begin(None);
        let heard = self.client.say(&self.usual("")?).await;
        let received = self.upstream.received();
        if received.iter().any(|it| self.leaks.find(&it.bytes).is_some()) {
            return Ok(());
        }
        let first = String::from_utf8_lossy(&heard.bytes).lines().next().map(str::to_owned);
        Err(SelftestError::NotConfigured(match (received.is_empty(), first) {
            (false, _) => "a request arrived without it".to_owned(),
            (true, Some(line)) => format!("no request arrived; it answered `{line}`"),
            (true, None) => "no request arrived, and it did not answer or its certificate is not trusted".to_owned(),
        }))
    }

    /// A request that carries the value, with `fields` beside.
    fn usual(&self, fields: &str) -> Result<Script, SelftestError> {
        let inside = format!(
            "GET /selftest HTTP/1.1\r\nHost: {{AT}}\r\nAuthorization: Bearer {{P}}\r\n{fields}Connection: close\r\n\r\n"
        );
        Ok(Script {
            outside: self.connect("{HOST}:{PORT}")?,
            tunnel: true,
            speaks: Speaks::Http1,
            server_name: (self.names.fill_text("{HOST}")?, true),
            inside: self.names.fill(&inside)?,
            bytewise: false,
        })
    }

    fn connect(&self, authority: &str) -> Result<Vec<u8>, SelftestError> {
        let head = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{{AUTH}}\r\n\r\n");
        self.names.fill(&head)
    }

    fn script(&self, row: &ProxyRow) -> Result<Script, SelftestError> {
        let outside = match (&row.outside, &row.connect) {
            (Some(bytes), _) => self.names.fill(bytes)?,
            (None, authority) => self.connect(authority.as_deref().unwrap_or("{HOST}:{PORT}"))?,
        };
        let named = row.sni != "-";
        Ok(Script {
            tunnel: row.outside.is_none() || !row.inside.is_empty(),
            outside,
            speaks: row.speaks,
            server_name: (self.names.fill_text(if named { &row.sni } else { "{HOST}" })?, named),
            inside: self.names.fill(&row.inside)?,
            bytewise: row.bytewise,
        })
    }

    fn asking(&self, row: &ReplyRow) -> Result<Script, SelftestError> {
        self.usual(&row.asked.iter().map(|it| format!("{it}\r\n")).collect::<String>())
    }

    /// What came of a client's bytes, in words, and whether it is right.
    fn judge(&self, row: &ProxyRow, heard: &Heard) -> Result<(String, bool), SelftestError> {
        let received = self.upstream.received();
        let arrives = row.arrives.as_ref().map(|it| self.names.fill(it)).transpose()?;
        let got = judge::Got::of(&received, heard, &self.leaks, &self.names.fill("{P}")?);
        let right = got.is(row.expect, arrives.as_deref());
        let by_rule = !self.own || row.rule.is_none() || row.rule == got.rule;
        Ok((got.told(row.expect, arrives.as_deref()), right && by_rule))
    }
}

/// Where the proxy of `url` listens, and the credential in it, byte for byte.
///
/// # Errors
/// It is no `http://[USER:PASSWORD@]HOST:PORT`, or the host does not resolve.
pub fn place(url: &str) -> Result<(SocketAddr, Option<String>), SelftestError> {
    let rest = url.strip_prefix("http://").ok_or(SelftestError::ProxyUrl)?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (credential, authority) = match authority.rsplit_once('@') {
        Some((credential, authority)) => (Some(credential.to_owned()), authority),
        None => (None, authority),
    };
    let address = authority.to_socket_addrs().ok().and_then(|mut it| it.next());
    Ok((address.ok_or(SelftestError::ProxyUrl)?, credential))
}

/// A header field for the proxy, or one that says nothing.
pub(crate) fn authorization(credential: Option<&str>) -> String {
    match credential {
        Some(pair) => format!("Proxy-Authorization: Basic {}", BASE64.encode(pair.as_bytes())),
        None => "X-Selftest: 1".to_owned(),
    }
}

pub(crate) fn roots(pems: &[&[u8]]) -> Result<Arc<RootCertStore>, SelftestError> {
    let mut roots = RootCertStore::empty();
    for pem in pems {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|it| SelftestError::Certificate(it.to_string()))?;
            roots
                .add(certificate)
                .map_err(|it| SelftestError::Certificate(it.to_string()))?;
        }
    }
    Ok(Arc::new(roots))
}
