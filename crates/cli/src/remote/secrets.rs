//! Secrets over HTTP: a method for each use case, with the name that the vault's has.

use std::borrow::Cow;
use std::collections::BTreeSet;

use distri_core::{Environment, SecretKey, SecretValue, Timestamp};
use distri_vault::secrets::{
    CopyOutcome, CopySecrets, HistoryEntry, ImportEntry, ImportOutcome, ImportSecrets, ListSecrets, Listed, OnConflict,
    Planned, Revealed, SecretInfo, SetOutcome, SetSecret, UpdateOutcome, UpdateSecret,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::Call;
use super::client::Client;
use super::next_page::next_page;
use super::wire::{About, Edits, Encoding, Incoming, Outgoing, PolicyView, SecretView, known};
use crate::exit::Exit;
use crate::failure::Failure;

/// The most secrets of a page, and the most pages of a list.
const PAGE: u32 = 1_000;
const MOST_PAGES: u32 = 1_000;

/// A secret after a change, and what the change was.
#[derive(Deserialize)]
struct Changed {
    #[serde(flatten)]
    secret: SecretView,
    #[serde(default)]
    undeleted: bool,
    #[serde(default)]
    changed: bool,
    #[serde(default)]
    policy_changed: bool,
}

impl Client {
    pub(crate) fn get(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, Failure> {
        let call = Call::get(&["secrets", key.as_str()]).query("environment", environment);
        self.about(key, call)
    }

    pub(crate) fn list(&self, request: &ListSecrets) -> Result<Vec<Listed>, Failure> {
        let mut all = Vec::new();
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let call = Call::get(&["secrets"])
                .query_some("environment", request.environment.as_ref())
                .query("deleted", request.deleted)
                .query("limit", PAGE)
                .query_some("cursor", cursor.as_ref());
            let answer = self.send(call)?;
            let page: Vec<SecretView> = self.read(&answer)?;
            let is_empty = page.is_empty();
            all.extend(page.into_iter().map(|mut it| Listed {
                damage: it.damage.take(),
                info: it.into(),
            }));
            cursor = next_page(&answer);
            match cursor {
                None => return Ok(all),
                Some(_) if is_empty => break,
                Some(_) => {}
            }
        }
        // A list without end is none of ours.
        Err(self.stranger())
    }

    pub(crate) fn set(&self, request: &SetSecret) -> Result<SetOutcome, Failure> {
        #[derive(Serialize)]
        struct Body<'b> {
            key: &'b SecretKey,
            environment: &'b Environment,
            #[serde(flatten)]
            value: Outgoing<'b>,
            #[serde(flatten)]
            about: About<'b>,
        }
        let edits = Edits {
            hosts: &request.hosts,
            agents: &request.agents,
            delivery: request.delivery.clone(),
            body: request.body.clone(),
            note: &request.note,
            expires_at: request.expires_at.clone(),
            rotate_every_days: request.rotate_every_days.clone(),
        };
        let body = Body {
            key: &request.key,
            environment: &request.environment,
            value: Outgoing::new(&request.value),
            about: edits.into(),
        };
        let call = Call::post(&["secrets"]).expecting(request.expected_version);
        let answer = self.send(call.json(&body, 2 * request.value.len() + 8_192)?)?;
        let changed: Changed = self.read(&answer)?;
        Ok(SetOutcome {
            info: changed.secret.into(),
            created: answer.status == 201,
            undeleted: changed.undeleted,
        })
    }

    pub(crate) fn stage(
        &self,
        key: &SecretKey,
        environment: &Environment,
        value: &SecretValue,
    ) -> Result<SecretInfo, Failure> {
        let call = Call::put(&["secrets", key.as_str(), "staged"]).query("environment", environment);
        self.about(key, call.json(&Outgoing::new(value), 2 * value.len())?)
    }

    pub(crate) fn update(
        &self,
        key: &SecretKey,
        environment: &Environment,
        request: &UpdateSecret,
    ) -> Result<UpdateOutcome, Failure> {
        let edits = Edits {
            hosts: &request.hosts,
            agents: &request.agents,
            delivery: request.delivery.clone(),
            body: request.body.clone(),
            note: &request.note,
            expires_at: request.expires_at.clone(),
            rotate_every_days: request.rotate_every_days.clone(),
        };
        let call = Call::patch(&["secrets", key.as_str()])
            .query("environment", environment)
            .expecting(request.expected_version);
        let answer = self.send(call.json(&About::from(edits), 8_192)?);
        let changed: Changed = self.read(&answer.map_err(|it| unset(it, key))?)?;
        Ok(UpdateOutcome {
            info: changed.secret.into(),
            policy_changed: changed.policy_changed,
            changed: changed.changed,
        })
    }

    pub(crate) fn delete(&self, key: &SecretKey, environment: &Environment) -> Result<(), Failure> {
        let call = Call::delete(&["secrets", key.as_str()]).query("environment", environment);
        self.tell(call).map_err(|it| unset(it, key))
    }

    pub(crate) fn undelete(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, Failure> {
        self.act(key, environment, "undelete")
    }

    pub(crate) fn promote(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, Failure> {
        self.act(key, environment, "promote")
    }

    pub(crate) fn unstage(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, Failure> {
        let call = Call::delete(&["secrets", key.as_str(), "staged"]).query("environment", environment);
        self.about(key, call)
    }

    pub(crate) fn rollback(
        &self,
        key: &SecretKey,
        environment: &Environment,
        version: Option<u32>,
    ) -> Result<SecretInfo, Failure> {
        let call = Call::post(&["secrets", key.as_str(), "rollback"]).query("environment", environment);
        self.about(key, call.json(&json!({ "version": version }), 0)?)
    }

    pub(crate) fn history(&self, key: &SecretKey, environment: &Environment) -> Result<Vec<HistoryEntry>, Failure> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
            current: bool,
            staged: bool,
            change: String,
            origin: Option<u32>,
            created_at: Timestamp,
            created_by: String,
            #[serde(flatten)]
            policy: PolicyView,
        }
        const CHANGES: [&str; 5] = ["value", "policy", "staged", "promoted", "rollback"];
        let call = Call::get(&["secrets", key.as_str(), "versions"]).query("environment", environment);
        let versions: Vec<Version> = self.ask(call).map_err(|it| unset(it, key))?;
        let entries = versions.into_iter().map(|it| HistoryEntry {
            version: it.version,
            current: it.current,
            staged: it.staged,
            change: known(&CHANGES, Cow::from(it.change)),
            origin: it.origin,
            created_at: it.created_at,
            created_by: it.created_by,
            policy: it.policy.into(),
        });
        Ok(entries.collect())
    }

    pub(crate) fn reveal(
        &self,
        key: &SecretKey,
        environment: &Environment,
        version: Option<u32>,
    ) -> Result<Revealed, Failure> {
        let call = Call::post(&["secrets", key.as_str(), "reveal"]).query("environment", environment);
        let shown: RevealedView = self
            .ask(call.json(&json!({ "version": version }), 0)?)
            .map_err(|it| unset(it, key))?;
        shown.read().ok_or_else(|| self.stranger())
    }

    pub(crate) fn reveal_all(
        &self,
        environment: &Environment,
        only: Option<&BTreeSet<SecretKey>>,
    ) -> Result<Vec<Revealed>, Failure> {
        let call = Call::post(&["secrets", "reveal"]);
        let body = json!({ "environment": environment, "only": only });
        let shown: Vec<RevealedView> = self.ask(call.json(&body, 0)?)?;
        let all = shown.into_iter().map(RevealedView::read);
        all.collect::<Option<Vec<_>>>().ok_or_else(|| self.stranger())
    }

    pub(crate) fn import(&self, request: ImportSecrets) -> Result<ImportOutcome, Failure> {
        #[derive(Serialize)]
        struct Body<'b> {
            environment: &'b Environment,
            secrets: Vec<Entry<'b>>,
            on_conflict: &'static str,
            dry_run: bool,
        }
        #[derive(Serialize)]
        struct Entry<'b> {
            key: &'b SecretKey,
            #[serde(flatten)]
            value: Outgoing<'b>,
        }
        #[derive(Deserialize)]
        struct Imported {
            plan: Vec<PlanView>,
            set: usize,
        }
        #[derive(Deserialize)]
        struct PlanView {
            key: SecretKey,
            plan: String,
        }
        let entry = |it: &'_ ImportEntry| it.value.len() + 64;
        let size: usize = request.entries.iter().map(entry).sum();
        let secrets = request.entries.iter().map(|it| Entry {
            key: &it.key,
            value: Outgoing::new(&it.value),
        });
        let body = Body {
            environment: &request.environment,
            secrets: secrets.collect(),
            on_conflict: on_conflict(request.on_conflict),
            dry_run: request.dry_run,
        };
        let call = Call::post(&["secrets", "import"]).json(&body, 2 * size)?;
        let imported: Imported = self.ask(call).map_err(taken)?;
        let plan = imported.plan.into_iter().map(|it| {
            let planned = match it.plan.as_str() {
                "new" => Planned::New,
                "same" => Planned::Same,
                _ => Planned::Changed,
            };
            (it.key, planned)
        });
        Ok(ImportOutcome {
            plan: plan.collect(),
            set: imported.set,
        })
    }

    pub(crate) fn copy(&self, request: &CopySecrets) -> Result<CopyOutcome, Failure> {
        #[derive(Deserialize)]
        struct Copied {
            copied: Vec<SecretKey>,
            skipped: Vec<SecretKey>,
        }
        let body = json!({
            "from": request.from,
            "to": request.to,
            "only": request.only,
            "on_conflict": on_conflict(request.on_conflict),
        });
        let copied: Copied = self
            .ask(Call::post(&["secrets", "copy"]).json(&body, 8_192)?)
            .map_err(taken)?;
        Ok(CopyOutcome {
            copied: copied.copied,
            skipped: copied.skipped,
        })
    }

    fn act(&self, key: &SecretKey, environment: &Environment, verb: &str) -> Result<SecretInfo, Failure> {
        let call = Call::post(&["secrets", key.as_str(), verb]).query("environment", environment);
        self.about(key, call)
    }

    /// A call about one secret that answers with it.
    fn about(&self, key: &SecretKey, call: Call) -> Result<SecretInfo, Failure> {
        let secret: SecretView = self.ask(call).map_err(|it| unset(it, key))?;
        Ok(secret.into())
    }
}

/// A secret with its value.
#[derive(Deserialize)]
struct RevealedView {
    version: u32,
    secret: SecretView,
    value: Incoming,
    #[serde(default)]
    encoding: Encoding,
}

impl RevealedView {
    fn read(self) -> Option<Revealed> {
        let mut info = SecretInfo::from(self.secret);
        info.version = self.version;
        Some(Revealed {
            info,
            value: self.value.read(self.encoding)?,
        })
    }
}

fn on_conflict(how: OnConflict) -> &'static str {
    match how {
        OnConflict::Skip => "skip",
        OnConflict::Fail => "fail",
        OnConflict::Replace => "replace",
    }
}

/// What helps where a secret is not there: as the embedded store says.
fn unset(failure: Failure, key: &SecretKey) -> Failure {
    failure.hint_on(
        Exit::Missing,
        format!("set it with `distri secrets set {key}`, or see `distri secrets list`"),
    )
}

fn taken(failure: Failure) -> Failure {
    failure.hint_on(
        Exit::Conflict,
        "`--on-conflict skip` leaves them, `replace` sets the new value",
    )
}
