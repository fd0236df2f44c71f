//! Computations whose key is a placeholder are the parent's; all others are made here.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use distri_core::SecretValue;
use distri_runtime::tool_host::{Hash, ToolHost};
use serde_json::{Value, json};

use crate::fixture::{Services, spec, start_with, tools};

const PLACEHOLDER: &str = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH";

const HANDLERS: &str = r"
    bytes: (it) => new TextEncoder().encode(it),
    async sign({ key, base64, data }) {
      const raw = base64 ? Uint8Array.fromBase64(key) : handlers.bytes(key);
      const it = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      return new Uint8Array(await crypto.subtle.sign('HMAC', it, handlers.bytes(data))).toHex();
    },
    async signJwk({ key, data }) {
      const jwk = { kty: 'oct', k: handlers.bytes(key).toBase64({ alphabet: 'base64url', omitPadding: true }) };
      const it = await crypto.subtle.importKey('jwk', jwk, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      return new Uint8Array(await crypto.subtle.sign('HMAC', it, handlers.bytes(data))).toHex();
    },
    async verify({ key, data, tag }) {
      const it = await crypto.subtle.importKey('raw', handlers.bytes(key), { name: 'HMAC', hash: 'SHA-1' }, false, ['verify']);
      return crypto.subtle.verify('HMAC', it, Uint8Array.fromHex(tag), handlers.bytes(data));
    },
    async digest({ data }) {
      return new Uint8Array(await crypto.subtle.digest('SHA-256', handlers.bytes(data))).toHex();
    },
    async many({ count }) {
      const it = await crypto.subtle.importKey('raw', handlers.bytes(process.env.HOOK), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      const data = handlers.bytes('x');
      const all = await Promise.allSettled(Array.from({ length: count }, () => crypto.subtle.sign('HMAC', it, data)));
      return all.filter((one) => one.status === 'fulfilled').length;
    },
    async over() {
      const it = await crypto.subtle.importKey('raw', handlers.bytes(process.env.HOOK), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      return crypto.subtle.sign('HMAC', it, new Uint8Array(9 << 20));
    },
";

async fn host() -> (ToolHost, std::sync::Arc<Services>) {
    let mut spec = spec(tools(HANDLERS));
    let value = SecretValue::new(PLACEHOLDER.into()).unwrap();
    spec.env.push(("HOOK".to_owned(), value));
    spec.placeholders = vec![PLACEHOLDER.to_owned()];
    start_with(spec).await.unwrap()
}

fn tag(key: &[u8], data: &str) -> Value {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    Value::from(HEXLOWER.encode(hmac::sign(&key, data.as_bytes()).as_ref()))
}

#[tokio::test]
async fn only_keys_that_are_placeholders_are_asked_of_the_parent() {
    let (mut host, services) = host().await;
    let real = tag(b"real", "t.payload");
    let encoded = &PLACEHOLDER[6..];
    for (tool, input) in [
        ("sign", json!({ "key": PLACEHOLDER, "data": "t.payload" })),
        (
            "sign",
            json!({ "key": format!("AWS4{PLACEHOLDER}"), "data": "t.payload" }),
        ),
        ("sign", json!({ "key": encoded, "base64": true, "data": "t.payload" })),
        ("signJwk", json!({ "key": PLACEHOLDER, "data": "t.payload" })),
    ] {
        assert_eq!(host.call(tool, input.clone()).await.unwrap(), real, "{input}");
    }
    assert_eq!(services.computations.lock().unwrap().len(), 4);
    for key in ["whsec_other", encoded, &PLACEHOLDER[1..], "SG.canary-value"] {
        let input = json!({ "key": key, "data": "t.payload" });
        assert_eq!(
            host.call("sign", input).await.unwrap(),
            tag(key.as_bytes(), "t.payload")
        );
    }
    assert_eq!(
        services.computations.lock().unwrap().len(),
        4,
        "the child computed these"
    );
}

#[tokio::test]
async fn verifying_digests_and_refusals_come_back() {
    let (mut host, services) = host().await;
    let good = HEXLOWER.encode(&Hash::Sha1.sign(b"real", b"x"));
    let verify = |tag: &str| json!({ "key": PLACEHOLDER, "data": "x", "tag": tag });
    assert_eq!(host.call("verify", verify(&good)).await.unwrap(), json!(true));
    assert_eq!(
        host.call("verify", verify(&good.replace('a', "b"))).await.unwrap(),
        json!(false)
    );
    let asked = (Hash::Sha1, PLACEHOLDER.to_owned(), 1);
    assert_eq!(*services.computations.lock().unwrap(), [asked.clone(), asked]);

    let hex = |it: Vec<u8>| Value::from(HEXLOWER.encode(&it));
    for (data, expected) in [
        (PLACEHOLDER.to_owned(), hex(Hash::Sha256.digest(&[b"real"]))),
        (format!("{PLACEHOLDER}.x"), hex(Hash::Sha256.digest(&[b"real"]))),
        (format!("x.{PLACEHOLDER}"), hex(Hash::Sha256.digest(&[b"real"]))),
    ] {
        assert_eq!(host.call("digest", json!({ "data": data })).await.unwrap(), expected);
    }
    let within = format!("x{PLACEHOLDER}x");
    let local = hex(Hash::Sha256.digest(&[within.as_bytes()]));
    assert_eq!(host.call("digest", json!({ "data": within })).await.unwrap(), local);

    let refused = host.call("sign", json!({ "key": PLACEHOLDER, "data": "" })).await;
    assert_eq!(refused.unwrap_err().to_string(), "OperationError: nothing to sign");
}

#[tokio::test]
async fn computations_have_bounds_that_end_with_the_call() {
    let (mut host, _) = host().await;
    for _ in 0..2 {
        assert_eq!(host.call("many", json!({ "count": 1001 })).await.unwrap(), json!(1000));
    }
    let over = host.call("over", json!({})).await.unwrap_err().to_string();
    assert!(over.contains("at most 8388608 bytes"), "{over}");
    let input = json!({ "key": PLACEHOLDER, "data": "t" });
    assert_eq!(
        host.call("sign", input).await.unwrap(),
        tag(b"real", "t"),
        "the host goes on"
    );
}
