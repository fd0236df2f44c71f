//! Keys in pages, each with its secrets in all environments, and looking for some.

use std::ops::ControlFlow::{Break, Continue};

use distri_core::SecretKey;
use distri_core::authz::{Allowed, Read};
use distri_store::UnitOfWork;
use distri_store::lists::Place;

use super::Listed;
use super::list::Checked;
use super::walk::Which;
use crate::{Caller, VaultError};

/// Counting ends here: a list that is longer is not counted at each look at it.
pub const MOST_COUNTED: u32 = 1_000;

/// Which keys.
#[derive(Clone, Debug)]
pub struct FindKeys<'a> {
    /// What the key or a note has in it, whatever its capitals; empty for all.
    pub text: &'a str,
    /// After which key, whether it is there or not; none for the first page.
    pub after: Option<&'a SecretKey>,
    /// How many at most.
    pub limit: usize,
}

/// A page of keys.
#[derive(Clone, Debug, Default)]
pub struct KeysPage {
    /// The keys, each with its secrets, sorted by environment.
    pub keys: Vec<(SecretKey, Vec<Listed>)>,
    /// How many were found on all pages, where something was looked for; at most one more than [`MOST_COUNTED`].
    pub found: Option<u32>,
    /// Whether the list goes on.
    pub has_more: bool,
}

impl Caller<'_> {
    /// A page of the keys that have a secret which is not deleted.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn find_keys(&self, wanted: &FindKeys<'_>) -> Result<KeysPage, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let (mut page, checked) = self.read(|work| match wanted.text.is_empty() {
            true => self.every_key(&allowed, work, wanted),
            false => self.keys_with_text(&allowed, work, wanted),
        })?;
        for listed in self.listed(checked) {
            match page.keys.last_mut() {
                Some((key, there)) if *key == listed.info.key => there.push(listed),
                _ => page.keys.push((listed.info.key.clone(), vec![listed])),
            }
        }
        Ok(page)
    }

    fn every_key(
        &self,
        allowed: &Allowed<Read>,
        work: &mut dyn UnitOfWork,
        wanted: &FindKeys<'_>,
    ) -> Result<(KeysPage, Vec<Checked>), VaultError> {
        let mut page = KeysPage::default();
        let mut checked: Vec<Checked> = Vec::new();
        let mut keys = 0;
        let from = wanted.after.map_or_else(Place::beginning, Place::after_key);
        self.walk(allowed, work, Which::LIVE, &from, wanted.limit + 1, |work, view| {
            if checked.last().is_none_or(|it| it.1.secret.key != view.secret.key) {
                if keys == wanted.limit {
                    page.has_more = true;
                    return Ok(Break(()));
                }
                keys += 1;
            }
            checked.push((self.check(work, &view), view));
            Ok(Continue(()))
        })?;
        Ok((page, checked))
    }

    /// Names and notes are looked through for it, from the first one on: no index knows what is in the middle of a note.
    fn keys_with_text(
        &self,
        allowed: &Allowed<Read>,
        work: &mut dyn UnitOfWork,
        wanted: &FindKeys<'_>,
    ) -> Result<(KeysPage, Vec<Checked>), VaultError> {
        let text = wanted.text.to_lowercase();
        let has_it = |shown: &str| shown.to_lowercase().contains(&text);
        let mut page = KeysPage::default();
        let mut keys: Vec<SecretKey> = Vec::new();
        let mut found = 0;
        let mut last = None;
        self.walk_names(allowed, work, |key, note| {
            let is_new = last.as_ref() != Some(key);
            if is_new && (has_it(key.as_str()) || note.is_some_and(has_it)) {
                found += 1;
                let is_here = wanted.after.is_none_or(|it| key > it);
                if is_here && keys.len() < wanted.limit {
                    keys.push(key.clone());
                } else if is_here {
                    page.has_more = true;
                }
                last = Some(key.clone());
            }
            match page.has_more && found > MOST_COUNTED {
                true => Break(()),
                false => Continue(()),
            }
        })?;
        page.found = Some(found.min(MOST_COUNTED + 1));
        Ok((page, self.called(allowed, work, &keys, None)?))
    }
}
