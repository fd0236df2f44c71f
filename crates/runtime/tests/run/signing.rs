//! Webhooks are verified and requests signed by handlers that hold only placeholders of the keys.
//!
//! Each handler is written as the service's own documentation has it, on Web Crypto.

use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER};
use distri_core::alarm::OnLeak;
use distri_runtime::run::{CallError, Context, RunSetup, call_tool};
use serde_json::{Value, json};

use crate::{
    bound::Instance,
    support::{World, assert_clean},
};

const STRIPE: &str = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH";
const SLACK: &str = "8f742231b10e8888abcd99badc0de5a5";
const GITHUB: &str = "It's a Secret to Everybody 7d2f9c41";
const SVIX: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SVIX_LONG: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrs=";
const AWS: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const HEXKEY: &str = "0b0b0b0b4a65666575616e646f7468657273aa11";
const WEAK: &str = "my-webhook-secret";

const SECRETS: [(&str, &str, &str); 8] = [
    ("AWS_SECRET_ACCESS_KEY", AWS, "*.amazonaws.com"),
    ("GITHUB_WEBHOOK_SECRET", GITHUB, "-"),
    ("HEX_KEY", HEXKEY, "-"),
    ("SLACK_SIGNING_SECRET", SLACK, "-"),
    ("STRIPE_WEBHOOK_SECRET", STRIPE, "-"),
    ("SVIX_LONG_SECRET", SVIX_LONG, "-"),
    ("SVIX_SECRET", SVIX, "-"),
    ("WEAK_SECRET", WEAK, "-"),
];

const TOOLS: &str = r#"
    const utf8 = (it: string) => new TextEncoder().encode(it);
    const hex = (it: ArrayBuffer) => [...new Uint8Array(it)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const hmac = async (key: Uint8Array, data: string, hash = 'SHA-256') => {
      const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: { name: hash } }, false, ['sign']);
      return crypto.subtle.sign('HMAC', imported, utf8(data));
    };
    const tool = (name: string, handler: (input: any) => unknown) => ({ name, description: name, handler });

    // stripe-node, `Webhooks.constructEvent` over its SubtleCrypto provider.
    const stripe = async ({ payload, header }: any) => {
      const parts = header.split(',').map((part: string) => part.split('='));
      const timestamp = parts.find(([name]: string[]) => name === 't')?.[1];
      const signatures = parts.filter(([name]: string[]) => name === 'v1').map(([, value]: string[]) => value);
      const expected = hex(await hmac(utf8(process.env.STRIPE_WEBHOOK_SECRET), `${timestamp}.${payload}`));
      const same = (a: string, b: string) => {
        let result = a.length ^ b.length;
        for (let at = 0; at < a.length; at += 1) result |= a.charCodeAt(at) ^ b.charCodeAt(at);
        return result === 0;
      };
      if (!signatures.some((it: string) => same(it, expected))) throw new Error('No signatures found matching the expected signature for payload.');
      return JSON.parse(payload);
    };

    const slack = async ({ body, timestamp, signature }: any) =>
      `v0=${hex(await hmac(utf8(process.env.SLACK_SIGNING_SECRET), `v0:${timestamp}:${body}`))}` === signature;

    // GitHub, "Validating webhook deliveries", JavaScript example.
    const github = async ({ header, payload }: any) => {
      const sigHex = header.split('=')[1];
      const algorithm = { name: 'HMAC', hash: { name: 'SHA-256' } };
      const key = await crypto.subtle.importKey('raw', utf8(process.env.GITHUB_WEBHOOK_SECRET), algorithm, false, ['sign', 'verify']);
      const sigBytes = Uint8Array.from(sigHex.match(/../g).map((it: string) => parseInt(it, 16)));
      return crypto.subtle.verify(algorithm.name, key, sigBytes, utf8(payload));
    };

    // Standard Webhooks: the key is what the base64 behind `whsec_` means.
    const svix = async ({ secret, id, timestamp, payload, signatures }: any) => {
      const encoded = process.env[secret].startsWith('whsec_') ? process.env[secret].substring(6) : process.env[secret];
      const key = Uint8Array.from(atob(encoded), (it) => it.charCodeAt(0));
      const made = btoa(String.fromCharCode(...new Uint8Array(await hmac(key, `${id}.${timestamp}.${payload}`))));
      return signatures.split(' ').some((it: string) => it === `v1,${made}`);
    };

    // AWS Signature Version 4, "derive a signing key".
    const aws = async ({ date, region, service, text }: any) => {
      let key = await hmac(utf8(`AWS4${process.env.AWS_SECRET_ACCESS_KEY}`), date);
      for (const part of [region, service, 'aws4_request']) key = await hmac(new Uint8Array(key), part);
      return hex(await hmac(new Uint8Array(key), text));
    };

    const hexKey = async ({ data }: any) =>
      hex(await hmac(Uint8Array.fromHex(process.env.HEX_KEY), data, 'SHA-512'));
    const digest = async ({ before, after }: any) =>
      hex(await crypto.subtle.digest('SHA-256', utf8(`${before ?? ''}${process.env.SLACK_SIGNING_SECRET}${after ?? ''}`)));
    const weak = async () => hex(await hmac(utf8(process.env.WEAK_SECRET), 'x'));

    export const getTools = () => [
      tool('stripe', stripe), tool('slack', slack), tool('github', github), tool('svix', svix), tool('aws', aws),
      tool('hexKey', hexKey), tool('digest', digest), tool('weak', weak),
    ];
"#;

fn sign(algorithm: hmac::Algorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, key), data).as_ref().to_vec()
}

fn hex256(key: &[u8], data: &str) -> String {
    HEXLOWER.encode(&sign(hmac::HMAC_SHA256, key, data.as_bytes()))
}

struct Bench(World, Instance);

impl Bench {
    async fn new() -> Self {
        Self(World::accepting().await, Instance::new())
    }

    fn setup(&self) -> RunSetup {
        let mut setup = self.0.setup("", TOOLS, &[]);
        self.1.give(&mut setup, &SECRETS, OnLeak::Freeze);
        setup
    }

    async fn call(&self, tool: &str, input: Value) -> Result<Value, CallError> {
        let mut events = String::new();
        let mut sink = |it: &_| events.push_str(&serde_json::to_string(it).unwrap());
        let result = call_tool(self.setup(), tool, input, &mut sink).await;
        assert_clean(&events, &[STRIPE, SLACK, GITHUB, SVIX, SVIX_LONG, AWS, HEXKEY]);
        assert!(self.1.alarms().is_empty(), "{:?}", self.1.alarms());
        result
    }
}

#[tokio::test]
async fn stripe_webhooks_are_verified_and_forged_ones_are_not() {
    let bench = Bench::new().await;
    let payload = r#"{"id":"evt_1","object":"event"}"#;
    let header = |key: &str| {
        format!(
            "t=1492774577,v1={},v0=x",
            hex256(key.as_bytes(), &format!("1492774577.{payload}"))
        )
    };
    let event = bench
        .call("stripe", json!({ "payload": payload, "header": header(STRIPE) }))
        .await;
    assert_eq!(event.unwrap()["id"], "evt_1");
    for (payload, header) in [
        (payload, header("whsec_another5WbX5kEWLlfzsGNjH64I8lOOqUB")),
        (r#"{"id":"evt_2"}"#, header(STRIPE)),
        (payload, header(STRIPE).replace("t=1492774577", "t=1492774578")),
    ] {
        let forged = bench
            .call("stripe", json!({ "payload": payload, "header": header }))
            .await;
        assert!(forged.unwrap_err().to_string().contains("No signatures found"));
    }
}

#[tokio::test]
async fn slack_github_and_standard_webhooks_too() {
    let bench = Bench::new().await;
    for (key, expected) in [(SLACK, true), (STRIPE, false)] {
        let signature = format!("v0={}", hex256(key.as_bytes(), "v0:1531420618:token=x"));
        let input = json!({ "body": "token=x", "timestamp": "1531420618", "signature": signature });
        assert_eq!(bench.call("slack", input).await.unwrap(), json!(expected));
    }
    for (key, expected) in [(GITHUB, true), (SLACK, false)] {
        let header = format!("sha256={}", hex256(key.as_bytes(), "Hello, World!"));
        let input = json!({ "header": header, "payload": "Hello, World!" });
        assert_eq!(bench.call("github", input).await.unwrap(), json!(expected));
    }
    for (secret, value) in [("SVIX_SECRET", SVIX), ("SVIX_LONG_SECRET", SVIX_LONG)] {
        let key = BASE64.decode(&value.as_bytes()[6..]).unwrap();
        let good = BASE64.encode(&sign(hmac::HMAC_SHA256, &key, b"msg_1.1614265330.{}"));
        for (signatures, expected) in [(format!("v1,AAAA v1,{good}"), true), ("v1,AAAA".to_owned(), false)] {
            let input = json!({
                "secret": secret, "id": "msg_1", "timestamp": "1614265330", "payload": "{}", "signatures": signatures
            });
            assert_eq!(bench.call("svix", input).await.unwrap(), json!(expected), "{secret}");
        }
    }
}

#[tokio::test]
async fn requests_are_signed_as_aws_does() {
    let bench = Bench::new().await;
    let parts = ["20150830", "us-east-1", "iam", "aws4_request"];
    let key = parts.iter().fold(format!("AWS4{AWS}").into_bytes(), |key, part| {
        sign(hmac::HMAC_SHA256, &key, part.as_bytes())
    });
    let input = json!({ "date": parts[0], "region": parts[1], "service": parts[2], "text": "AWS4-HMAC-SHA256" });
    assert_eq!(
        bench.call("aws", input).await.unwrap(),
        json!(hex256(&key, "AWS4-HMAC-SHA256"))
    );
}

#[tokio::test]
async fn keys_in_hexadecimal_and_digests_take_the_value() {
    let bench = Bench::new().await;
    let key = HEXLOWER.decode(HEXKEY.as_bytes()).unwrap();
    let expected = HEXLOWER.encode(&sign(hmac::HMAC_SHA512, &key, b"x"));
    assert_eq!(
        bench.call("hexKey", json!({ "data": "x" })).await.unwrap(),
        json!(expected)
    );
    let digest = |text: String| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        json!(HEXLOWER.encode(digest.as_ref()))
    };
    for (input, text) in [
        (json!({}), SLACK.to_owned()),
        (json!({ "after": "|amount=5" }), format!("{SLACK}|amount=5")),
        (json!({ "before": "amount=5|" }), format!("amount=5|{SLACK}")),
    ] {
        assert_eq!(bench.call("digest", input).await.unwrap(), digest(text));
    }
    let within = bench
        .call("digest", json!({ "before": "a", "after": "b" }))
        .await
        .unwrap();
    assert_ne!(within, digest(format!("a{SLACK}b")), "within a text it is text");
}

#[tokio::test]
async fn a_value_that_can_be_guessed_is_refused_as_a_key() {
    let bench = Bench::new().await;
    let error = bench.call("weak", json!({})).await.unwrap_err().to_string();
    assert!(
        error.contains("`WEAK_SECRET` could be guessed") && error.contains("--delivery value"),
        "{error}"
    );
    assert!(!error.contains(WEAK), "{error}");
}

#[tokio::test]
async fn a_key_that_the_context_gives_is_no_placeholder() {
    let bench = Bench::new().await;
    let mut setup = bench.setup();
    setup.context = Context::parse(r#"{"secrets": {"WEAK_SECRET": "another-weak-one"}}"#).unwrap();
    let tag = call_tool(setup, "weak", json!({}), &mut |_| {}).await.unwrap();
    assert_eq!(tag, json!(hex256(b"another-weak-one", "x")));
}
