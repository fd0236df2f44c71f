//! `--print-config`: every setting with its value in use, as a file that means the same.

use std::fmt::Write;

use distri_vault::Home;

use super::{SETTINGS, Settings};

impl Settings {
    /// The whole configuration as a file: the server's settings and those of the installation in `home`. No value in
    /// it is a secret.
    #[must_use]
    pub fn print(&self, home: &Home) -> String {
        let mut text = String::new();
        let audit = home.audit();
        let places = [
            ("database", home.location().to_string()),
            ("root key", home.root_key().display().to_string()),
            ("configuration file", home.config_file().display().to_string()),
        ];
        for (what, place) in places {
            let _ = writeln!(text, "# {what}: {place}");
        }
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
                "checkpoint_webhook",
                "DISTRI_CHECKPOINT_WEBHOOK",
                "The host of the webhook that gets each checkpoint too",
                audit.webhook.as_ref().map(|it| it.url.to_string()),
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
        text
    }
}
