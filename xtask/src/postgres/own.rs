//! A server of a test's own, which may kill it; it ends with the test, and nothing of it stays.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use super::{LOG, Server, run};

/// How long what is left of a killed server may take to notice.
const PATIENCE: Duration = Duration::from_secs(30);

/// Such a server.
pub struct OwnServer {
    directory: PathBuf,
    server: Server,
}

/// What is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// All of its processes end at once, without writing anything.
    Immediate,
    /// `kill -9` of the process that owns the others: they end when they notice.
    Owner,
    /// `kill -9` of the process that answers a connection: the others end too, and it comes back by itself.
    Connection,
}

impl Crash {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Immediate, Self::Owner, Self::Connection];
}

impl OwnServer {
    /// With these settings, in a directory of its own.
    ///
    /// # Errors
    /// When it cannot be installed, made or started.
    pub fn start(settings: &[&str]) -> io::Result<Self> {
        let directory = new_directory();
        // Small pieces of the log, so that it goes from one to the next.
        let server = Server::start_with(&directory, settings, &["--wal-segsize=1"])?;
        Ok(Self { directory, server })
    }

    /// One that goes on with the data of another, as `fill` puts them into a directory.
    ///
    /// # Errors
    /// When it does not start: its own words are in the error.
    pub fn over(other: &Server, settings: &[&str], fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<Self> {
        let directory = new_directory();
        let server = Server::at(&directory, other.password.clone())?;
        let own = Self { directory, server };
        fill(&own.data())?;
        own.configure(settings)?;
        own.give_to_server()?;
        own.resume().map_err(|error| {
            let log = fs::read_to_string(own.data().join(LOG)).unwrap_or_default();
            io::Error::other(format!("{error}: {log}"))
        })?;
        Ok(own)
    }

    /// Crashes it, and has it come back.
    ///
    /// # Errors
    /// When it does not.
    pub fn crash_and_resume(&self, crash: Crash) -> io::Result<()> {
        let until = Instant::now() + PATIENCE;
        match crash {
            Crash::Immediate => self.server.crash()?,
            Crash::Owner => kill(&self.owner()?)?,
            Crash::Connection => return self.kill_connection(until),
        }
        loop {
            match self.server.resume() {
                Err(_) if Instant::now() < until => thread::sleep(Duration::from_millis(50)),
                result => return result,
            }
        }
    }

    fn kill_connection(&self, until: Instant) -> io::Result<()> {
        let one = "select pid from pg_stat_activity where application_name = 'distri' limit 1";
        let process = self.server.sql("postgres", one)?;
        let process = process.trim();
        // One that has ended in the meantime needs no kill.
        if process.is_empty() || kill(process).is_err() {
            return Ok(());
        }
        // It stays in the list until all of them have ended.
        let is_there = format!("select count(*) from pg_stat_activity where pid = {process}");
        loop {
            match self.server.sql("postgres", &is_there) {
                Ok(count) if count.trim() == "0" => return Ok(()),
                _ if Instant::now() < until => thread::sleep(Duration::from_millis(20)),
                Ok(_) => return Err(io::Error::other("it did not notice that a process was killed")),
                Err(error) => return Err(error),
            }
        }
    }

    fn owner(&self) -> io::Result<String> {
        let file = fs::read_to_string(self.server.data().join("postmaster.pid"))?;
        let owner = file.lines().next();
        owner
            .map(str::to_owned)
            .ok_or_else(|| io::Error::other("it is not running"))
    }
}

impl Deref for OwnServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _ = self.server.crash();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn new_directory() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let directory = env::temp_dir().join(format!("distri-postgres-{}-{number}", std::process::id()));
    // An earlier process of this number may have been killed before it could remove its own.
    let _ = fs::remove_dir_all(&directory);
    directory
}

fn kill(process: &str) -> io::Result<()> {
    run(Command::new("kill").args(["-9", process]))
}
