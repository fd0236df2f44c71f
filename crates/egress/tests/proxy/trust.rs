//! What a client trusts: the run's authority for the hosts of its secrets, beside everything it trusted before.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use distri_egress::proxy::environment::Means;
use distri_egress::proxy::{TrustFiles, VARIABLES};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::fixture::World;

fn certificates(path: PathBuf) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(path)
        .unwrap()
        .map(|it| it.unwrap())
        .collect()
}

#[tokio::test]
async fn the_bundle_has_the_authority_and_what_was_trusted_before() {
    let (world, operators) = (World::new().await, World::new().await);
    let parent = tempfile::tempdir().unwrap();
    let own = parent.path().join("own.pem");
    std::fs::write(&own, World::new().await.proxy.certificate().trim_end()).unwrap();
    let inherited =
        |name: &str| (name == "SSL_CERT_FILE" || name == "CURL_CA_BUNDLE").then(|| own.clone().into_os_string());
    let others = [operators.authority.file.path().to_owned()];
    let files = TrustFiles::write(parent.path(), world.proxy.certificate(), &others, inherited).unwrap();

    let ours = CertificateDer::from_pem_slice(world.proxy.certificate().as_bytes()).unwrap();
    assert_eq!(certificates(files.authority()), std::slice::from_ref(&ours));
    let bundle = certificates(files.bundle());
    assert_eq!(bundle[0], ours);
    assert_eq!(bundle[1], certificates(others[0].clone())[0]);
    assert_eq!(bundle[2], certificates(own.clone())[0]);
    assert!(bundle.len() > 100, "{} certificates", bundle.len());
    assert_eq!(
        bundle.iter().filter(|it| **it == bundle[2]).count(),
        1,
        "a file named twice is there once"
    );

    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(files.directory().to_owned()), 0o700);
    assert_eq!((mode(files.bundle()), mode(files.authority())), (0o600, 0o600));
    let directory = files.directory().to_owned();
    drop(files);
    assert!(!directory.exists());
}

#[tokio::test]
async fn what_cannot_be_read_matters_where_the_operator_named_it() {
    let world = World::new().await;
    let parent = tempfile::tempdir().unwrap();
    let missing = |_: &str| Some(OsString::from("/nonexistent.pem"));
    TrustFiles::write(parent.path(), world.proxy.certificate(), &[], missing).unwrap();
    let error = TrustFiles::write(
        parent.path(),
        world.proxy.certificate(),
        &["/nonexistent.pem".into()],
        |_| None,
    );
    assert!(error.is_err());
    assert_eq!(
        std::fs::read_dir(parent.path()).unwrap().count(),
        0,
        "nothing is left behind"
    );
}

#[tokio::test]
async fn the_environment_names_the_proxy_and_the_files() {
    let world = World::new().await;
    let parent = tempfile::tempdir().unwrap();
    let files = TrustFiles::write(parent.path(), world.proxy.certificate(), &[], |_| None).unwrap();
    let environment = world.proxy.environment(&files);
    assert_eq!(environment.len(), VARIABLES.len());
    let get = |name: &str| {
        environment
            .iter()
            .find(|it| it.0 == name)
            .unwrap()
            .1
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(get("HTTPS_PROXY"), *world.proxy.url());
    assert_eq!(get("https_proxy"), *world.proxy.url());
    assert_eq!(get("SSL_CERT_FILE"), files.bundle().to_str().unwrap());
    assert_eq!(get("NODE_EXTRA_CA_CERTS"), files.authority().to_str().unwrap());
    assert_eq!(get("NO_PROXY"), "localhost,127.0.0.1,::1");
}

/// The page is for people who look for their client; what they find must be what is set.
#[test]
fn every_variable_is_on_the_page_of_clients_with_its_readers() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/clients.md")).unwrap();
    for it in VARIABLES {
        let value = match it.means {
            Means::Proxy => "the proxy",
            Means::Direct => "loopback",
            Means::Bundle => "the bundle",
            Means::Authority => "the authority",
            Means::Text(text) => text,
        };
        let row = format!("| `{}` | {value} | {} |", it.name, it.readers);
        assert!(page.contains(&row), "docs/clients.md lacks: {row}");
    }
}
