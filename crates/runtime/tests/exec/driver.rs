//! The process that calls `exec` for a test: this binary, started again with one test and its specification.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use distri_redact::Redactor;
use distri_runtime::exec::{ExecSpec, exec};
use distri_runtime::lookout::Lookout;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::{Value, json};

const VARIABLE: &str = "EXEC_DRIVER";
/// Printed before `exec`, after whatever the test harness says.
const MARK: &[u8] = b"\x02driver\n";

/// The secret that stories use.
pub(crate) const SECRET: &str = "Zm-9correct/horse+battery?staple";

/// A specification, with one secret `TOKEN`.
pub(crate) struct Story(Value);

pub(crate) fn story(argv: &[&str]) -> Story {
    Story(json!({ "argv": argv, "secrets": { "TOKEN": SECRET }, "clear": false }))
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

#[test]
fn acts() {
    let Ok(text) = std::env::var(VARIABLE) else { return };
    let story: Value = serde_json::from_str(&text).unwrap();
    let mut argv = story["argv"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap().into());
    let secrets: BTreeMap<String, String> = serde_json::from_value(story["secrets"].clone()).unwrap();
    let redactor = secrets
        .iter()
        .fold(Redactor::builder(), |builder, (k, v)| builder.secret(k, v.as_bytes()));
    let spec = ExecSpec {
        program: argv.next().unwrap(),
        args: argv.collect(),
        secrets: secrets.iter().map(|(k, v)| (k.as_str(), v.as_bytes())).collect(),
        lookout: Arc::new(Lookout::hiding(redactor.build())),
        variables: vec![],
        clear_env: story["clear"].as_bool().unwrap(),
        remove: vec![VARIABLE.into()],
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
