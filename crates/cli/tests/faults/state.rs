//! What a home holds, as somebody sees who opens it: compared before and after a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use distri_core::audit::ActionKind;
use distri_core::authz::Actor;
use distri_core::{AccountName, Environment, SystemClock};
use distri_vault::root_key::Surroundings;
use distri_vault::secrets::ListSecrets;
use distri_vault::{FirstUse, Home, Vault, VaultError};

/// Everything that a command may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// The value of each secret of the first account; none of a deleted one.
    pub(crate) values: BTreeMap<String, Option<String>>,
    /// Which of them have a staged value.
    pub(crate) staged: BTreeSet<String>,
    pub(crate) accounts: BTreeSet<String>,
    /// Versions of the account's key.
    pub(crate) account_keys: usize,
    /// Instance keys that there were.
    pub(crate) instance_keys: usize,
    /// Whether the database has fallen behind what was delivered of its log.
    pub(crate) is_behind: bool,
}

impl State {
    /// That of a home at its first use.
    pub(crate) fn first() -> Self {
        Self {
            accounts: ["default".to_owned()].into(),
            account_keys: 1,
            instance_keys: 1,
            ..Self::default()
        }
    }

    /// What differs, without the rest.
    pub(crate) fn differs(&self, other: &Self) -> String {
        let names = self.values.keys().chain(other.values.keys()).collect::<BTreeSet<_>>();
        let changed = names
            .into_iter()
            .filter(|it| self.values.get(*it) != other.values.get(*it));
        let changed: Vec<_> = changed
            .map(|it| (it, self.values.get(it), other.values.get(it)))
            .collect();
        let rest = |it: &Self| {
            let Self { staged, accounts, .. } = it;
            format!(
                "{staged:?} {accounts:?} {} {} {}",
                it.account_keys, it.instance_keys, it.is_behind
            )
        };
        format!("{changed:?}; {} | {}", rest(self), rest(other))
    }
}

/// A home that was opened after a fault, with nothing done by hand.
pub(crate) struct Seen {
    pub(crate) state: State,
    /// The actions that the first account's log has since then.
    pub(crate) actions: Vec<ActionKind>,
    /// How many records there were when it was opened.
    pub(crate) records: u64,
}

fn nobody() -> Result<distri_vault::root_key::Passphrase, distri_vault::root_key::RootKeyError> {
    panic!("nobody is asked")
}

/// Looks at a home: every secret of it opens, and every record of its log is as it was written. `since` is the number of a
/// record; without it the newest few are seen. Of a home that has fallen behind nothing is opened, since that would be
/// recorded.
pub(crate) fn look(home: &Home, since: Option<u64>, known: &State) -> Seen {
    let clock = Arc::new(SystemClock);
    let (vault, is_behind) = match Vault::open(home, clock.clone(), FirstUse::KeyFile, &mut nobody) {
        Ok(vault) => (vault, false),
        Err(VaultError::Behind(_)) => (Vault::open_for_audit(home, clock, &mut nobody).unwrap(), true),
        Err(error) => panic!("it does not open: {error}"),
    };
    let records = vault.records().unwrap();
    let caller = vault.caller(Actor::local("test"), &AccountName::default()).unwrap();
    let actions = match since {
        Some(since) => caller.audit_after(since, 10_000).unwrap(),
        None => caller.audit_newest(3).unwrap(),
    };
    let mut state = State::default();
    for listed in caller
        .list(&ListSecrets {
            deleted: true,
            ..ListSecrets::default()
        })
        .unwrap()
    {
        assert_eq!(listed.damage, None);
        let key = listed.info.key.to_string();
        if listed.info.staged_version.is_some() {
            state.staged.insert(key.clone());
        }
        state.values.insert(key, None);
    }
    if is_behind {
        let (names, expected) = (state.values.keys(), known.values.keys());
        assert!(names.eq(expected), "another state");
        return Seen {
            state: State {
                is_behind,
                ..known.clone()
            },
            actions: Vec::new(),
            records,
        };
    }
    for revealed in caller.reveal_all(&Environment::default(), None).unwrap() {
        let value = String::from_utf8_lossy(revealed.value.expose_secret()).into_owned();
        state.values.insert(revealed.info.key.to_string(), Some(value));
    }
    state.accounts = caller
        .accounts()
        .unwrap()
        .into_iter()
        .map(|it| it.name.to_string())
        .collect();
    let status = caller.key_status(&Surroundings::of(home, &mut nobody)).unwrap();
    state.account_keys = status.account_keys.len();
    state.instance_keys = status.instance_keys.len();
    let report = caller.verify_audit().unwrap();
    let findings: Vec<_> = report.findings.iter().map(|it| it.what.clone()).collect();
    assert!(findings.is_empty(), "{findings:?}");
    Seen {
        state,
        actions: actions.into_iter().map(|it| it.1.action).collect(),
        records,
    }
}
