//! Landlock: no signals and no tracing out of the place.
//!
//! File rules are not used: they name what is permitted, and would have to name everything but distri's own files,
//! also what does not exist yet.

use landlock::{ABI, Access as _, Ruleset, RulesetAttr as _, RulesetStatus, Scope};

/// Enters a domain of its own, where the kernel has such.
pub(super) fn restrict() -> bool {
    let status = Ruleset::default()
        .scope(Scope::from_all(ABI::V6))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    status.is_ok_and(|it| it.ruleset == RulesetStatus::FullyEnforced)
}
