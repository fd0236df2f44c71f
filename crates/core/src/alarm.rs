//! Alarms: a placeholder seen where it must not be, or a credential that is not ours beside one.
//!
//! A placeholder is a honeytoken: a run that holds one has no reason to show it to anybody but the broker, and nobody
//! else has a reason to have it at all. What egress and runtime notice goes through the run's [`Watch`], which has it
//! recorded and, where the operator says so, freezes the run.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::names::SecretKey;
use crate::placeholder::PlaceholderId;

/// Something that must not be, noticed in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmRule {
    /// A placeholder in a request to a host, port, path or method that its secret's policy does not name.
    WrongHost,
    /// A placeholder in a request without TLS.
    Cleartext,
    /// A placeholder in a place of a request where none is honoured.
    WrongPlace,
    /// A placeholder more than once in a request.
    TooOften,
    /// A placeholder that was made for another run.
    OtherRun,
    /// A placeholder in a name that would be looked up.
    DnsLabel,
    /// A placeholder in what a run shows: console, tool result, answer, output of a command.
    Output,
    /// A placeholder in a message to or from a model.
    ModelMessage,
    /// A placeholder in a line of the process's own log.
    Log,
    /// A credential that no secret of this run is, sent to a host that a secret is bound to.
    ForeignCredential,
    /// Stored rows that are not what distri wrote.
    Tampered,
}

impl AlarmRule {
    /// Every rule, for documentation and filters.
    pub const ALL: [Self; 11] = [
        Self::WrongHost,
        Self::Cleartext,
        Self::WrongPlace,
        Self::TooOften,
        Self::OtherRun,
        Self::DnsLabel,
        Self::Output,
        Self::ModelMessage,
        Self::Log,
        Self::ForeignCredential,
        Self::Tampered,
    ];

    /// The word in records and on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongHost => "wrong-host",
            Self::Cleartext => "cleartext",
            Self::WrongPlace => "wrong-place",
            Self::TooOften => "too-often",
            Self::OtherRun => "other-run",
            Self::DnsLabel => "dns-label",
            Self::Output => "output",
            Self::ModelMessage => "model-message",
            Self::Log => "log",
            Self::ForeignCredential => "foreign-credential",
            Self::Tampered => "tampered",
        }
    }
}

impl fmt::Display for AlarmRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What an alarm does to its run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnLeak {
    /// It is recorded and told; the run goes on.
    #[default]
    Warn,
    /// It is recorded and told, and no further request of the run leaves.
    Freeze,
}

impl OnLeak {
    /// The word in definitions and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Freeze => "freeze",
        }
    }
}

impl fmt::Display for OnLeak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for OnLeak {
    type Err = OnLeakError;

    fn from_str(text: &str) -> Result<Self, OnLeakError> {
        [Self::Warn, Self::Freeze]
            .into_iter()
            .find(|it| it.as_str() == text)
            .ok_or(OnLeakError)
    }
}

/// Text that says nothing about alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what an alarm does is `warn` or `freeze`")]
pub struct OnLeakError;

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

/// The watch over one run: where its alarms go, and whether it is frozen.
pub struct Watch {
    sink: Arc<dyn AlarmSink>,
    on_leak: OnLeak,
    frozen: AtomicBool,
}

impl Watch {
    /// A watch whose alarms go to `sink`.
    pub fn new(sink: Arc<dyn AlarmSink>, on_leak: OnLeak) -> Self {
        Self {
            sink,
            on_leak,
            frozen: AtomicBool::new(false),
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

    /// Has the alarm recorded; freezes the run where that is wished, or where it could not be recorded.
    pub fn raise(&self, alarm: &Alarm) {
        let recorded = self.sink.raise(alarm);
        if self.on_leak == OnLeak::Freeze || recorded.is_err() {
            self.frozen.store(true, Ordering::SeqCst);
        }
    }

    /// Whether nothing more may leave.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sink(Result<(), NotRecorded>);

    impl AlarmSink for Sink {
        fn raise(&self, _: &Alarm) -> Result<(), NotRecorded> {
            self.0
        }
    }

    #[test]
    fn an_alarm_freezes_when_it_is_told_to_or_cannot_be_recorded() {
        let alarm = Alarm {
            rule: AlarmRule::WrongHost,
            place: "header authorization".to_owned(),
            destination: None,
            step: None,
            found: None,
            key: None,
        };
        for (recorded, on_leak, frozen) in [
            (Ok(()), OnLeak::Warn, false),
            (Ok(()), OnLeak::Freeze, true),
            (Err(NotRecorded), OnLeak::Warn, true),
        ] {
            let watch = Watch::new(Arc::new(Sink(recorded)), on_leak);
            assert!(!watch.is_frozen());
            watch.raise(&alarm);
            assert_eq!(watch.is_frozen(), frozen, "{recorded:?} {on_leak}");
        }
    }

    #[test]
    fn words_and_serde_agree() {
        for rule in AlarmRule::ALL {
            assert_eq!(serde_json::to_value(rule).expect("serialises"), rule.as_str());
        }
    }
}
