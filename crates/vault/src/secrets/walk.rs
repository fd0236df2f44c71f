//! Walking an account's secrets within a permission, in order.
//!
//! What is hidden must not be measured. An index has keys and environments, so that beyond limits to these no row is read at
//! all. It does not have the agents that a policy names: within limits to agents the list is read from its beginning to its
//! end in parts of one size, wherever the caller's page begins or ends, so that its time says how long it is and nothing more.

use std::ops::ControlFlow::{self, Continue};

use distri_core::authz::Allowed;
use distri_core::{Environment, SecretKey};
use distri_store::UnitOfWork;
use distri_store::lists::{Half, NamesPart, Part, Place};
use distri_store::rows::SecretView;

use super::merged::{Merged, Placed, Source};
use crate::{Caller, VaultError};

/// Which secrets: of one half or both, in one environment or in all.
#[derive(Clone, Copy)]
pub(super) struct Which<'a> {
    pub(super) halves: &'static [Half],
    pub(super) environment: Option<&'a Environment>,
}

impl Which<'_> {
    /// Those that are not deleted.
    pub(super) const LIVE: Self = Self::of(&[Half::Live]);
    /// Those that are deleted and can be brought back.
    pub(super) const DELETED: Self = Self::of(&[Half::Deleted]);
    /// Both.
    pub(super) const ALL: Self = Self::of(&[Half::Live, Half::Deleted]);

    const fn of(halves: &'static [Half]) -> Self {
        Self {
            halves,
            environment: None,
        }
    }

    fn has(&self, view: &SecretView) -> bool {
        let half = match view.secret.deleted_at {
            None => Half::Live,
            Some(_) => Half::Deleted,
        };
        self.halves.contains(&half)
    }
}

impl Caller<'_> {
    /// Gives each secret within the permission to `each`, in order, until it has seen enough.
    ///
    /// Where the permission names its keys, only those are asked for. `likely` is how many rows are likely to be enough.
    pub(super) fn walk<A>(
        &self,
        allowed: &Allowed<A>,
        work: &mut dyn UnitOfWork,
        which: Which<'_>,
        from: &Place,
        likely: usize,
        mut each: impl FnMut(&mut dyn UnitOfWork, SecretView) -> Result<ControlFlow<()>, VaultError>,
    ) -> Result<(), VaultError> {
        let is_listed = |view: &SecretView| from.is_before(&view.secret.key, &view.secret.environment);
        if let Some(keys) = &self.authority.limits().keys {
            for key in keys.iter().filter(|it| !from.is_after_key(it)) {
                for view in self.of_key(allowed, work, key, which)? {
                    if is_listed(&view) && each(work, view)?.is_break() {
                        return Ok(());
                    }
                }
            }
            return Ok(());
        }
        let is_whole = self.reads_to_the_end();
        let mut views = match is_whole {
            true => Merged::new(self.sources(which), &Place::beginning(), usize::MAX),
            false => Merged::new(self.sources(which), from, likely),
        };
        let mut seen = Continue(());
        while let Some(view) = views.next(|Source { half, environment }, from, limit| {
            let part = Part {
                half,
                environment,
                from,
                limit,
            };
            let batch = work.secrets_from(self.account, part)?;
            Ok((batch.found.within(allowed), batch.rest))
        })? {
            if seen.is_continue() && is_listed(&view) {
                seen = each(work, view)?;
            }
            if seen.is_break() && !is_whole {
                break;
            }
        }
        Ok(())
    }

    /// Gives the key and the note of each live secret within the permission to `each`, in order, until it has seen enough.
    pub(super) fn walk_names<A>(
        &self,
        allowed: &Allowed<A>,
        work: &mut dyn UnitOfWork,
        mut each: impl FnMut(&SecretKey, Option<&str>) -> ControlFlow<()>,
    ) -> Result<(), VaultError> {
        let (which, beginning, all) = (Which::LIVE, Place::beginning(), usize::MAX);
        let limits = self.authority.limits();
        if limits.keys.is_some() {
            return self.walk(allowed, work, which, &beginning, all, |_, view| {
                Ok(each(&view.secret.key, view.secret.note.as_deref()))
            });
        }
        let mut names = Merged::new(self.sources(which), &beginning, all);
        let mut seen = Continue(());
        while let Some(name) = names.next(|Source { environment, .. }, from, limit| {
            let part = NamesPart {
                environment,
                from,
                limit,
                with_agents: limits.agents.is_some(),
            };
            let batch = work.names_from(self.account, part)?;
            Ok((batch.found.within(allowed), batch.rest))
        })? {
            if seen.is_continue() {
                seen = each(&name.key, name.note.as_deref());
            }
            if seen.is_break() && !self.reads_to_the_end() {
                break;
            }
        }
        Ok(())
    }

    /// The secrets of a key, sorted. In environments beyond the permission nothing is read.
    pub(super) fn of_key<A>(
        &self,
        allowed: &Allowed<A>,
        work: &mut dyn UnitOfWork,
        key: &SecretKey,
        which: Which<'_>,
    ) -> Result<Vec<SecretView>, VaultError> {
        let mut found = Vec::new();
        match self.within_reach(which.environment) {
            None => {
                for half in which.halves {
                    found.extend(work.secrets_called(self.account, key, *half)?.within(allowed));
                }
            }
            Some(environments) => {
                for environment in environments {
                    let there = work.secret(self.account, environment, key)?.within(allowed);
                    found.extend(there.filter(|it| which.has(it)));
                }
            }
        }
        found.sort_by(|a, b| a.place().cmp(&b.place()));
        Ok(found)
    }

    /// Whether a walk reads on when it has seen enough.
    fn reads_to_the_end(&self) -> bool {
        self.authority.limits().agents.is_some()
    }

    /// The lists that have what is wanted, and nothing in environments beyond the permission.
    fn sources<'a>(&'a self, which: Which<'a>) -> Vec<Source<'a>> {
        let environments = match self.within_reach(which.environment) {
            None => vec![None],
            Some(each) => each.into_iter().map(Some).collect(),
        };
        let of = |environment| which.halves.iter().map(move |&half| Source { half, environment });
        environments.into_iter().flat_map(of).collect()
    }

    /// Which of the environments asked for are within the permission; `None` is all.
    fn within_reach<'a>(&'a self, asked: Option<&'a Environment>) -> Option<Vec<&'a Environment>> {
        match (asked, &self.authority.limits().environments) {
            (None, None) => None,
            (Some(one), None) => Some(vec![one]),
            (None, Some(reached)) => Some(reached.iter().collect()),
            (Some(one), Some(reached)) => Some(reached.get(one).into_iter().collect()),
        }
    }
}
