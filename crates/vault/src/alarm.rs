//! Recording alarms: who held the placeholder that was seen, and where it was seen.

use distri_core::AgentName;
use distri_core::alarm::Alarm;
use distri_core::audit::{ActionKind, AlarmFacts, Outcome, Record, Subject};
use distri_core::authz::{Read, Resolve};
use distri_core::ids::RunId;
use distri_core::placeholder::PlaceholderId;
use distri_store::UnitOfWork;

use crate::{Caller, VaultError};

/// Whose a placeholder is.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Where in the text it was found, in bytes: itself, or the encoded text around it.
    pub range: std::ops::Range<usize>,
    /// The record of the release it was made for: agent, run, environment, time.
    pub release: Record,
    /// The secret it stands for, with the version and hosts of that time.
    pub subject: Subject,
}

impl Caller<'_> {
    /// Records an alarm of `run`. It has committed when this returns.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn alarm(&self, run: RunId, agent: Option<&AgentName>, alarm: &Alarm) -> Result<(), VaultError> {
        let _allowed = self.authorize::<Resolve>()?;
        self.vault.store.write(|work| {
            let holder = match alarm.found {
                Some(id) => self.holder_of(work, id)?,
                None => None,
            };
            let mut record = self.record(ActionKind::Alarm);
            record.run = Some(run);
            record.agent = agent.cloned();
            let mut facts = AlarmFacts {
                rule: alarm.rule,
                place: alarm.place.clone(),
                destination: alarm.destination.clone(),
                step: alarm.step.clone(),
                origin: None,
            };
            if let Some((release, subject)) = holder {
                facts.origin = release.run.filter(|it| *it != run);
                record.environment = release.environment;
                record.subjects = vec![subject];
            }
            record.outcome = Outcome::Denied(alarm.rule.as_str().to_owned());
            record.alarm = Some(facts);
            work.append(&record)?;
            Ok(())
        })
    }

    /// Every placeholder of this account in `text`, also in a usual encoding, with whose it is.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn identify(&self, text: &[u8]) -> Result<Vec<Holder>, VaultError> {
        let _allowed = self.authorize::<Read>()?;
        let sightings = self.vault.keyring.placeholders().find_disguised(text);
        self.vault.store.read(|work| {
            let mut holders = Vec::new();
            for seen in &sightings {
                if let Some((release, subject)) = self.holder_of(work, seen.id)? {
                    holders.push(Holder {
                        range: seen.range.clone(),
                        release,
                        subject,
                    });
                }
            }
            Ok(holders)
        })
    }

    /// The release and the secret of a placeholder; nothing for one of another account.
    fn holder_of(&self, work: &mut dyn UnitOfWork, id: PlaceholderId) -> Result<Option<(Record, Subject)>, VaultError> {
        let Some(before) = id.release().checked_sub(1) else {
            return Ok(None);
        };
        let found = work.records(self.account, before, 1)?;
        Ok(found.into_iter().find_map(|(seq, release)| {
            let subject = release.subjects.get(id.subject()).cloned()?;
            (seq == id.release() && release.action == ActionKind::Release).then_some((release, subject))
        }))
    }
}
