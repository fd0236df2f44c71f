//! `/settings/members`: who may do what in the account.

pub(crate) mod edit;
pub(crate) mod invite;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod withdraw;

use distri_core::authz::Role;
use distri_core::ids::PersonId;
use distri_vault::VaultError;
use distri_vault::people::MemberView;

use crate::error::ApiError;
use crate::web::Visit;
use crate::web::choice::Choice;

/// The member that the path names. Text that is no identifier is nobody's.
fn member(visit: &Visit<'_>) -> Result<MemberView, ApiError> {
    let id: Result<PersonId, _> = visit.input.parameter("id").parse();
    let id = id.map_err(|_| VaultError::NoMember)?;
    let members = visit.caller.members()?.into_iter();
    let found = members.into_iter().find(|it| it.id == id);
    found.ok_or_else(|| VaultError::NoMember.into())
}

/// The roles that whoever is there may give: none above their own.
fn roles(visit: &Visit<'_>) -> Vec<Choice<'static>> {
    let given = Role::ALL.into_iter().filter(|it| *it <= visit.view.role);
    given.map(|it| (it.as_str(), words(it))).collect()
}

fn words(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner: everything, keys included",
        Role::Admin => "admin: everything but keys",
        Role::Member => "member: secrets, agents, own tokens; no value is shown",
        Role::Viewer => "viewer: looks, and changes nothing",
    }
}
