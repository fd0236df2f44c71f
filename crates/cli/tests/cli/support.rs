//! A home of its own for each story, and the real binary in it.
#![allow(dead_code, reason = "each story uses its part")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

#[path = "server.rs"]
pub(crate) mod server;

use server::Server;

/// A throw-away home and working directory.
pub(crate) struct Home {
    // Before the directory: it ends first.
    server: Option<OnceLock<Server>>,
    directory: tempfile::TempDir,
    /// Variables that every command gets besides.
    pub(crate) variables: Vec<(String, String)>,
}

/// Whether the stories of this test program run on servers.
const ON_A_SERVER: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"on_a_server");

/// For a story of the embedded store alone: whether it is not to be told here. The reason is for whoever reads it.
pub(crate) fn is_on_a_server(_reason: &str) -> bool {
    ON_A_SERVER
}

/// What a command did.
pub(crate) struct Done {
    /// The exit code, or 128 and the signal.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: Vec<u8>,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Home {
    /// A new one; nothing is set up in it. Its commands use the embedded store, unless this program's stories run on
    /// servers.
    pub(crate) fn new() -> Self {
        match ON_A_SERVER {
            true => Self::on_a_server(),
            false => Self::of_this_machine(),
        }
    }

    /// One whose commands use the embedded store.
    pub(crate) fn of_this_machine() -> Self {
        Self::using(None)
    }

    /// One whose commands use a server, which has this home; they have another home, in which no store ever is.
    pub(crate) fn on_a_server() -> Self {
        Self::using(Some(OnceLock::new()))
    }

    /// One below `place`, whose commands use the embedded store.
    pub(crate) fn at(place: &Path) -> Self {
        Self::within(tempfile::tempdir_in(place).unwrap(), None)
    }

    fn using(server: Option<OnceLock<Server>>) -> Self {
        Self::within(tempfile::tempdir().unwrap(), server)
    }

    fn within(directory: tempfile::TempDir, server: Option<OnceLock<Server>>) -> Self {
        std::fs::create_dir(directory.path().join("work")).unwrap();
        Self {
            server,
            directory,
            variables: Vec::new(),
        }
    }

    /// The server of a home that has one.
    pub(crate) fn server(&self) -> Option<&Server> {
        let server = self.server.as_ref()?;
        Some(server.get_or_init(|| Server::start(self)))
    }

    /// What `DISTRI_HOME` is.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    /// Where commands run.
    pub(crate) fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path().join("data/distri.db")
    }

    /// The root key's file.
    pub(crate) fn root_key(&self) -> PathBuf {
        self.path().join("config/root.key")
    }

    /// Opens the database as somebody who tampers with it would.
    pub(crate) fn tamper(&self, sql: &str) {
        let database = rusqlite::Connection::open(self.database()).unwrap();
        database.execute_batch(sql).unwrap();
    }

    /// Writes a file below the working directory.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The binary with nothing of the tester's environment.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = self.local(args);
        if let Some(server) = self.server() {
            command
                .env("DISTRI_HOME", self.directory.path().join("client"))
                .env("DISTRI_BASE_URL", server.base_url())
                .env("DISTRI_API_KEY", server.token());
        }
        command
    }

    /// The same for the store in this home itself.
    pub(crate) fn local<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_distri"));
        command.args(args).current_dir(self.work()).env_clear();
        command
            .env("DISTRI_HOME", self.path())
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "dumb")
            .env("LANG", "C.UTF-8")
            .envs(self.variables.iter().map(|it| (&it.0, &it.1)));
        command
    }

    /// Runs `distri ARGS` with empty standard input.
    pub(crate) fn distri<S: AsRef<OsStr>>(&self, args: &[S]) -> Done {
        finish(self.command(args).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs `distri ARGS` with `input` on standard input.
    pub(crate) fn pipe<S: AsRef<OsStr>>(&self, args: &[S], input: impl AsRef<[u8]>) -> Done {
        feed(self.command(args), input.as_ref())
    }

    /// Sets a value through standard input.
    pub(crate) fn set(&self, key: &str, value: impl AsRef<[u8]>) {
        self.pipe(&["secrets", "set", key, "--raw"], value).ok();
    }

    /// The value that `get --reveal` prints.
    pub(crate) fn reveal(&self, key: &str) -> Vec<u8> {
        self.distri(&["secrets", "get", key, "--reveal"]).ok().stdout
    }

    /// Every file below the home.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        files_below(&self.path())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let stray = self.directory.path().join("client/data");
        if self.server.is_some() && !std::thread::panicking() {
            assert!(!stray.exists(), "a command made a store of its own beside the server");
        }
    }
}

impl Done {
    /// The same, when it exited with 0.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    /// The same, when it exited with `code`.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out(), self.stderr);
        self
    }

    /// The same, when standard error has `text`.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in: {}", self.stderr);
        self
    }

    /// Standard output as text.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.out()))
    }
}

/// Feeds a command and waits for it.
pub(crate) fn feed(mut command: Command, input: &[u8]) -> Done {
    let mut child: Child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // Beside the reading, because the command may write before it has read all. One that refuses its arguments does
    // not read: then the pipe is closed.
    let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let done = finish(child.wait_with_output().unwrap());
    writing.join().unwrap();
    done
}

/// What a finished command did.
pub(crate) fn finish(output: Output) -> Done {
    use std::os::unix::process::ExitStatusExt;
    let code = output
        .status
        .code()
        .unwrap_or_else(|| 128 + output.status.signal().unwrap());
    Done {
        code,
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Every file below a directory.
pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// The processes that `parent` started, and theirs. One that ends meanwhile has none.
pub(crate) fn descendants(parent: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten();
    let children = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    let children: Vec<u32> = children
        .flat_map(|it| it.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<_>>())
        .collect();
    children
        .iter()
        .flat_map(|child| std::iter::once(*child).chain(descendants(*child)))
        .collect()
}

/// `value`, its hexadecimal, and its base64 at the three alignments.
pub(crate) fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![value.to_vec()];
    forms.push(data_encoding::HEXLOWER.encode(value).into_bytes());
    forms.push(data_encoding::HEXUPPER.encode(value).into_bytes());
    for skip in 0..3.min(value.len()) {
        // Whole groups only: what stands beside the value does not change them.
        let whole = &value[skip..skip + (value.len() - skip) / 3 * 3];
        forms.push(data_encoding::BASE64.encode(whole).into_bytes());
        forms.push(data_encoding::BASE64URL.encode(whole).into_bytes());
    }
    forms.retain(|it| it.len() >= 8);
    forms
}

/// Whether `haystack` has `value`, its hexadecimal or its base64 at any of the three alignments.
pub(crate) fn has_trace(haystack: &[u8], value: &[u8]) -> bool {
    forms(value)
        .iter()
        .any(|form| haystack.windows(form.len()).any(|it| it == &form[..]))
}
