//! The one list of settings: file, environment, flags, documentation and `--print-config` are made of it.
//!
//! To add a setting: a field in [`Settings`], a row here.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;

use super::{RequestLogTo, Settings};

/// One setting of the server.
pub struct Setting {
    /// Its name in the configuration file: `server.bind` is `bind` in the section `[server]`.
    pub key: &'static str,
    /// The environment variable.
    pub variable: &'static str,
    /// The flag, without its dashes.
    pub flag: &'static str,
    /// What stands for its value in help; empty for a switch, which is `true` or `false` elsewhere.
    pub value: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Takes the text of a value over; the reason why not.
    pub(super) apply: fn(&mut Settings, &str) -> Result<(), String>,
    /// Keeps what is in use, for one that is taken at the start only; SIGHUP has the others read again.
    pub(super) keep: Option<fn(&mut Settings, &Settings)>,
    /// The value in use, as the file has it.
    pub(super) show: fn(&Settings) -> String,
}

impl Setting {
    /// Whether it is a switch.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        self.value.is_empty()
    }
}

/// All of them.
pub static SETTINGS: &[Setting] = &[
    Setting {
        key: "server.bind",
        variable: "DISTRI_BIND",
        flag: "bind",
        value: "ADDRESS:PORT",
        help: "Where to listen. Another address than loopback needs TLS or a proxy that speaks it",
        apply: |it, text| set(&mut it.bind, address(text)),
        keep: Some(|it, old| it.bind = old.bind),
        show: |it| quoted(it.bind),
    },
    Setting {
        key: "server.tls_cert",
        variable: "DISTRI_TLS_CERT",
        flag: "tls-cert",
        value: "FILE",
        help: "The certificate chain in PEM form",
        apply: |it, text| set(&mut it.tls_cert, Ok(path(text))),
        keep: None,
        show: |it| optional_path(it.tls_cert.as_ref()),
    },
    Setting {
        key: "server.tls_key",
        variable: "DISTRI_TLS_KEY",
        flag: "tls-key",
        value: "FILE",
        help: "The certificate's private key in PEM form, which its group and others may not read",
        apply: |it, text| set(&mut it.tls_key, Ok(path(text))),
        keep: None,
        show: |it| optional_path(it.tls_key.as_ref()),
    },
    Setting {
        key: "server.behind_proxy",
        variable: "DISTRI_BEHIND_PROXY",
        flag: "behind-proxy",
        value: "",
        help: "A proxy in front speaks TLS: the client's address is the last one in `x-forwarded-for`, and \
               any name in `host` is answered unless `--hosts` says which",
        apply: |it, text| set(&mut it.behind_proxy, switch(text)),
        keep: Some(|it, old| it.behind_proxy = old.behind_proxy),
        show: |it| it.behind_proxy.to_string(),
    },
    Setting {
        key: "server.hosts",
        variable: "DISTRI_HOSTS",
        flag: "hosts",
        value: "NAME,…",
        help: "The names that clients may call this server by, with commas between. \
               Without it: on loopback the names of loopback, elsewhere and behind a proxy any",
        apply: |it, text| set(&mut it.hosts, names(text)),
        keep: None,
        show: |it| quoted(it.hosts.join(",")),
    },
    Setting {
        key: "server.metrics_bind",
        variable: "DISTRI_METRICS_BIND",
        flag: "metrics-bind",
        value: "ADDRESS:PORT",
        help: "Where Prometheus may fetch metrics, in clear and without credentials. Off without it",
        apply: |it, text| set(&mut it.metrics_bind, optional(text, address)),
        keep: Some(|it, old| it.metrics_bind = old.metrics_bind),
        show: |it| it.metrics_bind.map_or_else(|| quoted(""), quoted),
    },
    Setting {
        key: "server.request_log",
        variable: "DISTRI_REQUEST_LOG",
        flag: "request-log",
        value: "stderr|off",
        help: "Where the line of each request goes",
        apply: |it, text| set(&mut it.request_log, text.parse()),
        keep: Some(|it, old| it.request_log = old.request_log),
        show: |it| quoted(it.request_log.as_str()),
    },
    Setting {
        key: "server.request_timeout",
        variable: "DISTRI_REQUEST_TIMEOUT",
        flag: "request-timeout",
        value: "TIME",
        help: "How long a client may take to send a request",
        apply: |it, text| set(&mut it.request_timeout, time(text)),
        keep: None,
        show: |it| quoted_time(it.request_timeout),
    },
    Setting {
        key: "server.shutdown_timeout",
        variable: "DISTRI_SHUTDOWN_TIMEOUT",
        flag: "shutdown-timeout",
        value: "TIME",
        help: "How long requests under way may take once the process was asked to end",
        apply: |it, text| set(&mut it.shutdown_timeout, time(text)),
        keep: None,
        show: |it| quoted_time(it.shutdown_timeout),
    },
    Setting {
        key: "server.max_connections",
        variable: "DISTRI_MAX_CONNECTIONS",
        flag: "max-connections",
        value: "NUMBER",
        help: "How many connections are open at once; more wait to be accepted",
        apply: |it, text| set(&mut it.max_connections, number(text)),
        keep: Some(|it, old| it.max_connections = old.max_connections),
        show: |it| it.max_connections.to_string(),
    },
    Setting {
        key: "server.max_requests",
        variable: "DISTRI_MAX_REQUESTS",
        flag: "max-requests",
        value: "NUMBER",
        help: "How many requests are answered at once; more are refused with 503",
        apply: |it, text| set(&mut it.max_requests, number(text)),
        keep: Some(|it, old| it.max_requests = old.max_requests),
        show: |it| it.max_requests.to_string(),
    },
    Setting {
        key: "server.rate_per_token",
        variable: "DISTRI_RATE_PER_TOKEN",
        flag: "rate-per-token",
        value: "NUMBER",
        help: "How many requests a second one token may make; 0 for any number",
        apply: |it, text| set(&mut it.rate_per_token, count(text)),
        keep: None,
        show: |it| it.rate_per_token.to_string(),
    },
    Setting {
        key: "server.rate_per_address",
        variable: "DISTRI_RATE_PER_ADDRESS",
        flag: "rate-per-address",
        value: "NUMBER",
        help: "How many requests a second one address may make that fail to authenticate; 0 for any number",
        apply: |it, text| set(&mut it.rate_per_address, count(text)),
        keep: None,
        show: |it| it.rate_per_address.to_string(),
    },
];

fn set<T>(field: &mut T, read: Result<T, String>) -> Result<(), String> {
    *field = read?;
    Ok(())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "it is an address and a port, such as `127.0.0.1:7777` or `[::1]:7777`".to_owned())
}

fn optional<T>(text: &str, parse: fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() {
        Ok(None)
    } else {
        parse(text).map(Some)
    }
}

fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("it is `true` or `false`".to_owned()),
    }
}

fn names(text: &str) -> Result<Vec<String>, String> {
    let names = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let names: Vec<String> = names.map(str::to_ascii_lowercase).collect();
    let is_name = |it: &String| {
        it.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
    };
    match names.iter().all(is_name) {
        true => Ok(names),
        false => Err("it is names or addresses with commas between".to_owned()),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let refused = || "it is a time from `1ms` to `1h`, such as `30s`".to_owned();
    let time: SignedDuration = text.parse().map_err(|_| refused())?;
    let time = Duration::try_from(time).map_err(|_| refused())?;
    match (Duration::from_millis(1)..=Duration::from_secs(3_600)).contains(&time) {
        true => Ok(time),
        false => Err(refused()),
    }
}

fn number(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1_000_000) => Ok(number),
        _ => Err("it is a number from 1 to 1000000".to_owned()),
    }
}

fn count(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 0..=1_000_000) => Ok(number),
        _ => Err("it is a number from 0 to 1000000".to_owned()),
    }
}

fn quoted(text: impl ToString) -> String {
    toml::Value::String(text.to_string()).to_string()
}

fn optional_path(path: Option<&PathBuf>) -> String {
    quoted(path.map(|it| it.display().to_string()).unwrap_or_default())
}

fn quoted_time(time: Duration) -> String {
    quoted(match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    })
}

impl std::str::FromStr for RequestLogTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Stderr, Self::Off]
            .into_iter()
            .find(|it| it.as_str() == text)
            .ok_or_else(|| "it is `stderr` or `off`".to_owned())
    }
}
