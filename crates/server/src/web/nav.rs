//! The pages that the frame leads to.

use distri_core::authz::{Audit, Keys, Members, Read, Tokens};

use super::Visit;

/// A page in the frame.
pub(crate) struct Item {
    pub(crate) label: &'static str,
    pub(crate) path: &'static str,
    /// Whether whoever looks at it may see it: others are not led there.
    pub(crate) is_for: fn(&Visit<'_>) -> bool,
}

/// All of them, in their order.
pub(crate) const ITEMS: &[Item] = &[
    Item {
        label: "Secrets",
        path: "/settings/secrets",
        is_for: |visit| visit.may::<Read>(),
    },
    Item {
        label: "Agents",
        path: "/settings/agents",
        is_for: |visit| visit.may::<Read>(),
    },
    Item {
        label: "Audit",
        path: "/settings/audit",
        is_for: |visit| visit.may::<Audit>(),
    },
    Item {
        label: "Tokens",
        path: "/settings/tokens",
        is_for: |visit| visit.may::<Tokens>(),
    },
    Item {
        label: "Members",
        path: "/settings/members",
        is_for: |visit| visit.may::<Members>(),
    },
    Item {
        label: "Keys",
        path: "/settings/keys",
        is_for: |visit| visit.may::<Keys>(),
    },
];

/// Whether the page at `path` belongs to this item: its own, or one below it.
pub(crate) fn is_here(item: &Item, path: &str) -> bool {
    let rest = path.strip_prefix(item.path);
    rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
}
