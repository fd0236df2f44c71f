//! An export of the audit log, and a signed checkpoint, from wherever they come.

use std::sync::LazyLock;

use distri_core::audit::export::ExportVerifier;
use distri_core::audit::note::{NoteSigner, VerifierKey};
use distri_core::audit::{Checkpoint, RecordProof};

static SIGNER: LazyLock<NoteSigner> = LazyLock::new(|| NoteSigner::from_seed("distri/fuzz".to_owned(), &[7; 32]));

/// Nothing that the key has not signed is believed, whatever its lines say.
pub fn audit_export(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.lines();
    let Some(first) = lines.next() else { return };
    let Ok(mut verifier) = ExportVerifier::begin(first, SIGNER.key()) else {
        return;
    };
    if lines.all(|line| verifier.line(line).is_ok()) {
        let _ = verifier.finish();
    }
}

/// A note is a checkpoint of this log only if its key signed it; what was read of it is what was signed.
pub fn checkpoint(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let peeked = Checkpoint::peek(text);
    if let Ok(opened) = Checkpoint::open(text, SIGNER.key()) {
        assert_eq!(peeked.as_ref(), Some(&opened));
        assert_eq!(opened.origin, "distri/fuzz");
    }
    if let Ok(proof) = RecordProof::parse(text) {
        assert!(RecordProof::parse(&proof.to_text()).is_ok());
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(
            key.to_string().parse::<VerifierKey>().ok().map(|it| it.to_string()),
            Some(key.to_string())
        );
    }
}
