//! PostgreSQL for tests: installed from Debian when it is missing, on a port of its own, with its data below `target`.
//!
//! Tests make a database each on the shared server, which they find by [`shared`]; those that kill it start their own.

#![expect(clippy::print_stderr, reason = "what it is doing is this program's output")]

mod database;
mod own;

pub use database::{Database, Kept};
pub use own::{Crash, OwnServer};

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Where the shared server says how it is reached.
const SHARED: &str = "target/postgres-url";
/// Its data go nowhere, so that it need not wait for the disk.
const SHARED_SETTINGS: &[&str] = &["fsync=off", "full_page_writes=off", "max_connections=300"];
/// Its log's file.
const LOG: &str = "server.log";
/// The superuser's name.
const USER: &str = "distri";

/// Installs PostgreSQL and starts the shared server, unless it is running.
pub fn start() -> ExitCode {
    match try_start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: postgres: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Stops the shared server.
pub fn stop() -> ExitCode {
    if let Ok(server) = shared() {
        let _ = server.stop();
    }
    let _ = fs::remove_file(crate::root().join(SHARED));
    ExitCode::SUCCESS
}

/// The shared server.
///
/// # Errors
/// Names the command that starts it.
pub fn shared() -> io::Result<Server> {
    let hint = || io::Error::other("no PostgreSQL for tests: run `cargo xtask postgres`");
    let text = fs::read_to_string(crate::root().join(SHARED)).map_err(|_| hint())?;
    let mut lines = text.lines();
    let (Some(directory), Some(port), Some(password)) = (lines.next(), lines.next(), lines.next()) else {
        return Err(hint());
    };
    let server = Server {
        directory: PathBuf::from(directory),
        port: port.parse().map_err(|_| hint())?,
        password: password.to_owned(),
    };
    match server.is_running() {
        true => Ok(server),
        false => Err(hint()),
    }
}

fn try_start() -> io::Result<()> {
    if shared().is_ok() {
        return Ok(());
    }
    let directory = place()?;
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    let server = Server::start(&directory, SHARED_SETTINGS)?;
    let file = crate::root().join(SHARED);
    fs::write(
        &file,
        format!("{}\n{}\n{}\n", directory.display(), server.port, server.password),
    )?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}

/// Below `target`, if the server's user may go there.
fn place() -> io::Result<PathBuf> {
    let target = crate::root().join("target");
    fs::create_dir_all(&target)?;
    let may_enter = as_server("test").arg("-x").arg(&target).status()?.success();
    Ok(match may_enter {
        true => target.join("postgres"),
        false => PathBuf::from(format!("/var/tmp/distri-postgres-{}", fs::metadata(&target)?.ino())),
    })
}

/// A server.
#[derive(Clone)]
pub struct Server {
    directory: PathBuf,
    port: u16,
    password: String,
}

impl Server {
    /// Makes a server with these settings in `directory`, and starts it.
    ///
    /// # Errors
    /// When it cannot be installed, made or started.
    pub fn start(directory: &Path, settings: &[&str]) -> io::Result<Self> {
        Self::start_with(directory, settings, &[])
    }

    /// The same with more options of `initdb`.
    fn start_with(directory: &Path, settings: &[&str], options: &[&str]) -> io::Result<Self> {
        if binaries().is_none() {
            install()?;
        }
        let server = Self::at(directory, random()?)?;
        let password = directory.join("password");
        fs::write(&password, &server.password)?;
        server.give_to_server()?;
        run(tool("initdb")?
            .arg("--pgdata")
            .arg(server.data())
            .arg("--pwfile")
            .arg(&password)
            .args(["--username", USER, "--auth", "scram-sha-256", "--encoding", "UTF8"])
            .args(["--locale", "C.UTF-8", "--no-sync", "--no-instructions"])
            .args(options))?;
        fs::remove_file(password)?;
        server.configure(settings)?;
        server.resume()?;
        Ok(server)
    }

    /// A server in `directory` that has no data yet.
    fn at(directory: &Path, password: String) -> io::Result<Self> {
        let server = Self {
            directory: directory.to_owned(),
            port: crate::ports::free(1)?,
            password,
        };
        fs::create_dir_all(server.data())?;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o711))?;
        fs::set_permissions(server.data(), fs::Permissions::from_mode(0o700))?;
        Ok(server)
    }

    /// Its files are its user's.
    fn give_to_server(&self) -> io::Result<()> {
        match server_user()? {
            Some((user, group)) => {
                let owner = format!("{user}:{group}");
                run(Command::new("chown").args(["--recursive", &owner]).arg(&self.directory))
            }
            None => Ok(()),
        }
    }

    fn configure(&self, settings: &[&str]) -> io::Result<()> {
        let ours = [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={}", self.socket_directory()),
        ];
        let settings = ours.iter().map(String::as_str).chain(settings.iter().copied());
        let lines = settings.filter_map(|it| it.split_once('='));
        let lines: String = lines.map(|(name, value)| format!("{name} = '{value}'\n")).collect();
        fs::write(self.data().join("postgresql.auto.conf"), lines)
    }

    /// Starts it again.
    ///
    /// # Errors
    /// When it does not start.
    pub fn resume(&self) -> io::Result<()> {
        self.resume_with(&[])
    }

    /// The same with variables in the environment of its processes.
    ///
    /// # Errors
    /// When it does not start.
    pub fn resume_with(&self, variables: &[(String, String)]) -> io::Result<()> {
        let log = self.data().join(LOG);
        run(tool("pg_ctl")?
            .arg("--pgdata")
            .arg(self.data())
            .arg("--log")
            .arg(log)
            .args(["--wait", "--silent", "start"])
            .envs(variables.iter().map(|it| (&it.0, &it.1))))
    }

    /// Stops it in the way of a crash: nothing is written that was not written yet.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub fn crash(&self) -> io::Result<()> {
        self.end("immediate")
    }

    /// Stops it, with its connections.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub fn stop(&self) -> io::Result<()> {
        self.end("fast")
    }

    /// Gives it a certificate, and starts it again with TLS.
    ///
    /// # Errors
    /// When it does not start.
    pub fn turn_tls_on(&self, certificate: &str, key: &str) -> io::Result<()> {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.data().join(name);
            fs::write(&path, text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            if let Some((user, group)) = server_user()? {
                chown(&path, Some(user), Some(group))?;
            }
        }
        let file = self.data().join("postgresql.auto.conf");
        let settings = fs::read_to_string(&file)?;
        fs::write(file, settings + "ssl = 'on'\n")?;
        self.stop()?;
        self.resume()
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let Self { port, password, .. } = self;
        format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    /// The same with a host and parameters of one's choice.
    #[must_use]
    pub fn url_with(&self, host: &str, database: &str, parameters: &str) -> String {
        let Self { port, password, .. } = self;
        format!("postgres://{USER}:{password}@{host}:{port}/{database}?{parameters}")
    }

    /// Where its socket is; empty when the path is too long for one.
    #[must_use]
    pub fn socket_directory(&self) -> String {
        let directory = self.data().display().to_string();
        match directory.len() < 80 {
            true => directory,
            false => String::new(),
        }
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its directory of data: settings, certificates, the log.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Runs SQL as the superuser; its answer as text, a line for a row.
    ///
    /// # Errors
    /// The server's words.
    pub fn sql(&self, database: &str, sql: &str) -> io::Result<String> {
        let output = self
            .client("psql")?
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--dbname", database, "--command", sql])
            .output()?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
        }
    }

    /// One of PostgreSQL's own clients, about to connect as the superuser.
    fn client(&self, name: &str) -> io::Result<Command> {
        let mut command = tool(name)?;
        command
            .args([
                "--host",
                "127.0.0.1",
                "--username",
                USER,
                "--port",
                &self.port.to_string(),
            ])
            .env("PGPASSWORD", &self.password)
            .env("PGSSLMODE", "disable");
        Ok(command)
    }

    fn end(&self, mode: &str) -> io::Result<()> {
        run(tool("pg_ctl")?
            .arg("--pgdata")
            .arg(self.data())
            .args(["--mode", mode, "--wait", "--silent", "stop"]))
    }

    fn is_running(&self) -> bool {
        tool("pg_ctl").is_ok_and(|mut it| {
            let status = it.arg("--pgdata").arg(self.data()).arg("status").stdout(Stdio::null());
            status.status().is_ok_and(|it| it.success())
        })
    }
}

fn install() -> io::Result<()> {
    eprintln!("xtask: postgres: installing it");
    // A list of packages from long ago names versions that are gone.
    run(Command::new("apt-get").args(["update", "--quiet=2"]))?;
    run(Command::new("apt-get")
        .args(["install", "--yes", "--quiet=2", "--no-install-recommends", "postgresql"])
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// The directory of the newest version's programs.
fn binaries() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|it| Some((it.file_name().to_str()?.parse().ok()?, it.path().join("bin"))))
        .filter(|it| it.1.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().map(|it| it.1)
}

fn tool(name: &str) -> io::Result<Command> {
    let binaries = binaries().ok_or_else(|| io::Error::other("it is not installed"))?;
    let mut command = as_server(binaries.join(name).to_string_lossy().as_ref());
    command.current_dir("/");
    Ok(command)
}

/// The server refuses to run as root, so root runs it as the user that Debian made for it.
fn as_server(program: &str) -> Command {
    match server_user() {
        Ok(Some((user, group))) => {
            let mut command = Command::new("setpriv");
            command.args([
                format!("--reuid={user}"),
                format!("--regid={group}"),
                "--clear-groups".to_owned(),
                "--".to_owned(),
                program.to_owned(),
            ]);
            command
        }
        _ => Command::new(program),
    }
}

/// The user and group of the server, when this is root.
fn server_user() -> io::Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find_map(|it| it.strip_prefix("postgres:"));
    let ids = line.and_then(|it| {
        let mut fields = it.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    ids.map_or_else(
        || Err(io::Error::other("there is no user `postgres`")),
        |it| Ok(Some(it)),
    )
}

fn random() -> io::Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|it| format!("{it:02x}")).collect())
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!(
        "`{program}` failed ({}): {words}",
        output.status
    )))
}
