//! `--print-config`: every setting with its value in use, as a file that means the same.

use std::fmt::Write;
use std::path::PathBuf;

use distri_vault::{Home, Location};

use super::{SETTINGS, Settings};

impl Settings {
    /// The whole configuration as a file: the server's settings and those of the installation in `home`. No value in
    /// it is a secret.
    #[must_use]
    pub fn print(&self, home: &Home) -> String {
        let mut text = String::new();
        let audit = home.audit();
        let places = [
            ("root key", home.root_key().display().to_string()),
            ("configuration file", home.config_file().display().to_string()),
        ];
        for (what, place) in places {
            let _ = writeln!(text, "# {what}: {place}");
        }
        text.push_str(&database(home));
        let _ = writeln!(text, "\n[server]");
        for setting in SETTINGS {
            let name = setting.key.trim_start_matches("server.");
            let _ = writeln!(
                text,
                "# {}. Variable {}, flag --{}; {}",
                setting.help,
                setting.variable,
                setting.flag,
                match setting.keep {
                    Some(_) => "taken at the start",
                    None => "SIGHUP reads it again",
                }
            );
            let _ = writeln!(text, "{name} = {}", (setting.show)(self));
        }
        let webhook = audit.webhook.as_ref();
        let path = |path: Option<&PathBuf>| path.map(|it| it.display().to_string());
        let syslog = audit.checkpoint_syslog.as_deref().map(|it| it.display().to_string());
        let rows = [
            (
                "flush",
                "DISTRI_AUDIT_FLUSH",
                "When the record of a use is on the disk: `each` or `interval`",
                Some(audit.flush.to_string()),
            ),
            (
                "checkpoint_file",
                "DISTRI_CHECKPOINT_FILE",
                "The file that gets each checkpoint",
                Some(home.checkpoint_file().display().to_string()),
            ),
            (
                "checkpoint_syslog",
                "DISTRI_CHECKPOINT_SYSLOG",
                "The datagram socket of a system log that gets each checkpoint too",
                syslog,
            ),
            (
                "checkpoint_webhook_secret_file",
                "DISTRI_CHECKPOINT_WEBHOOK_SECRET_FILE",
                "The file with the token that the webhook wants",
                path(webhook.and_then(|it| it.secret_file.as_ref())),
            ),
            (
                "checkpoint_webhook_ca_file",
                "DISTRI_CHECKPOINT_WEBHOOK_CA_FILE",
                "The authorities that its certificate may be from, in the place of Mozilla's",
                path(webhook.and_then(|it| it.ca_file.as_ref())),
            ),
        ];
        let _ = writeln!(text, "\n# All of these are taken at the start.\n[audit]");
        for (name, variable, help, value) in rows {
            let _ = writeln!(text, "# {help}. Variable {variable}");
            match value {
                Some(value) => {
                    let _ = writeln!(text, "{name} = {}", toml::Value::String(value));
                }
                None => {
                    let _ = writeln!(text, "# {name} is not set");
                }
            }
        }
        let _ = writeln!(
            text,
            "# The webhook that gets each checkpoint too. Variable DISTRI_CHECKPOINT_WEBHOOK"
        );
        let _ = match webhook {
            Some(it) => writeln!(
                text,
                "# checkpoint_webhook is at {}; its path may be a secret, and is not shown",
                it.url
            ),
            None => writeln!(text, "# checkpoint_webhook is not set"),
        };
        text
    }
}

/// The section of the database.
fn database(home: &Home) -> String {
    let mut text = "\n# All of these are taken at the start.\n[database]\n".to_owned();
    let _ = writeln!(
        text,
        "# A PostgreSQL server in the place of the embedded database. Variable DISTRI_DATABASE_URL, flag --database"
    );
    let (url, password_file) = match home.location() {
        Location::File(path) => {
            let _ = writeln!(text, "# url is not set: the embedded database is {}", path.display());
            (None, None)
        }
        Location::Server(url) => (
            Some((url.masked().to_owned(), url.is_masked())),
            url.password_file().map(|it| it.display().to_string()),
        ),
    };
    match url {
        Some((url, true)) => {
            let _ = writeln!(
                text,
                "# Its password is not shown.\n# url = {}",
                toml::Value::String(url)
            );
        }
        Some((url, false)) => {
            let _ = writeln!(text, "url = {}", toml::Value::String(url));
        }
        None => {}
    }
    let _ = writeln!(
        text,
        "# The file with its password. Variable DISTRI_DATABASE_PASSWORD_FILE; the variable DISTRI_DATABASE_PASSWORD is the \
         password itself"
    );
    let _ = match password_file {
        Some(path) => writeln!(text, "password_file = {}", toml::Value::String(path)),
        None => writeln!(text, "# password_file is not set"),
    };
    text
}
