//! A proxy as one writes it in an afternoon: it ends TLS, replaces text wherever it stands, and passes everything on.

use std::net::SocketAddr;
use std::sync::Arc;

use distri_selftest::black_box::Behind;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub(crate) struct Naive {
    pub(crate) address: SocketAddr,
    pub(crate) certificate: Vec<u8>,
}

struct Shared {
    ip: std::net::IpAddr,
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    placeholder: String,
    value: String,
}

pub(crate) async fn start(hosts: &[(&str, &Behind)], placeholder: &str, value: &str) -> Naive {
    let mut params = CertificateParams::new(Vec::new()).expect("names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate").pem().into_bytes();
    let issuer = Issuer::new(params, key);
    let names: Vec<String> = hosts.iter().map(|it| it.0.to_owned()).collect();
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(names)
        .and_then(|it| it.signed_by(&key, &issuer))
        .expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(default_provider());
    let mut server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .expect("a certificate");
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    let shared = Arc::new(Shared {
        ip: hosts[0].1.address("PORT").expect("a server").ip(),
        acceptor: TlsAcceptor::from(Arc::new(server)),
        connector: TlsConnector::from(Arc::new(client)),
        placeholder: placeholder.to_owned(),
        value: value.to_owned(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, shared.clone()));
        }
    });
    Naive { address, certificate }
}

async fn serve(mut client: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let head = read_head(&mut client).await?;
    let target = head.split(' ').nth(1)?.to_owned();
    let port = |authority: &str| authority.rsplit_once(':').and_then(|it| it.1.parse::<u16>().ok());
    if head.starts_with("CONNECT ") {
        let upstream = TcpStream::connect((shared.ip, port(&target)?)).await.ok()?;
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
        let client = shared.acceptor.accept(client).await.ok()?;
        let name = ServerName::try_from(target.rsplit_once(':')?.0.to_owned()).ok()?;
        let upstream = shared.connector.connect(name, upstream).await.ok()?;
        return pass(client, upstream, &shared, Vec::new()).await;
    }
    let authority = target.strip_prefix("http://")?.split('/').next()?.to_owned();
    let upstream = TcpStream::connect((shared.ip, port(&authority)?)).await.ok()?;
    pass(client, upstream, &shared, head.into_bytes()).await
}

/// Every piece that comes from the client is searched for the placeholder, whatever it is.
async fn pass<C, U>(mut client: C, mut upstream: U, shared: &Shared, first: Vec<u8>) -> Option<()>
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    let head = match first.is_empty() {
        true => read_head(&mut client).await?.into_bytes(),
        false => first,
    };
    let text = String::from_utf8_lossy(&head).replace(&shared.placeholder, &shared.value);
    upstream.write_all(text.as_bytes()).await.ok()?;
    copy_bidirectional(&mut client, &mut upstream).await.ok()?;
    Some(())
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// Takes every certificate.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
