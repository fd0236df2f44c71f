//! The envelope's rules as tests: Wycheproof, the project's own vectors, and every field's binding.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};

use super::*;
use crate::clock::SystemClock;
use crate::ids::{AccountId, DataKeyId, InstanceId, SecretId, SlotId};
use crate::names::{Environment, SecretKey};
use crate::policy::Policy;
use crate::value::SecretValue;

struct Owned {
    instance: InstanceId,
    account: AccountId,
    environment: Environment,
    secret: SecretId,
    key: SecretKey,
    version: u32,
    data_key: DataKeyId,
    policy: Policy,
}

impl Owned {
    fn sample() -> Self {
        Self {
            instance: InstanceId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            environment: Environment::default(),
            secret: SecretId::from_bytes([3; 16]),
            key: "STRIPE_API_KEY".parse().expect("a key"),
            version: 1,
            data_key: DataKeyId::from_bytes([4; 16]),
            policy: Policy {
                hosts: vec!["api.stripe.com".parse().expect("a binding")],
                ..Policy::default()
            },
        }
    }

    fn context(&self) -> SealContext<'_> {
        SealContext {
            instance: self.instance,
            account: self.account,
            environment: &self.environment,
            secret: self.secret,
            key: &self.key,
            version: self.version,
            data_key: self.data_key,
            policy: self.policy.hash(),
        }
    }
}

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec()).expect("within limits")
}

#[test]
fn wycheproof_aes_256_gcm_through_the_same_primitive() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).expect("the vectors load");
    let mut tried = 0;
    for group in set
        .test_groups
        .iter()
        .filter(|it| it.key_size == 256 && it.nonce_size == 96 && it.tag_size == 128)
    {
        for test in &group.tests {
            let key = RandomizedNonceKey::new(&AES_256_GCM, &test.key).expect("32 bytes");
            let nonce = Nonce::try_assume_unique_for_key(&test.nonce).expect("12 bytes");
            let mut body = [test.ct.as_slice(), test.tag.as_slice()].concat();
            let opened = key
                .open_in_place(nonce, Aad::from(test.aad.as_slice()), &mut body)
                .ok()
                .map(|it| it.to_vec());
            let expected = (test.result != wycheproof::TestResult::Invalid).then(|| test.pt.to_vec());
            assert_eq!(opened, expected, "case {}: {}", test.tc_id, test.comment);
            tried += 1;
        }
    }
    assert!(tried >= 60, "only {tried} vectors of 256-bit keys were found");
}

#[test]
fn what_was_sealed_opens_and_nothing_else_does() {
    let owned = Owned::sample();
    let key = DataKey::random();
    let sealed = key.seal(&owned.context(), &value("sk_live_4242"));
    let opened = key.open(&owned.context(), &sealed).expect("opens");
    assert_eq!(opened.expose_secret(), b"sk_live_4242");
    assert_eq!(
        DataKey::random().open(&owned.context(), &sealed).err(),
        Some(OpenError::Changed)
    );

    for index in 0..sealed.as_bytes().len() {
        for bit in 0..8 {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[index] ^= 1 << bit;
            assert!(
                key.open(&owned.context(), &SealedValue::from_stored(bytes)).is_err(),
                "bit {bit} of byte {index}"
            );
        }
    }
    for len in 0..sealed.as_bytes().len() {
        let cut = SealedValue::from_stored(sealed.as_bytes()[..len].to_vec());
        assert!(key.open(&owned.context(), &cut).is_err(), "{len} bytes");
    }
}

#[test]
fn every_field_of_the_context_is_bound() {
    let base = Owned::sample();
    let key = DataKey::random();
    let sealed = key.seal(&base.context(), &value("v"));
    type Change = (&'static str, fn(&mut Owned));
    let changes: [Change; 8] = [
        ("instance", |it| it.instance = InstanceId::from_bytes([9; 16])),
        ("account", |it| it.account = AccountId::from_bytes([9; 16])),
        ("environment", |it| {
            it.environment = "prod".parse().expect("an environment")
        }),
        ("secret", |it| it.secret = SecretId::from_bytes([9; 16])),
        ("key", |it| it.key = "OTHER".parse().expect("a key")),
        ("version", |it| it.version = 2),
        ("data key", |it| it.data_key = DataKeyId::from_bytes([9; 16])),
        ("policy", |it| it.policy.hosts.clear()),
    ];
    for (field, change) in changes {
        let mut other = Owned::sample();
        change(&mut other);
        assert_eq!(
            key.open(&other.context(), &sealed).err(),
            Some(OpenError::Changed),
            "{field}"
        );
    }
}

#[test]
fn two_seals_of_one_value_differ() {
    let owned = Owned::sample();
    let key = DataKey::random();
    let one = key.seal(&owned.context(), &value("same"));
    let two = key.seal(&owned.context(), &value("same"));
    assert_ne!(one.as_bytes(), two.as_bytes());
}

#[test]
fn keys_unwrap_only_where_they_belong() {
    let clock = SystemClock;
    let ring = InstanceRing::create(&clock);
    let root = RootKey::random();
    let slot = SlotContext {
        instance: ring.instance(),
        slot: SlotId::new(&clock),
        provider: "file",
    };
    let wrapped = ring.wrap_for(&root, &slot);
    let again = InstanceRing::unlock(&root, &slot, &wrapped).expect("unlocks");
    assert_eq!(again.fingerprint(), ring.fingerprint());
    assert!(InstanceRing::unlock(&RootKey::random(), &slot, &wrapped).is_err());
    assert!(
        InstanceRing::unlock(
            &root,
            &SlotContext {
                provider: "passphrase",
                ..slot
            },
            &wrapped
        )
        .is_err()
    );

    let account = AccountId::new(&clock);
    let account_key = AccountKey::random();
    let wrapped = ring.wrap_account_key(account, 1, &account_key);
    assert!(ring.unwrap_account_key(account, 1, &wrapped).is_ok());
    assert!(ring.unwrap_account_key(account, 2, &wrapped).is_err());
    assert!(ring.unwrap_account_key(AccountId::new(&clock), 1, &wrapped).is_err());

    let ring = Keyring::create(&clock);
    let owner = DataKeyOwner {
        account,
        account_key_version: 1,
        secret: SecretId::new(&clock),
        data_key: DataKeyId::new(&clock),
    };
    let wrapped = ring.wrap_data_key(&owner, &account_key, &DataKey::random());
    assert!(ring.unwrap_data_key(&owner, &account_key, &wrapped).is_ok());
    for other in [
        DataKeyOwner {
            account: AccountId::new(&clock),
            ..owner
        },
        DataKeyOwner {
            account_key_version: 2,
            ..owner
        },
        DataKeyOwner {
            secret: SecretId::new(&clock),
            ..owner
        },
        DataKeyOwner {
            data_key: DataKeyId::new(&clock),
            ..owner
        },
    ] {
        assert!(
            ring.unwrap_data_key(&other, &account_key, &wrapped).is_err(),
            "{other:?}"
        );
    }
}

#[test]
fn rows_verify_only_as_written() {
    let ring = Keyring::create(&SystemClock);
    let mut row = Canonical::new("row.secret");
    row.text("STRIPE_API_KEY").number(3);
    let mac = ring.mac_row(&row);
    assert!(ring.verify_row(&row, mac.as_bytes()).is_ok());
    let mut other = Canonical::new("row.secret");
    other.text("STRIPE_API_KEY").number(2);
    assert!(ring.verify_row(&other, mac.as_bytes()).is_err());
    assert!(ring.verify_row(&row, &mac.as_bytes()[..31]).is_err());
    assert!(Keyring::create(&SystemClock).verify_row(&row, mac.as_bytes()).is_err());
}

#[test]
fn session_data_is_bound_to_its_session_and_name() {
    let account = AccountId::from_bytes([2; 16]);
    let key = AccountKey::random();
    let context = SessionContext {
        instance: InstanceId::from_bytes([1; 16]),
        account,
        session: "s1",
        name: "cart",
    };
    let sealed = key.seal_session(&context, b"{}");
    assert_eq!(key.open_session(&context, &sealed).expect("opens").as_slice(), b"{}");
    assert!(
        key.open_session(
            &SessionContext {
                session: "s2",
                ..context
            },
            &sealed
        )
        .is_err()
    );
    assert!(
        key.open_session(
            &SessionContext {
                name: "kart",
                ..context
            },
            &sealed
        )
        .is_err()
    );
}
