//! Changing what is known about a secret without changing its value.

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::{Allowed, Write};
use distri_core::policy::{AgentScope, Binding, Delivery};
use distri_core::{Environment, SecretKey, Timestamp};
use distri_store::UnitOfWork;
use distri_store::rows::Change;

use super::versioning::NextVersion;
use super::{Edit, SecretInfo, check_note, check_version};
use crate::opening::Present;
use crate::{Caller, VaultError};

/// The fields to change.
#[derive(Clone, Debug, Default)]
pub struct UpdateSecret {
    /// Where it may go.
    pub hosts: Edit<Vec<Binding>>,
    /// Which agents may use it.
    pub agents: Edit<AgentScope>,
    /// How it is delivered.
    pub delivery: Edit<Delivery>,
    /// Whether it may be put into bodies.
    pub body: Edit<bool>,
    /// What people should know.
    pub note: Edit<Option<String>>,
    /// When it stops being given out.
    pub expires_at: Edit<Option<Timestamp>>,
    /// After how many days its value is to be replaced.
    pub rotate_every_days: Edit<Option<u32>>,
    /// The version the caller saw: anything else is refused.
    pub expected_version: Option<u32>,
}

/// What the change did.
#[derive(Clone, Debug)]
pub struct UpdateOutcome {
    /// The secret as it is now.
    pub info: SecretInfo,
    /// Whether the policy changed: then there is a new version with the same value, sealed with the new policy.
    pub policy_changed: bool,
    /// Whether anything changed.
    pub changed: bool,
}

impl Caller<'_> {
    /// Changes policy, note, expiry or rotation. A changed policy is a new version, because it is sealed in.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Stale`], [`VaultError::Integrity`].
    pub fn update(
        &self,
        key: &SecretKey,
        environment: &Environment,
        request: &UpdateSecret,
    ) -> Result<UpdateOutcome, VaultError> {
        let allowed = self.authorize::<Write>()?;
        check_note(&request.note)?;
        self.change(|work| {
            let (outcome, records, _) = self.update_in(&allowed, work, key, environment, request)?;
            Ok((outcome, records))
        })
    }

    /// The same inside of a unit of work, with the records of it and the secret as it was written.
    pub(super) fn update_in(
        &self,
        allowed: &Allowed<Write>,
        work: &mut dyn UnitOfWork,
        key: &SecretKey,
        environment: &Environment,
        request: &UpdateSecret,
    ) -> Result<(UpdateOutcome, Vec<Record>, Present), VaultError> {
        let openable = self.live_openable(allowed, work, environment, key)?;
        check_version(&openable.view, request.expected_version)?;
        let mut policy = openable.view.policy.clone();
        request.hosts.apply(&mut policy.hosts);
        request.agents.apply(&mut policy.agents);
        request.delivery.apply(&mut policy.delivery);
        request.body.apply(&mut policy.body);
        let policy = policy.canonical();

        let before = openable.view.secret.clone();
        let policy_changed = policy != openable.view.policy;
        let value = match policy_changed {
            true => Some(self.open_in_use_to_reseal(allowed, work, &openable)?),
            false => None,
        };
        let mut present = Present::from(openable);
        if let Some(value) = value {
            let next = NextVersion {
                key,
                environment,
                value: &value,
                policy,
                change: Change::Policy,
                note: request.note.clone(),
                expires_at: request.expires_at.clone(),
                rotate_every_days: request.rotate_every_days.clone(),
            };
            present.view = self.write_version(allowed, work, Some(&present), next)?;
        } else {
            let secret = &mut present.view.secret;
            request.note.apply(&mut secret.note);
            request.expires_at.apply(&mut secret.expires_at);
            request.rotate_every_days.apply(&mut secret.rotate_every_days);
        }
        let view = &mut present.view;
        let described = view.secret.note != before.note
            || view.secret.expires_at != before.expires_at
            || view.secret.rotate_every_days != before.rotate_every_days;
        if !policy_changed && described {
            view.secret.updated_at = self.now();
            self.sign(&mut view.secret, &view.policy);
            work.put_secret(&view.secret)?;
        }
        let happened = [(policy_changed, ActionKind::Policy), (described, ActionKind::Describe)];
        let records = happened
            .into_iter()
            .filter(|it| it.0)
            .map(|it| self.record_about(it.1, view));
        let records = records.collect();
        let outcome = UpdateOutcome {
            info: view.clone().into(),
            policy_changed,
            changed: policy_changed || described,
        };
        Ok((outcome, records, present))
    }
}
