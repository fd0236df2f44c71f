//! A member by the address that they sign in with.

use crate::caller::Caller;
use distri_core::EmailAddress;
use distri_core::ids::PersonId;
use distri_vault::VaultError;

use crate::failure::Failure;

/// The member with this address.
pub(super) fn member(caller: &Caller<'_>, email: &EmailAddress) -> Result<PersonId, Failure> {
    let members = caller.members()?;
    let found = members.iter().find(|it| it.email == *email);
    Ok(found.ok_or(VaultError::NoMember)?.id)
}
