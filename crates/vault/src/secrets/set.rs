//! Setting a value: a new secret, or the next version of one.

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::{Allowed, Write};
use distri_core::policy::{AgentScope, Binding, Delivery};
use distri_core::{Environment, Policy, SecretKey, SecretValue, Timestamp};
use distri_store::UnitOfWork;
use distri_store::rows::{Change, SecretView};

use super::versioning::NextVersion;
use super::{Edit, SecretInfo, check_note, not_found};
use crate::opening::Present;
use crate::unfinished::Unfinished;
use crate::{Caller, VaultError};

/// A value and what is to be known about it.
pub struct SetSecret {
    /// Its key.
    pub key: SecretKey,
    /// Its environment.
    pub environment: Environment,
    /// Its value.
    pub value: SecretValue,
    /// The policy of a new secret, as far as nothing else is given: the catalogue's.
    pub default_policy: Policy,
    /// Where it may go. Kept: what it was.
    pub hosts: Edit<Vec<Binding>>,
    /// Which agents may use it. Kept: what it was.
    pub agents: Edit<AgentScope>,
    /// How it is delivered. Kept: what it was.
    pub delivery: Edit<Delivery>,
    /// Whether it may be put into bodies. Kept: what it was.
    pub body: Edit<bool>,
    /// What people should know.
    pub note: Edit<Option<String>>,
    /// When it stops being given out.
    pub expires_at: Edit<Option<Timestamp>>,
    /// After how many days its value is to be replaced.
    pub rotate_every_days: Edit<Option<u32>>,
    /// The version the caller saw, 0 for none: anything else is refused.
    pub expected_version: Option<u32>,
    /// Whether there must be one already.
    pub must_exist: bool,
}

impl SetSecret {
    /// Only a key and a value, everything else kept or by default.
    #[must_use]
    pub fn new(key: SecretKey, environment: Environment, value: SecretValue) -> Self {
        Self {
            key,
            environment,
            value,
            default_policy: Policy::default(),
            hosts: Edit::Keep,
            agents: Edit::Keep,
            delivery: Edit::Keep,
            body: Edit::Keep,
            note: Edit::Keep,
            expires_at: Edit::Keep,
            rotate_every_days: Edit::Keep,
            expected_version: None,
            must_exist: false,
        }
    }
}

/// What setting did.
#[derive(Clone, Debug)]
pub struct SetOutcome {
    /// The secret as it is now.
    pub info: SecretInfo,
    /// Whether there was none before.
    pub created: bool,
    /// Whether a deleted one came back.
    pub undeleted: bool,
}

impl Caller<'_> {
    /// Sets a value. The version before it stays in the history.
    ///
    /// # Errors
    /// [`VaultError::Stale`] when the caller expected another version; [`VaultError::NotFound`] when there must be one; [`VaultError::Integrity`] when the stored
    /// secret is not believed.
    pub fn set(&self, request: &SetSecret) -> Result<SetOutcome, VaultError> {
        let allowed = self.authorize::<Write>()?;
        self.permitted(allowed.place(&request.environment, &request.key))?;
        check_note(&request.note)?;
        self.change(|work| {
            let (outcome, record) = self.set_in(&allowed, work, request)?;
            Ok((outcome, vec![record]))
        })
    }

    /// The same, for requests that come together: the value is set when this is [finished](Unfinished::finish).
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn begin_set(&self, request: SetSecret) -> Result<Unfinished<'_, SetOutcome>, VaultError> {
        let allowed = self.authorize::<Write>()?;
        self.permitted(allowed.place(&request.environment, &request.key))?;
        check_note(&request.note)?;
        let begun = self.begin_change(move |work| {
            let (outcome, record) = self.set_in(&allowed, work, &request)?;
            Ok((outcome, vec![record]))
        })?;
        Ok(Unfinished::new(move || Ok(self.noticing(begun.finish())?.0)))
    }

    /// Sets a value inside a unit of work that may set others; the record of it goes with that unit.
    pub(super) fn set_in(
        &self,
        allowed: &Allowed<Write>,
        work: &mut dyn UnitOfWork,
        request: &SetSecret,
    ) -> Result<(SetOutcome, Record), VaultError> {
        let existing = work
            .openable(self.account, &request.environment, &request.key)?
            .within(allowed);
        if let Some(row) = &existing {
            self.check_openable(row)?;
        }
        let present = existing.as_ref().map(|it| &it.view);
        self.expect_version(request, present)?;
        let undeleted = present.is_some_and(|it| it.secret.deleted_at.is_some());
        let created = existing.is_none();

        let mut policy = match present {
            Some(view) => view.policy.clone(),
            None => request.default_policy.clone(),
        };
        request.hosts.apply(&mut policy.hosts);
        request.agents.apply(&mut policy.agents);
        request.delivery.apply(&mut policy.delivery);
        request.body.apply(&mut policy.body);

        let next = NextVersion {
            key: &request.key,
            environment: &request.environment,
            value: &request.value,
            policy,
            change: Change::Value,
            note: request.note.clone(),
            expires_at: request.expires_at.clone(),
            rotate_every_days: request.rotate_every_days.clone(),
        };
        let existing = existing.map(Present::from);
        let view = self.write_version(allowed, work, existing.as_ref(), next)?;
        let record = self.record_about(ActionKind::Set, &view);
        let outcome = SetOutcome {
            info: view.into(),
            created,
            undeleted,
        };
        Ok((outcome, record))
    }

    fn expect_version(&self, request: &SetSecret, existing: Option<&SecretView>) -> Result<(), VaultError> {
        let current = existing
            .filter(|it| it.secret.deleted_at.is_none())
            .map_or(0, |it| it.secret.current_version);
        if request.must_exist && current == 0 {
            return Err(not_found(&request.key, &request.environment));
        }
        match request.expected_version {
            Some(expected) if expected != current => Err(VaultError::Stale {
                key: request.key.clone(),
                expected,
                current,
            }),
            _ => Ok(()),
        }
    }
}
