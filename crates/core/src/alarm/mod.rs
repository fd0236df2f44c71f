//! Alarms: a placeholder seen where it must not be, or a credential that is not ours beside one.
//!
//! A placeholder is a honeytoken: a run that holds one has no reason to show it to anybody but the broker, and nobody
//! else has a reason to have it at all. What egress and runtime notice goes through the run's [`Watch`], which has it
//! recorded and, where the operator says so, freezes the run.

mod on_leak;
mod rule;
mod watch;

use crate::names::SecretKey;
use crate::placeholder::PlaceholderId;

pub use on_leak::{OnLeak, OnLeakError};
pub use rule::AlarmRule;
pub use watch::{AlarmSink, NotRecorded, Step, Watch};

/// Something that must not be, noticed in a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alarm {
    /// What is wrong.
    pub rule: AlarmRule,
    /// Where it was seen, in words without any content: `header user-agent`, `result of tool send_email`.
    pub place: String,
    /// Host and port of the request it was seen in.
    pub destination: Option<String>,
    /// The step of the run, such as the tool's name and the number of its call.
    pub step: Option<String>,
    /// The placeholder, when it was one.
    pub found: Option<PlaceholderId>,
    /// The secret of this run that it is about, where known.
    pub key: Option<SecretKey>,
}
