//! Why a request was refused or failed: one sentence each, with the rule's name, never with a value.

use std::path::PathBuf;
use std::time::Duration;

/// Why nothing was sent, or why no complete response came back.
///
/// `place` is a host with its port where that is not the scheme's own. A path, query, header or value is never in it.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// A released value stands in a request to a place that its policy does not name.
    #[error("`{key}` may not go to `{place}`: it is bound to {bound}")]
    OutsideHosts {
        /// The secret's name.
        key: String,
        /// Where the request would have gone.
        place: String,
        /// The secret's hosts, each in backticks.
        bound: String,
    },
    /// A released value stands in a request without TLS.
    #[error("`{key}` may not go to `{place}` over `http`: without TLS it would be readable on the way")]
    Cleartext {
        /// The secret's name.
        key: String,
        /// Where the request would have gone.
        place: String,
    },
    /// The body's `content-encoding` cannot be undone, so that nobody can say what is in it.
    #[error("the body's `content-encoding` cannot be undone to look into it, so it may not go to `{place}`")]
    EncodedBody {
        /// Where the request would have gone.
        place: String,
    },
    /// A placeholder stands where none is honoured.
    #[error(
        "the placeholder of `{key}` may not stand in {spot} of a request to `{place}`: it is honoured as a word of a credential header, in Basic credentials, as a whole query value{}",
        if *body { ", and as a whole string or field of a JSON or form body" } else { "; bodies need `--body` on the secret" }
    )]
    WrongPlace {
        /// The secret's name.
        key: String,
        /// Where it stands.
        spot: String,
        /// Where the request would have gone.
        place: String,
        /// Whether the policy permits bodies.
        body: bool,
    },
    /// A placeholder stands in a request more than once.
    #[error("the placeholder of `{key}` stands in a request to `{place}` more than once, the second time in {spot}")]
    TooOften {
        /// The secret's name.
        key: String,
        /// Where it stands again.
        spot: String,
        /// Where the request would have gone.
        place: String,
    },
    /// A placeholder of another run.
    #[error("a placeholder that was made for another run stands in {spot} of a request to `{place}`")]
    OtherRun {
        /// Where it stands.
        spot: String,
        /// Where the request would have gone.
        place: String,
    },
    /// A credential that is not the run's, to a host that a secret is bound to.
    #[error("{spot} of a request to `{place}` has a credential that is not `{key}`, which is bound to that host")]
    ForeignCredential {
        /// Where it stands.
        spot: String,
        /// The secret that is bound there.
        key: String,
        /// Where the request would have gone.
        place: String,
    },
    /// The value cannot stand where its placeholder stands.
    #[error("`{key}` cannot be put into a request to `{place}`: {reason}")]
    Unfit {
        /// The secret's name.
        key: String,
        /// Why.
        reason: &'static str,
        /// Where the request would have gone.
        place: String,
    },
    /// A digest or signature over a body into which a value would be put.
    #[error(
        "a value cannot be put into the body of a request to `{place}`: header `{header}` is a digest of the body without it"
    )]
    BodySigned {
        /// The header.
        header: String,
        /// Where the request would have gone.
        place: String,
    },
    /// An alarm has frozen the run.
    #[error("the run is frozen by an alarm: nothing more leaves it")]
    Frozen,
    /// The name does not resolve.
    #[error("`{place}` has no address: {reason}")]
    Resolve {
        /// The host.
        place: String,
        /// What the resolver said.
        reason: &'static str,
    },
    /// All addresses of the name are special-purpose.
    #[error(
        "`{place}` is at `{address}`, which is {range}: not dialled (the operator can allow it with `--resolve HOST:PORT:ADDR:PORT`)"
    )]
    SpecialAddress {
        /// The host.
        place: String,
        /// The first address refused.
        address: std::net::IpAddr,
        /// The range's name.
        range: &'static str,
    },
    /// No address took the connection.
    #[error("`{place}` cannot be reached: {reason}")]
    Connect {
        /// The host.
        place: String,
        /// What the last attempt said.
        reason: String,
    },
    /// The connection was not there in time.
    #[error("`{place}` did not take the connection within {} s", after.as_secs_f32())]
    ConnectTimeout {
        /// The host.
        place: String,
        /// The limit.
        after: Duration,
    },
    /// The server's certificate or handshake was not accepted.
    #[error("the TLS connection to `{place}` is not trusted: {fault}")]
    Tls {
        /// The host.
        place: String,
        /// What is wrong.
        fault: TlsFault,
    },
    /// No response head in time.
    #[error("`{place}` did not answer within {} s", after.as_secs_f32())]
    HeaderTimeout {
        /// The host.
        place: String,
        /// The limit.
        after: Duration,
    },
    /// The body paused for too long.
    #[error("the response of `{place}` paused for more than {} s", after.as_secs_f32())]
    IdleTimeout {
        /// The host.
        place: String,
        /// The limit.
        after: Duration,
    },
    /// The connection broke or the server does not speak HTTP.
    #[error("the exchange with `{place}` failed: {reason}")]
    Http {
        /// The host.
        place: String,
        /// What the protocol said.
        reason: String,
    },
    /// The response's head is over its limit.
    #[error("the response head of `{place}` is over {limit} bytes or {fields} fields")]
    HeadTooLarge {
        /// The host.
        place: String,
        /// Bytes.
        limit: usize,
        /// Fields.
        fields: usize,
    },
    /// The response's body is over its limit.
    #[error("the response body of `{place}` is over {limit} bytes")]
    BodyTooLarge {
        /// The host.
        place: String,
        /// Decoded bytes.
        limit: u64,
    },
    /// The body's encoding is none of gzip, br, zstd and deflate, or too many of them.
    #[error("the response of `{place}` has a `content-encoding` that is not understood")]
    Encoding {
        /// The host.
        place: String,
    },
    /// The body does not decode.
    #[error("the response body of `{place}` is not valid {encoding}")]
    Decode {
        /// The host.
        place: String,
        /// The encodings named by the head.
        encoding: String,
    },
    /// The body unpacks beyond any reason.
    #[error("the response body of `{place}` unpacks to more than {ratio} times its size")]
    Bomb {
        /// The host.
        place: String,
        /// The limit.
        ratio: u64,
    },
    /// A file with certificates cannot be used.
    #[error("`{}` cannot be used as a file of certificates: {reason}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl EgressError {
    /// The rule's stable name, for records and tests.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::OutsideHosts { .. } => "outside-hosts",
            Self::Cleartext { .. } => "cleartext",
            Self::EncodedBody { .. } => "encoded-body",
            Self::WrongPlace { .. } => "wrong-place",
            Self::TooOften { .. } => "too-often",
            Self::OtherRun { .. } => "other-run",
            Self::ForeignCredential { .. } => "foreign-credential",
            Self::Unfit { .. } => "unfit",
            Self::BodySigned { .. } => "body-signed",
            Self::Frozen => "run-frozen",
            Self::Resolve { .. } => "resolve",
            Self::SpecialAddress { .. } => "special-address",
            Self::Connect { .. } => "connect",
            Self::ConnectTimeout { .. } => "connect-timeout",
            Self::Tls { .. } => "tls",
            Self::HeaderTimeout { .. } => "header-timeout",
            Self::IdleTimeout { .. } => "idle-timeout",
            Self::Http { .. } => "http",
            Self::HeadTooLarge { .. } => "head-too-large",
            Self::BodyTooLarge { .. } => "body-too-large",
            Self::Encoding { .. } => "encoding",
            Self::Decode { .. } => "decode",
            Self::Bomb { .. } => "bomb",
            Self::CaFile { .. } => "ca-file",
        }
    }

    /// Whether a rule of ours refused the request before anything was sent.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::OutsideHosts { .. }
                | Self::Cleartext { .. }
                | Self::EncodedBody { .. }
                | Self::SpecialAddress { .. }
                | Self::WrongPlace { .. }
                | Self::TooOften { .. }
                | Self::OtherRun { .. }
                | Self::ForeignCredential { .. }
                | Self::Unfit { .. }
                | Self::BodySigned { .. }
                | Self::Frozen
        )
    }

    /// The secret that the refusal is about.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::OutsideHosts { key, .. }
            | Self::Cleartext { key, .. }
            | Self::WrongPlace { key, .. }
            | Self::TooOften { key, .. }
            | Self::ForeignCredential { key, .. }
            | Self::Unfit { key, .. } => Some(key),
            _ => None,
        }
    }
}

/// What is wrong with a TLS connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// No trusted authority signed the certificate.
    #[error("no known authority has signed its certificate (the operator can add one with `--ca-file`)")]
    UnknownAuthority,
    /// The certificate is for other names.
    #[error("its certificate is for another name")]
    WrongName,
    /// The certificate's time is over.
    #[error("its certificate has expired")]
    Expired,
    /// The certificate's time has not begun.
    #[error("its certificate is not valid yet")]
    NotYetValid,
    /// Anything else, in the words of the TLS library.
    #[error("{0}")]
    Other(String),
}
