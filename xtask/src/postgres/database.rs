//! A database for one test: made on a server, dropped at the end.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io};

use super::Server;

/// How long those who are connected may take to be gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// A database that nobody else uses.
pub struct Database {
    server: Server,
    name: String,
    /// How many copies were kept.
    kept: AtomicU32,
}

impl Database {
    /// On the shared server.
    ///
    /// # Errors
    /// Names the command that starts it.
    pub fn create() -> io::Result<Self> {
        Self::on(super::shared()?)
    }

    /// On a server of one's own.
    ///
    /// # Errors
    /// The server's words.
    pub fn on(server: Server) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        server.sql("postgres", &format!("drop database if exists {name} with (force)"))?;
        server.sql("postgres", &format!("create database {name} template template0"))?;
        Ok(Self {
            server,
            name,
            kept: AtomicU32::new(0),
        })
    }

    /// Another one with the same in it. Whoever is connected to this one loses the connection.
    ///
    /// # Errors
    /// The server's words.
    pub fn twin(&self) -> io::Result<Self> {
        let twin = Self::on(self.server.clone())?;
        self.copy(&self.name, &twin.name)?;
        Ok(twin)
    }

    /// How it is reached.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// The same with a host and parameters of one's choice.
    #[must_use]
    pub fn url_with(&self, host: &str, parameters: &str) -> String {
        self.server.url_with(host, &self.name, parameters)
    }

    /// Its server.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL as the superuser; its answer as text, a line for a row.
    ///
    /// # Errors
    /// The server's words.
    pub fn sql(&self, sql: &str) -> io::Result<String> {
        self.server.sql(&self.name, sql)
    }

    /// How often a second `clients` of PostgreSQL's own `pgbench` get a statement done and committed.
    ///
    /// # Errors
    /// The tool's words.
    pub fn load(&self, sql: &str, clients: usize, time: Duration) -> io::Result<f64> {
        let script = self.server.data().join("load.sql");
        fs::write(&script, sql)?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o644))?;
        let output = self
            .server
            .client("pgbench")?
            .args(["--no-vacuum", "--jobs=1", "--client", &clients.to_string()])
            .args(["--time", &time.as_secs().to_string(), "--file"])
            .arg(script)
            .arg(&self.name)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let rate = text.lines().find_map(|it| it.strip_prefix("tps = "));
        let rate = rate.and_then(|it| it.split(' ').next()?.parse().ok());
        rate.ok_or_else(|| io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// Keeps a copy as it is now, to be put back by [`put_back`](Self::put_back). Whoever is connected loses the
    /// connection.
    ///
    /// # Errors
    /// The server's words.
    pub fn keep(&self) -> io::Result<Kept> {
        let kept = Kept(self.kept.fetch_add(1, Ordering::Relaxed));
        self.copy(&self.name, &self.kept_name(kept))?;
        Ok(kept)
    }

    /// Puts a kept copy in the place of the database.
    ///
    /// # Errors
    /// The server's words.
    pub fn put_back(&self, kept: Kept) -> io::Result<()> {
        self.copy(&self.kept_name(kept), &self.name)
    }

    fn kept_name(&self, Kept(number): Kept) -> String {
        format!("{}_kept_{number}", self.name)
    }

    fn copy(&self, from: &str, to: &str) -> io::Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.try_copy(from, to) {
                // It waits five seconds for connections to end, which a busy machine may not do it in.
                Err(error) if error.to_string().contains("accessed by other users") && Instant::now() < until => {}
                result => return result,
            }
        }
    }

    fn try_copy(&self, from: &str, to: &str) -> io::Result<()> {
        let closed = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{from}'");
        self.server.sql("postgres", &closed)?;
        self.server
            .sql("postgres", &format!("drop database if exists {to} with (force)"))?;
        self.server
            .sql("postgres", &format!("create database {to} template {from}"))?;
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let kept = (0..self.kept.load(Ordering::Relaxed)).map(|it| self.kept_name(Kept(it)));
        for name in std::iter::once(self.name.clone()).chain(kept) {
            let _ = self
                .server
                .sql("postgres", &format!("drop database if exists {name} with (force)"));
        }
    }
}

/// A copy of a [`Database`] as it was.
#[derive(Clone, Copy, Debug)]
pub struct Kept(u32);
