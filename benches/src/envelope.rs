//! Sealing and opening a value beside the bare primitive.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use distri_core::envelope::{DataKey, SealContext};
use distri_core::ids::{AccountId, DataKeyId, InstanceId, SecretId};
use distri_core::{Environment, Policy, SecretValue};

use crate::measure::{Effort, Row, Times};

const COUNT: u32 = 20_000;

pub(crate) fn rows(effort: Effort) -> Result<Vec<Row>, String> {
    let rounds = effort.rounds();
    let environment = Environment::default();
    let key = "STRIPE_API_KEY".parse().map_err(|error| format!("{error}"))?;
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
    let value = SecretValue::new(vec![b'v'; 64]).map_err(|error| error.to_string())?;
    let data_key = DataKey::random();
    let sealed = data_key.seal(&context, &value);
    let seal = Times::per_operation(rounds, COUNT, || data_key.seal(&context, &value));
    let open = Times::per_operation(rounds, COUNT, || data_key.open(&context, &sealed));

    // The primitive does the same work: sets the key up, and authenticates as many bytes beside the value.
    let beside = [0_u8; 220];
    let bytes = [7_u8; 32];
    let fresh = || RandomizedNonceKey::new(&AES_256_GCM, &bytes).expect("32 bytes");
    let bare_seal = Times::per_operation(rounds, COUNT, || {
        let mut body = Vec::with_capacity(80);
        body.extend_from_slice(value.expose_secret());
        fresh()
            .seal_in_place_append_tag(Aad::from(&beside), &mut body)
            .map(|nonce| (nonce, body))
    });
    let mut body = value.expose_secret().to_vec();
    let nonce = fresh()
        .seal_in_place_append_tag(Aad::from(&beside), &mut body)
        .map_err(|_| "seals")?;
    let bare_open = Times::per_operation(rounds, COUNT, || {
        let nonce = Nonce::try_assume_unique_for_key(nonce.as_ref()).expect("12 bytes");
        let mut copy = body.clone();
        fresh()
            .open_in_place(nonce, Aad::from(&beside), &mut copy)
            .map(|it| it.len())
    });
    let ratio =
        |ours: &Times, bare: &Times| format!("{:.2} ×", ours.median().as_secs_f64() / bare.median().as_secs_f64());
    Ok(vec![
        Row::time("seal", &seal),
        Row::time("seal, bare AES-256-GCM with key set-up", &bare_seal),
        Row::figure("seal beside bare", ratio(&seal, &bare_seal)),
        Row::time("open", &open),
        Row::time("open, bare AES-256-GCM with key set-up", &bare_open),
        Row::figure("open beside bare", ratio(&open, &bare_open)),
    ])
}
