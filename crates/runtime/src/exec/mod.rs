//! `distri exec`: any command with secrets in its environment and redacted output.
//!
//! One thread and one poll loop ([`pump`]): no runtime is started, because `exec -- /bin/true` must cost a few
//! milliseconds over the bare command. How the child is connected depends on what the parent's output is:
//!
//! | lookout | stdout is | the child gets |
//! |---|---|---|
//! | empty | anything | the parent's own stdin, stdout and stderr; nothing is copied |
//! | not empty | not a terminal | a pipe each for stdout and stderr (one for both after `2>&1`); the parent's stdin |
//! | not empty | a terminal | a pseudo-terminal for every stream that is a terminal; redirected ones as above |
//!
//! **Signals.** INT, TERM, HUP, QUIT, USR1 and USR2 reach the child once: on pipes it shares the parent's process
//! group, so what the terminal itself sent is not sent again, and what came from `kill` is passed on. On a
//! pseudo-terminal it has a session of its own and gets everything, with the window's size. A signal that the parent
//! ignores (`nohup`) stays ignored in the child and is not passed on. Ctrl-Z stops the command and `distri`
//! together, and `fg` continues both.
//!
//! **After the child's exit** everything that it wrote is still copied. A process that it left behind
//! (`sh -c 'server &'`) may go on writing: that is copied until the pipes were silent for 250 ms, at most for five
//! seconds; then they close, and the process gets SIGPIPE when it writes again. On a pseudo-terminal the system ends
//! the session as it does when a terminal window closes. Whoever wants the process to live on redirects its output.
//!
//! **One after the other** ([`Line`]): a command is asked to end by SIGTERM, and killed when it takes too long, for the next
//! one to take its place. Signals are caught from the first one's beginning to the last one's end: what comes in between
//! reaches the next one. Whoever asks us to end while a command makes room ends us, not only that command.
//!
//! **Isolated**, the same holds with three differences: the command's parent is a helper, which shows as process 0;
//! inherited files other than pipes are closed, and our own output streams are not handed on even when there is
//! nothing to redact; and nothing that the command started outlives it, or `distri`.
//!
//! **Out of reach.** Redaction sees the bytes that a program writes. A full-screen program may put escape sequences
//! or cursor movements between the bytes of a value, and no match is found then. When stdin is redirected while
//! stdout is a terminal, the child's `/dev/tty` has no keyboard. If `distri` is killed by SIGKILL, the child lives
//! on and loses its output: asking the kernel to end it (`PR_SET_PDEATHSIG`) needs unsafe code in the forked child.

use std::ffi::OsString;
use std::io;
use std::io::Write as _;
use std::sync::Arc;

mod channel;
mod environment;
mod error;
mod frozen;
mod leaving;
mod process;
mod program;
mod pump;
mod signals;
mod sink;
mod spawn;
mod succession;
mod terminal;
mod wiring;

pub use error::ExecError;
pub(crate) use signals::SignalSet;
pub(crate) use spawn::plain;
pub use succession::{Line, Succession, Summons};

use crate::isolation::Isolation;
use crate::lookout::Lookout;

/// What to run, and what to give it.
pub struct ExecSpec<'a> {
    /// A name to look up in `PATH`, or a path.
    pub program: OsString,
    /// The arguments after the program's name; secrets never go here, every user of the machine can read them.
    pub args: Vec<OsString>,
    /// Environment variables to set: name and value. They win over inherited ones.
    pub secrets: Vec<(&'a str, &'a [u8])>,
    /// Looks at the child's stdout and stderr, each as a stream of its own. A run that it freezes is over.
    pub lookout: Arc<Lookout>,
    /// Other variables to set, which win over both.
    pub variables: Vec<(&'static str, OsString)>,
    /// Start from an empty environment. Otherwise the child inherits all but `DISTRI_*`, which holds the root key's
    /// path, the passphrase and the API key.
    pub clear_env: bool,
    /// Inherited names to leave out.
    pub remove: Vec<OsString>,
    /// Where the command runs, if not among everybody else. Whoever serves its listener has taken that already.
    pub isolation: Option<Isolation>,
}

/// How the child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecOutcome {
    /// It exited with this status, 0 to 255.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// An alarm froze the run, and it was killed.
    Frozen,
    /// It made room for the next one, as it was asked to.
    Replaced,
}

impl ExecOutcome {
    /// The status for our own exit, as shells report it: the child's, or 128 and the signal's number.
    pub fn exit_code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Signalled(signal) => 128 + signal,
            // Killed, as shells report it.
            Self::Frozen => 128 + 9,
            Self::Replaced => 0,
        }
    }
}

/// Runs a command to its end, with the parent's streams connected to it as described for this module.
///
/// Meant as the last act of the process: the signals that were passed on have lost their usual effect afterwards.
///
/// # Errors
/// The child did not start, or (after it ended) its output could not be written for another reason than a reader
/// that went away. A broken pipe is no error: the child sees its own pipe break, as it would have without us.
pub fn exec(spec: ExecSpec<'_>) -> Result<ExecOutcome, ExecError> {
    environment::check(&spec)?;
    let plan = wiring::Plan::choose(spec.lookout.redactor(), spec.isolation.as_ref());
    // Before the child exists: a signal that comes in between must reach it, and its end must wake the loop.
    let mut signals = signals::Signals::catch(plan.owns_session()).map_err(ExecError::Signals)?;
    run(spec, &plan, &mut signals, None)
}

fn run(
    spec: ExecSpec<'_>,
    plan: &wiring::Plan,
    signals: &mut signals::Signals,
    succession: Option<&Succession>,
) -> Result<ExecOutcome, ExecError> {
    // What this process has said so far comes before what the child says; nothing is lost if there is no reader.
    let _ = io::stdout().flush();
    let lookout = Arc::clone(&spec.lookout);
    let running = spawn::spawn(spec, plan)?;
    // The child starts meanwhile. One that writes nothing never waits for it.
    lookout.redactor().prepare_beside();
    pump::run(running, signals, succession)
}
