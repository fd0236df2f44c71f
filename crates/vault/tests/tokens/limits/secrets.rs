//! Use cases of secrets.

use std::collections::BTreeSet;

use distri_core::Timestamp;
use distri_core::policy::AgentScope;
use distri_vault::secrets::{
    CopySecrets, Edit, FindKeys, ImportEntry, ImportSecrets, ListSecrets, OnConflict, PageOf, SetSecret, UpdateSecret,
};
use distri_vault::{Unfinished, VaultError};

use super::{Case, shown};
use crate::support::{environment, value};

pub(super) const CASES: &[Case] = &[
    ("get", |it, on| shown(it.get(&on.key, &on.environment))),
    ("history", |it, on| shown(it.history(&on.key, &on.environment))),
    ("list", |it, on| {
        let all = ListSecrets::default();
        let there = ListSecrets {
            environment: Some(on.environment.clone()),
            deleted: true,
        };
        shown(it.list(&all)) + &shown(it.list(&there))
    }),
    ("list_page", |it, on| {
        let pages = [1, 2].map(|limit| PageOf {
            after: Some((on.key.clone(), on.environment.clone())).filter(|_| limit == 2),
            limit: Some(limit),
        });
        let all = ListSecrets {
            environment: None,
            deleted: true,
        };
        pages.map(|page| shown(it.list_page(&all, &page))).concat()
    }),
    ("list_called", |it, on| shown(it.list_called([&on.key], None))),
    ("list_deleted", |it, _| {
        let first = PageOf {
            after: None,
            limit: Some(1),
        };
        shown(it.list_deleted(&first))
    }),
    ("find_keys", |it, on| {
        let texts = ["", "key", "hidden", "elsewhere", on.key.as_str()];
        let found = texts.map(|text| {
            let wanted = FindKeys {
                text,
                after: None,
                limit: 1,
            };
            shown(it.find_keys(&wanted))
        });
        found.concat()
    }),
    ("tally", |it, _| shown(it.tally())),
    ("facts", |it, _| shown(it.facts(&|_| false))),
    ("reveal", |it, on| {
        let revealed = it.reveal(&on.key, &on.environment, None);
        shown(revealed.map(|it| String::from_utf8_lossy(it.value.expose_secret()).into_owned()))
    }),
    ("reveal_all", |it, on| {
        let only: BTreeSet<_> = [on.key.clone()].into();
        let texts = |only| {
            let revealed = it.reveal_all(&on.environment, only)?;
            let text =
                |it: distri_vault::secrets::Revealed| String::from_utf8_lossy(it.value.expose_secret()).into_owned();
            Ok::<_, VaultError>(revealed.into_iter().map(text).collect::<Vec<_>>())
        };
        shown(texts(None)) + &shown(texts(Some(&only)))
    }),
    ("purge", |it, on| shown(it.purge(&on.key, &on.environment))),
    ("purge_deleted", |it, _| shown(it.purge_deleted(Timestamp::UNIX_EPOCH))),
    ("stage", |it, on| {
        shown(it.stage(&on.key, &on.environment, &value("new")))
    }),
    ("update_and_stage", |it, on| {
        let update = UpdateSecret {
            note: Edit::Set(Some("new".to_owned())),
            ..UpdateSecret::default()
        };
        shown(it.update_and_stage(&on.key, &on.environment, &update, &value("new")))
    }),
    ("promote", |it, on| shown(it.promote(&on.key, &on.environment))),
    ("unstage", |it, on| shown(it.unstage(&on.key, &on.environment))),
    ("set", |it, on| {
        let mut set = SetSecret::new(on.key.clone(), on.environment.clone(), value("new"));
        let plain = shown(it.set(&set));
        set.expected_version = Some(7);
        plain + &shown(it.set(&set))
    }),
    ("begin_set", |it, on| {
        let set = SetSecret::new(on.key.clone(), on.environment.clone(), value("new"));
        shown(it.begin_set(set).and_then(Unfinished::finish))
    }),
    ("update", |it, on| {
        let update = UpdateSecret {
            note: Edit::Set(Some("mine".to_owned())),
            agents: Edit::Set(AgentScope::All),
            ..UpdateSecret::default()
        };
        shown(it.update(&on.key, &on.environment, &update))
    }),
    ("delete", |it, on| shown(it.delete(&on.key, &on.environment))),
    ("delete_at", |it, on| {
        let stale = it.delete_at(&on.key, &on.environment, Some(7));
        shown(stale) + &shown(it.delete_at(&on.key, &on.environment, Some(1)))
    }),
    ("rollback_at", |it, on| {
        let stale = it.rollback_at(&on.key, &on.environment, Some(1), Some(7));
        shown(stale) + &shown(it.rollback_at(&on.key, &on.environment, Some(1), Some(1)))
    }),
    ("undelete", |it, on| shown(it.undelete(&on.key, &on.environment))),
    ("rollback", |it, on| {
        shown(it.rollback(&on.key, &on.environment, Some(1)))
    }),
    ("import", |it, on| {
        let texts = [(OnConflict::Replace, false), (OnConflict::Fail, true)].map(|(on_conflict, dry_run)| {
            shown(it.import(ImportSecrets {
                environment: on.environment.clone(),
                entries: vec![ImportEntry {
                    key: on.key.clone(),
                    value: value("new"),
                    default_policy: Default::default(),
                }],
                on_conflict,
                dry_run,
            }))
        });
        texts.concat()
    }),
    ("copy", |it, on| {
        // One of its own for each try: else the second would find what the first has copied.
        let elsewhere = environment(&on.key.as_str().to_lowercase());
        let named = Some([on.key.clone()].into());
        let tries = [
            (on.environment.clone(), elsewhere.clone(), named.clone()),
            (on.environment.clone(), elsewhere.clone(), None),
            (environment("default"), on.environment.clone(), named),
        ];
        let texts = tries.map(|(from, to, only)| {
            shown(it.copy(&CopySecrets {
                from,
                to,
                only,
                on_conflict: OnConflict::Fail,
            }))
        });
        texts.concat()
    }),
];
