//! Whether the process lives, and whether it can do its work.

pub(crate) mod healthz;
pub(crate) mod readyz;
