//! The keys of an installation: which slots open it, and changing them.
//!
//! | module | owns |
//! |---|---|
//! | [`status`] | what there is |
//! | [`add_slot`] | one more way to unlock |
//! | [`verify_slot`] | whether a slot still opens |
//! | [`retire_slot`] | one way less, never the last one |
//! | [`change_root`] | a new root key in the place of all others |

mod add_slot;
mod change_root;
mod retire_slot;
mod status;
mod verify_slot;

pub use status::{KeyStatus, SlotInfo};
pub use verify_slot::VerifiedSlot;
