//! The keys of an installation: which slots open it, and changing them.
//!
//! | module | owns |
//! |---|---|
//! | [`status`] | what there is |
//! | [`add_slot`] | one more way to unlock |
//! | [`trust_slot`] | the operator's word for what a slot names |
//! | [`verify_slot`] | whether a slot still opens |
//! | [`retire_slot`] | one way less, never the last one |
//! | [`change_root`] | a new root key in the place of all others |
//! | [`rotate_instance`] | a new instance key: account keys and slots are wrapped anew |
//! | [`rotate_account`] | a new version of the account's key |
//! | [`reseal`] | data keys, and values, under the newest one |

mod add_slot;
mod change_root;
mod reseal;
mod retire_slot;
mod rotate_account;
mod rotate_instance;
mod status;
mod trust_slot;
mod verify_slot;

pub use reseal::{Depth, Progress};
pub use retire_slot::RetiredSlot;
pub use rotate_instance::InstanceRotated;
pub use status::{AccountKeyInfo, KeyInfo, KeyStatus, SlotInfo};
pub use trust_slot::SlotToTrust;
pub use verify_slot::VerifiedSlot;
