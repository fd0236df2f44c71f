//! Rows that name a service, a module or a file of somebody else's: nobody asks for them, until the operator says so.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use distri_core::age::Identity;

use super::bao::{Bao, TOKEN};
use super::{FORGED, home};
use crate::support::Home;
use crate::upstream::Upstream;

/// Commands that look at key slots, of a store that opens.
const LOOKING: [&[&str]; 5] = [
    &["secrets", "list"],
    &["keys", "status"],
    &["keys", "verify"],
    &["keys", "rotate", "instance"],
    &["doctor"],
];

fn list(home: &Home) -> String {
    fs::read_to_string(home.path().join("config/key-providers")).unwrap_or_default()
}

/// A Transit slot that names the thief's address, and an authority for it.
fn forge_for(home: &Home, thief: &Upstream) {
    let (address, authority) = (thief.place(), thief.authority());
    home.forge(
        "transit",
        &format!(
            "json_set(parameters, '$.address', '{address}', '$.ca_file', '{}')",
            authority.display()
        ),
    );
}

#[test]
fn a_row_that_names_another_service_gets_no_token_and_is_named() {
    let bao = Bao::start();
    let thief = Upstream::start();
    let home = home();
    let token = [("BAO_TOKEN", TOKEN)];
    bao.bao(&["write", "-f", "transit/keys/distri"]);
    let words = bao.add_slot("distri");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    home.with(&token, &words).ok();
    home.leave_only(&token, "transit");
    let (genuine, root_key) = home.slot(&token, "transit");
    forge_for(&home, &thief);

    home.opens(&token);
    for command in LOOKING {
        home.with(&token, command)
            .says(&format!("warning: key slot {FORGED} (transit): it is not trusted here"))
            .says(&thief.place());
    }
    let verified = home.with(&token, &["keys", "verify", "--json"]).exits(1).json();
    for slot in verified.as_array().unwrap() {
        assert_eq!(slot["opens"], slot["id"] == genuine.as_str(), "{slot}");
    }
    home.with(&token, &["keys", "verify", FORGED]).exits(1);
    home.with(&token, &["keys", "rotate", "instance"]).exits(4).says(FORGED);
    // Where it is the only one, it is not asked either.
    home.tamper(&format!(
        "create table kept as select * from key_slots where root_fingerprint = '{root_key}' and created_at <> 0;
         delete from key_slots where created_at <> 0"
    ));
    home.with(&token, &["secrets", "list"])
        .exits(4)
        .says(&format!("`distri keys trust {FORGED}`"))
        .says(&thief.place());
    assert_eq!(thief.arrived().len(), 0);

    // Which is what keeps the token: with the operator's word it goes there.
    home.with(&token, &["keys", "trust", FORGED, "--yes"]).ok();
    home.with(&token, &["secrets", "list"]).exits(4);
    let arrived = thief.arrived();
    assert_eq!(arrived[0].headers["x-vault-token"], TOKEN);

    // The word ends with the slot: a row that comes back is a stranger's again.
    // A copy of the row under another number keeps no word.
    let copied = "x'02000000000070008000000000000000'";
    home.tamper(&format!(
        "insert into key_slots select {copied}, provider, parameters, root_fingerprint, instance_fingerprint, wrapped, 1
           from key_slots where created_at = 0;
         insert into key_slots select * from kept"
    ));
    home.with(&token, &["keys", "retire-slot", FORGED]).ok();
    assert!(!list(&home).contains(&thief.place()), "{}", list(&home));
    home.tamper(&format!("delete from key_slots where id = {copied}"));
    home.opens(&token);
    let arrived = thief.arrived().len();
    forge_for(&home, &thief);
    home.opens(&token);
    assert_eq!(thief.arrived().len(), arrived);
}

#[test]
fn a_row_that_names_a_module_does_not_load_it() {
    let home = home();
    let (mark, module) = (home.work().join("mark"), home.work().join("evil.so"));
    let source = home.write(
        "evil.c",
        format!(
            "#include <fcntl.h>\n__attribute__((constructor)) static void mark(void) {{ open(\"{}\", O_CREAT | O_WRONLY, 0600); }}\n",
            mark.display()
        ),
    );
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).args([&module, &source]);
    assert!(compiler.status().unwrap().success());
    home.forge(
        "pkcs11",
        &format!(
            "'{}'",
            serde_json::json!({ "module": module, "key": "distri", "wrapped": "AAAA".repeat(20) })
        ),
    );

    let pin = [("DISTRI_PKCS11_PIN", "canary-493817")];
    for command in LOOKING {
        home.with(&pin, command)
            .says(&format!("key slot {FORGED} (pkcs11): it is not trusted here"))
            .says("evil.so");
    }
    let kept = fs::read(home.root_key()).unwrap();
    fs::remove_file(home.root_key()).unwrap();
    home.with(&pin, &["secrets", "list"])
        .exits(4)
        .says("DISTRI_ROOT_KEY_FILE")
        .says("keys trust");
    assert!(!mark.exists());

    home.distri(&["keys", "trust", FORGED])
        .exits(2)
        .says(module.to_str().unwrap())
        .says("add `--yes`");
    home.distri(&["keys", "trust", FORGED, "--yes"]).ok();
    home.with(&pin, &["secrets", "list"])
        .exits(4)
        .says("the module does not load");
    assert!(mark.exists(), "it would have been loaded");
    put_key(&home, &kept);
    home.opens(&[]);
}

fn put_key(home: &Home, key: &[u8]) {
    fs::write(home.root_key(), key).unwrap();
    fs::set_permissions(home.root_key(), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_row_that_names_a_file_does_not_have_it_read() {
    let home = home();
    let pipe = home.work().join("pipe");
    let mut make = Command::new("mkfifo");
    assert!(make.arg(&pipe).status().unwrap().success());
    home.forge("file", &format!("'{}'", serde_json::json!({ "path": pipe })));
    home.opens(&[]);
    // The key file that the operator names serves the slot in the place of its own.
    let moved = home.work().join("moved.key");
    fs::rename(home.root_key(), &moved).unwrap();
    home.opens(&[("DISTRI_ROOT_KEY_FILE", moved.to_str().unwrap())]);
    home.distri(&["secrets", "list"])
        .exits(4)
        .says("not trusted")
        .says("pipe");
    // Trusted it is looked at, and not waited for.
    home.distri(&["keys", "trust", FORGED, "--yes"]).ok();
    home.distri(&["secrets", "list"])
        .exits(4)
        .says("it is not a regular file");
}

#[test]
fn many_rows_are_summed_up_and_few_are_asked() {
    let home = home();
    let number = |it: usize| format!("x'{it:02}000000000070008000000000000000'");
    let copy = |it: usize, parameters: &str| {
        home.tamper(&format!(
            "insert into key_slots select {}, 'file', {parameters}, root_fingerprint, instance_fingerprint, wrapped, {it}
               from key_slots order by created_at desc limit 1",
            number(it)
        ));
    };
    for it in 10..20 {
        copy(it, &format!("'{{\"path\":\"/thief/{it}\"}}'"));
    }
    let done = home
        .distri(&["secrets", "list"])
        .ok()
        .says("7 more key slots were not asked");
    assert_eq!(
        done.stderr.matches("it is not trusted here").count(),
        3,
        "{}",
        done.stderr
    );

    // A list that cannot be believed is complained of, though another slot opens.
    let providers = home.path().join("config/key-providers");
    fs::write(&providers, "").unwrap();
    fs::set_permissions(&providers, fs::Permissions::from_mode(0o666)).unwrap();
    home.distri(&["secrets", "list"]).ok().says("others may write to it");
    fs::remove_file(&providers).unwrap();

    for it in 20..50 {
        copy(it, "'{}'");
    }
    home.tamper("delete from key_slots where created_at > 1000");
    let done = home.distri(&["secrets", "list"]).exits(4).says("; and 8 more");
    assert_eq!(
        done.stderr.matches("its root key does not unwrap it").count(),
        16,
        "{}",
        done.stderr
    );
    assert_eq!(done.stderr.matches("`distri keys trust").count(), 3, "{}", done.stderr);
}

#[test]
fn a_home_from_before_another_server_and_a_restored_home_are_told_once() {
    let home = home();
    let stick = home.work().join("stick.key");
    home.distri(&["keys", "add-slot", "file", "--path", stick.to_str().unwrap()])
        .ok();
    let slots = home.slots(&[]);
    let (first, added) = (&slots[0], slots[1]["id"].as_str().unwrap());
    home.distri(&["keys", "retire-slot", first["id"].as_str().unwrap()])
        .ok();
    fs::remove_file(home.root_key()).unwrap();
    home.opens(&[]);

    // Elsewhere the list is not there.
    let providers = home.path().join("config/key-providers");
    let copy = home.work().join("copy");
    fs::rename(&providers, &copy).unwrap();
    home.distri(&["secrets", "list"])
        .exits(4)
        .says(&format!(
            "key slot {added} (file): it is not trusted here and was not asked"
        ))
        .says("stick.key")
        .says(&format!("`distri keys trust {added}`"));
    home.opens(&[("DISTRI_KEY_PROVIDERS_FILE", copy.to_str().unwrap())]);
    home.distri(&["keys", "trust", added, "--yes"]).ok();
    home.opens(&[]);
    home.distri(&["keys", "trust", added]).ok().says("already");
    fs::set_permissions(&providers, fs::Permissions::from_mode(0o666)).unwrap();
    home.distri(&["secrets", "list"])
        .exits(4)
        .says("others may write to it");
    fs::set_permissions(&providers, fs::Permissions::from_mode(0o600)).unwrap();

    is_told_when_it_is_restored(&home, added);
}

fn is_told_when_it_is_restored(home: &Home, slot: &str) {
    let key = Identity::generate();
    let identity = home.write("identity.txt", format!("{}\n", *key.expose_secret()));
    let backup = home.work().join("backup.age");
    let backup = backup.to_str().unwrap();
    home.distri(&[
        "backup",
        "create",
        "--recipient",
        &key.recipient().to_string(),
        "--to",
        backup,
    ])
    .ok();
    let other = Home::new();
    let restore = ["backup", "restore", backup, "--identity", identity.to_str().unwrap()];
    other
        .distri(&restore)
        .exits(4)
        .says(slot)
        .says("stick.key")
        .says("--trust SLOT");
    // A slot's number is not consent: what it names is shown, and somebody says yes.
    let trusting = [&restore[..], &["--trust", slot]].concat();
    other
        .distri(&trusting)
        .exits(2)
        .says("path: \"")
        .says("stick.key")
        .says("add `--yes`");
    assert_eq!(list(&other), "");
    other
        .distri(&[&restore[..], &["--trust", FORGED, "--yes"]].concat())
        .exits(3);
    other
        .distri(&[&trusting[..], &["--yes"]].concat())
        .ok()
        .says("stick.key");
    other.opens(&[]);
}

#[test]
fn text_of_a_row_begins_no_line_of_its_own() {
    let home = home();
    let parameters = serde_json::json!({
        "address": "https://x\nerror: forged\u{202e}", "key": "k\nhint: run this\u{200b}", "mount": "tr\u{430}nsit", "wrapped": "\u{1b}[2J"
    });
    home.forge("transit", &format!("'{parameters}'"));
    for args in [&["keys", "verify"][..], &["keys", "trust", FORGED], &["keys", "status"]] {
        let done = home.distri(args);
        let said = done.stderr.clone() + &done.out();
        assert!(
            !said
                .lines()
                .any(|it| it.starts_with("error: forged") || it.starts_with("hint: run")),
            "{said}"
        );
        let steering = ['\u{1b}', '\u{202e}', '\u{200b}', '\u{430}'];
        assert!(!said.contains(steering), "{said}");
    }
    home.distri(&["keys", "trust", FORGED]).exits(2).says("\\u{202e}");
    // What is more than one line can be no line of the list.
    home.tamper("update key_slots set parameters = parameters || char(10) where created_at = 0");
    home.distri(&["keys", "trust", FORGED, "--yes"])
        .exits(4)
        .says("damaged");
}
