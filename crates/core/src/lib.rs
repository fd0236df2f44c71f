//! The heart of distri: names, policy, envelope, authorisation, agent definitions and audit records.
//!
//! Nothing here reads a file, a clock or a socket; what needs time takes a [`Clock`], and the only
//! randomness is drawn inside the envelope. That makes every rule testable with vectors.
//!
//! | module | owns |
//! |---|---|
//! | [`names`] | `SecretKey`, `Environment`, `AgentName`, …: text parsed once at the edge |
//! | [`ids`] | UUIDv7 identifiers, one type for each thing |
//! | [`clock`] | time as a parameter |
//! | [`dotenv`] | `.env` files, read strictly and written so that a shell reads the same bytes |
//! | [`digest`] | SHA-256 of bytes that come in pieces |
//! | [`value`] | a secret's cleartext, which cannot be printed, compared or stored |
//! | [`policy`] | hosts, agents and delivery of a secret, with the canonical form that is sealed in |
//! | [`envelope`] | keys, wrapping, sealing, authentication of rows: the only place that knows cleartext ↔ envelope |
//! | [`authz`] | the decision: who may do what, as values that only the decision can make |
//! | [`credential`] | the texts of tokens, sessions and one-time links |
//! | [`placeholder`] | what a run holds instead of a value: made, shaped, recognised |
//! | [`release`] | values on their way to a run |
//! | [`learn`] | what requests of a run carried, the least policy that permits them, and what a policy would refuse |
//! | [`alarm`] | a placeholder seen where it must not be |
//! | [`age`] | the age file format, in which a backup is encrypted |
//! | [`agent`] | agent definitions and templates |
//! | [`audit`] | the canonical audit record |
//! | [`catalogue`] | well-known keys, their hosts and shapes |
//! | [`lint`] | the best practices as rules |

pub mod age;
pub mod agent;
pub mod alarm;
pub mod audit;
pub mod authz;
pub mod catalogue;
pub mod clock;
pub mod credential;
pub mod digest;
pub mod dotenv;
pub mod envelope;
pub mod ids;
pub mod learn;
pub mod lint;
pub mod names;
pub mod placeholder;
pub mod policy;
pub mod release;
pub mod value;

pub use clock::{Clock, SystemClock, Timestamp};
pub use names::{AccountName, AgentName, EmailAddress, Environment, Label, SecretKey};
pub use policy::Policy;
pub use release::{Release, ReleasedSecret};
pub use value::SecretValue;
