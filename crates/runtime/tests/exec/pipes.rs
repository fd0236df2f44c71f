//! Output that is not a terminal: redaction, status, environment, ends.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use distri_redact::Redactor;
use distri_runtime::exec::{ExecError, ExecSpec, exec};
use distri_runtime::lookout::Lookout;

use crate::driver::{SECRET, after_mark, python, read_until, script, story};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn values_are_redacted_in_both_streams_and_the_status_is_passed_on() {
    let output = script(r#"echo "out $TOKEN end"; echo "err $TOKEN end" >&2; exit 7"#).output();
    assert_eq!(text(&output.stdout), "out [redacted:TOKEN] end\n");
    assert_eq!(text(&output.stderr), "err [redacted:TOKEN] end\n");
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn encoded_values_are_redacted() {
    let output = python(
        "import os,base64;t=os.environb[b'TOKEN'];print(base64.b64encode(t).decode());print(t.hex());print(t.hex().upper())",
    )
    .output();
    let shown = text(&output.stdout);
    assert_eq!(shown.matches("[redacted:TOKEN]").count(), 3, "{shown}");
}

#[test]
fn a_value_split_across_writes_is_redacted() {
    let output = python(
        "import os,time
t=os.environb[b'TOKEN']
for fd in (1,2):
  os.write(fd,b'<')
  for i in range(len(t)): os.write(fd,t[i:i+1]); time.sleep(0.002)
  os.write(fd,b'>')",
    )
    .output();
    assert_eq!(text(&output.stdout), "<[redacted:TOKEN]>");
    assert_eq!(text(&output.stderr), "<[redacted:TOKEN]>");
}

#[test]
fn the_beginning_of_a_value_at_the_end_of_output_is_shown() {
    let output = script(&format!("printf '{}'", &SECRET[..9])).output();
    assert_eq!(text(&output.stdout), SECRET[..9]);
}

#[test]
fn without_secrets_everything_passes_untouched() {
    let output = script("echo plain; echo err >&2; exit 3").no_secrets().output();
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        ("plain\n".into(), "err\n".into())
    );
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn the_child_gets_secrets_and_nothing_of_ours() {
    let story = script(r#"env | grep -c '^DISTRI_'; test "$TOKEN" = "$EXPECTED" && echo same; echo "[$EXEC_DRIVER]""#);
    let mut command = story.command();
    command
        .env("DISTRI_PASSPHRASE", "open sesame")
        .env("EXPECTED", SECRET)
        .env("TOKEN", "inherited");
    let output = command.output().unwrap();
    assert_eq!(text(after_mark(&output.stdout)), "0\nsame\n[]\n");
}

#[test]
fn a_cleared_environment_has_only_the_secrets() {
    let output = story(&["env"]).clear_env().output();
    assert_eq!(text(&output.stdout), "TOKEN=[redacted:TOKEN]\n");
}

#[test]
fn a_child_killed_by_a_signal_reports_128_and_its_number() {
    assert_eq!(script("kill -TERM $$").output().status.code(), Some(128 + 15));
    assert_eq!(script("kill -KILL $$").output().status.code(), Some(128 + 9));
}

#[test]
fn programs_that_cannot_run_have_the_shells_status() {
    let output = story(&["no-such-program"]).output();
    assert_eq!(output.status.code(), Some(127));
    assert_eq!(text(&output.stderr), "error: command not found: `no-such-program`\n");
    let output = story(&["/etc/passwd"]).output();
    assert_eq!(output.status.code(), Some(126));
    assert!(text(&output.stderr).contains("`/etc/passwd`"));
    assert_eq!(story(&["/etc"]).output().status.code(), Some(126));
}

#[test]
fn scripts_without_an_interpreter_line_run_and_missing_interpreters_are_told() {
    let folder = tempfile::tempdir().unwrap();
    // Another process writes it: what this one has open, a test beside may be handing on to a process that it starts, and
    // nobody can run a file that somebody writes.
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        let script = r#"printf %s "$1" > "$0" && chmod 755 "$0""#;
        let written = Command::new("sh").args(["-c", script]).arg(&path).arg(text).status();
        assert!(written.unwrap().success());
        path.to_str().unwrap().to_owned()
    };
    let output = story(&[&write("bare", "echo \"ran $1 $TOKEN\"\n"), "with"]).output();
    assert_eq!(
        text(&output.stdout),
        "ran with [redacted:TOKEN]\n",
        "{}",
        text(&output.stderr)
    );
    let output = story(&[&write("lost", "#!/no/such/interpreter\n")]).output();
    assert_eq!(output.status.code(), Some(126));
}

fn try_exec(secrets: Vec<(&str, &[u8])>) -> ExecError {
    let lookout = Arc::new(Lookout::hiding(Redactor::none()));
    exec(ExecSpec {
        program: "true".into(),
        args: vec![],
        secrets,
        lookout,
        variables: vec![],
        clear_env: false,
        remove: vec![],
        isolation: None,
    })
    .unwrap_err()
}

#[test]
fn values_that_no_variable_can_hold_are_named() {
    assert_eq!(
        try_exec(vec![("CERT", b"\x30\x82\0\x01")]).to_string(),
        "`CERT` cannot be an environment variable: its value contains a zero byte"
    );
    let huge = vec![b'x'; 3 << 20];
    let error = try_exec(vec![("SMALL", b"v"), ("HUGE", &huge)]);
    assert!(
        matches!(&error, ExecError::ValueTooLarge { key, bytes } if key == "HUGE" && *bytes == 3 << 20),
        "{error}"
    );
    let part = vec![b'x'; 120_000];
    let names: Vec<String> = (0..80).map(|n| format!("PART_{n}")).collect();
    let error = try_exec(names.iter().map(|name| (name.as_str(), part.as_slice())).collect());
    assert!(matches!(error, ExecError::EnvironmentTooLarge { .. }), "{error}");
}

#[test]
fn stdin_passes_through_byte_for_byte() {
    let input: Vec<u8> = (0..1 << 20)
        .map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let output = story(&["cat"]).output_with(&input);
    assert!(output.stdout == input, "{} bytes came back", output.stdout.len());
}

#[test]
fn a_process_left_behind_does_not_hold_us() {
    let output = script("sleep 60 & echo done").output();
    assert_eq!(text(&output.stdout), "done\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_the_child_left_in_the_pipe_survives_its_end_and_a_slow_reader() {
    let story = script("head -c 60000 /dev/zero; sleep 60 &");
    let mut child = story.spawn();
    let status = child.wait_timeout();
    let mut all = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut all).unwrap();
    assert_eq!(after_mark(&all).len(), 60_000, "{status:?}");
}

/// Waits only if the child can end: its output fits into the pipe.
trait WaitFirst {
    fn wait_timeout(&mut self) -> std::process::ExitStatus;
}

impl WaitFirst for std::process::Child {
    fn wait_timeout(&mut self) -> std::process::ExitStatus {
        self.wait().unwrap()
    }
}

#[test]
fn stdout_and_stderr_in_one_file_keep_their_order() {
    let (mut read, write) = std::io::pipe().unwrap();
    let lines: String = (0..50).map(|n| format!("echo o{n}; echo e{n} >&2; ")).collect();
    let mut child = script(&lines)
        .command()
        .stdout(write.try_clone().unwrap())
        .stderr(write)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut all = Vec::new();
    read.read_to_end(&mut all).unwrap();
    child.wait().unwrap();
    let expected: String = (0..50).map(|n| format!("o{n}\ne{n}\n")).collect();
    assert_eq!(text(after_mark(&all)), expected);
}

#[test]
fn a_reader_that_goes_away_ends_the_writer() {
    let mut child = story(&["yes"]).spawn();
    read_until(child.stdout.as_mut().unwrap(), "y\ny\ny\n");
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(128 + 13), "yes got SIGPIPE");
}

#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    // The harness prints to stdout too, so the story's stderr goes to the full device.
    let output = script("echo lost >&2").command().stderr(full).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(101),
        "exec failed, and then the driver could not say so"
    );
}

#[test]
fn bulk_output_takes_bounded_memory() {
    let mut child = story(&["head", "-c", "200000000", "/dev/zero"]).spawn();
    let mut stdout = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 16];
    let (mut total, mut peak) = (0, 0);
    loop {
        let count = stdout.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        if total / 20_000_000 != (total + count) / 20_000_000 {
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
            // Once it has ended, and its last bytes are still in the pipe, it has no memory.
            if let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
                let kib: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
                peak = peak.max(kib);
            }
        }
        total += count;
    }
    assert!(total >= 200_000_000, "{total}");
    assert!((1..64 * 1024).contains(&peak), "{peak} KiB");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
