//! Releasing: values leave to a run, after the record of it is on the disk.

use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use distri_core::audit::{ActionKind, Record, Subject};
use distri_core::authz::{Allowed, Resolve};
use distri_core::ids::RunId;
use distri_core::placeholder::{PlaceholderId, Shape};
use distri_core::policy::Given;
use distri_core::release::{Release, ReleasedSecret};
use distri_core::{AgentName, Environment, SecretKey, Timestamp};
use distri_store::UnitOfWork;
use distri_store::rows::OpenableRow;

use crate::opening::{AccountKeys, data_key_in};
use crate::record::{Recorded, subject};
use crate::unfinished::Unfinished;
use crate::{Caller, VaultError};

/// Which secrets a run wants.
#[derive(Clone, Debug)]
pub struct ReleaseSecrets {
    /// For which agent; `None` for a command without one.
    pub agent: Option<AgentName>,
    /// From which environment; no other is looked into.
    pub environment: Environment,
    /// Which of them.
    pub selection: Selection,
}

/// Which of the secrets that the agent may use.
#[derive(Clone, Debug)]
pub enum Selection {
    /// All of them; those named must be there.
    All {
        /// Without these nothing starts.
        required: BTreeSet<SecretKey>,
    },
    /// These; all must be there.
    Only(BTreeSet<SecretKey>),
    /// These, as far as they may be given.
    Present(BTreeSet<SecretKey>),
}

impl Selection {
    fn required(&self) -> &BTreeSet<SecretKey> {
        static NONE: BTreeSet<SecretKey> = BTreeSet::new();
        match self {
            Self::All { required } | Self::Only(required) => required,
            Self::Present(_) => &NONE,
        }
    }

    fn wants(&self, key: &SecretKey) -> bool {
        match self {
            Self::All { .. } => true,
            Self::Only(keys) | Self::Present(keys) => keys.contains(key),
        }
    }
}

/// Why a run does not get its secrets.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// Required ones cannot be given; all of them are named.
    #[error("{}", missing_text(.0))]
    Missing(Vec<MissingSecret>),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A required secret that cannot be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingSecret {
    /// Its key.
    pub key: SecretKey,
    /// Why not.
    pub reason: MissingReason,
}

/// Why a required secret cannot be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissingReason {
    /// It was never set in this environment.
    NotSet,
    /// It is past its expiry.
    Expired(Timestamp),
    /// Its policy names other agents.
    NotForThisAgent,
}

impl fmt::Display for MissingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSet => f.write_str("is not set"),
            Self::Expired(at) => write!(f, "expired on {}", at.strftime("%Y-%m-%d")),
            Self::NotForThisAgent => f.write_str("may not be used by this agent"),
        }
    }
}

/// Which value of a secret is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The one in use.
    InUse,
    /// The one that waits beside it, if there is one.
    Staged,
}

/// What may be given to a run, and what not.
struct Decision {
    /// The rows that may be given.
    given: Vec<OpenableRow>,
    /// The required secrets that may not.
    missing: Vec<MissingSecret>,
    /// Those of them whose policy does not include the agent.
    not_for_it: Vec<Subject>,
}

/// The rows that are given, with the keys that open them.
type Rows = (Vec<OpenableRow>, AccountKeys);

/// What was selected for a release.
enum Selected {
    /// These, with the record of it.
    Given(Rows, Box<Record>),
    /// Nothing, since required ones are missing.
    Missing(Decision),
}

/// Ends a unit of work whose decision says why.
fn missing() -> VaultError {
    VaultError::Locked("a required secret is missing".to_owned())
}

/// The page's wording for a key that is not set, one line for each other reason.
fn missing_text(missing: &[MissingSecret]) -> String {
    let unset: Vec<&str> = missing
        .iter()
        .filter(|it| it.reason == MissingReason::NotSet)
        .map(|it| it.key.as_str())
        .collect();
    let mut lines = Vec::new();
    match unset.as_slice() {
        [] => {}
        [key] => lines.push(format!("required secret `{key}` is not configured")),
        keys => lines.push(format!("required secrets are not configured: {}", keys.join(", "))),
    }
    for it in missing.iter().filter(|it| it.reason != MissingReason::NotSet) {
        lines.push(format!("required secret `{}` {}", it.key, it.reason));
    }
    lines.join("; ")
}

/// What a record says of a row that is given.
fn given(row: &OpenableRow) -> Subject {
    Subject {
        version: row.version.version,
        ..subject(&row.view)
    }
}

impl Caller<'_> {
    /// Gives a run its secrets: decides, records with versions and hosts, commits, then opens.
    ///
    /// # Errors
    /// [`ReleaseError::Missing`] before any release is recorded or opened; [`VaultError::Integrity`] when a wanted
    /// secret is not believed.
    pub fn release(&self, run: RunId, request: &ReleaseSecrets) -> Result<Release, ReleaseError> {
        self.release_of(Stage::InUse, run, request)
    }

    /// The same with the staged value of each secret that has one, to try it before it is promoted.
    ///
    /// # Errors
    /// As [`release`](Self::release).
    pub fn release_staged(&self, run: RunId, request: &ReleaseSecrets) -> Result<Release, ReleaseError> {
        self.release_of(Stage::Staged, run, request)
    }

    /// The release of those secrets that are there and may be given, for requests that come together: they are given when
    /// this is [finished](Unfinished::finish).
    ///
    /// # Errors
    /// As [`release`](Self::release).
    pub fn begin_release(
        &self,
        run: RunId,
        agent: Option<AgentName>,
        environment: Environment,
        keys: BTreeSet<SecretKey>,
    ) -> Result<Unfinished<'_, Release>, VaultError> {
        let request = Rc::new(ReleaseSecrets {
            agent,
            environment,
            selection: Selection::Present(keys),
        });
        let noticing = {
            let request = request.clone();
            move |error: &VaultError| self.notice(error, Some((run, request.agent.as_ref())))
        };
        let allowed = Rc::new(self.may_release(&request).inspect_err(&noticing)?);
        let permission = allowed.clone();
        let begun = self.begin_before_opening(move |work| {
            match self.select(work, &permission, Stage::InUse, run, &request)? {
                Selected::Given(given, record) => Ok((given, *record)),
                Selected::Missing(_) => Err(missing()),
            }
        });
        let begun = begun.inspect_err(&noticing)?;
        Ok(Unfinished::new(move || {
            let opened = begun
                .finish()
                .and_then(|(given, recorded)| self.open_given(&allowed, &recorded, run, given));
            opened.inspect_err(noticing)
        }))
    }

    fn release_of(&self, stage: Stage, run: RunId, request: &ReleaseSecrets) -> Result<Release, ReleaseError> {
        let released = self.release_recorded(stage, run, request);
        if let Err(ReleaseError::Vault(error)) = &released {
            self.notice(error, Some((run, request.agent.as_ref())));
        }
        released
    }

    fn release_recorded(&self, stage: Stage, run: RunId, request: &ReleaseSecrets) -> Result<Release, ReleaseError> {
        let allowed = self.may_release(request)?;
        let mut refused = None;
        let result = self.commit_before_opening(|work| match self.select(work, &allowed, stage, run, request)? {
            Selected::Given(given, record) => Ok((given, *record)),
            Selected::Missing(decision) => {
                refused = Some(decision);
                Err(missing())
            }
        });
        if let Some(decision) = refused {
            if !decision.not_for_it.is_empty() {
                self.refused_by_policy(run, request, decision.not_for_it);
            }
            return Err(ReleaseError::Missing(decision.missing));
        }
        let (given, recorded) = result?;
        Ok(self.open_given(&allowed, &recorded, run, given)?)
    }

    fn may_release(&self, request: &ReleaseSecrets) -> Result<Allowed<Resolve>, VaultError> {
        let allowed = self.authorize::<Resolve>()?;
        self.permitted(allowed.agent(request.agent.as_ref()))?;
        Ok(allowed)
    }

    /// Decides what is given, and says so in a record.
    fn select(
        &self,
        work: &mut dyn UnitOfWork,
        allowed: &Allowed<Resolve>,
        stage: Stage,
        run: RunId,
        request: &ReleaseSecrets,
    ) -> Result<Selected, VaultError> {
        let rows = self.candidates(work, allowed, request)?;
        let decision = self.decide(rows, request)?;
        if !decision.missing.is_empty() {
            return Ok(Selected::Missing(decision));
        }
        let mut keys = AccountKeys::default();
        let mut rows = decision.given;
        if stage == Stage::Staged {
            for row in &mut rows {
                self.take_staged(work, row)?;
            }
        }
        for row in &rows {
            keys.take(self, work, row)?;
        }
        let mut record = self.record(ActionKind::Release);
        record.environment = Some(request.environment.clone());
        record.agent.clone_from(&request.agent);
        record.run = Some(run);
        record.subjects = rows.iter().map(given).collect();
        Ok(Selected::Given((rows, keys), Box::new(record)))
    }

    /// Opens what the record says is given.
    fn open_given(
        &self,
        allowed: &Allowed<Resolve>,
        recorded: &Recorded,
        run: RunId,
        (rows, keys): Rows,
    ) -> Result<Release, VaultError> {
        let placeholders = self.vault.keyring.placeholders();
        let mut secrets = Vec::with_capacity(rows.len());
        for row in rows {
            let value = self.open(
                allowed,
                recorded,
                &keys,
                &row.view.secret,
                &row.version,
                data_key_in(&row)?,
            )?;
            let key = row.view.secret.key;
            let policy = row.view.policy;
            let placeholder = match policy.given() {
                Given::Value => None,
                Given::Placeholder => {
                    let id =
                        PlaceholderId::new(recorded.seq, secrets.len()).ok_or(VaultError::PlaceholdersExhausted)?;
                    Some(placeholders.mint(id, &Shape::of(&key, value.expose_secret())))
                }
            };
            secrets.push(ReleasedSecret {
                key,
                version: row.version.version,
                value,
                placeholder,
                policy,
            });
        }
        Ok(Release {
            run,
            secrets,
            placeholders: Some(Arc::clone(placeholders)),
        })
    }

    /// Puts the staged version in the place of the one in use, where there is one. The policy stays that in use.
    fn take_staged(&self, work: &mut dyn UnitOfWork, row: &mut OpenableRow) -> Result<(), VaultError> {
        if let Some(staged) = row.view.secret.staged_version {
            row.version = self.stored_version(work, &row.view.secret, staged)?;
        }
        Ok(())
    }

    /// The rows that a release may be about; few named ones are not looked for among all.
    fn candidates(
        &self,
        work: &mut dyn UnitOfWork,
        allowed: &Allowed<Resolve>,
        request: &ReleaseSecrets,
    ) -> Result<Vec<OpenableRow>, VaultError> {
        const FEW: usize = 50;
        let environment = &request.environment;
        match &request.selection {
            Selection::Only(keys) | Selection::Present(keys) if keys.len() <= FEW => {
                let mut rows = Vec::with_capacity(keys.len());
                for key in keys {
                    let row = work.openable(self.account, environment, key)?.within(allowed);
                    rows.extend(row.filter(|it| it.view.secret.deleted_at.is_none()));
                }
                Ok(rows)
            }
            _ => Ok(work.openables(self.account, environment)?.within(allowed)),
        }
    }

    /// Decides about each wanted row, verified.
    fn decide(&self, rows: Vec<OpenableRow>, request: &ReleaseSecrets) -> Result<Decision, VaultError> {
        let now = self.now();
        let mut given = Vec::with_capacity(rows.len());
        let (mut refused, mut not_for_it) = (Vec::new(), Vec::new());
        for row in rows
            .into_iter()
            .filter(|it| request.selection.wants(&it.view.secret.key))
        {
            self.check_openable(&row)?;
            let key = row.view.secret.key.clone();
            match row.view.secret.expires_at {
                Some(at) if at <= now => refused.push(MissingSecret {
                    key,
                    reason: MissingReason::Expired(at),
                }),
                _ if !row.view.policy.agents.includes(request.agent.as_ref()) => {
                    if request.selection.required().contains(&key) {
                        not_for_it.push(subject(&row.view));
                    }
                    refused.push(MissingSecret {
                        key,
                        reason: MissingReason::NotForThisAgent,
                    });
                }
                _ => given.push(row),
            }
        }
        let missing = request
            .selection
            .required()
            .iter()
            .filter(|key| !given.iter().any(|it| it.view.secret.key == **key))
            .map(|key| {
                let known = refused.iter().find(|it| it.key == *key);
                known.cloned().unwrap_or(MissingSecret {
                    key: key.clone(),
                    reason: MissingReason::NotSet,
                })
            })
            .collect();
        Ok(Decision {
            given,
            missing,
            not_for_it,
        })
    }
}
