//! Finds and replaces secrets, in every usual encoding, in text and streams.
//!
//! A [`Redactor`] is built once from labelled values. Each value becomes *needles*: its bytes, and what every encoding
//! in [`encodings::ENCODINGS`] makes of them. Whatever leaves a run (tool results, console, model messages, logs,
//! responses) goes through [`Redactor::redact`] or, chunk by chunk, through [`Redactor::stream`], and each place where
//! a needle stands becomes `[redacted:LABEL]`, or the text that the secret was given with
//! [`secret_as`](RedactorBuilder::secret_as): the scrubber of responses puts placeholders there.
//!
//! ```
//! use distri_redact::Redactor;
//!
//! let redactor = Redactor::builder().secret("DB_PASSWORD", b"correct horse").build();
//! assert_eq!(redactor.redact_str("pw=correct%20horse"), "pw=[redacted:DB_PASSWORD]");
//! assert_eq!(redactor.redact_str("Y29ycmVjdCBob3JzZQ=="), "[redacted:DB_PASSWORD]");
//! ```
//!
//! # What holds
//!
//! * Every byte that belongs to an occurrence of any needle is replaced, also where occurrences overlap: overlapping
//!   ones become one replacement, with the label of the leftmost (of the longest there; of the first inserted).
//! * The replacement text is not searched again, so a label or a value that looks like `[redacted:X]` cannot recurse.
//! * A stream writes the same bytes as one call over the whole text, however the text is cut into chunks, and holds
//!   back only bytes that may be the beginning of a needle: a prompt shows at once.
//! * Base64 and hexadecimal are found across line breaks too, also where these are written out (`\n`), if the lines are
//!   long enough to be folded ones (48 characters and more); quoted-printable across its soft line breaks, wherever they
//!   are. The breaks inside go with the match.
//! * Needles are at least [`MIN_NEEDLE`] bytes long. A chance hit of the shortest in random binary data is expected once
//!   in 2^48 bytes.
//!
//! # What it cannot catch
//!
//! It compares bytes. It does not see a value that is
//!
//! * short or common: such a value is no needle, see [`weakness`];
//! * reversed, changed in case, compressed, encrypted, hashed or otherwise computed upon;
//! * encoded twice (base64 in percent in JSON), except JSON in JSON;
//! * cut in pieces with other text between them, or spread over separate streams;
//! * folded in other ways: short or indented lines, `%0A`;
//! * in other character sets than UTF-8 and UTF-16, or in other bases (base32, octal dumps, decimal lists).
//!
//! Of a value in the middle of base64 the characters at both ends hold bits of its neighbours as well; they stay, and
//! with them at most four bits of the value at each end.
//!
//! So redaction is the last net against accidents. That a hostile tool never holds a value is the broker's work.
//!
//! # Speed
//!
//! `cargo xtask bench redaction` measures it beside `aho-corasick` and a plain copy.
//! The filter skips most bytes, so a few short values (below 16 bytes) cost more than hundreds of long ones.
//!
//! # Adding an encoding
//!
//! Write `encodings/NAME.rs` with a type that implements [`encodings::Encoding`], add it to
//! [`encodings::ENCODINGS`] and give it a line in `tests/vectors.txt`: the completeness test fails without it.

pub mod encodings;
mod engine;
mod filter;
mod fold;
mod needles;
mod redactor;
mod stream;
mod weakness;

pub use redactor::{Found, Redactor, RedactorBuilder};
pub use stream::RedactStream;
pub use weakness::{MIN_NEEDLE, Weakness, weakness};
