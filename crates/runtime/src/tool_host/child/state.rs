//! What the engine's callbacks and the event loop share.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    process,
    time::{Duration, Instant},
};

use super::pipe;
use crate::tool_host::{
    services::ConsoleLevel,
    spec::HostLimits,
    wire::{Failure, ToParent},
};

/// Most bytes of a failure's message.
const MESSAGE_CAP: usize = 16 << 10;

/// The state of one child; callbacks hold it in an `Rc`.
pub(super) struct State {
    pub(super) limits: HostLimits,
    deadline: Cell<Option<Instant>>,
    printed: Cell<usize>,
    /// Set when the start or the call has ended and its last frame is sent.
    pub(super) over: Cell<bool>,
    /// Set when the modules are loaded.
    started: Cell<bool>,
    /// Set when the child is of no further use.
    pub(super) lost: Cell<bool>,
    /// Whether the engine has told of rejections that may have no handler.
    pub(super) rejections: Cell<bool>,
    timers: RefCell<Timers>,
}

impl State {
    pub(super) fn new(limits: HostLimits) -> Self {
        Self {
            limits,
            deadline: Cell::new(None),
            printed: Cell::new(0),
            over: Cell::new(true),
            started: Cell::new(false),
            lost: Cell::new(false),
            rejections: Cell::new(false),
            timers: RefCell::default(),
        }
    }

    /// Begins a start or a call that must end within `time`.
    pub(super) fn begin(&self, time: Duration) {
        self.deadline.set(Instant::now().checked_add(time));
        self.printed.set(0);
        self.over.set(false);
    }

    /// Whether the running start or call must stop.
    pub(super) fn is_late(&self) -> bool {
        !self.over.get() && self.deadline.get().is_some_and(|it| Instant::now() >= it)
    }

    /// How long the loop may sleep: until the deadline or the next timer.
    pub(super) fn idle_time(&self) -> Duration {
        let timer = self.timers.borrow().due.first().map(|(at, _)| *at);
        let next = [timer, self.deadline.get()].into_iter().flatten().min();
        let now = Instant::now();
        next.map_or(Duration::from_secs(1), |it| it.saturating_duration_since(now))
    }

    pub(super) fn set_timer(&self, id: u32, delay: Duration) {
        let at = Instant::now() + delay;
        let mut timers = self.timers.borrow_mut();
        timers.due.insert((at, id));
        timers.at.insert(id, at);
    }

    pub(super) fn clear_timer(&self, id: u32) {
        let mut timers = self.timers.borrow_mut();
        if let Some(at) = timers.at.remove(&id) {
            timers.due.remove(&(at, id));
        }
    }

    /// Takes the timers that are due, earliest first.
    pub(super) fn due_timers(&self) -> Vec<u32> {
        let now = Instant::now();
        let mut timers = self.timers.borrow_mut();
        let mut due = Vec::new();
        while let Some((at, id)) = timers.due.first().copied() {
            if at > now {
                break;
            }
            timers.due.pop_first();
            timers.at.remove(&id);
            due.push(id);
        }
        due
    }

    /// Prints, until the call has printed too much: that ends the process.
    pub(super) fn print(&self, level: ConsoleLevel, text: &str) {
        let printed = self.printed.get().saturating_add(text.len());
        self.printed.set(printed);
        if printed > self.limits.output {
            self.fail(Failure::Output, String::new(), None);
            // Whatever the handler would still print or catch, nobody reads it.
            process::exit(0);
        }
        Self::send(&ToParent::Console { level }, text.as_bytes());
    }

    /// Ends the start or call with a failure.
    pub(super) fn fail(&self, failure: Failure, mut message: String, at: Option<String>) {
        // An error's message is for reading; a frame's header has a cap.
        message.truncate(message.floor_char_boundary(MESSAGE_CAP));
        let starting = !self.started.get();
        if starting || matches!(failure, Failure::Deadline | Failure::Memory | Failure::Output) {
            self.lost.set(true);
        }
        if !self.over.replace(true) {
            Self::send(&ToParent::Failed { failure, message, at }, &[]);
        }
    }

    /// Ends the start or call with `message`.
    pub(super) fn finish(&self, message: &ToParent, attachment: &[u8]) {
        self.started.set(true);
        if !self.over.replace(true) {
            Self::send(message, attachment);
        }
    }

    /// Sends a frame; without a parent there is nothing left to do.
    pub(super) fn send(message: &ToParent, attachment: &[u8]) {
        if pipe::send(message, attachment).is_err() {
            process::exit(1);
        }
    }
}

#[derive(Default)]
struct Timers {
    due: BTreeSet<(Instant, u32)>,
    at: BTreeMap<u32, Instant>,
}
