//! Stories of `distri secrets` with the real binary.

mod carrying;
mod names;
mod reading;
mod values;
mod versions;
