//! This very binary, run as a command in the throw-away home.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use distri_core::SecretValue;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use crate::exit::Exit;
use crate::failure::Failure;

use super::place::Place;

/// The binary, its home and where it runs.
pub(super) struct Distri {
    home: PathBuf,
    project: PathBuf,
}

/// What a command said and how it ended.
pub(super) struct Said {
    /// Its exit code; none when a signal ended it.
    pub(super) code: Option<i32>,
    /// Standard output.
    pub(super) stdout: Vec<u8>,
    /// Standard error.
    pub(super) stderr: Vec<u8>,
}

/// A command that goes on. Dropping it ends it and waits for its end, so that nothing is written any more.
pub(super) struct Running {
    child: Child,
    ended: bool,
}

/// Far more than any of them takes; each has shorter limits of its own.
const PATIENCE: Duration = Duration::from_secs(60);

impl Distri {
    pub(super) fn new(place: &Place) -> Self {
        Self {
            home: place.home(),
            project: place.project(),
        }
    }

    /// Starts `distri WORDS` with an environment in which nothing of the person's own installation is named.
    pub(super) fn start(&self, words: &[String]) -> Result<Running, Failure> {
        let child = Command::new("/proc/self/exe")
            .arg0("distri")
            .args(words)
            .current_dir(&self.project)
            .env_clear()
            .env("DISTRI_HOME", &self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let child = child.map_err(|error| Failure::new(Exit::Failed, "cannot start `distri`").cause(error))?;
        Ok(Running { child, ended: false })
    }
}

impl Running {
    /// Gives it `input`, waits for its end, and says what it said.
    pub(super) async fn finish(mut self, input: Option<&SecretValue>) -> Result<Said, Failure> {
        let input = feed(self.child.stdin.take(), input);
        let (stdout, stderr) = (drain(self.child.stdout.take()), drain(self.child.stderr.take()));
        let talk = async {
            let ((), stdout, stderr) = tokio::try_join!(input, stdout, stderr)?;
            let code = self.child.wait().await?.code();
            io::Result::Ok(Said { code, stdout, stderr })
        };
        let said = timeout(PATIENCE, talk).await;
        let said = said.map_err(|_| Failure::new(Exit::Failed, "a command of the demo does not end"))??;
        self.ended = true;
        Ok(said)
    }
}

async fn feed(stdin: Option<ChildStdin>, input: Option<&SecretValue>) -> io::Result<()> {
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        // One that ends without reading says why on its standard error.
        let _ = stdin.write_all(input.expose_secret()).await;
    }
    Ok(())
}

async fn drain(from: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        from.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let _ = self.child.start_kill();
        // The signal cannot be blocked, so this is over in about a millisecond; the bound is for a kernel in trouble.
        for _ in 0..1000 {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(1)),
                _ => return,
            }
        }
    }
}

impl Said {
    /// The same, when it did what it was to do.
    pub(super) fn ok(self, command: &str) -> Result<Self, Failure> {
        if self.code == Some(0) {
            return Ok(self);
        }
        let said = self.text();
        let said = said.trim_end().trim_start_matches("error: ").to_owned();
        Err(Failure::new(Exit::Failed, format!("`distri {command}` failed")).cause(said))
    }

    /// Both streams as text: what was said to the person, then the output.
    pub(super) fn text(&self) -> String {
        let [stderr, stdout] = [&self.stderr, &self.stdout].map(|it| String::from_utf8_lossy(it));
        format!("{stderr}{stdout}")
    }
}

/// What to type for this binary: its name where that is enough, else its path.
pub(super) fn name_to_type() -> String {
    let Ok(this) = std::env::current_exe() else {
        return "distri".to_owned();
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find_map(|it| it.join("distri").canonicalize().ok());
    if found.as_ref() == Some(&this) {
        return "distri".to_owned();
    }
    let here = std::env::current_dir().unwrap_or_default();
    this.strip_prefix(here).unwrap_or(&this).display().to_string()
}
