//! Whether an alarm has frozen the run and is recorded, and a pipe that is readable from that moment on: the alarm may be
//! another thread's, such as the broker's.

use std::io;
use std::io::Write as _;
use std::sync::Arc;

use distri_core::alarm::Watch;

/// Says when the command must end.
pub(super) struct Frozen {
    watch: Arc<Watch>,
    /// To wait for.
    pub(super) pipe: io::PipeReader,
}

impl Frozen {
    pub(super) fn of(watch: &Arc<Watch>) -> io::Result<Self> {
        let (pipe, wake) = io::pipe()?;
        watch.when_over(move || {
            // It has room for a byte, or nobody reads it any more.
            let _ = (&wake).write(&[0]);
        });
        Ok(Self {
            watch: watch.clone(),
            pipe,
        })
    }

    pub(super) fn is_true(&self) -> bool {
        self.watch.is_over()
    }
}
