//! A person at a terminal: values are asked for and not shown, deleting is confirmed, a reveal ends its line.

use crate::support::{Home, is_on_a_server};
use crate::user::User;

const VALUE: &str = "hidden-value-Qx7Lm2Vb";

#[test]
fn a_value_is_asked_for_and_not_shown() {
    let home = Home::new();
    let mut user = User::starts(home.command(&["secrets", "set", "APP_TOKEN"]));
    user.sees("Value of APP_TOKEN (hidden): ");
    user.types(&format!("{VALUE}\r"));
    let (rest, code) = user.ends();
    assert_eq!(code, 0);
    assert!(
        !rest.contains(VALUE) && rest.contains("Secret 'APP_TOKEN' set."),
        "{rest}"
    );
    assert!(rest.contains(&format!("Read {} bytes.", VALUE.len())), "{rest}");
    assert!(!rest.contains('\u{1b}'), "TERM is dumb: {rest}");
    assert_eq!(home.reveal("APP_TOKEN"), VALUE.as_bytes());

    // Longer than a line of the terminal, which the kernel would cut.
    let long = "x".repeat(20_000);
    let mut user = User::starts(home.command(&["secrets", "set", "LONG_TOKEN"]));
    user.sees("(hidden): ");
    user.types(&format!("{long}\r"));
    let (rest, code) = user.ends();
    assert!(code == 0 && rest.contains("Read 20000 bytes."), "{code} {rest}");
    assert_eq!(home.reveal("LONG_TOKEN"), long.as_bytes());

    // Nothing typed is nothing set; Ctrl-C neither.
    let mut user = User::starts(home.command(&["secrets", "set", "APP_TOKEN"]));
    user.sees("(hidden): ");
    user.types("\r");
    let (rest, code) = user.ends();
    assert!(code == 2 && rest.contains("at least 1 byte"), "{code} {rest}");
    let mut user = User::starts(home.command(&["secrets", "set", "APP_TOKEN"]));
    user.sees("(hidden): ");
    assert!(!user.is_usual());
    user.types("half a val\x03");
    let (rest, code) = user.ends();
    assert!(user.is_usual());
    assert!(code == 130 && !rest.contains("half"), "{code} {rest}");
    assert_eq!(home.distri(&["secrets", "list"]).ok().out(), "APP_TOKEN\nLONG_TOKEN\n");
    assert_eq!(home.reveal("APP_TOKEN"), VALUE.as_bytes());
}

#[test]
fn deleting_asks_and_only_a_clear_yes_is_one() {
    let home = Home::new();
    home.set("APP_TOKEN", VALUE);
    home.write(
        "agents/payer.md",
        "---\nname = \"payer\"\n[secrets]\nrequired = [\"APP_TOKEN\"]\n---\n",
    );
    for answer in ["n\r", "\r", "yep\r", "\x04"] {
        let mut user = User::starts(home.command(&["secrets", "delete", "APP_TOKEN"]));
        let seen = user.sees("Delete 'APP_TOKEN'? [y/N] ");
        assert!(seen.contains("may break agents that depend on it: payer"), "{seen}");
        user.types(answer);
        let (rest, code) = user.ends();
        assert!(
            code == 1 && rest.contains("Nothing was deleted."),
            "{answer:?}: {code} {rest}"
        );
    }
    assert_eq!(home.reveal("APP_TOKEN"), VALUE.as_bytes());
    let mut user = User::starts(home.command(&["secrets", "delete", "APP_TOKEN"]));
    user.sees("[y/N] ");
    user.types("y\r");
    let (rest, code) = user.ends();
    assert!(
        code == 0 && rest.contains("Secret 'APP_TOKEN' deleted."),
        "{code} {rest}"
    );
    home.distri(&["secrets", "get", "APP_TOKEN"]).exits(3);
}

#[test]
fn a_revealed_value_ends_its_line_on_a_terminal_only() {
    let home = Home::new();
    home.set("APP_TOKEN", VALUE);
    let shown = User::starts(home.command(&["secrets", "get", "APP_TOKEN", "--reveal"])).ends();
    assert_eq!(shown, (format!("{VALUE}\r\n"), 0));
    assert_eq!(home.reveal("APP_TOKEN"), VALUE.as_bytes());
}

#[test]
fn colour_repeats_what_words_say_and_can_be_turned_off() {
    let home = Home::new();
    home.set("STRIPE_API_KEY", "sk_live_9876543210");
    let show = |variables: &[(&str, &str)]| {
        let mut command = home.command(&["secrets", "get", "GONE"]);
        command.env("TERM", "xterm").envs(variables.iter().copied());
        let (seen, code) = User::starts(command).ends();
        assert_eq!(code, 3);
        seen
    };
    let coloured = show(&[]);
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    let plain = show(&[("NO_COLOR", "1")]);
    assert!(
        plain.contains("error: there is no secret `GONE`") && !plain.contains('\u{1b}'),
        "{plain}"
    );
    assert!(!show(&[("TERM", "dumb")]).contains('\u{1b}'));
}

#[test]
fn a_passphrase_is_asked_for_twice_when_new_and_once_later() {
    if is_on_a_server("keys are made on the host of a store") {
        return;
    }
    let home = Home::new();
    let mut user = User::starts(home.command(&["keys", "init", "--passphrase"]));
    user.sees("New passphrase: ");
    user.types("correct horse battery\r");
    user.sees("Again: ");
    user.types("correct horse battery\r");
    let (rest, code) = user.ends();
    assert!(code == 0 && !rest.contains("horse"), "{code} {rest}");

    let mut user = User::starts(home.command(&["secrets", "set", "APP_TOKEN", "--generate"]));
    user.sees("Passphrase: ");
    user.types("correct horse battery\r");
    let (rest, code) = user.ends();
    assert!(code == 0 && !rest.contains("horse"), "{code} {rest}");

    let mut user = User::starts(home.command(&["secrets", "list"]));
    user.sees("Passphrase: ");
    user.types("another horse\r");
    let (rest, code) = user.ends();
    assert!(code == 4 && !rest.contains("horse"), "{code} {rest}");
}

#[test]
fn before_something_is_destroyed_its_place_is_named() {
    let home = Home::new();
    home.set("APP_TOKEN", VALUE);
    let place = match home.server() {
        Some(server) => format!("on `{}`", server.address()),
        None => "in the store of this machine".to_owned(),
    };
    for (args, question) in [
        (
            &["secrets", "purge", "APP_TOKEN"][..],
            format!("Destroy secret 'APP_TOKEN' {place} beyond recovery?"),
        ),
        (
            &["secrets", "purge", "--expired"],
            format!("Destroy every secret {place} that was deleted longer ago than that?"),
        ),
        (
            &["accounts", "delete", "default"],
            format!("Destroy account 'default' and everything in it {place} beyond recovery?"),
        ),
    ] {
        let mut user = User::starts(home.command(args));
        let seen = user.sees("[y/N] ");
        assert!(seen.contains(&question), "{seen}");
        user.types("n\r");
        let (rest, code) = user.ends();
        assert!(code == 1 && rest.contains("Nothing was destroyed."), "{code} {rest}");
    }
    assert_eq!(home.reveal("APP_TOKEN"), VALUE.as_bytes());
}
