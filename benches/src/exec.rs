//! `distri exec` beside the bare command, `sops exec-env` and dotenvx; isolated beside `unshare` of util-linux.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::measure::{Effort, Row, Times, Whole};
use crate::peers;

const TRUE: &str = "/bin/true";
/// The same namespaces, with nothing hidden and no system call refused.
const UNSHARE: [&str; 10] = [
    "unshare",
    "--net",
    "--mount",
    "--ipc",
    "--uts",
    "--pid",
    "--fork",
    "--mount-proc",
    "--map-root-user",
    TRUE,
];

pub(crate) fn rows(effort: Effort) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for secrets in [10, 500] {
        let place = tempfile::tempdir().map_err(|error| error.to_string())?;
        rows.extend(measure(effort, secrets, place.path())?);
    }
    Ok(rows)
}

fn measure(effort: Effort, secrets: usize, place: &Path) -> Result<Vec<Row>, String> {
    let dotenv = place.join("plain.env");
    let lines: Vec<String> = (0..secrets)
        .map(|index| format!("BENCH_KEY_{index}={}\n", sample(index)))
        .collect();
    std::fs::write(&dotenv, lines.concat()).map_err(|error| error.to_string())?;
    let distri = distri()?;
    let home = [("DISTRI_HOME", place.join("home").display().to_string())];
    let import = Command::new(&distri)
        .args(["secrets", "import"])
        .arg(&dotenv)
        .envs(home.iter().cloned())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !import.is_ok_and(|it| it.success()) {
        return Err("`distri secrets import` failed".to_owned());
    }
    let distri = distri.display().to_string();
    let bare = Whole {
        words: vec![TRUE],
        variables: Vec::new(),
    };
    let ours = Whole {
        words: vec![&distri, "exec", "--", TRUE],
        variables: home.to_vec(),
    };
    let isolated = Whole {
        words: vec![&distri, "exec", "--isolate", "--", TRUE],
        variables: home.to_vec(),
    };
    let unshared = Whole {
        words: UNSHARE.to_vec(),
        variables: Vec::new(),
    };
    let times = Times::of_commands(effort.rounds(), &[bare, ours, isolated, unshared])?;
    let over = |one: usize, other: usize| {
        let over = times[one].median().saturating_sub(times[other].median());
        format!("+{:.2} ms", over.as_secs_f64() * 1e3)
    };
    let mut rows = vec![
        Row::time(format!("bare ({secrets} secrets below)"), &times[0]),
        Row::time(format!("distri exec, {secrets} secrets"), &times[1]),
        Row::figure("over bare", over(1, 0)),
        Row::time(format!("distri exec --isolate, {secrets} secrets"), &times[2]),
        Row::figure("over distri exec", over(2, 1)),
        Row::time("unshare of the same namespaces, without secrets", &times[3]),
        Row::figure("over bare", over(3, 0)),
    ];
    for peer in peers::INJECTORS {
        let rounds = peer.rounds(effort, secrets);
        if rounds == 0 {
            continue;
        }
        let name = format!("{}, {secrets} secrets", peer.name);
        rows.push(match peer.prepare(place, &dotenv).and_then(|it| it.times(rounds)) {
            Ok(times) => Row::time(name, &times),
            Err(reason) => Row::figure(name, format!("not measured: {reason}")),
        });
    }
    Ok(rows)
}

/// A value of 64 characters that differs for each index.
fn sample(index: usize) -> String {
    data_encoding::HEXLOWER.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &index.to_be_bytes()).as_ref())
}

/// The release binary beside this one.
pub(crate) fn distri() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let path = this.with_file_name("distri");
    if path.exists() {
        Ok(path)
    } else {
        Err(format!(
            "there is no `{}`; `cargo xtask bench` builds it",
            path.display()
        ))
    }
}
