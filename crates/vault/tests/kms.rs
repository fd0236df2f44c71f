//! A slot of AWS KMS, against a server that speaks its wire format and verifies each signature by code of its own.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_lc_rs::{digest, hmac};
use data_encoding::{BASE64, HEXLOWER};
use distri_core::Timestamp;
use distri_core::clock::FixedClock;
use distri_vault::root_key::aws_kms::{AwsKms, Settings, enrol};
use distri_vault::root_key::{KeyProvider, RootKeyError, Surroundings, Trusted, vouched};
use serde_json::{Value, json};

const ACCESS: &str = "AKIDCANARY";
const SECRET: &str = "canary/Secret+Key0123456789";
const SESSION: &str = "canary-session-token";
const KEY: &str = "alias/distri";

/// What the server does instead of answering.
type Trouble = Arc<Mutex<Option<&'static str>>>;

struct Kms {
    address: String,
    trouble: Trouble,
}

impl Kms {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let trouble = Trouble::default();
        let shared = trouble.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = serve(stream.unwrap(), &shared);
            }
        });
        Self { address, trouble }
    }

    fn is_in(&self, trouble: Option<&'static str>) {
        *self.trouble.lock().unwrap() = trouble;
    }

    fn settings(&self) -> Settings {
        Settings {
            key: KEY.to_owned(),
            region: "eu-central-1".to_owned(),
            endpoint: Some(self.address.clone()),
            ca_file: None,
        }
    }
}

fn serve(mut stream: TcpStream, trouble: &Trouble) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    assert_eq!(line, "POST / HTTP/1.1\r\n");
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => drop(headers.insert(name.to_ascii_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body)?;
    let (status, answer) = match answer(&headers, &body, *trouble.lock().unwrap()) {
        Ok(answer) => (200, answer),
        Err(kind) => (400, json!({ "__type": kind, "message": format!("{SECRET} {SESSION}") })),
    };
    let answer = answer.to_string();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", answer.len());
    stream.write_all([head, answer].concat().as_bytes())
}

fn answer(
    headers: &BTreeMap<String, String>,
    body: &[u8],
    trouble: Option<&'static str>,
) -> Result<Value, &'static str> {
    if headers["x-amz-security-token"] != SESSION {
        return Err("com.amazonaws.kms#UnrecognizedClientException");
    }
    if !is_signed(headers, body) {
        return Err("InvalidSignatureException");
    }
    if let Some(kind) = trouble {
        return Err(kind);
    }
    let request: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(
        request["EncryptionContext"],
        json!({ "application": "distri", "purpose": "root-key" })
    );
    if request["KeyId"] != KEY {
        return Err("NotFoundException");
    }
    // What it keeps is the plaintext with a mark in front: this server is about the wire, not about cryptography.
    match headers["x-amz-target"].as_str() {
        "TrentService.Encrypt" => {
            let plaintext = BASE64
                .decode(request["Plaintext"].as_str().unwrap().as_bytes())
                .unwrap();
            Ok(json!({ "CiphertextBlob": BASE64.encode(&[b"kms:", plaintext.as_slice()].concat()), "KeyId": KEY }))
        }
        "TrentService.Decrypt" => {
            let blob = BASE64
                .decode(request["CiphertextBlob"].as_str().unwrap().as_bytes())
                .unwrap();
            let plaintext = blob.strip_prefix(b"kms:").ok_or("InvalidCiphertextException")?;
            Ok(json!({ "Plaintext": BASE64.encode(plaintext), "KeyId": KEY }))
        }
        other => panic!("{other}"),
    }
}

/// Signature Version 4, from its description.
fn is_signed(headers: &BTreeMap<String, String>, body: &[u8]) -> bool {
    let hash = |it: &[u8]| HEXLOWER.encode(digest::digest(&digest::SHA256, it).as_ref());
    let authorization = headers["authorization"].strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
    let parts: BTreeMap<&str, &str> = authorization
        .split(", ")
        .map(|it| it.split_once('=').unwrap())
        .collect();
    let mut scope = parts["Credential"].splitn(2, '/');
    let (access, scope) = (scope.next().unwrap(), scope.next().unwrap());
    let date = &headers["x-amz-date"];
    let mut expected = scope.split('/');
    assert_eq!(expected.next(), date.split('T').next());
    let names = parts["SignedHeaders"];
    for needed in [
        "content-type",
        "host",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-target",
    ] {
        assert!(names.split(';').any(|it| it == needed), "{needed}");
    }
    let signed: String = names.split(';').map(|it| format!("{it}:{}\n", headers[it])).collect();
    let request = hash(format!("POST\n/\n\n{signed}\n{names}\n{}", hash(body)).as_bytes());
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes())
            .as_ref()
            .to_vec();
    }
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{request}");
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes());
    access == ACCESS && HEXLOWER.encode(signature.as_ref()) == parts["Signature"]
}

/// Does `work` with these variables around it.
fn with<T>(variables: &[(&str, &str)], work: impl FnOnce(&mut Surroundings<'_>) -> T) -> T {
    let variables: BTreeMap<&str, OsString> = variables.iter().map(|(name, it)| (*name, OsString::from(it))).collect();
    let variable = |name: &str| variables.get(name).cloned();
    let mut ask = || Err(RootKeyError::NoPassphrase("nobody".to_owned()));
    work(&mut Surroundings {
        key_file: PathBuf::new(),
        trusted: Trusted::in_file(PathBuf::new()),
        variable: &variable,
        clock: &FixedClock::at(Timestamp::from_second(1_800_000_000).unwrap()),
        ask: &mut ask,
    })
}

const GOOD: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", ACCESS),
    ("AWS_SECRET_ACCESS_KEY", SECRET),
    ("AWS_SESSION_TOKEN", SESSION),
];

#[test]
fn kms_gives_the_root_key_back_and_says_precisely_when_it_does_not() {
    let kms = Kms::start();
    let enrolled = with(&GOOD, |around| enrol(around, kms.settings())).unwrap();
    assert!(!enrolled.parameters.contains(SECRET) && !enrolled.parameters.contains(SESSION));
    let ask = |variables: &[(&str, &str)], parameters: &str| {
        let directory = tempfile::tempdir().unwrap();
        let asked = with(variables, |around| {
            around.trusted = Trusted::in_file(directory.path().join("key-providers"));
            assert!(
                vouched(&AwsKms, around, parameters)?.is_none(),
                "nobody has vouched for it"
            );
            around.trusted.add("aws-kms", parameters)?;
            let parameters = vouched(&AwsKms, around, parameters)?.unwrap();
            AwsKms.root_key(around, &parameters)
        });
        asked.map(|it| it.fingerprint().to_string())
    };
    assert_eq!(
        ask(&GOOD, &enrolled.parameters).unwrap(),
        enrolled.root.fingerprint().to_string()
    );

    let wrong = |variables: &[(&str, &str)], parameters: &str| {
        let error = ask(variables, parameters).err().unwrap().to_string();
        assert!(!error.contains("canary"), "{error}");
        error
    };
    assert!(wrong(&[], &enrolled.parameters).contains("`AWS_ACCESS_KEY_ID`"));
    let mut other = GOOD;
    other[1].1 = "canary-wrong";
    assert!(wrong(&other, &enrolled.parameters).contains("the secret key is wrong"));
    let mut other = GOOD;
    other[2].1 = "canary-wrong";
    assert!(wrong(&other, &enrolled.parameters).contains("the access key is not known"));
    let mut parameters: Value = serde_json::from_str(&enrolled.parameters).unwrap();
    parameters["wrapped"] = json!(BASE64.encode(b"other"));
    assert!(wrong(&GOOD, &parameters.to_string()).contains("another key wrapped it"));
    for (kind, text) in [
        ("AccessDeniedException", "may not do this"),
        ("com.amazonaws.kms#NotFoundException", "there is no such key"),
        ("DisabledException", "disabled"),
        ("ExpiredTokenException", "has expired"),
        ("ThrottlingException", "limits requests"),
        ("SomethingNew", "status 400"),
    ] {
        kms.is_in(Some(kind));
        let error = wrong(&GOOD, &enrolled.parameters);
        assert!(
            error.contains(text) && error.contains("AWS KMS key `alias/distri`"),
            "{error}"
        );
    }
    kms.is_in(None);
    let mut parameters: Value = serde_json::from_str(&enrolled.parameters).unwrap();
    parameters["endpoint"] = json!("http://127.0.0.1:9");
    assert!(wrong(&GOOD, &parameters.to_string()).contains("cannot be reached"));
}
