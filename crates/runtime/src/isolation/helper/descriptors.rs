//! What the helper was started with: the control socket as standard input, and whatever else was left open.

use std::fs;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;

/// Closes all inherited files but pipes.
///
/// A socket is a way out, a directory is a way around mounts, and a ring of `io_uring` is a way around the system call
/// filter. Pipes stay, for `diff <(one) <(other)` and `make`'s job server. First of all, while nothing else is ours.
pub(super) fn close_inherited() -> io::Result<()> {
    let open: Vec<i32> = fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        let Ok(it) = fs::metadata(format!("/proc/self/fd/{fd}")) else {
            // The listing's own descriptor, which is closed already.
            continue;
        };
        if !it.file_type().is_fifo() {
            nix::unistd::close(fd)?;
        }
    }
    Ok(())
}

/// The control socket, which is our standard input; that is nothing from here on.
pub(super) fn take_control() -> io::Result<UnixStream> {
    let control = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(fs::File::open("/dev/null")?)?;
    Ok(control.into())
}
