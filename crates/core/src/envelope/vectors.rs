//! The vectors of `docs/envelope.md`: what an independent implementation must agree with.

use serde_json::Value;

use super::keys::{KeyBytes, Role};
use super::*;
use crate::ids::{AccountId, DataKeyId, InstanceId, SecretId, SlotId};
use crate::names::{Environment, SecretKey};
use crate::policy::Policy;

const DOCUMENT: &str = include_str!("../../../../docs/envelope.md");

struct Vectors(Value);

impl Vectors {
    fn load() -> Self {
        let block = DOCUMENT
            .split("```json\n")
            .nth(1)
            .and_then(|it| it.split("```").next())
            .expect("the document has a block of vectors");
        Self(serde_json::from_str(block).expect("the vectors are JSON"))
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no vector {name}"))
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        data_encoding::HEXLOWER
            .decode(self.text(name).as_bytes())
            .unwrap_or_else(|_| panic!("{name} is not hexadecimal"))
    }

    fn id<T: std::str::FromStr>(&self, name: &str) -> T {
        self.text(name)
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no identifier"))
    }

    fn key<K: Role>(&self, name: &str) -> K {
        K::from_bytes(KeyBytes::from_slice(&self.bytes(name)).expect("32 bytes"))
    }

    fn number(&self, name: &str) -> u32 {
        self.0[name]
            .as_u64()
            .and_then(|it| u32::try_from(it).ok())
            .unwrap_or_else(|| panic!("no vector {name}"))
    }
}

#[test]
fn the_documented_vectors_open() {
    let vectors = Vectors::load();
    let instance: InstanceId = vectors.id("instance");
    let slot = SlotContext {
        instance,
        slot: vectors.id::<SlotId>("slot"),
        provider: vectors.text("provider"),
    };
    let root: RootKey = vectors.key("root_key");
    assert_eq!(root.fingerprint().to_string(), vectors.text("root_key_fingerprint"));
    let instance_ring = InstanceRing::unlock(
        &root,
        &slot,
        &Wrapped::from_stored(vectors.bytes("wrapped_instance_key")),
    )
    .expect("unlocks");
    assert_eq!(
        instance_ring.fingerprint().to_string(),
        vectors.key::<InstanceKey>("instance_key").fingerprint().to_string()
    );

    let account: AccountId = vectors.id("account");
    let account_key_version = vectors.number("account_key_version");
    let wrapped = Wrapped::from_stored(vectors.bytes("wrapped_account_key"));
    let ring = instance_ring.keyring(None).expect("the first is both");
    let account_key = instance_ring
        .unwrap_account_key(account, account_key_version, &wrapped)
        .expect("unwraps");

    let secret: SecretId = vectors.id("secret");
    let data_key: DataKeyId = vectors.id("data_key_id");
    let owner = DataKeyOwner {
        account,
        account_key_version,
        secret,
        data_key,
    };
    let key = ring
        .unwrap_data_key(
            &owner,
            &account_key,
            &Wrapped::from_stored(vectors.bytes("wrapped_data_key")),
        )
        .expect("unwraps");

    let policy: Policy = serde_json::from_value(vectors.0["policy"].clone()).expect("a policy");
    assert_eq!(policy.hash().as_bytes().as_slice(), vectors.bytes("policy_hash"));
    let environment: Environment = vectors.text("environment").parse().expect("an environment");
    let name: SecretKey = vectors.text("key").parse().expect("a key");
    let context = SealContext {
        instance,
        account,
        environment: &environment,
        secret,
        key: &name,
        version: vectors.number("version"),
        data_key,
        policy: policy.hash(),
    };
    assert_eq!(context.ad().as_ref(), vectors.bytes("associated_data"));
    let value = key
        .open(&context, &SealedValue::from_stored(vectors.bytes("sealed")))
        .expect("opens");
    assert_eq!(value.expose_secret(), vectors.text("value").as_bytes());

    let mut row = Canonical::new("row.example");
    row.text("STRIPE_API_KEY").number(2);
    assert_eq!(row.as_ref(), vectors.bytes("row"));
    assert_eq!(ring.mac_row(&row).as_bytes(), vectors.bytes("row_mac"));
    let rotated = instance_ring
        .keyring(Some(&Wrapped::from_stored(vectors.bytes("wrapped_evidence_key"))))
        .expect("unwraps");
    assert_eq!(
        rotated.mac_row(&row).as_bytes(),
        vectors.bytes("row_mac_after_rotation")
    );
}

#[test]
#[ignore = "writes new vectors after a change of format, for pasting into the document"]
fn print_vectors() {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let bytes = |fill: u8| hex(&[fill; 32]);
    let instance = InstanceId::from_bytes([1; 16]);
    let slot = SlotContext {
        instance,
        slot: SlotId::from_bytes([2; 16]),
        provider: "file",
    };
    let root = RootKey::from_bytes(&[0x11; 32]).expect("32 bytes");
    let key = |fill: u8| KeyBytes::from_slice(&[fill; 32]).expect("32 bytes");
    let instance_key = InstanceKey::from_bytes(key(0x22));
    let ring = {
        let wrapped = instance_key.wrap_under(&root.aead(), &slot.ad());
        InstanceRing::unlock(&root, &slot, &wrapped).expect("unlocks")
    };
    let keyring = ring.keyring(None).expect("the first is both");
    let rotated = Keyring::of(instance, EvidenceKey::from_bytes(key(0x55)));
    let (account, secret, data_key) = (
        AccountId::from_bytes([3; 16]),
        SecretId::from_bytes([4; 16]),
        DataKeyId::from_bytes([5; 16]),
    );
    let account_key = AccountKey::from_bytes(key(0x33));
    let owner = DataKeyOwner {
        account,
        account_key_version: 1,
        secret,
        data_key,
    };
    let data = DataKey::from_bytes(key(0x44));
    let policy = Policy {
        hosts: vec!["api.stripe.com".parse().expect("a binding")],
        ..Policy::default()
    };
    let (environment, name) = (Environment::default(), "STRIPE_API_KEY".parse().expect("a key"));
    let context = SealContext {
        instance,
        account,
        environment: &environment,
        secret,
        key: &name,
        version: 2,
        data_key,
        policy: policy.hash(),
    };
    let value = crate::SecretValue::new(b"sk_live_example".to_vec()).expect("a value");
    let mut row = Canonical::new("row.example");
    row.text("STRIPE_API_KEY").number(2);
    let vectors = serde_json::json!({
        "instance": instance, "slot": slot.slot, "provider": "file",
        "root_key": bytes(0x11), "root_key_fingerprint": root.fingerprint().to_string(),
        "instance_key": bytes(0x22), "wrapped_instance_key": hex(ring.wrap_for(&root, &slot).as_bytes()),
        "account": account, "account_key_version": 1, "account_key": bytes(0x33),
        "wrapped_account_key": hex(ring.wrap_account_key(account, 1, &account_key).as_bytes()),
        "secret": secret, "data_key_id": data_key, "data_key": bytes(0x44),
        "wrapped_data_key": hex(keyring.wrap_data_key(&owner, &account_key, &data).as_bytes()),
        "environment": "default", "key": "STRIPE_API_KEY", "version": 2,
        "policy": policy, "policy_hash": hex(policy.hash().as_bytes()),
        "associated_data": hex(context.ad().as_ref()),
        "value": "sk_live_example", "sealed": hex(data.seal(&context, &value).as_bytes()),
        "row": hex(row.as_ref()), "row_mac": hex(keyring.mac_row(&row).as_bytes()),
        "evidence_key": bytes(0x55), "wrapped_evidence_key": hex(ring.wrap_evidence(&rotated).as_bytes()),
        "row_mac_after_rotation": hex(rotated.mac_row(&row).as_bytes()),
    });
    println!("{}", serde_json::to_string_pretty(&vectors).expect("JSON"));
}
