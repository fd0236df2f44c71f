//! The helper: makes the place, gives its own rights up, then starts the command and watches it.
//!
//! It has one thread, as a new user namespace demands. The order matters: mounts need rights, the report must be true
//! when it is sent, and everything that is given up is given up before the parent says what to start. From then on the
//! helper is as confined as the command.

mod descriptors;
mod hide;
mod init;
mod landlock;
mod loopback;
mod mounts;
mod namespaces;
mod privileges;
mod supervise;
mod system;
mod system_calls;
mod terminals;
mod watch;

use std::io;
use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use self::init::Init;
use self::watch::Watch;
use super::error::Step;
use super::start::IsolationReport;
use super::wire::{self, Frame, ToHelper, ToParent};

/// The word that makes the helper's program the first process of the place instead.
const INIT: &str = "init";

/// Runs the helper; the program calls it, first thing in `main`, when started as
/// [`HelperCommand`](super::HelperCommand) says.
#[must_use]
pub fn helper_main() -> ExitCode {
    if std::env::args_os().next_back().is_some_and(|it| it == INIT) {
        return init::main();
    }
    let closed = descriptors::close_inherited();
    let Ok(control) = descriptors::take_control() else {
        return ExitCode::FAILURE;
    };
    let Ok(Some(Frame {
        message: ToHelper::Setup { own_processes },
        bytes,
        ..
    })) = wire::receive(&control)
    else {
        return ExitCode::FAILURE;
    };
    let hide: Vec<PathBuf> = wire::words(&bytes).map(PathBuf::from).collect();
    match closed
        .at(Step::Descriptors)
        .and_then(|()| prepare(&hide, own_processes))
    {
        Ok(place) => serve(&control, place),
        Err(Refusal { step, error }) => {
            // EIO stands for the few reasons that have no number.
            let errno = error.raw_os_error().unwrap_or(rustix::io::Errno::IO.raw_os_error());
            let _ = wire::send(&control, &ToParent::Refused { step, errno }, &[], &[]);
            ExitCode::FAILURE
        }
    }
}

/// The place, with the helper confined as the command will be.
struct Place {
    report: IsolationReport,
    listener: TcpListener,
    /// The first process; ends all others with it.
    init: Option<Init>,
    watch: Watch,
}

fn prepare(hide: &[PathBuf], own_processes: bool) -> Result<Place, Refusal> {
    let directory = std::env::current_dir().at(Step::WorkingDirectory)?;
    let watch = Watch::start().at(Step::Signals)?;
    watch::withstand_signals().at(Step::Signals)?;
    let user_namespace = namespaces::enter(own_processes)?;
    mounts::make_private().at(Step::Mounts)?;
    let mounts = mounts::list().at(Step::Mounts)?;
    terminals::separate().at(Step::Terminals)?;
    if rustix::process::geteuid().is_root() {
        system::protect(&mounts).at(Step::Devices)?;
    }
    hide::hide(hide, &mounts).at(Step::Hide)?;
    let mut init = own_processes.then(Init::start).transpose().at(Step::Processes)?;
    loopback::raise().at(Step::Loopback)?;
    let listener = TcpListener::bind("127.0.0.1:0").at(Step::Loopback)?;
    if let Some(init) = &mut init {
        init.wait_until_ready().at(Step::Processes)?;
    }
    // Whatever it is now, it was before the mounts.
    std::env::set_current_dir(directory).at(Step::WorkingDirectory)?;
    privileges::give_up().at(Step::Privileges)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).at(Step::Privileges)?;
    let landlock = landlock::restrict();
    system_calls::restrict().at(Step::SystemCalls)?;
    let report = IsolationReport {
        user_namespace,
        own_processes,
        landlock,
    };
    Ok(Place {
        report,
        listener,
        init,
        watch,
    })
}

fn serve(control: &UnixStream, place: Place) -> ExitCode {
    let Place {
        report,
        listener,
        init,
        watch,
    } = place;
    let ready = wire::send(control, &ToParent::Ready(report), &[], &[listener.as_fd()]);
    drop(listener);
    let ended = ready.and_then(|()| supervise::run(control, &watch));
    // Everything that the command left behind ends here, and the parent hears of the end only after that.
    drop(init);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// A step that the machine does not permit.
struct Refusal {
    step: Step,
    error: io::Error,
}

/// Names the step that failed.
trait At<T> {
    fn at(self, step: Step) -> Result<T, Refusal>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, step: Step) -> Result<T, Refusal> {
        self.map_err(|error| Refusal {
            step,
            error: error.into(),
        })
    }
}
