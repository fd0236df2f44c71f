//! What must hold is in `crates/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| distri_fuzz::audit_export(bytes));
