//! A slot of a hardware module: SoftHSM behind PKCS #11.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::home;

const TOOL: &str = "/usr/bin/softhsm2-util";
const PIN: &str = "canary-493817";

/// A module with a token of its own.
pub(super) struct Hsm {
    directory: tempfile::TempDir,
}

impl Hsm {
    pub(super) fn new() -> Self {
        assert!(
            Path::new(TOOL).exists(),
            "no SoftHSM on this machine: run `cargo xtask keepers`"
        );
        let hsm = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let tokens = hsm.directory.path().join("tokens");
        std::fs::create_dir(&tokens).unwrap();
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\n",
            tokens.display()
        );
        std::fs::write(hsm.configuration(), text).unwrap();
        hsm.tool(&[
            "--init-token",
            "--free",
            "--label",
            "distri",
            "--pin",
            PIN,
            "--so-pin",
            "493817493817",
        ]);
        hsm
    }

    /// What `SOFTHSM2_CONF` is.
    pub(super) fn configuration(&self) -> PathBuf {
        self.directory.path().join("softhsm2.conf")
    }

    /// Makes a key.
    pub(super) fn make_key(&self, label: &str, id: &str, byte: u8) {
        let material = self.directory.path().join("key");
        std::fs::write(&material, [byte; 32]).unwrap();
        let material = material.to_str().unwrap();
        let key = ["--import", material, "--aes", "--token", "distri", "--label", label];
        self.tool(&[&key[..], &["--id", id, "--pin", PIN]].concat());
    }

    #[track_caller]
    fn tool(&self, args: &[&str]) {
        let mut command = Command::new(TOOL);
        command.args(args).env("SOFTHSM2_CONF", self.configuration());
        let done = command.stdin(Stdio::null()).output().unwrap();
        assert!(
            done.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

pub(super) fn module() -> &'static str {
    let places = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so"];
    places.into_iter().find(|it| Path::new(it).exists()).unwrap()
}

#[test]
fn a_hardware_module_opens_the_store_and_says_precisely_when_it_does_not() {
    let hsm = Hsm::new();
    hsm.make_key("distri", "01", 7);
    let configuration = hsm.configuration().display().to_string();
    let with = |pin: &'static str| [("SOFTHSM2_CONF", configuration.as_str()), ("DISTRI_PKCS11_PIN", pin)];
    let home = home();
    let add = |key: &str, more: &[&str]| {
        let words = ["keys", "add-slot", "pkcs11", "--module", module(), "--key", key];
        home.with(&with(PIN), &[&words[..], more].concat())
    };
    add("nokey", &[]).exits(4).says("no secret key of that label");
    add("distri", &["--token", "other"]).exits(4).says("no token `other`");
    let none = [
        "keys",
        "add-slot",
        "pkcs11",
        "--module",
        "/nowhere.so",
        "--key",
        "distri",
    ];
    home.with(&with(PIN), &none).exits(4).says("the module does not load");
    add("distri", &["--token", "distri"]).ok().says("PKCS #11 key `distri`");
    let root_key = home.leave_only(&with(PIN), "pkcs11");

    home.opens(&with(PIN));
    home.with(&with(PIN), &["keys", "verify"]).ok();
    let file = home.write("pin", format!("{PIN}\n"));
    let file = file.to_str().unwrap();
    home.opens(&[
        ("SOFTHSM2_CONF", configuration.as_str()),
        ("DISTRI_PKCS11_PIN_FILE", file),
    ]);

    home.locked(&[], &root_key, "DISTRI_PKCS11_PIN_FILE");
    home.locked(&with("canary-0000"), &root_key, "the PIN is wrong");
    hsm.make_key("distri", "02", 8);
    home.locked(&with(PIN), &root_key, "several keys have that label");

    let other = Hsm::new();
    other.make_key("distri", "01", 9);
    let other = other.configuration().display().to_string();
    let other = [("SOFTHSM2_CONF", other.as_str()), ("DISTRI_PKCS11_PIN", PIN)];
    home.locked(&other, &root_key, "another key wrapped it");
}
