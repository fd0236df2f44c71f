//! Several lists read as one, in the order of key and environment: a part of each at a time.

use std::collections::VecDeque;

use distri_core::{Environment, SecretKey};
use distri_store::lists::{Half, NameRow, Place};
use distri_store::rows::SecretView;

use crate::VaultError;

/// How many rows of a list are read at a time, at most.
const MOST_ROWS: u32 = 500;

/// What a list has: a half of the account's secrets, of one environment or of all.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) half: Half,
    pub(super) environment: Option<&'a Environment>,
}

/// A list among others.
struct List<'a, S> {
    source: Source<'a>,
    /// What was read and not given out.
    ahead: VecDeque<S>,
    /// Where it goes on, if it does.
    rest: Option<Place>,
    rows: u32,
}

/// The lists.
pub(super) struct Merged<'a, S>(Vec<List<'a, S>>);

impl<'a, S: Placed> Merged<'a, S> {
    /// From a place on. `likely` is how many rows are likely to be enough.
    pub(super) fn new(sources: Vec<Source<'a>>, from: &Place, likely: usize) -> Self {
        let rows = u32::try_from(likely).unwrap_or(MOST_ROWS).min(MOST_ROWS);
        let list = |source| List {
            source,
            ahead: VecDeque::new(),
            rest: Some(from.clone()),
            rows,
        };
        Self(sources.into_iter().map(list).collect())
    }

    /// The next row. `read` reads a part of a list: as many rows as are asked for, those within the permission, and where it
    /// goes on.
    pub(super) fn next(
        &mut self,
        mut read: impl FnMut(Source<'a>, &Place, u32) -> Result<(Vec<S>, Option<Place>), VaultError>,
    ) -> Result<Option<S>, VaultError> {
        for list in &mut self.0 {
            while list.ahead.is_empty()
                && let Some(from) = list.rest.take()
            {
                let (found, rest) = read(list.source, &from, list.rows)?;
                // What was likely was not enough: a small page must not ask for a few rows at a time.
                (list.ahead, list.rest, list.rows) = (found.into(), rest, MOST_ROWS);
            }
        }
        let lists = self.0.iter_mut().filter(|it| !it.ahead.is_empty());
        let first = lists.min_by(|a, b| a.ahead[0].place().cmp(&b.ahead[0].place()));
        Ok(first.and_then(|it| it.ahead.pop_front()))
    }
}

/// What has its place in a list.
pub(super) trait Placed {
    fn place(&self) -> (&SecretKey, &Environment);
}

impl Placed for SecretView {
    fn place(&self) -> (&SecretKey, &Environment) {
        (&self.secret.key, &self.secret.environment)
    }
}

impl Placed for NameRow {
    fn place(&self) -> (&SecretKey, &Environment) {
        (&self.key, &self.environment)
    }
}
