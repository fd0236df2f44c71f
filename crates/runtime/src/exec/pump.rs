//! The poll loop: output, keys, signals and the child's end, all on one thread, so that no two of them race.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::Signal;

use super::channel::CHUNK;
use super::leaving::Leaving;
use super::signals::{Came, Signals};
use super::spawn::Running;
use super::succession::Succession;
use super::{ExecError, ExecOutcome};

/// Silence after which the pipes of an ended child are closed, although a process left behind holds them open.
const GRACE: Duration = Duration::from_millis(250);
/// The longest that such a process is listened to.
const PATIENCE: Duration = Duration::from_secs(5);
/// Silence after which a terminal shows the few bytes that the redactor holds.
const PAUSE: Duration = Duration::from_millis(25);

/// Copies, passes on and waits until the child has ended and its output is out.
pub(super) fn run(
    mut running: Running,
    signals: &mut Signals,
    succession: Option<&Succession>,
) -> Result<ExecOutcome, ExecError> {
    let mut leaving = Leaving::of(succession);
    let mut buffer = vec![0; if running.channels.is_empty() { 0 } else { CHUNK }];
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        if running.frozen.is_true() {
            return freeze(running);
        }
        if let Some((status, since)) = ended {
            let owed = running.channels.iter().any(|channel| channel.is_owed());
            if !owed && since.elapsed() > PATIENCE {
                running.channels.iter_mut().for_each(|channel| channel.finish());
            }
            if running.channels.iter().all(|channel| channel.is_done()) {
                return outcome(status, running, &leaving);
            }
        } else {
            leaving.kill_if_late(&running);
        }

        let silence = timeout(&running, ended.is_some());
        let late = leaving.time_left().filter(|_| ended.is_none());
        let patience = silence.into_iter().chain(late).min();
        let ready = wait(&running, signals, &leaving, patience)?;
        if ready.is_empty() && silence == patience {
            match ended {
                Some(_) => running.channels.iter_mut().for_each(|channel| channel.finish()),
                None => running.channels.iter_mut().for_each(|channel| channel.show_held()),
            }
        }
        for event in ready {
            match event {
                // Asked for at the next turn, before anything else.
                Ready::Frozen => {}
                Ready::Summons => leaving.begin(&running, ended.is_some()),
                Ready::Signals => {
                    let came: Vec<Came> = signals.pending().collect();
                    for came in came {
                        leaving.notice(came.signal);
                        pass_on(&came, &mut running, ended.is_some());
                    }
                    if ended.is_none()
                        && let Some(status) = running.process.try_wait().map_err(ExecError::Wait)?
                    {
                        running.channels.iter_mut().for_each(|channel| channel.child_ended());
                        ended = Some((status, Instant::now()));
                    }
                }
                Ready::Output(index) => running.channels[index].read_some(&mut buffer),
                Ready::Sink(index) => running.channels[index].flush(),
                Ready::Keys => running
                    .terminal
                    .iter_mut()
                    .for_each(|terminal| terminal.read_keys(&mut buffer)),
                Ready::Terminal => running.terminal.iter_mut().for_each(|terminal| terminal.send_keys()),
            }
        }
        // A terminal that nobody looks at any more hangs up, which tells the programs on it (SIGHUP). One that has only
        // been closed by them does not: the child may be between closing its files and its end, and would not reach it.
        if running.terminal.is_some() && running.channels[0].is_given_up() {
            running.terminal = None;
        }
    }
}

/// What can be done without waiting.
enum Ready {
    Frozen,
    Summons,
    Signals,
    Output(usize),
    Sink(usize),
    Keys,
    Terminal,
}

fn wait(
    running: &Running,
    signals: &Signals,
    leaving: &Leaving<'_>,
    timeout: Option<Duration>,
) -> Result<Vec<Ready>, ExecError> {
    let stdin = io::stdin();
    let mut waited = Vec::with_capacity(8);
    waited.push((PollFd::new(&running.frozen.pipe, PollFlags::IN), Ready::Frozen));
    waited.push((PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN), Ready::Signals));
    if let Some(pipe) = leaving.awaited() {
        waited.push((PollFd::new(pipe, PollFlags::IN), Ready::Summons));
    }
    for (index, channel) in running.channels.iter().enumerate() {
        if let Some(source) = channel.wants_read() {
            waited.push((PollFd::from_borrowed_fd(source, PollFlags::IN), Ready::Output(index)));
        }
        if let Some(sink) = channel.wants_write() {
            waited.push((PollFd::from_borrowed_fd(sink, PollFlags::OUT), Ready::Sink(index)));
        }
    }
    if let Some(terminal) = &running.terminal {
        if terminal.wants_keys() {
            waited.push((PollFd::new(&stdin, PollFlags::IN), Ready::Keys));
        }
        if let Some(master) = terminal.wants_send() {
            waited.push((PollFd::from_borrowed_fd(master, PollFlags::OUT), Ready::Terminal));
        }
    }
    let timeout = timeout.map(|timeout| Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(timeout.subsec_nanos()),
    });
    let (mut polled, events): (Vec<PollFd<'_>>, Vec<Ready>) = waited.into_iter().unzip();
    loop {
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => break,
            // The signal's byte is in the pipe already.
            Err(Errno::INTR) => {}
            Err(errno) => return Err(ExecError::Wait(errno.into())),
        }
    }
    let ready = polled
        .iter()
        .zip(events)
        .filter(|(polled, _)| !polled.revents().is_empty());
    Ok(ready.map(|(_, event)| event).collect())
}

/// How long silence means something; `None` is for ever.
fn timeout(running: &Running, ended: bool) -> Option<Duration> {
    let flushed = running.channels.iter().all(|channel| channel.is_flushed());
    if ended {
        // A reader that is slow is not a silent pipe.
        flushed.then_some(GRACE)
    } else {
        running
            .channels
            .iter()
            .any(|channel| channel.is_holding_few())
            .then_some(PAUSE)
    }
}

/// Passes a signal on to the child.
fn pass_on(came: &Came, running: &mut Running, ended: bool) {
    match (&mut running.terminal, came.signal) {
        (_, Signal::CHILD) => {}
        (Some(terminal), Signal::WINCH) => terminal.copy_window_size(),
        (Some(terminal), Signal::TSTP) => terminal.suspend(),
        (Some(terminal), Signal::CONT) => terminal.resume(),
        // Ctrl-C on a terminal that is not raw, because stdin is redirected: for the job in the foreground.
        (Some(terminal), Signal::INT | Signal::QUIT) if came.by_terminal => terminal.signal_foreground(came.signal),
        // The child is in our process group and has it from the terminal already.
        (None, _) if came.by_terminal => {}
        // Reaped: the number may be another process's by now.
        _ if ended => {}
        (_, signal) => running.process.signal(signal),
    }
}

/// Ends the command where it is. What it wrote and nobody has seen yet stays so: it may be what the alarm is about.
fn freeze(mut running: Running) -> Result<ExecOutcome, ExecError> {
    running.process.end().map_err(ExecError::Wait)?;
    Ok(ExecOutcome::Frozen)
}

fn outcome(status: ExitStatus, mut running: Running, leaving: &Leaving<'_>) -> Result<ExecOutcome, ExecError> {
    if let Some(error) = running.channels.iter_mut().find_map(|channel| channel.failure()) {
        return Err(ExecError::Output(error));
    }
    if leaving.is_for_successor() {
        return Ok(ExecOutcome::Replaced);
    }
    Ok(match (status.code(), status.signal()) {
        (Some(code), _) => ExecOutcome::Exited(code),
        (None, signal) => ExecOutcome::Signalled(signal.unwrap_or(0)),
    })
}
