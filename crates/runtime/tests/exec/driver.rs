//! The process that calls `exec` for a test: this binary, started again with one test and its specification.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use distri_redact::Redactor;
use distri_runtime::exec::{ExecSpec, exec};
use distri_runtime::isolation::{HelperCommand, Isolation};
use distri_runtime::lookout::Lookout;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::{Value, json};

const VARIABLE: &str = "EXEC_DRIVER";
/// Set while the whole suite runs isolated.
pub(crate) const ISOLATED: &str = "EXEC_ISOLATED";
/// Printed before `exec`, after whatever the test harness says.
const MARK: &[u8] = b"\x02driver\n";

/// The secret that stories use.
pub(crate) const SECRET: &str = "Zm-9correct/horse+battery?staple";

/// A specification, with one secret `TOKEN`.
pub(crate) struct Story(Value);

pub(crate) fn story(argv: &[&str]) -> Story {
    let isolated = std::env::var_os(ISOLATED).is_some();
    Story(json!({ "argv": argv, "secrets": { "TOKEN": SECRET }, "clear": false, "isolated": isolated }))
}

/// A story of a shell script.
pub(crate) fn script(text: &str) -> Story {
    story(&["sh", "-c", text])
}

/// A story of a Python script.
pub(crate) fn python(text: &str) -> Story {
    story(&["python3", "-u", "-c", text])
}

impl Story {
    pub(crate) fn clear_env(mut self) -> Self {
        self.0["clear"] = json!(true);
        self
    }

    pub(crate) fn no_secrets(mut self) -> Self {
        self.0["secrets"] = json!({});
        self
    }

    /// In a place of its own, with these paths hidden.
    pub(crate) fn isolated(mut self, hide: &[&std::path::Path]) -> Self {
        self.0["isolated"] = json!(true);
        self.0["hide"] = json!(hide);
        self
    }

    /// With `PORT` in its environment, on which a listener of that place sends everything back.
    pub(crate) fn with_echo(mut self) -> Self {
        self.0["echo"] = json!(true);
        self
    }

    /// The command that acts the story.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["driver::acts", "--exact", "--nocapture", "--test-threads=1"]);
        command.env(VARIABLE, self.0.to_string());
        command
    }

    /// Runs it with pipes, and nothing on stdin.
    pub(crate) fn output(&self) -> Output {
        self.output_with(b"")
    }

    /// Runs it with pipes and this on stdin.
    pub(crate) fn output_with(&self, input: &[u8]) -> Output {
        let mut child = self.spawn();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let mut output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output.stdout = after_mark(&output.stdout).to_vec();
        output
    }

    /// Starts it with pipes.
    pub(crate) fn spawn(&self) -> Child {
        self.command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

/// What the child itself printed.
pub(crate) fn after_mark(output: &[u8]) -> &[u8] {
    let at = output.windows(MARK.len()).position(|window| window == MARK);
    &output[at.expect("the driver ran") + MARK.len()..]
}

/// Reads until `text` has come, and returns all of it. A text that never comes fails the test instead of hanging it.
pub(crate) fn read_until(from: &mut (impl std::io::Read + AsFd), text: &str) -> String {
    const PATIENCE: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };
    let mut seen = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&seen).contains(text) {
        let ready = poll(&mut [PollFd::new(from, PollFlags::IN)], Some(&PATIENCE)).unwrap();
        assert!(
            ready > 0,
            "nothing more before {text:?}: {}",
            String::from_utf8_lossy(&seen)
        );
        match from.read(&mut byte) {
            Ok(1) => seen.push(byte[0]),
            ended => panic!("{ended:?} before {text:?}: {}", String::from_utf8_lossy(&seen)),
        }
    }
    String::from_utf8(seen).unwrap()
}

/// Reads to the end; a pseudo-terminal ends with an error.
pub(crate) fn read_rest(from: &mut impl std::io::Read) -> String {
    let mut seen = Vec::new();
    let _ = from.by_ref().read_to_end(&mut seen);
    String::from_utf8_lossy(&seen).into_owned()
}

fn isolate(hide: &Value) -> Isolation {
    let hide: Option<Vec<std::path::PathBuf>> = serde_json::from_value(hide.clone()).unwrap();
    let helper = HelperCommand {
        program: env!("CARGO_BIN_EXE_distri-tool-host-child").into(),
        args: vec!["__isolate".into()],
    };
    Isolation::start(&hide.unwrap_or_default(), &helper).unwrap()
}

#[test]
fn acts() {
    let Ok(text) = std::env::var(VARIABLE) else { return };
    let story: Value = serde_json::from_str(&text).unwrap();
    let mut argv = story["argv"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap().into());
    let mut secrets: BTreeMap<String, String> = serde_json::from_value(story["secrets"].clone()).unwrap();
    let redactor = secrets
        .iter()
        .fold(Redactor::builder(), |builder, (k, v)| builder.secret(k, v.as_bytes()));
    let mut isolation = story["isolated"].as_bool().unwrap().then(|| isolate(&story["hide"]));
    if story["echo"] == true {
        let listener = isolation.as_mut().unwrap().take_listener().unwrap();
        secrets.insert("PORT".into(), listener.local_addr().unwrap().port().to_string());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                std::io::copy(&mut &stream, &mut &stream).unwrap();
            }
        });
    }
    let spec = ExecSpec {
        program: argv.next().unwrap(),
        args: argv.collect(),
        secrets: secrets.iter().map(|(k, v)| (k.as_str(), v.as_bytes())).collect(),
        lookout: Arc::new(Lookout::hiding(redactor.build())),
        variables: vec![],
        clear_env: story["clear"].as_bool().unwrap(),
        remove: vec![VARIABLE.into()],
        isolation,
    };
    std::io::stdout().write_all(MARK).unwrap();
    let code = match exec(spec) {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            let mut stderr = std::io::stderr();
            writeln!(stderr, "error: {error}").unwrap();
            error.exit_code().unwrap_or(1)
        }
    };
    std::process::exit(code);
}
