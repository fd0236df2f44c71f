//! The end of a run that an alarm has frozen.

use std::{
    future::pending,
    pin::pin,
    task::{Context, Poll},
};

use distri_core::alarm::Watch;
use futures_util::future::poll_fn;

/// What the run itself can say of it; the alarm says the rest.
pub(super) const FROZEN: &str = "the run is frozen by an alarm, and nothing more leaves it";

/// An alarm has frozen the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frozen;

/// Does `work` until it is done or the run is frozen. What was done in the very step that froze it counts for nothing:
/// it may be what the alarm is about.
///
/// Alarms are raised by what this polls (a request, a text that is shown), so after each poll is the time to ask. What
/// else raises one, such as a line of the log, shows at the next.
pub(super) async fn until_frozen<T>(watch: &Watch, work: impl Future<Output = T>) -> Result<T, Frozen> {
    let mut work = pin!(work);
    poll_fn(move |context: &mut Context<'_>| {
        if watch.is_frozen() {
            return Poll::Ready(Err(Frozen));
        }
        let polled = work.as_mut().poll(context);
        match watch.is_frozen() {
            true => Poll::Ready(Err(Frozen)),
            false => polled.map(Ok),
        }
    })
    .await
}

/// Goes no further when the run is frozen: [`until_frozen`] ends it here.
pub(super) async fn stop_if_frozen(watch: &Watch) {
    if watch.is_frozen() {
        pending::<()>().await;
    }
}
