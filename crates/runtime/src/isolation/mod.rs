//! Isolation: a place without a network for one command, whose only way out is a listener in it.
//!
//! The parent starts this same binary again as a *helper*. The helper makes the place, says what it is made of and
//! hands out the listener; the parent serves that (with the broker), then has the helper start the command in it.
//! Nothing that could be undone is left to the command: it starts without capabilities, behind a system call filter.
//!
//! ```text
//! distri ── control socket ── helper ──► command          network, mounts, IPC and host name of their own;
//!   ▲                           │            │            processes of its own: the helper is not among them
//!   └──── listener (fd) ────────┴──► init    └─ TCP ─► 127.0.0.1:PORT, the listener; nothing else answers
//! ```
//!
//! | file | owns |
//! |---|---|
//! | `start.rs` | [`Isolation`]: the parent's side until the command starts |
//! | `command.rs` | the running command as the parent sees it; what it may be connected to |
//! | `error.rs` | why there is no isolation, and what would help |
//! | `wire.rs` | the frames on the control socket, with descriptors beside them |
//! | `helper/` | the other side: namespaces, mounts, privileges, system calls; start, watch, end |
//!
//! What each layer is against:
//!
//! | layer | without it |
//! |---|---|
//! | network namespace | any host, the machine's loopback services, abstract Unix sockets |
//! | system calls: no Unix sockets | Docker's socket, D-Bus, `ssh-agent`, resolvers behind sockets (`nscd`, `systemd-resolved`) |
//! | system calls: no key requests | a lookup by the kernel's DNS key helper, which runs outside |
//! | system calls: no `io_uring` | all of the filter: its sockets are made without the calls that are filtered |
//! | system calls: no typing into terminals | commands in the user's shell after the end |
//! | system calls: no user namespaces | all capabilities again, over a kernel whose worst parts those open |
//! | terminals of its own | what is typed at the user's other ones |
//! | mounts over distri's own files | the store and its root key |
//! | processes of its own | the command lines of everybody, signals to the user's other processes; orphans that live on |
//! | user namespace, or no capabilities | the memory and the environment of the user's other processes |
//! | landlock | the same once more, and signals, where the kernel can (6.12 or later) |
//!
//! The file system stays shared, so that the command can work: see the limits in `SECURITY.md`.

mod command;
mod error;
mod helper;
mod start;
mod wire;

pub(crate) use command::{IsolatedCommand, Launch, Stream};
pub use error::{IsolationError, Step};
pub use helper::helper_main;
pub use start::{HelperCommand, Isolation, IsolationReport};
