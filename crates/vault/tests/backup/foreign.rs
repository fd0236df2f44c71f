//! What is no backup of this installation, or not all of one, is refused, and the home stays as it is.

use distri_core::age::{AgeError, Identity};
use distri_core::digest::Digesting;
use distri_vault::backup::BackupError;
use distri_vault::root_key::RootKeyError;
use distri_vault::{Closed, VaultError};

use crate::support::{Kept, Place, set, value_of};

fn made() -> (Place, Kept) {
    let (place, kept) = (Place::new(), Kept::new());
    let vault = place.open();
    set(&vault, "STRIPE_API_KEY", "sk_live_4242");
    set(&vault, "DATABASE_URL", "postgres://user:password@host/name");
    kept.make(&vault);
    drop(vault);
    (place, kept)
}

/// The lines inside with the end made true of them, as far as that goes without the installation's key.
fn with_true_end(lines: &[String]) -> Vec<u8> {
    let (end, before) = lines.split_last().unwrap();
    let mut digesting = Digesting::default();
    let mut content = Vec::new();
    for line in before {
        content.extend_from_slice(line.as_bytes());
        content.push(b'\n');
    }
    digesting.update(&content);
    let manifest: serde_json::Value = serde_json::from_str(&before[0]).unwrap_or_default();
    let mut rows = vec![0_u64; manifest["tables"].as_array().map_or(0, Vec::len)];
    for line in &before[1..] {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        if let Some(count) = line["t"].as_u64().and_then(|it| rows.get_mut(it as usize)) {
            *count += 1;
        }
    }
    let mut end: serde_json::Value = serde_json::from_str(end).unwrap();
    end["end"]["sha256"] = digesting.so_far().to_string().into();
    end["end"]["rows"] = rows.into();
    content.extend_from_slice(end.to_string().as_bytes());
    content.push(b'\n');
    content
}

#[test]
fn every_flipped_byte_and_every_cut_of_the_file_is_refused() {
    let (_place, kept) = made();
    let file = std::fs::read(kept.file()).unwrap();
    let header = file.windows(4).position(|it| it == b"--- ").unwrap() + 64;
    let places = (0..header)
        .chain((header..file.len()).step_by(97))
        .chain([file.len() - 1]);
    for at in places {
        let mut changed = file.clone();
        changed[at] ^= 0x20;
        std::fs::write(kept.file(), changed).unwrap();
        assert!(matches!(kept.check(), Err(BackupError::Age(_))), "byte {at}");
        std::fs::write(kept.file(), &file[..at]).unwrap();
        assert!(matches!(kept.check(), Err(BackupError::Age(_))), "{at} bytes");
    }
    std::fs::write(kept.file(), [&file[..], b"more"].concat()).unwrap();
    assert!(matches!(kept.check(), Err(BackupError::Age(AgeError::Payload(_)))));
}

#[test]
fn other_identities_other_files_and_other_keys_are_told_apart() {
    let (place, mut kept) = made();
    let own = std::mem::replace(&mut kept.identities, vec![Identity::generate()]);
    assert!(matches!(kept.check(), Err(BackupError::Age(AgeError::NoMatch))));
    kept.identities = own;

    let other = Place::new();
    drop(Place::open(&other));
    let wrong = kept.restore_with(&other, true, false);
    let why = |refused: Result<_, BackupError>| match refused.err() {
        Some(BackupError::Vault(VaultError::NoneOpens(mut closed))) => closed.0.remove(0).why,
        other => panic!("{other:?}"),
    };
    assert!(matches!(why(wrong), Closed::RootKey(RootKeyError::Wrong { .. })));
    let missing = Place::new();
    let refused = kept.restore(&missing);
    assert!(matches!(why(refused), Closed::RootKey(RootKeyError::Missing { .. })));
    for (content, line) in [(&b""[..], 1), (b"hello\n", 1), (b"{}\n", 1), (b"{\"format\":", 1)] {
        kept.put_content(content);
        let refused = kept.check();
        assert!(matches!(refused, Err(BackupError::Content { line: it, .. }) if it == line));
    }
    for file in [&b""[..], b"SQLite format 3\0", b"age-encryption.org/v2\n"] {
        std::fs::write(kept.file(), file).unwrap();
        assert!(matches!(kept.check(), Err(BackupError::Age(AgeError::NotAge))));
    }
    std::fs::remove_file(kept.file()).unwrap();
    assert!(matches!(kept.check(), Err(BackupError::NoFile(_))));
    assert_eq!(value_of(&place.open(), "STRIPE_API_KEY", 1), b"sk_live_4242");
}

#[test]
fn whoever_can_encrypt_to_the_recipient_cannot_make_a_backup_that_is_restored() {
    let (place, kept) = made();
    let content = String::from_utf8(kept.content()).unwrap();
    let lines: Vec<String> = content.lines().map(str::to_owned).collect();
    let mut tried = 0;
    let mut refuse = |what: &str, edited: Vec<u8>| {
        let other = Place::new();
        other.take_root_key_of(&place);
        kept.put_content(&edited);
        let refused = kept.restore(&other);
        assert!(refused.is_err(), "{what}");
        assert!(!other.home().database().exists(), "{what}");
        tried += 1;
    };
    for at in 1..lines.len() - 1 {
        let mut without = lines.clone();
        without.remove(at);
        refuse(&format!("without line {at}"), with_true_end(&without));
        let mut twice = lines.clone();
        twice.insert(at, lines[at].clone());
        refuse(&format!("line {at} twice"), with_true_end(&twice));
        let mut swapped = lines.clone();
        swapped.swap(at, at + 1);
        refuse(&format!("line {at} swapped"), swapped.join("\n").into_bytes());
        for (from, to) in [
            ("\"c\":[", "\"c\":[0,"),
            ("A", "B"),
            ("1", "2"),
            ("null", "7"),
            ("\"t\":", "\"t\":9"),
        ] {
            let mut changed = lines.clone();
            changed[at] = changed[at].replacen(from, to, 1);
            if changed[at] != lines[at] {
                refuse(&format!("line {at}: {from} to {to}"), with_true_end(&changed));
            }
        }
    }
    let mut longer = lines.clone();
    longer.push("{}".to_owned());
    refuse("something after the end", (longer.join("\n") + "\n").into_bytes());
    assert!(tried > 100, "{tried}");
    kept.put_content(content.as_bytes());
    let other = Place::new();
    other.take_root_key_of(&place);
    kept.restore(&other).unwrap();
}

#[test]
fn a_manifest_that_asks_for_too_much_is_refused() {
    let (_place, kept) = made();
    let content = String::from_utf8(kept.content()).unwrap();
    let lines: Vec<String> = content.lines().map(str::to_owned).collect();
    let edited = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut manifest: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        edit(&mut manifest);
        let mut lines = lines.clone();
        lines[0] = manifest.to_string();
        kept.put_content(&with_true_end(&lines));
        kept.check()
    };
    let newer = edited(&|it| it["schema"] = 4_000_000_000_u32.into());
    assert!(matches!(newer, Err(BackupError::TooNew { .. })));
    let wrong: [&dyn Fn(&mut serde_json::Value); 6] = [
        &|it| it["schema"] = 0.into(),
        &|it| it["format"] = "distri-backup/2".into(),
        &|it| it["extra"] = 1.into(),
        &|it| it["tables"][0]["name"] = "sqlite_schema; drop".into(),
        &|it| it["tables"][0]["columns"] = serde_json::json!([]),
        &|it| it["tables"] = vec![it["tables"][0].clone(); 100].into(),
    ];
    for edit in wrong {
        assert!(matches!(edited(edit), Err(BackupError::Content { line: 1, .. })));
    }
    let lies: [&dyn Fn(&mut serde_json::Value); 5] = [
        &|it| it["instance"] = "00000000-0000-0000-0000-000000000000".into(),
        &|it| it["audit_size"] = 1.into(),
        &|it| it["checkpoint"] = serde_json::Value::Null,
        &|it| it["root_keys"] = serde_json::json!([]),
        &|it| it["audit_key"] = "nothing".into(),
    ];
    for edit in lies {
        assert!(matches!(edited(edit), Err(BackupError::Contradiction(_))));
    }
}
