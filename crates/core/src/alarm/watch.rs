//! The watch over one run: where its alarms go, in which step it is, and whether it is frozen.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Alarm, OnLeak};

/// Different alarms of one run that are recorded. Each is a flushed write, and a run can raise as many as it likes: one
/// that raises more than any mistake does is frozen, because no use goes without evidence.
const MOST: usize = 1000;

/// Who records alarms and tells people of them.
pub trait AlarmSink: Send + Sync {
    /// Records an alarm; it returns when the record is safe.
    ///
    /// # Errors
    /// [`NotRecorded`]: the run is frozen then, because no use goes without evidence.
    fn raise(&self, alarm: &Alarm) -> Result<(), NotRecorded>;
}

/// An alarm that could not be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an alarm of this run could not be recorded")]
pub struct NotRecorded;

/// The watch over one run.
pub struct Watch {
    sink: Arc<dyn AlarmSink>,
    on_leak: OnLeak,
    frozen: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    step: Option<String>,
    raised: HashSet<Alarm>,
    /// Alarms that are being recorded.
    recording: usize,
    wakes: Vec<Box<dyn Fn() + Send>>,
}

/// What an alarm is to the watch.
enum Noted {
    /// One of which there is a record.
    Again,
    /// One to record, with its step.
    New(Alarm),
    /// One more than are recorded.
    TooMany,
}

impl Watch {
    /// A watch whose alarms go to `sink`.
    pub fn new(sink: Arc<dyn AlarmSink>, on_leak: OnLeak) -> Self {
        Self {
            sink,
            on_leak,
            frozen: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// A watch over a run that has no placeholders: alarms are counted by nobody.
    #[must_use]
    pub fn none() -> Self {
        struct Nobody;
        impl AlarmSink for Nobody {
            fn raise(&self, _: &Alarm) -> Result<(), NotRecorded> {
                Ok(())
            }
        }
        Self::new(Arc::new(Nobody), OnLeak::Warn)
    }

    /// Has the alarm recorded, with the step the run is in unless it names one; freezes the run where that is wished, or
    /// where it could not be recorded. The same alarm in the same step is recorded once.
    pub fn raise(&self, alarm: &Alarm) {
        // Before anything else: what goes on beside this must not leave while the record is written.
        if self.on_leak == OnLeak::Freeze {
            self.freeze();
        }
        match self.note(alarm) {
            Noted::Again => {}
            Noted::TooMany => self.freeze(),
            // Not under the lock: recording takes a flush, and what is raised meanwhile must not wait for it.
            Noted::New(alarm) => {
                if self.sink.raise(&alarm).is_err() {
                    self.freeze();
                }
                self.state().recording -= 1;
            }
        }
        self.wake_if_over();
    }

    fn note(&self, alarm: &Alarm) -> Noted {
        let mut state = self.state();
        let mut alarm = alarm.clone();
        alarm.step = alarm.step.or_else(|| state.step.clone());
        if state.raised.contains(&alarm) {
            return Noted::Again;
        }
        if state.raised.len() == MOST {
            return Noted::TooMany;
        }
        state.raised.insert(alarm.clone());
        state.recording += 1;
        Noted::New(alarm)
    }

    /// Whether nothing more may leave.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::SeqCst)
    }

    /// Whether the run is frozen and each alarm is recorded, so that nothing is lost when it ends.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_frozen() && self.state().recording == 0
    }

    /// Calls `wake` when the run is over; at once if it is already. For whoever waits for something else meanwhile.
    pub fn when_over(&self, wake: impl Fn() + Send + 'static) {
        self.state().wakes.push(Box::new(wake));
        self.wake_if_over();
    }

    /// The run is in `step` until the guard is dropped; then it is where it was before.
    #[must_use]
    pub fn enter(self: &Arc<Self>, step: impl Into<String>) -> Step {
        let before = self.state().step.replace(step.into());
        Step {
            watch: self.clone(),
            before,
        }
    }

    fn freeze(&self) {
        self.frozen.store(true, Ordering::SeqCst);
    }

    fn wake_if_over(&self) {
        if self.is_over() {
            let wakes = std::mem::take(&mut self.state().wakes);
            wakes.iter().for_each(|it| it());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No operation leaves it half-changed, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A step of a run, such as a call of a tool; it ends when this is dropped.
pub struct Step {
    watch: Arc<Watch>,
    before: Option<String>,
}

impl Drop for Step {
    fn drop(&mut self) {
        self.watch.state().step = self.before.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::AlarmRule;

    struct Sink(Result<(), NotRecorded>, Mutex<Vec<Alarm>>);

    impl AlarmSink for Sink {
        fn raise(&self, alarm: &Alarm) -> Result<(), NotRecorded> {
            self.1.lock().expect("no test panics with it").push(alarm.clone());
            self.0
        }
    }

    fn watch(recorded: Result<(), NotRecorded>, on_leak: OnLeak) -> (Arc<Watch>, Arc<Sink>) {
        let sink = Arc::new(Sink(recorded, Mutex::default()));
        (Arc::new(Watch::new(sink.clone(), on_leak)), sink)
    }

    fn alarm(place: &str) -> Alarm {
        Alarm {
            rule: AlarmRule::WrongHost,
            place: place.to_owned(),
            destination: None,
            step: None,
            found: None,
            key: None,
        }
    }

    #[test]
    fn an_alarm_freezes_when_it_is_told_to_or_cannot_be_recorded() {
        for (recorded, on_leak, frozen) in [
            (Ok(()), OnLeak::Warn, false),
            (Ok(()), OnLeak::Freeze, true),
            (Err(NotRecorded), OnLeak::Warn, true),
        ] {
            let (watch, _) = watch(recorded, on_leak);
            assert!(!watch.is_frozen());
            watch.raise(&alarm("header authorization"));
            assert_eq!(watch.is_frozen(), frozen, "{recorded:?} {on_leak}");
        }
    }

    #[test]
    fn whoever_waits_is_woken_once() {
        let (watch, _) = watch(Ok(()), OnLeak::Freeze);
        let woken = Arc::new(Mutex::new(0));
        let wake = |woken: &Arc<Mutex<u32>>| {
            let woken = woken.clone();
            move || *woken.lock().expect("no test panics with it") += 1
        };
        watch.when_over(wake(&woken));
        assert_eq!(*woken.lock().expect("counted"), 0);
        watch.raise(&alarm("console"));
        watch.raise(&alarm("tool result"));
        assert_eq!(*woken.lock().expect("counted"), 1);
        watch.when_over(wake(&woken));
        assert_eq!(*woken.lock().expect("counted"), 2, "it is over already");
    }

    #[test]
    fn a_frozen_run_is_over_only_when_its_alarm_is_recorded() {
        struct Asks(Mutex<Option<Arc<Watch>>>, Mutex<Vec<(bool, bool)>>);
        impl AlarmSink for Asks {
            fn raise(&self, _: &Alarm) -> Result<(), NotRecorded> {
                let watch = self.0.lock().expect("set below").clone().expect("set below");
                let seen = (watch.is_frozen(), watch.is_over());
                self.1.lock().expect("no test panics with it").push(seen);
                Ok(())
            }
        }
        let sink = Arc::new(Asks(Mutex::default(), Mutex::default()));
        let watch = Arc::new(Watch::new(sink.clone(), OnLeak::Freeze));
        *sink.0.lock().expect("free") = Some(watch.clone());
        watch.raise(&alarm("console"));
        assert_eq!(*sink.1.lock().expect("asked"), [(true, false)]);
        assert!(watch.is_over());
    }

    #[test]
    fn the_same_alarm_is_recorded_once_in_each_step() {
        let (watch, sink) = watch(Ok(()), OnLeak::Warn);
        for step in ["send_email 1", "send_email 2"] {
            let _step = watch.enter(step);
            for place in ["console", "console", "tool result"] {
                watch.raise(&alarm(place));
            }
            let inner = watch.enter("inner");
            watch.raise(&alarm("console"));
            drop(inner);
            watch.raise(&alarm("console"));
        }
        watch.raise(&alarm("console"));
        let raised = sink.1.lock().expect("recorded");
        let raised: Vec<_> = raised
            .iter()
            .map(|it| (it.place.as_str(), it.step.as_deref()))
            .collect();
        assert_eq!(
            raised,
            [
                ("console", Some("send_email 1")),
                ("tool result", Some("send_email 1")),
                ("console", Some("inner")),
                ("console", Some("send_email 2")),
                ("tool result", Some("send_email 2")),
                ("console", None),
            ]
        );
    }

    #[test]
    fn a_run_with_too_many_alarms_is_frozen() {
        let (watch, sink) = watch(Ok(()), OnLeak::Warn);
        for number in 0..=MOST {
            assert!(!watch.is_frozen());
            watch.raise(&alarm(&number.to_string()));
        }
        assert!(watch.is_frozen());
        assert_eq!(sink.1.lock().expect("recorded").len(), MOST);
    }
}
