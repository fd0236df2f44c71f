//! Notes against vectors, and against a second implementation of the rules of Go's `sumdb/note`.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::{BASE64, HEXLOWER};
use serde::Deserialize;

use super::{NoteError, NoteSigner, VerifierKey};

#[derive(Deserialize)]
struct Vectors {
    keys: Vec<String>,
    bad_keys: Vec<String>,
    signing: Vec<Signing>,
    opening: Vec<Opening>,
}

#[derive(Deserialize)]
struct Signing {
    name: String,
    seed: String,
    key: String,
    text: String,
    note: String,
}

#[derive(Deserialize)]
struct Opening {
    case: String,
    key: String,
    note: String,
    text: Option<String>,
    error: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors.json")).expect("the vectors are JSON")
}

#[test]
fn keys_have_one_form() {
    let vectors = vectors();
    for key in &vectors.keys {
        assert_eq!(key.parse::<VerifierKey>().map(|it| it.to_string()).as_ref(), Ok(key));
    }
    for key in &vectors.bad_keys {
        assert_eq!(key.parse::<VerifierKey>(), Err(NoteError::Key), "{key}");
    }
}

/// The first two are the examples in the documentation of Go's package, so Go made them.
#[test]
fn signing_gives_the_bytes_that_go_gives() {
    for it in vectors().signing {
        let seed = HEXLOWER.decode(it.seed.as_bytes()).expect("hexadecimal");
        let signer = NoteSigner::from_seed(it.name, &seed.try_into().expect("32 bytes"));
        assert_eq!(signer.key().to_string(), it.key);
        assert_eq!(signer.sign(&it.text), it.note);
    }
}

#[test]
fn notes_open_as_the_vectors_say() {
    for it in vectors().opening {
        let key: VerifierKey = it.key.parse().expect("a key");
        let opened = key.open(&it.note);
        assert_eq!(opened.ok().map(str::to_owned), it.text, "{}", it.case);
        assert_eq!(opened.err().map(|it| format!("{it:?}")), it.error, "{}", it.case);
    }
}

#[test]
fn no_bit_of_a_note_can_change() {
    let signer = NoteSigner::from_seed("example.com/log".to_owned(), &[7; 32]);
    let note = signer.sign("example.com/log\n1\nAAAA\n");
    for index in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(
                    signer.key().open(&changed).is_err(),
                    "byte {index}, bit {bit}: {changed:?}"
                );
            }
        }
    }
}

/// Go's `note.Open`, step by step as its documentation describes it, with nothing of ours but the primitives.
fn open_as_go(key: &str, note: &str) -> Result<String, &'static str> {
    let mut fields = key.splitn(3, '+');
    let (name, id, key) = (
        fields.next().ok_or("key")?,
        fields.next().ok_or("key")?,
        fields.next().ok_or("key")?,
    );
    let key = BASE64.decode(key.as_bytes()).map_err(|_| "key")?;
    let hashed = digest(&SHA256, &[name.as_bytes(), b"\n", &key].concat());
    if HEXLOWER.encode(&hashed.as_ref()[..4]) != id {
        return Err("key");
    }
    let at = note.rfind("\n\n").ok_or("malformed")?;
    let (text, rest) = (&note[..at + 1], &note[at + 2..]);
    for line in rest.lines() {
        let line = line.strip_prefix("\u{2014} ").ok_or("malformed")?;
        let (who, signature) = line.split_once(' ').ok_or("malformed")?;
        let signature = BASE64.decode(signature.as_bytes()).map_err(|_| "malformed")?;
        if who == name && HEXLOWER.encode(&signature[..4]) == id {
            return UnparsedPublicKey::new(&ED25519, &key[1..])
                .verify(text.as_bytes(), &signature[4..])
                .map(|()| text.to_owned())
                .map_err(|_| "signature");
        }
    }
    Err("unverified")
}

#[test]
fn ours_open_by_the_rules_of_go() {
    let signer = NoteSigner::from_seed("distri/0190".to_owned(), &[9; 32]);
    let text = "distri/0190\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    let opened = open_as_go(&signer.key().to_string(), &signer.sign(text));
    assert_eq!(opened.as_deref(), Ok(text));
    let other = NoteSigner::from_seed("distri/0190".to_owned(), &[8; 32]);
    assert_eq!(
        open_as_go(&other.key().to_string(), &signer.sign(text)),
        Err("unverified")
    );
}
