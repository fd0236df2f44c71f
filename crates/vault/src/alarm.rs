//! Recording alarms: who held the placeholder that was seen, and where it was seen.

use distri_core::AgentName;
use distri_core::alarm::Alarm;
use distri_core::audit::{ActionKind, AlarmFacts, Outcome, Record, Subject};
use distri_core::authz::{Read, Resolve};
use distri_core::ids::RunId;
use distri_core::placeholder::PlaceholderId;
use distri_store::UnitOfWork;

use crate::{Caller, VaultError};

/// Records read at once while alarms are looked for.
const PAGE: u32 = 250;

/// Whose a placeholder is.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Where in the text it was found, in bytes: itself, or the encoded text around it.
    pub range: std::ops::Range<usize>,
    /// What it says of itself.
    pub id: PlaceholderId,
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
        self.change(|work| {
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
            Ok(((), vec![record]))
        })
    }

    /// The alarms after sequence number `after`, the first `limit` of them; without `after` the newest `limit`. Oldest
    /// first, with their numbers.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn alarms(&self, after: Option<u64>, limit: u32) -> Result<Vec<(u64, Record)>, VaultError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_alarm = |it: &(u64, Record)| it.1.action == ActionKind::Alarm;
        let mut found = Vec::new();
        if let Some(mut after) = after {
            loop {
                let page = self.audit_after(after, PAGE)?;
                let Some((last, _)) = page.last() else { break };
                after = *last;
                found.extend(page.into_iter().filter(is_alarm));
                if found.len() >= limit {
                    break;
                }
            }
            found.truncate(limit);
            return Ok(found);
        }
        // Backwards, a window of numbers at a time: an alarm is looked for when it is new.
        let mut page = self.audit_newest(PAGE)?;
        while let Some((first, _)) = page.first() {
            let first = *first;
            found.extend(page.into_iter().filter(is_alarm).rev());
            if found.len() >= limit || first <= 1 {
                break;
            }
            page = self.window_before(first)?;
        }
        found.truncate(limit);
        found.reverse();
        Ok(found)
    }

    /// The records of the last window before number `end` that has any of this account.
    fn window_before(&self, mut end: u64) -> Result<Vec<(u64, Record)>, VaultError> {
        loop {
            let after = end.saturating_sub(u64::from(PAGE) + 1);
            let mut page = self.audit_after(after, PAGE)?;
            page.retain(|(seq, _)| *seq < end);
            if !page.is_empty() || after == 0 {
                return Ok(page);
            }
            end = after + 1;
        }
    }

    /// Every placeholder of this account in `text`, also in a usual encoding, with whose it is. Those of secrets or agents
    /// beyond the credential's limits are left out.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn identify(&self, text: &[u8]) -> Result<Vec<Holder>, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let sightings = self.vault.keyring.placeholders().find_disguised(text);
        self.vault.store.read(|work| {
            let mut holders = Vec::new();
            for seen in &sightings {
                let Some((mut release, subject)) = self.holder_of(work, seen.id)? else {
                    continue;
                };
                let reaches = |it: &Subject| {
                    let environment = release.environment.as_ref();
                    environment.is_some_and(|env| allowed.reaches(env, &it.key, &it.agents))
                };
                if reaches(&subject) && allowed.reaches_agent(release.agent.as_ref()) {
                    let kept = release.subjects.iter().map(reaches).collect::<Vec<_>>();
                    let mut kept = kept.into_iter();
                    // What else the same run was given is beyond the limits as well.
                    release.subjects.retain(|_| kept.next().unwrap_or(false));
                    holders.push(Holder {
                        range: seen.range.clone(),
                        id: seen.id,
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
        let rows = work.account_audit_rows(self.account, before, 1)?;
        let found = self.believed(&rows)?;
        Ok(found.into_iter().find_map(|(seq, release)| {
            let subject = release.subjects.get(id.subject()).cloned()?;
            (seq == id.release() && release.action == ActionKind::Release).then_some((release, subject))
        }))
    }
}
