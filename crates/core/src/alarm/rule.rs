//! The rules that alarms name.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// What said outside the database how far the audit log had got was missing at a start.
    EvidenceLost,
}

impl AlarmRule {
    /// Every rule, for documentation and filters.
    pub const ALL: [Self; 12] = [
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
        Self::EvidenceLost,
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
            Self::EvidenceLost => "evidence-lost",
        }
    }
}

impl fmt::Display for AlarmRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_serde_agree() {
        for rule in AlarmRule::ALL {
            assert_eq!(serde_json::to_value(rule).expect("serialises"), rule.as_str());
        }
    }
}
