//! The vectors of `docs/audit.md`: what an independent implementation must agree with.

use data_encoding::HEXLOWER;
use serde_json::Value;

use super::{Checkpoint, Entry, Record};
use crate::envelope::{InstanceRing, Keyring, RootKey, SlotContext, Wrapped};

fn block(document: &str) -> Value {
    let block = document.split("```json\n").nth(1).and_then(|it| it.split("```").next());
    serde_json::from_str(block.expect("the document has a block of vectors")).expect("the vectors are JSON")
}

fn text<'v>(vectors: &'v Value, name: &str) -> &'v str {
    vectors[name].as_str().unwrap_or_else(|| panic!("no vector {name}"))
}

fn bytes(vectors: &Value, name: &str) -> Vec<u8> {
    HEXLOWER.decode(text(vectors, name).as_bytes()).expect("hexadecimal")
}

/// The keyring of `docs/envelope.md`.
fn keyring() -> Keyring {
    let vectors = block(include_str!("../../../../docs/envelope.md"));
    let slot = SlotContext {
        instance: text(&vectors, "instance").parse().expect("an id"),
        slot: text(&vectors, "slot").parse().expect("an id"),
        provider: text(&vectors, "provider"),
    };
    let root = RootKey::from_bytes(&bytes(&vectors, "root_key")).expect("32 bytes");
    let wrapped = Wrapped::from_stored(bytes(&vectors, "wrapped_instance_key"));
    let ring = InstanceRing::unlock(&root, &slot, &wrapped).expect("unlocks");
    ring.keyring(None).expect("the first is both")
}

#[test]
fn the_documented_log_is_the_one_that_is_written() {
    let vectors = block(include_str!("../../../../docs/audit.md"));
    let keyring = keyring();
    let json = serde_json::to_string(&vectors["record"]).expect("serialises");
    let record: Record = serde_json::from_str(&json).expect("a record");
    assert_eq!(serde_json::to_string(&record).expect("serialises"), json);
    let canonical = HEXLOWER.encode(record.canonical().as_ref());
    assert_eq!(canonical, text(&vectors, "canonical"));
    let leaf = record.leaf_hash();
    assert_eq!(leaf.to_string(), text(&vectors, "leaf"));
    let entry = Entry::of(1, &record).canonical(keyring.instance());
    assert_eq!(HEXLOWER.encode(entry.as_ref()), text(&vectors, "entry"));
    assert_eq!(
        HEXLOWER.encode(keyring.mac_audit(&entry).as_bytes()),
        text(&vectors, "mac")
    );

    let signer = keyring.checkpoint_signer();
    assert_eq!(signer.key().to_string(), text(&vectors, "key"));
    let note = Checkpoint::sign(1, leaf, &signer);
    assert_eq!(note, text(&vectors, "checkpoint"));
}
