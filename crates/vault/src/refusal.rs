//! Recording what was refused: who tried, and which rule said no.
//!
//! A refusal stands whether it can be recorded or not; where it cannot, that is complained of.

use distri_core::audit::{ActionKind, Outcome, Record, Subject};
use distri_core::authz::Denied;
use distri_core::ids::RunId;

use crate::Caller;
use crate::secrets::ReleaseSecrets;

impl Caller<'_> {
    /// A role, a scope or a limit that does not permit what was asked for.
    pub(crate) fn refused_by_rule(&self, denied: &Denied) {
        let mut record = self.record(ActionKind::Refuse);
        record.outcome = Outcome::Denied(format!("{}: {denied}", denied.rule()));
        self.record_refusal(&record);
    }

    /// Secrets whose policy does not include the agent that required them.
    pub(crate) fn refused_by_policy(&self, run: RunId, request: &ReleaseSecrets, subjects: Vec<Subject>) {
        let mut record = self.record(ActionKind::Refuse);
        record.environment = Some(request.environment.clone());
        record.agent.clone_from(&request.agent);
        record.run = Some(run);
        record.subjects = subjects;
        record.outcome = Outcome::Denied("policy: agents".to_owned());
        self.record_refusal(&record);
    }

    fn record_refusal(&self, record: &Record) {
        if let Err(error) = self.change(|_| Ok(((), vec![record.clone()]))) {
            self.vault.complain(format!("a refusal could not be recorded: {error}"));
        }
    }
}
