//! A sealed value, as it might stand in a database that somebody else has written to.

use std::sync::LazyLock;

use distri_core::envelope::{DataKey, SealContext, SealedValue};
use distri_core::ids::{AccountId, DataKeyId, InstanceId, SecretId};
use distri_core::{Environment, Policy, SecretKey};

static KEY: LazyLock<DataKey> = LazyLock::new(DataKey::random);

/// Nobody without the key makes an envelope that opens.
pub fn envelope(bytes: &[u8]) {
    let environment = Environment::default();
    let key: SecretKey = "FUZZED_KEY".parse().expect("a key");
    let context = SealContext {
        instance: InstanceId::from_bytes([1; 16]),
        account: AccountId::from_bytes([2; 16]),
        environment: &environment,
        secret: SecretId::from_bytes([3; 16]),
        key: &key,
        version: 1,
        data_key: DataKeyId::from_bytes([4; 16]),
        policy: Policy::default().hash(),
    };
    let sealed = SealedValue::from_stored(bytes.to_vec());
    assert!(KEY.open(&context, &sealed).is_err());
}
