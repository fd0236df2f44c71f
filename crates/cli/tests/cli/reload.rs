//! SIGHUP on a served installation: another certificate, other settings, and files that cannot be used or do not answer.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::Home;

const PATIENCE: Duration = Duration::from_secs(60);

/// A certificate of its own authority for `localhost`, with its key.
struct Certificate {
    chain: String,
    key: String,
    der: CertificateDer<'static>,
}

impl Certificate {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self {
            chain: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
            der: made.cert.der().clone(),
        }
    }
}

/// A server over TLS whose files are replaced.
struct Served {
    home: Home,
    child: Child,
    address: String,
    lines: Receiver<String>,
}

impl Served {
    fn start(certificate: &Certificate, settings: &str) -> Self {
        let home = Home::of_this_machine();
        std::fs::create_dir_all(home.path().join("config")).unwrap();
        let served = |name: &str| home.path().join(name).display().to_string();
        let (cert, key) = (served("cert.pem"), served("key.pem"));
        write(&home.path().join("cert.pem"), &certificate.chain);
        write(&home.path().join("key.pem"), &certificate.key);
        std::fs::write(home.path().join("config/config.toml"), settings).unwrap();
        let args = [
            "serve",
            "--bind",
            "127.0.0.1:0",
            "--request-log",
            "off",
            "--tls-cert",
            &cert,
            "--tls-key",
            &key,
        ];
        let mut command = home.local(&args);
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut served = Self::of(home, child);
        let line = served.said("listening on https://");
        served.address = line.split_once("https://").unwrap().1.to_owned();
        served
    }

    fn of(home: Home, mut child: Child) -> Self {
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self {
            home,
            child,
            address: String::new(),
            lines,
        }
    }

    fn hang_up(&self) {
        kill_process(Pid::from_child(&self.child), Signal::HUP).unwrap();
    }

    /// Waits for a line with this text.
    fn said(&self, text: &str) -> String {
        let mut all = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line.contains(text) {
                return line;
            }
            all.push(line);
        }
        panic!("`{text}` was not said: {all:#?}")
    }

    fn replace(&self, name: &str, text: &str) {
        write(&self.home.path().join(name), text);
    }

    /// A new connection to it.
    fn connect(&self, roots: &[&Certificate]) -> Connection {
        let mut store = RootCertStore::empty();
        for it in roots {
            store.add(it.der.clone()).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(store)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection(StreamOwned::new(client, stream))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Connection(StreamOwned<ClientConnection, TcpStream>);

impl Connection {
    /// Asks for `/healthz` and gives the status; the connection stays open.
    fn status(&mut self) -> u16 {
        self.0
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        let mut part = [0; 1024];
        loop {
            let read = self.0.read(&mut part).unwrap();
            assert!(read > 0, "it stays open");
            answer.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&answer).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.lines().find_map(|it| it.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                return head.split(' ').nth(1).unwrap().parse().unwrap();
            }
        }
    }

    fn certificate(&self) -> &CertificateDer<'static> {
        &self.0.conn.peer_certificates().unwrap()[0]
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn another_certificate_is_for_new_connections_and_old_ones_go_on() {
    let (old, new) = (Certificate::new(), Certificate::new());
    let served = Served::start(&old, "");
    let mut before = served.connect(&[&old, &new]);
    assert_eq!(before.status(), 200);
    assert_eq!(*before.certificate(), old.der);

    served.replace("cert.pem", &new.chain);
    served.replace("key.pem", &new.key);
    served.hang_up();
    served.said("connections from now on get the certificate in");
    let mut after = served.connect(&[&old, &new]);
    assert_eq!(after.status(), 200);
    assert_eq!(*after.certificate(), new.der);
    assert_eq!(before.status(), 200, "the old connection goes on");
}

#[test]
fn files_that_cannot_be_used_leave_the_certificate_and_the_log_says_why() {
    let (old, new) = (Certificate::new(), Certificate::new());
    let served = Served::start(&old, "");
    let stays = |reason: &str| {
        served.hang_up();
        let line = served.said("the certificate in use stays: ");
        assert!(line.contains(reason), "{line}");
        let mut now = served.connect(&[&old, &new]);
        assert_eq!(now.status(), 200, "{reason}");
        assert_eq!(*now.certificate(), old.der, "{reason}");
    };
    served.replace("cert.pem", &new.chain);
    stays("the certificate and its key cannot be used together: ");
    served.replace("cert.pem", "no certificate");
    stays("has no certificate");
    served.replace(
        "cert.pem",
        "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n",
    );
    stays("it is no PEM file");
    std::fs::remove_file(served.home.path().join("cert.pem")).unwrap();
    stays("No such file or directory");
    served.replace("cert.pem", &new.chain);
    served.replace(
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n",
    );
    stays("the certificate and its key cannot be used together: ");
    served.replace("key.pem", &new.key);
    let key = served.home.path().join("key.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    stays("is open to its group or others (mode 0644)");
    served.replace("key.pem", &new.key);
    served.hang_up();
    served.said("connections from now on get the certificate in");
    assert_eq!(served.connect(&[&new]).status(), 200);
}

#[test]
fn settings_are_read_again_and_those_of_the_start_are_named() {
    let (old, new) = (Certificate::new(), Certificate::new());
    let served = Served::start(&old, "[server]\nrate_per_address = 5\n");
    let file = served.home.path().join("config/config.toml");
    let set = |text: &str| {
        std::fs::write(&file, text).unwrap();
        served.hang_up();
    };
    assert_eq!(served.connect(&[&old]).status(), 200);
    // A flag comes before the file, at each reading.
    set(
        "[server]\nbind = \"127.0.0.1:9\"\nmax_requests = 7\nhosts = [\"distri.example\"]\n\n[audit]\nflush = \"interval\"\n",
    );
    served.said("`[audit]` was changed; the server takes it when it starts again");
    served.said("`server.max_requests` was changed; the server takes it when it starts again");
    served.said("`server.hosts` was changed, and holds from now on");
    assert_eq!(served.connect(&[&old]).status(), 421, "another name now");

    // A certificate is replaced whatever else cannot be read.
    served.replace("cert.pem", &new.chain);
    served.replace("key.pem", &new.key);
    set("[server]\nmax_request = 7\n");
    served.said("the settings in use stay: there is no setting `server.max_request`");
    served.said("connections from now on get the certificate in");
    assert_eq!(served.connect(&[&new]).status(), 421);
    // Removed, and not written yet: no moment without what it says.
    std::fs::remove_file(&file).unwrap();
    served.hang_up();
    let line = served.said("the settings in use stay: ");
    assert!(line.contains("config.toml` is gone"), "{line}");
    served.said("connections from now on get the certificate in");
    assert_eq!(served.connect(&[&new]).status(), 421);
    set("");
    served.said("`server.hosts` was changed, and holds from now on");
    assert_eq!(served.connect(&[&new]).status(), 200);
}

/// A file of settings that answers when the test wants it to, as one on a volume of the network.
struct SlowFile(PathBuf);

impl SlowFile {
    fn instead_of(path: PathBuf) -> Self {
        let it = Self(path);
        it.renew();
        it
    }

    /// Waits until somebody reads; they wait until this is dropped, and whoever reads then waits for the next one.
    fn read(&self) -> File {
        let (sender, opened) = channel();
        let path = self.0.clone();
        std::thread::spawn(move || sender.send(File::options().write(true).open(path).unwrap()));
        let file = opened.recv_timeout(PATIENCE).expect("somebody reads it");
        self.renew();
        file
    }

    fn renew(&self) {
        let next = self.0.with_extension("next");
        mknodat(CWD, &next, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        std::fs::rename(next, &self.0).unwrap();
    }
}

#[test]
fn while_a_file_does_not_answer_requests_are_answered_and_the_end_is_not_kept_waiting() {
    let certificate = Certificate::new();
    let mut served = Served::start(&certificate, "[server]\nrate_per_address = 5\n");
    let file = SlowFile::instead_of(served.home.path().join("config/config.toml"));
    served.hang_up();
    let mut reading = file.read();
    assert_eq!(served.connect(&[&certificate]).status(), 200);
    // Another one meanwhile is a reading afterwards.
    served.hang_up();
    assert_eq!(served.connect(&[&certificate]).status(), 200);
    reading.write_all(b"[server]\nhosts = [\"distri.example\"]\n").unwrap();
    drop(reading);
    // `[audit]` is read for itself.
    drop(file.read());
    served.said("`server.hosts` was changed, and holds from now on");
    assert_eq!(served.connect(&[&certificate]).status(), 421);
    let _reading = file.read();
    assert_eq!(served.connect(&[&certificate]).status(), 421);
    kill_process(Pid::from_child(&served.child), Signal::TERM).unwrap();
    let began = Instant::now();
    while served.child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < PATIENCE, "it ends");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(served.child.wait().unwrap().success());
}

#[test]
fn a_server_that_still_starts_is_not_ended() {
    let home = Home::of_this_machine();
    std::fs::create_dir_all(home.path().join("config")).unwrap();
    let file = SlowFile::instead_of(home.path().join("config/config.toml"));
    let mut command = home.local(&["serve", "--bind", "127.0.0.1:0", "--request-log", "off"]);
    let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let served = Served::of(home, child);
    let reading = file.read();
    served.hang_up();
    let write = |text: &str| {
        let next = file.0.with_extension("next");
        std::fs::write(&next, text).unwrap();
        std::fs::rename(next, &file.0).unwrap();
    };
    write("");
    drop(reading);
    served.said("listening on http://");
    write("[server]\nhosts = [\"distri.example\"]\n");
    served.hang_up();
    served.said("`server.hosts` was changed, and holds from now on");
}
