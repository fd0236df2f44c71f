//! TLS to a real server: its certificate is for its name and from whom the URL says, or there is no connection.

use std::os::unix::fs::PermissionsExt;

use distri_store::{PostgresStore, StoreError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use xtask::postgres::Server;

#[test]
fn a_server_is_believed_by_its_certificate_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let mode = std::fs::Permissions::from_mode(0o711);
    std::fs::set_permissions(directory.path(), mode).expect("sets the mode");
    let authority = |name: &str| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
    };
    let (ours, other) = (authority("ours"), authority("other"));
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &ours).expect("a certificate");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("writes");
        path.display().to_string()
    };
    let trusted = file("ours.pem", &ours.pem());
    let untrusted = file("other.pem", &other.pem());

    let server = Server::start(&directory.path().join("server"), &["fsync=off"]).expect("starts");
    server
        .turn_tls_on(&certificate.pem(), &key.serialize_pem())
        .expect("has TLS");
    let open = |host: &str, parameters: &str| {
        let url = server.url_with(host, "postgres", parameters);
        PostgresStore::open(&url.parse().expect("a URL"))
    };
    assert!(open("localhost", &format!("sslrootcert={trusted}")).is_ok());
    assert!(open("localhost", &format!("sslmode=verify-full&sslrootcert={trusted}")).is_ok());
    let encrypted = server
        .sql("postgres", "select count(*) from distri_schema")
        .expect("reads");
    assert_ne!(encrypted.trim(), "0");
    for (what, refused) in [
        ("another name", open("127.0.0.1", &format!("sslrootcert={trusted}"))),
        (
            "another authority",
            open("localhost", &format!("sslrootcert={untrusted}")),
        ),
        ("Mozilla's authorities", open("localhost", "")),
        ("`require` is no less", open("localhost", "sslmode=require")),
    ] {
        let refused = refused.err().expect(what);
        assert!(matches!(refused, StoreError::Refused { .. }), "{what}: {refused:?}");
    }
    server.stop().expect("stops");
}
