//! Files by which clients trust the run's authority: it alone, and it together with what they trusted before.
//!
//! Most clients take one bundle *instead of* their own, so the bundle has to be complete: hosts that are tunnelled
//! untouched show their real certificates.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::environment::{Means, VARIABLES};

/// Where systems keep their bundle: Debian, Red Hat, Alpine and macOS, SUSE, FreeBSD.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/usr/local/etc/ssl/cert.pem",
];

/// A file of certificates is at most this large; more is no such file.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A directory of one run with the files; removed when this is dropped.
pub struct TrustFiles {
    directory: PathBuf,
}

impl TrustFiles {
    /// Writes the files below `parent` for the authority with `certificate`.
    ///
    /// The bundle also has `others` (what the operator trusts beside), what the variables that it will replace name in
    /// `inherited`, and the system's certificates, or Mozilla's where the system has none.
    ///
    /// # Errors
    /// The directory or a file cannot be written, or one of `others` cannot be read.
    pub fn write(
        parent: &Path,
        certificate: &str,
        others: &[PathBuf],
        inherited: impl Fn(&str) -> Option<OsString>,
    ) -> io::Result<Self> {
        let mut random = [0; 8];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| io::Error::other("the system has no random bytes"))?;
        let directory = parent.join(format!("distri-{}", HEXLOWER.encode(&random)));
        DirBuilder::new().mode(0o700).create(&directory)?;
        let files = Self { directory };

        let named = |means| {
            let variables = VARIABLES.iter().filter(move |it| it.means == means);
            variables.filter_map(|it| inherited(it.name)).map(PathBuf::from)
        };
        let mut authority = Pem::new(certificate);
        // Named by a person who may have mistyped it: then it did nothing before either.
        named(Means::Authority).for_each(|path| drop(authority.append(&path)));
        files.create(&files.authority(), &authority)?;

        let mut bundle = authority;
        for path in others {
            bundle.append(path)?;
        }
        named(Means::Bundle).for_each(|path| drop(bundle.append(&path)));
        let system = SYSTEM.iter().map(Path::new).find(|it| it.is_file());
        if system.is_none_or(|it| bundle.append(it).is_err()) {
            bundle.append_mozilla();
        }
        files.create(&files.bundle(), &bundle)?;
        Ok(files)
    }

    /// The run's authority, and what `NODE_EXTRA_CA_CERTS` and its like named before.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.directory.join("authority.pem")
    }

    /// The run's authority together with everything trusted before.
    #[must_use]
    pub fn bundle(&self) -> PathBuf {
        self.directory.join("bundle.pem")
    }

    /// Where the files are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn create(&self, path: &Path, pem: &Pem) -> io::Result<()> {
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&pem.bytes)
    }
}

impl Drop for TrustFiles {
    fn drop(&mut self) {
        // Certificates are public; what a full disk or a kill leaves behind harms nobody.
        drop(fs::remove_dir_all(&self.directory));
    }
}

/// Certificates in PEM, one file after another.
struct Pem {
    bytes: Vec<u8>,
    seen: Vec<PathBuf>,
}

impl Pem {
    fn new(certificate: &str) -> Self {
        let mut bytes = Vec::with_capacity(256 * 1024);
        bytes.extend_from_slice(certificate.as_bytes());
        Self {
            bytes,
            seen: Vec::new(),
        }
    }

    fn append(&mut self, path: &Path) -> io::Result<()> {
        let path = fs::canonicalize(path)?;
        if self.seen.contains(&path) {
            return Ok(());
        }
        self.end_line();
        File::open(&path)?.take(LARGEST).read_to_end(&mut self.bytes)?;
        self.seen.push(path);
        Ok(())
    }

    fn append_mozilla(&mut self) {
        for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            self.end_line();
            self.bytes.extend_from_slice(b"-----BEGIN CERTIFICATE-----\n");
            for line in data_encoding::BASE64.encode(certificate).as_bytes().chunks(64) {
                self.bytes.extend_from_slice(line);
                self.bytes.push(b'\n');
            }
            self.bytes.extend_from_slice(b"-----END CERTIFICATE-----\n");
        }
    }

    fn end_line(&mut self) {
        if self.bytes.last().is_some_and(|b| *b != b'\n') {
            self.bytes.push(b'\n');
        }
    }
}
