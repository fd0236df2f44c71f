//! The format as tests: the vectors of C2SP/CCTV (<https://c2sp.org/CCTV/age>), and everything written opened again.

use std::io::{Read, Write};

use aws_lc_rs::digest;
use data_encoding::{BASE64, HEXLOWER};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Vector {
    name: String,
    expect: String,
    payload: Option<String>,
    identities: Vec<String>,
    #[serde(default)]
    compressed: bool,
    age: String,
}

impl Vector {
    fn file(&self) -> Vec<u8> {
        let bytes = BASE64.decode(self.age.as_bytes()).expect("base64");
        if !self.compressed {
            return bytes;
        }
        let mut file = Vec::new();
        flate2::read::ZlibDecoder::new(&bytes[..])
            .read_to_end(&mut file)
            .expect("zlib");
        file
    }
}

/// What opening came to, in the words of the vectors, and everything that was given out before.
fn outcome(file: &[u8], identities: &[Identity]) -> (&'static str, Vec<u8>) {
    let mut given = Vec::new();
    let word = match Reader::new(file, identities) {
        Err(error) => word(&error),
        Ok(mut reader) => match reader.read_to_end(&mut given) {
            Ok(_) => "success",
            Err(error) => word(&AgeError::of(error)),
        },
    };
    (word, given)
}

fn word(error: &AgeError) -> &'static str {
    match error {
        AgeError::NotAge | AgeError::Header(_) => "header failure",
        AgeError::NoMatch => "no match",
        AgeError::Mac => "HMAC failure",
        AgeError::Payload(_) => "payload failure",
        AgeError::Io(_) => "input failed",
    }
}

fn written(content: &[u8], recipients: &[Recipient]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), recipients).expect("begins");
    writer.write_all(content).expect("writes");
    writer.finish().expect("finishes")
}

#[test]
fn the_vectors_of_the_format_come_out_as_they_must() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("vectors.json")).expect("parses");
    assert!(vectors.len() > 60);
    for vector in vectors {
        let identities: Vec<Identity> = vector.identities.iter().map(|it| it.parse().expect("a key")).collect();
        let (word, given) = outcome(&vector.file(), &identities);
        assert_eq!(word, vector.expect, "{}", vector.name);
        if let Some(payload) = &vector.payload {
            let digest = digest::digest(&digest::SHA256, &given);
            assert_eq!(HEXLOWER.encode(digest.as_ref()), *payload, "{}", vector.name);
        }
    }
}

#[test]
fn what_was_written_opens_for_each_recipient_and_nobody_else() {
    let (one, two, other) = (Identity::generate(), Identity::generate(), Identity::generate());
    for len in [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000] {
        let content: Vec<u8> = (0..len).map(|it: u32| (it % 251) as u8).collect();
        let file = written(&content, &[one.recipient(), two.recipient()]);
        for identity in [&one, &two] {
            let again: Identity = identity.expose_secret().parse().expect("a key");
            assert_eq!(outcome(&file, &[again]), ("success", content.clone()), "{len}");
        }
        let stranger: Identity = other.expose_secret().parse().expect("a key");
        assert_eq!(outcome(&file, &[stranger]).0, "no match");
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let identity = Identity::generate();
    let identities = [identity];
    let file = written(b"what is inside", &[identities[0].recipient()]);
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            let (word, given) = outcome(&changed, &identities);
            assert_ne!(word, "success", "bit {bit} of byte {at}");
            assert!(given.is_empty(), "bit {bit} of byte {at}");
        }
        assert_ne!(outcome(&file[..at], &identities).0, "success", "{at} bytes");
    }
}

#[test]
fn keys_are_read_as_age_writes_them() {
    // The key of 32 bytes 0x42 that implementations have in their tests.
    let identity: Identity = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
        .parse()
        .expect("a key");
    let recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    assert_eq!(identity.recipient().to_string(), recipient);
    assert_eq!(recipient.parse(), Ok(identity.recipient()));
    let upper = recipient.to_uppercase();
    for wrong in [
        &recipient[..61],
        upper.as_str(),
        &recipient.replace('q', "p"),
        "age1",
        "",
    ] {
        assert_eq!(wrong.parse::<Recipient>(), Err(KeyTextError::Recipient), "{wrong}");
    }
    assert!(recipient.parse::<Identity>().is_err());
}

#[test]
fn files_of_keys_name_the_line_that_is_none() {
    let one = Identity::generate();
    let text = format!(
        "# created: today\n# public key: {}\n\n{}\n",
        one.recipient(),
        *one.expose_secret()
    );
    assert_eq!(identities_in(&text).expect("reads")[0].recipient(), one.recipient());
    let text = format!("{}\nssh-ed25519 AAAA\n", one.recipient());
    let expected = ListError::Line {
        line: 2,
        error: KeyTextError::Recipient,
    };
    assert_eq!(recipients_in(&text), Err(expected));
    assert!(matches!(recipients_in("# none\n"), Err(ListError::Empty(_))));
    assert!(matches!(
        identities_in("age-encryption.org/v1\n"),
        Err(ListError::Encrypted)
    ));
}

#[test]
fn a_writer_that_could_not_write_writes_nothing_more() {
    /// A disk with room for so many bytes.
    struct Disk(usize);
    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 {
                return Err(std::io::ErrorKind::StorageFull.into());
            }
            Ok(taken)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let recipient = Identity::generate().recipient();
    let mut writer = Writer::new(Disk(70_000), &[recipient]).expect("there is room");
    writer.write_all(&[7; 100_000]).expect("the first chunk fits");
    assert!(writer.write_all(&[7; 100_000]).is_err());
    // Such as what a buffer around it still has when it goes.
    assert!(writer.write_all(&[7; 100_000]).is_err());
    assert!(writer.finish().is_err());
}
