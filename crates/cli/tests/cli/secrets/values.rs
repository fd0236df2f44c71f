//! Values: byte for byte, from one source, within their limits.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::Home;

#[test]
fn every_value_comes_back_byte_for_byte() {
    let home = Home::new();
    let long = vec![b'x'; 64 * 1024];
    let values: [&[u8]; 14] = [
        b"x",
        b"\0",
        b"a\0b",
        b"\r\n",
        b"\n",
        b"$HOME ${HOME} $(id) `id`",
        b"\"quoted\" 'single'",
        b"$2a$10$N9qo8uLOickgx2ZMRZoMye",
        b"\xEF\xBB\xBFbom",
        b"\xFF\xFE\x80",
        b" spaces \t",
        "ключ".as_bytes(),
        b"-----BEGIN KEY-----\nMIIE\n-----END KEY-----\n",
        &long,
    ];
    for value in values {
        home.pipe(&["secrets", "set", "BYTES", "--raw"], value).ok();
        assert!(
            home.reveal("BYTES") == value,
            "through a pipe: {:?}",
            String::from_utf8_lossy(&value[..value.len().min(40)])
        );
        let file = home.write("value", value);
        home.distri(&[
            OsStr::new("secrets"),
            OsStr::new("set"),
            OsStr::new("FILE"),
            OsStr::new("--from-file"),
            file.as_os_str(),
        ])
        .ok();
        assert!(home.reveal("FILE") == value, "from a file");
        if !value.contains(&0) && value.len() < 1000 {
            let args = ["secrets", "set", "ARGV", "--"].map(OsStr::new);
            home.distri(&[&args[..], &[OsStr::from_bytes(value)]].concat()).ok();
            assert!(home.reveal("ARGV") == value, "on the command line");
        }
    }
}

#[test]
fn one_line_break_is_stripped_from_a_pipe_and_only_one() {
    let home = Home::new();
    for (given, kept) in [
        ("v1\n", "v1"),
        ("v2\r\n", "v2"),
        ("v3\n\n", "v3\n"),
        ("v4", "v4"),
        (" v5 \n", " v5 "),
    ] {
        home.pipe(&["secrets", "set", "K"], given).ok();
        assert_eq!(home.reveal("K"), kept.as_bytes());
    }
    let full = [&vec![b'x'; 65536][..], b"\r\n"].concat();
    home.pipe(&["secrets", "set", "K"], &full).ok();
    assert_eq!(home.reveal("K").len(), 65536);
}

#[test]
fn values_beyond_the_limits_are_refused_with_the_limit_named() {
    let home = Home::new();
    home.set("K", "before");
    for input in [
        vec![b'x'; 64 * 1024 + 1],
        vec![b'x'; 64 * 1024 + 2],
        vec![b'x'; 300_000],
    ] {
        home.pipe(&["secrets", "set", "K", "--raw"], input)
            .exits(2)
            .says("64 KiB");
    }
    home.pipe(&["secrets", "set", "K"], "").exits(2).says("at least 1 byte");
    home.pipe(&["secrets", "set", "K"], "\n")
        .exits(2)
        .says("at least 1 byte");
    home.distri(&["secrets", "set", "K", ""])
        .exits(2)
        .says("at least 1 byte");
    assert_eq!(home.reveal("K"), b"before");
}

#[test]
fn a_value_that_begins_with_a_hyphen_is_a_value() {
    let home = Home::new();
    for value in ["-secret", "--secret", "-----BEGIN", "-1", "--expires-soon", "-hx", "--"] {
        let args: &[&str] = if value == "--" {
            &["secrets", "set", "K", "--", "--"]
        } else {
            &["secrets", "set", "K", value]
        };
        home.distri(args).ok();
        assert_eq!(home.reveal("K"), value.as_bytes());
    }
    home.distri(&["secrets", "set", "K", "--host", "api.example.com", "-v", "--note", "n"])
        .ok();
    assert_eq!(home.reveal("K"), b"-v");
    let info = home.distri(&["secrets", "get", "K", "--json"]).ok().json();
    assert_eq!(info["hosts"], serde_json::json!(["api.example.com"]));
    assert_eq!(info["note"], "n");
    for after in ["--help", "--host", "-h"] {
        home.distri(&["secrets", "set", "K", "--", after]).ok();
        assert_eq!(home.reveal("K"), after.as_bytes());
    }
}

#[test]
fn exactly_one_source_gives_the_value() {
    let home = Home::new();
    home.write("value", "v");
    for args in [
        &["x", "--from-file", "value"][..],
        &["x", "--generate"],
        &["--generate", "--from-file", "value"],
        &["x", "--raw"],
        &["two", "words"],
    ] {
        home.distri(&[&["secrets", "set", "K"], args].concat()).exits(2);
    }
    home.distri(&["secrets", "set", "K", "--from-file", "absent"]).exits(3);
    home.distri(&["secrets", "list"]).says("No secrets found.");
    let done = home
        .distri(&["secrets", "set", "K", "my", "SPLITVALUE"])
        .exits(2)
        .says("quotes");
    assert!(!done.stderr.contains("SPLITVALUE"));
}

#[test]
fn a_generated_value_is_random_url_safe_and_not_shown() {
    let home = Home::new();
    let mut seen = Vec::new();
    for (option, len) in [("--generate", 32), ("--generate=16", 16), ("--generate=100", 100)] {
        let done = home.distri(&["secrets", "set", "K", option]).ok();
        let value = home.reveal("K");
        assert_eq!(value.len(), len);
        assert!(value.iter().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(it)));
        assert!(!done.stderr.contains(str::from_utf8(&value).unwrap()) && done.stdout.is_empty());
        assert!(!seen.contains(&value));
        seen.push(value);
    }
    home.distri(&["secrets", "set", "K", "--generate=15"]).exits(2);
}
