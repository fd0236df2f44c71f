//! People: no record makes one. Each is there while a member of something, and gone with the last membership.

use std::collections::HashMap;

use distri_core::ids::PersonId;
use distri_store::UnitOfWork;

use super::Held;
use crate::VaultError;

impl Held<'_> {
    pub(super) fn people(&mut self, work: &mut dyn UnitOfWork) -> Result<(), VaultError> {
        let mut members = HashMap::new();
        self.each_row(work, "members", |held, row| {
            if let Some(person) = row.id("person") {
                let name = held.names.of_row(super::Kind::Member, row);
                members.entry(person).or_insert((name, false));
            }
            Ok(())
        })?;
        let mut alone = Vec::new();
        self.each_row(work, "people", |_, row| {
            let id = row.id("id").unwrap_or_default();
            match members.get_mut(&id) {
                Some((_, is_seen)) => *is_seen = true,
                None => alone.push(PersonId::from_bytes(id)),
            }
            Ok(())
        })?;
        let mut missing: Vec<_> = members.into_values().filter(|it| !it.1).map(|it| it.0).collect();
        missing.sort();
        for name in missing {
            self.add(self.size, format!("the person behind {name} is not there"));
        }
        // Somebody who is a member of nothing can do nothing, and may be left from before they were removed with their last
        // membership. Whoever was removed then and is there again was put back: the log has a later record of them.
        for id in alone {
            let Some(person) = work.person(id)? else { continue };
            if let Err(error) = self.vault.check_row(work, &person) {
                self.add(self.size, error.to_string());
            }
        }
        Ok(())
    }
}
