//! `serve`: the server. Its flags are made of the server's list of settings.

use std::ffi::OsString;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use distri_core::SystemClock;
use distri_server::{Process, Reread, SETTINGS, ServeError, Server, Settings, SettingsError, SettingsFile, TlsError};
use distri_vault::audit::AuditSettings;
use distri_vault::{FirstUse, Home};

use crate::context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::harden;
use crate::output;
use crate::terminal;

/// The flags that were given.
#[derive(Debug)]
pub(crate) struct Serve {
    flags: Vec<(&'static str, String)>,
    database: Option<String>,
    print_config: bool,
}

impl Serve {
    /// Serves until it is asked to end.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        context::only_here()?;
        let process = Process::start()?;
        let home = context::home_with(self.database.as_deref())?;
        let (file, flags) = (SettingsFile::new(home.config_file()), self.flags);
        let read = move || {
            Settings::load(&file, variable, |setting| {
                let given = flags.iter().find(|it| it.0 == setting.flag);
                given.map(|it| it.1.clone())
            })
        };
        let settings = read()?;
        if self.print_config {
            output::bytes(settings.print(&home).as_bytes())?;
            return Ok(Exit::Ok);
        }
        if let Err(files) = harden::permit_files(settings.max_connections) {
            terminal::warning(&format!(
                "only {files} files may be open, which is too few for {} connections and the database; raise the limit \
                 (`ulimit -n`, `LimitNOFILE`) or lower `server.max_connections`",
                settings.max_connections
            ));
        }
        let vault = context::open_vault(&home, FirstUse::KeyFile)?;
        let reread: Reread = Arc::new(move || {
            let read = read();
            if !matches!(read, Err(SettingsError::Gone(_))) {
                note_audit(&home);
            }
            read
        });
        process.serve(vault, Arc::new(SystemClock), settings, reread, |server| {
            if let Ok(url) = server.url() {
                terminal::note(&format!("listening on {url}"));
            }
            show_setup(server);
            if let Some(address) = server.metrics_address() {
                terminal::note(&format!("metrics on http://{address}/metrics"));
            }
        })?;
        Ok(Exit::Ok)
    }
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Says that the settings of the audit log are others now: evidence does not change its place on the way.
fn note_audit(home: &Home) {
    match AuditSettings::load(&home.config_file(), variable) {
        Ok(now) if now == *home.audit() => {}
        Ok(_) => tracing::warn!("`[audit]` was changed; the server takes it when it starts again"),
        Err(error) => tracing::error!("`[audit]` cannot be read, and what is in use stays: {error}"),
    }
}

/// Shows the one-time link of a new installation; there is no password by default.
fn show_setup(server: &Server) {
    match server.setup_link() {
        Ok(None) => {}
        Ok(Some(link)) => {
            terminal::note(
                "nobody can sign in yet; whoever opens this link becomes the first owner, once and within a day:",
            );
            terminal::note(&link);
            terminal::hint("without a browser, send what follows its last `/` to `POST /v1/setup`; see docs/server.md");
        }
        Err(error) => terminal::warning(&error.to_string()),
    }
}

impl Args for Serve {
    fn augment_args(command: Command) -> Command {
        let flags = SETTINGS.iter().map(|setting| {
            let flag = Arg::new(setting.flag).long(setting.flag).help(setting.help);
            match setting.is_switch() {
                true => flag.action(ArgAction::SetTrue),
                false => flag.value_name(setting.value),
            }
        });
        let database = Arg::new("database").long("database").value_name("URL").help(
            "The PostgreSQL database to use, as `postgres://user@host/name`. Its password comes from \
             DISTRI_DATABASE_PASSWORD_FILE or DISTRI_DATABASE_PASSWORD",
        );
        let print = Arg::new("print-config")
            .long("print-config")
            .action(ArgAction::SetTrue)
            .help("Print every setting as it is in use, and end");
        command
            .about("Serve the dashboard and the HTTP API")
            .long_about(
                "Serve the dashboard and the HTTP API\n\nEach flag is an environment variable and a setting in `[server]` of the \
                 configuration file too. The server ends on SIGTERM or SIGINT, once the requests under way are answered. \
                 SIGHUP has it read its certificate and its settings again; what it takes at its start only is named in its log.",
            )
            .arg(database)
            .args(flags)
            .arg(print)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Serve {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Vec::new();
        for setting in SETTINGS {
            if setting.is_switch() {
                if matches.get_flag(setting.flag) {
                    flags.push((setting.flag, "true".to_owned()));
                }
            } else if let Some(text) = matches.get_one::<String>(setting.flag) {
                flags.push((setting.flag, text.clone()));
            }
        }
        let print_config = matches.get_flag("print-config");
        let database = matches.get_one::<String>("database").cloned();
        Ok(Self {
            flags,
            database,
            print_config,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::new(Exit::Usage, error.to_string()).hint("`distri serve --help` lists the settings")
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let failure = Self::new(Exit::Failed, error.to_string());
        match error {
            ServeError::Bind { source, .. } | ServeError::Runtime(source) => failure.cause(source),
            ServeError::Tls(TlsError::Rejected(source)) => failure.cause(source),
            // It says all that it knows.
            ServeError::Tls(_) => failure,
        }
    }
}
