//! Where settings come from, which of them are refused, and that each is documented and printed.

use std::collections::BTreeSet;
use std::path::Path;

use distri_vault::Home;

use super::*;

fn load(text: &str, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("config.toml");
    std::fs::write(&file, text).expect("writes");
    let find = |list: &[(&str, &str)], name: &str| list.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
    Settings::load(
        &SettingsFile::new(file),
        |name| find(variables, name).map(OsString::from),
        |setting| find(flags, setting.flag),
    )
}

/// For each setting a value other than its default.
const OTHERS: &[(&str, &str)] = &[
    ("server.bind", "127.0.0.1:8081"),
    ("server.tls_cert", "/tls/cert.pem"),
    ("server.tls_key", "/tls/key.pem"),
    ("server.behind_proxy", "true"),
    ("server.hosts", "distri.example,10.0.0.1"),
    ("server.metrics_bind", "127.0.0.1:9000"),
    ("server.request_log", "off"),
    ("server.request_timeout", "5s"),
    ("server.shutdown_timeout", "1m"),
    ("server.max_connections", "7"),
    ("server.max_requests", "8"),
    ("server.rate_per_token", "9"),
    ("server.rate_per_address", "0"),
];

#[test]
fn every_setting_comes_from_each_place_and_is_printed_back() {
    let names: BTreeSet<_> = SETTINGS.iter().map(|it| it.key).collect();
    assert_eq!(
        names,
        OTHERS.iter().map(|it| it.0).collect(),
        "each setting has a value to try"
    );
    let of = |key: &str| SETTINGS.iter().find(|it| it.key == key).expect("in the list");
    let variables: Vec<_> = OTHERS.iter().map(|(key, value)| (of(key).variable, *value)).collect();
    let flags: Vec<_> = OTHERS.iter().map(|(key, value)| (of(key).flag, *value)).collect();
    let from_variables = load("", &variables, &[]).expect("loads");
    let from_flags = load("", &[], &flags).expect("loads");
    assert_eq!(from_variables, from_flags);
    let printed = from_flags.print(&Home::below(Path::new("/h")));
    assert_eq!(load(&printed, &[], &[]).expect("what is printed loads"), from_flags);
    for setting in SETTINGS {
        assert_ne!(
            (setting.show)(&from_flags),
            (setting.show)(&Settings::default()),
            "{}",
            setting.key
        );
        assert!(
            printed.contains(setting.variable) && printed.contains(setting.help),
            "{}",
            setting.key
        );
    }
}

#[test]
fn every_setting_is_in_the_documentation() {
    let documented = include_str!("../../../../docs/server.md");
    for setting in SETTINGS {
        let row = format!("| `{}` | `{}` | `--{}` |", setting.key, setting.variable, setting.flag);
        assert!(documented.contains(&row), "docs/server.md has no row `{row}`");
    }
}

/// What SIGHUP takes over and what it leaves is said of each setting, in `docs/server.md` too.
#[test]
fn what_is_taken_at_the_start_stays_and_is_named() {
    let documented = include_str!("../../../../docs/server.md");
    let (_, rest) = documented.split_once("Taken at the start only").expect("a sentence");
    let (sentence, _) = rest.split_once("\n\n").expect("its end");
    let old = Settings::default();
    for (key, value) in OTHERS.iter().filter(|it| !it.0.starts_with("server.tls")) {
        let setting = SETTINGS.iter().find(|it| it.key == *key).expect("in the list");
        let mut new = load("", &[], &[(setting.flag, *value)]).expect("loads");
        let kept = new.keep_from_start(&old);
        let is_fixed = setting.keep.is_some();
        assert_eq!(kept.contains(key), is_fixed, "{key}");
        assert_eq!(new == old, is_fixed, "{key}");
        assert_eq!(new.differing_from(&old).contains(key), !is_fixed, "{key}");
        assert_eq!(sentence.contains(&format!("`{key}`")), is_fixed, "{key}");
    }
    let files = |name: &str| load("", &[], &[("tls-cert", name), ("tls-key", name)]).expect("loads");
    let mut begins = files("a");
    assert_eq!(begins.keep_from_start(&old), ["server.tls_cert", "server.tls_key"]);
    assert_eq!(begins, old, "TLS does not begin on the way");
    let mut ends = Settings::default();
    ends.keep_from_start(&files("a"));
    assert_eq!(ends, files("a"), "nor does it end");
    let mut other = files("b");
    assert!(other.keep_from_start(&files("a")).is_empty());
    assert_eq!(other, files("b"));
}

#[test]
fn flags_come_before_variables_and_those_before_the_file() {
    let file = "[server]\nmax_requests = 1\nhosts = [\"a.example\", \"b.example\"]\n";
    let variables = [("DISTRI_MAX_REQUESTS", "2")];
    assert_eq!(load(file, &[], &[]).expect("loads").max_requests, 1);
    assert_eq!(load(file, &[], &[]).expect("loads").hosts, ["a.example", "b.example"]);
    assert_eq!(load(file, &variables, &[]).expect("loads").max_requests, 2);
    assert_eq!(
        load(file, &variables, &[("max-requests", "3")])
            .expect("loads")
            .max_requests,
        3
    );
}

#[test]
fn what_is_not_understood_is_refused() {
    for text in [
        "[server]\nbined = 1\n",
        "[server]\nbind = 1\n",
        "server = 1\n",
        "[server\n",
        "[server]\nrequest_timeout = \"0s\"\n",
    ] {
        assert!(load(text, &[], &[]).is_err(), "{text}");
    }
    for (flag, value) in [
        ("max-requests", "0"),
        ("bind", "localhost"),
        ("behind-proxy", "yes"),
        ("hosts", "a b"),
        ("request-log", "syslog"),
    ] {
        assert!(
            matches!(load("", &[], &[(flag, value)]), Err(SettingsError::Value { .. })),
            "{flag}"
        );
    }
}

#[test]
fn an_address_of_the_network_needs_encryption() {
    let open = [("bind", "0.0.0.0:7777")];
    let refused = load("", &[], &open).expect_err("refused").to_string();
    assert!(refused.contains("in clear") && refused.contains("--tls-cert") && refused.contains("--behind-proxy"));
    assert!(load("", &[], &[open[0], ("behind-proxy", "true")]).is_ok());
    assert!(load("", &[], &[open[0], ("tls-cert", "c"), ("tls-key", "k")]).is_ok());
    assert_eq!(load("", &[], &[("tls-cert", "c")]), Err(SettingsError::HalfTls));
    assert!(load("", &[], &[("bind", "[::1]:1")]).is_ok());
}

#[test]
fn a_file_that_was_there_and_is_gone_is_no_empty_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("config.toml");
    let file = SettingsFile::new(path.clone());
    let load = || Settings::load(&file, |_| None, |_| None);
    let write = |text: &str| std::fs::write(&path, text).expect("writes");
    assert_eq!(load(), Ok(Settings::default()), "it need not be there");
    write("[server]\nmax_request = 7\n");
    assert!(load().is_err());
    std::fs::remove_file(&path).expect("removes");
    assert_eq!(load(), Ok(Settings::default()), "it never was of use");
    write("[server]\nmax_requests = 7\n");
    assert_eq!(load().expect("loads").max_requests, 7);
    std::fs::remove_file(&path).expect("removes");
    for _ in 0..2 {
        assert_eq!(load(), Err(SettingsError::Gone(path.clone())));
    }
    write("");
    assert_eq!(load(), Ok(Settings::default()));
}
