//! The child's environment: what is inherited, what is withheld, and what fits into a variable.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use zeroize::Zeroizing;

use super::{ExecError, ExecSpec};

/// Refuses what the kernel would silently cut or the C library misread.
pub(super) fn check(spec: &ExecSpec<'_>) -> Result<(), ExecError> {
    for (key, value) in &spec.secrets {
        if key.is_empty() || key.bytes().any(|byte| matches!(byte, b'=' | 0)) {
            return Err(ExecError::Name { key: (*key).to_owned() });
        }
        if value.contains(&0) {
            return Err(ExecError::ZeroByte { key: (*key).to_owned() });
        }
    }
    Ok(())
}

/// Gives the command its environment.
pub(super) fn apply(spec: &ExecSpec<'_>, command: &mut Command) {
    if spec.clear_env {
        command.env_clear();
    } else {
        let inherited = std::env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|name| is_withheld(spec, name)) {
            command.env_remove(name);
        }
    }
    command.envs(spec.secrets.iter().map(|(key, value)| (key, OsStr::from_bytes(value))));
    command.envs(spec.variables.iter().map(|(name, value)| (name, value)));
}

/// The same environment as the kernel has it: `NAME=value`, each with a zero byte at its end.
pub(super) fn whole(spec: &ExecSpec<'_>) -> Zeroizing<Vec<u8>> {
    let is_variable = |name: &OsStr| spec.variables.iter().any(|(ours, _)| name == *ours);
    let is_secret = |name: &OsStr| spec.secrets.iter().any(|(key, _)| name == *key);
    let inherited: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| !spec.clear_env && !is_withheld(spec, name) && !is_secret(name) && !is_variable(name))
        .collect();
    let inherited = inherited
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let secrets = spec.secrets.iter().filter(|(key, _)| !is_variable(OsStr::new(key)));
    let secrets = secrets.map(|(key, value)| (key.as_bytes(), *value));
    let variables = spec.variables.iter();
    let variables = variables.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    // One exact allocation: growing would leave copies of values behind.
    let all = inherited.chain(secrets).chain(variables);
    let size = all.clone().map(|(name, value)| name.len() + value.len() + 2).sum();
    let mut whole = Zeroizing::new(Vec::with_capacity(size));
    for (name, value) in all {
        for part in [name, b"=", value, b"\0"] {
            whole.extend_from_slice(part);
        }
    }
    whole
}

/// Whether an inherited variable stays with us.
fn is_withheld(spec: &ExecSpec<'_>, name: &OsStr) -> bool {
    is_ours(name) || spec.remove.iter().any(|it| it == name)
}

/// Says which part of the environment was over the limit, after the kernel has refused it with E2BIG.
///
/// Asked afterwards because the limits depend on page size, stack limit and kernel.
pub(super) fn explain_too_large(spec: &ExecSpec<'_>) -> ExecError {
    // 32 pages of 4 KiB, the smallest limit there is; `NAME=` and the final zero count.
    const ONE_VARIABLE: usize = 128 * 1024;
    let size = |(key, value): &(&str, &[u8])| key.len() + value.len() + 2;
    match spec.secrets.iter().max_by_key(|secret| size(secret)) {
        Some(largest) if size(largest) > ONE_VARIABLE => ExecError::ValueTooLarge {
            key: largest.0.to_owned(),
            bytes: largest.1.len(),
        },
        _ => ExecError::EnvironmentTooLarge {
            program: spec.program.to_string_lossy().into_owned(),
            secrets: spec.secrets.iter().map(size).sum(),
        },
    }
}

/// Whether a variable configures `distri` itself.
fn is_ours(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b"DISTRI_")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::sync::Arc;

    use super::*;
    use crate::lookout::Lookout;

    fn spec<'a>(secrets: Vec<(&'a str, &'a [u8])>) -> ExecSpec<'a> {
        ExecSpec {
            program: "true".into(),
            args: vec![],
            secrets,
            lookout: Arc::new(Lookout::hiding(distri_redact::Redactor::none())),
            variables: vec![],
            clear_env: false,
            remove: vec![],
            isolation: None,
        }
    }

    #[test]
    fn a_zero_byte_names_the_key_and_not_the_value() {
        let error = check(&spec(vec![("GOOD", b"x"), ("BAD", b"sesame\0open")])).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("`BAD`") && text.contains("zero byte"), "{text}");
        assert!(!text.contains("sesame"), "{text}");
    }

    #[test]
    fn names_that_no_variable_can_have_are_refused() {
        for name in ["", "A=B", "A\0B"] {
            assert!(
                matches!(check(&spec(vec![(name, b"v")])), Err(ExecError::Name { .. })),
                "{name:?}"
            );
        }
    }

    #[test]
    fn the_largest_secret_is_named_only_if_it_is_the_cause() {
        let big = vec![b'x'; 200_000];
        let text = explain_too_large(&spec(vec![("SMALL", b"x"), ("BIG", &big)])).to_string();
        assert!(text.contains("`BIG`") && text.contains("200000"), "{text}");
        let text = explain_too_large(&spec(vec![("SMALL", b"x")])).to_string();
        assert!(!text.contains("SMALL"), "{text}");
    }

    #[test]
    fn the_whole_environment_has_each_name_once_and_ends_each_with_a_zero_byte() {
        let mut spec = spec(vec![("PATH", b"/secret"), ("TOKEN", b"a=b")]);
        spec.remove = vec!["CARGO_MANIFEST_DIR".into()];
        let whole = whole(&spec);
        let variables: Vec<&[u8]> = whole.split(|byte| *byte == 0).collect();
        let count = |name: &[u8]| variables.iter().filter(|it| it.starts_with(name)).count();
        assert!(variables.contains(&&b"TOKEN=a=b"[..]) && variables.contains(&&b"PATH=/secret"[..]));
        assert_eq!((count(b"PATH="), count(b"CARGO_MANIFEST_DIR=")), (1, 0));
        spec.clear_env = true;
        spec.variables = vec![("TOKEN", "ours".into())];
        assert_eq!(&super::whole(&spec)[..], b"PATH=/secret\0TOKEN=ours\0");
    }

    #[test]
    fn our_own_variables_are_withheld() {
        assert!(is_ours(OsStr::new("DISTRI_ROOT_KEY_FILE")));
        assert!(!is_ours(OsStr::new("DISTRIBUTION")));
    }
}
