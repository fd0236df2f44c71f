//! Keys over HTTP: what there is, as fingerprints.

pub(crate) mod status;
