//! Why there is no isolation: the step that failed, the system's reason, and what would help.

use std::{fmt, fs, io};

use serde::{Deserialize, Serialize};

/// Why a command cannot be isolated. None of these ever leads to a weaker isolation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IsolationError {
    /// The machine does not permit a step that nothing else makes up for.
    #[error("this machine does not permit isolation: {step}: {source}")]
    Refused {
        /// The step.
        step: Step,
        /// The system's reason.
        source: io::Error,
    },
    /// The helper's process did not start.
    #[error("cannot start the helper that isolates: {0}")]
    Helper(#[source] io::Error),
    /// The helper's process ended.
    #[error("the helper that isolates has died")]
    Died,
    /// Standard input is something that could be turned into more than it is.
    #[error("standard input is {what}, which would be a way out of the isolation")]
    Stream {
        /// What it is connected to.
        what: &'static str,
    },
}

/// A step on the way to an isolated place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Closing what was inherited.
    Descriptors,
    /// Catching signals.
    Signals,
    /// A user namespace, where we have no rights of our own.
    UserNamespace,
    /// Network, mounts, IPC and host name of their own.
    Namespaces,
    /// Mounts that nobody else sees.
    Mounts,
    /// Pseudo-terminals of its own.
    Terminals,
    /// Devices and kernel interfaces, kept from a root without capabilities.
    Devices,
    /// Covering distri's own files.
    Hide,
    /// The loopback interface and the listener.
    Loopback,
    /// Processes of its own, with a `/proc` that shows no others.
    Processes,
    /// The working directory, seen through the new mounts.
    WorkingDirectory,
    /// Giving capabilities up.
    Privileges,
    /// The system call filter.
    SystemCalls,
}

impl IsolationError {
    /// What the person at the machine can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused {
                step: Step::UserNamespace | Step::Namespaces | Step::Mounts | Step::Loopback,
                ..
            } => Some(namespaces_hint(&setting)),
            Self::Refused {
                step: Step::WorkingDirectory,
                ..
            } => Some("run it from a directory outside of distri's own"),
            Self::Refused {
                step: Step::SystemCalls,
                ..
            } => Some("permit seccomp filters, in the kernel or in the container's profile"),
            Self::Stream { .. } => Some("connect it to a file or a pipe, for example with `cat |`"),
            _ => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Descriptors => "inherited files cannot be closed",
            Self::Signals => "signals cannot be caught",
            Self::UserNamespace => "no user namespace",
            Self::Namespaces => "no network namespace",
            Self::Mounts => "no mounts of its own",
            Self::Terminals => "no pseudo-terminals of its own",
            Self::Devices => "devices stay open to root",
            Self::Hide => "distri's own files cannot be hidden",
            Self::Loopback => "no loopback interface",
            Self::Processes => "no processes of its own",
            Self::WorkingDirectory => "the working directory cannot be entered",
            Self::Privileges => "capabilities cannot be given up",
            Self::SystemCalls => "no system call filter",
        })
    }
}

/// Which of the known switches keeps namespaces from us.
fn namespaces_hint(setting: &dyn Fn(&str) -> Option<String>) -> &'static str {
    let is = |path: &str, value: &str| setting(path).is_some_and(|it| it.trim() == value);
    if is("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        "permit unprivileged user namespaces: `sysctl kernel.unprivileged_userns_clone=1`"
    } else if is("/proc/sys/user/max_user_namespaces", "0") {
        "permit user namespaces: `sysctl user.max_user_namespaces=10000`"
    } else if is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        "permit user namespaces to distri: an AppArmor profile with `userns,`, or `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
    } else {
        "in a container, permit `unshare` and `mount` in its profile, or give it CAP_SYS_ADMIN and CAP_NET_ADMIN"
    }
}

fn setting(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_names_the_switch_that_is_off() {
        let hint = |path: &'static str, value: &'static str| {
            namespaces_hint(&move |it| (it == path).then(|| format!("{value}\n")))
        };
        assert!(hint("/proc/sys/kernel/unprivileged_userns_clone", "0").contains("unprivileged_userns_clone=1"));
        assert!(hint("/proc/sys/user/max_user_namespaces", "0").contains("max_user_namespaces"));
        assert!(hint("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1").contains("AppArmor"));
        assert!(hint("/proc/sys/user/max_user_namespaces", "96365").contains("container"));
    }
}
