//! What must hold for any bytes, a function for each parser that meets bytes of strangers.
//!
//! `cargo +nightly fuzz run NAME` in `fuzz/` searches with the compiler's help; the test here walks the same corpus and
//! random changes of it on the stable toolchain, for as long as `DISTRI_FUZZ_SECONDS` says. A target panics where
//! something does not hold. To add one: a function in a file of its own, its line in [`TARGETS`], a file of seeds below
//! `fuzz/corpus/`, and its three lines below `fuzz/fuzz_targets/`.

mod age;
mod agent;
mod audit;
mod dotenv;
mod envelope;
mod names;
mod redactor;
mod request;
mod token;

pub use age::age;
pub use agent::agent;
pub use audit::{audit_export, checkpoint};
pub use dotenv::dotenv;
pub use envelope::envelope;
pub use names::names;
pub use redactor::redactor;
pub use request::request;
pub use token::token;

/// A target's name, which is that of its corpus, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("age", age),
    ("agent", agent),
    ("audit_export", audit_export),
    ("checkpoint", checkpoint),
    ("dotenv", dotenv),
    ("envelope", envelope),
    ("names", names),
    ("redactor", redactor),
    ("request", request),
    ("token", token),
];
