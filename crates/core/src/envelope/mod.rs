//! The envelope: the only place that knows cleartext ↔ ciphertext.
//!
//! ```text
//! root key R        32 bytes, from a key provider, never stored beside the data
//!   └─ wraps  I     instance key                         AD: instance, slot, provider
//!        ├─ wraps  E     evidence key                    AD: instance
//!        │    └─ HKDF-SHA256(salt = instance id, E, purpose)  row MAC, placeholders, audit MAC, token hash, checkpoints
//!        └─ wraps  A    account key, versioned           AD: instance, account, key version
//!             ├─ HKDF-SHA256(salt = account id, A, purpose)   session data, observed requests
//!             └─ wraps  D    data key, one per secret    AD: instance, account, key version, secret, data key
//!                  └─ seals  v    one version's value    AD: instance, account, environment, secret, key name,
//!                                                            version, data key, hash of the policy
//! ```
//!
//! *wrap* and *seal* are both `0x01 ‖ nonce ‖ AES-256-GCM(key, nonce, bytes, AD)` (NIST SP 800-38D) with a random
//! 96-bit nonce drawn inside aws-lc-rs, where no caller can repeat one. AD is [`Canonical`]: a format word and
//! length-prefixed fields, so that no two different tuples share their bytes.
//!
//! *Sealed* and *opened* are different types, and so is each role of key; none of them can be printed or compared.
//! The bytes are specified, with vectors, in `docs/envelope.md`.

mod aead;
mod canonical;
mod instance_ring;
mod keyring;
mod keys;
mod observed;
mod row_mac;
mod seal;
mod uses;

pub use aead::OpenError;
pub use canonical::Canonical;
pub use instance_ring::{InstanceRing, SlotContext};
pub use keyring::{CredentialHash, DataKeyOwner, Keyring};
pub use keys::{AccountKey, DataKey, EvidenceKey, Fingerprint, InstanceKey, KeyLenError, RootKey, Wrapped};
pub use observed::ObservedContext;
pub use row_mac::{RowMac, RowMacError};
pub use seal::{SealContext, SealedValue, SessionContext};
pub use uses::{MAX_USES, UsesExhausted, next_use};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
