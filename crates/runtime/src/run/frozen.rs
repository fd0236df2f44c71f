//! The end of a run that an alarm has frozen.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use distri_core::alarm::Watch;
use futures_util::task::AtomicWaker;

/// What the run itself can say of it; the alarm says the rest.
pub(super) const FROZEN: &str = "the run is frozen by an alarm, and nothing more leaves it";

/// An alarm has frozen the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frozen;

/// Does `work` until it is done or the run is frozen, and then until the alarm is recorded. What was done in the very step
/// that froze it counts for nothing: it may be what the alarm is about.
pub(super) async fn until_frozen<T>(watch: &Watch, work: impl Future<Output = T>) -> Result<T, Frozen> {
    let waker = Arc::new(AtomicWaker::new());
    let woken = waker.clone();
    // Most alarms are raised by the work itself; a line of the log may be another thread's.
    watch.when_over(move || woken.wake());
    let mut work = pin!(work);
    poll_fn(move |context| {
        waker.register(context.waker());
        if !watch.is_frozen() {
            let polled = work.as_mut().poll(context);
            if !watch.is_frozen() {
                return polled.map(Ok);
            }
        }
        match watch.is_over() {
            true => Poll::Ready(Err(Frozen)),
            false => Poll::Pending,
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
