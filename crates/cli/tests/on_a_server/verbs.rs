//! What verbs say and do on a server beside the stories that both places share.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::support::server::Server;
use crate::support::{Home, descendants, finish};

#[test]
fn the_audit_log_is_read_checked_exported_and_proven() {
    let home = Home::on_a_server();
    home.set("CRM_TOKEN", "a-value-to-hide");
    home.reveal("CRM_TOKEN");
    home.distri(&["exec", "--", "true"]).ok();
    home.distri(&["secrets", "get", "NOT_THERE"]).exits(3);
    let listed = |args: &[&str]| {
        let done = home.distri(&[&["audit"], args, &["--json"]].concat()).ok().json();
        let all = done.as_array().unwrap().iter();
        all.map(|it| it["action"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = [
        "instance.create",
        "token.create",
        "secret.set",
        "secret.reveal",
        "secret.release",
    ];
    assert_eq!(listed(&["list"]), all);
    assert_eq!(listed(&["list", "--limit", "2"]), all[3..]);
    assert_eq!(listed(&["list", "--after", "2"]), all[2..]);
    assert_eq!(listed(&["list", "--after", "2", "--limit", "1"]), all[2..3]);
    assert_eq!(listed(&["list", "--alarms"]), [""; 0]);
    assert_eq!(listed(&["who-did", "CRM_TOKEN"]), all[2..]);
    let could = home.distri(&["audit", "who-could", "CRM_TOKEN", "--json"]).ok().json();
    assert_eq!(could["spans"][0]["agents"], "all");
    home.distri(&["audit", "who-could", "CRM_TOKEN"]).ok();
    assert!(home.distri(&["audit", "verify"]).ok().out().contains("5 audit records"));

    let key = home.distri(&["audit", "key"]).ok().out();
    home.distri(&["audit", "export", "--proofs", "--output", "log.jsonl"])
        .ok()
        .says("5 audit records");
    home.distri(&["audit", "verify", "--export", "log.jsonl", "--key", key.trim()])
        .ok();
    let proof = home.distri(&["audit", "prove", "3"]).ok();
    home.write("proof.json", proof.stdout);
    home.distri(&["audit", "verify", "--proof", "proof.json", "--key", key.trim()])
        .ok();
    home.distri(&["audit", "prove", "99"]).exits(3);
}

#[test]
fn tokens_members_accounts_and_keys_are_looked_after() {
    let home = Home::on_a_server();
    let made = home
        .distri(&[
            "tokens",
            "create",
            "ci",
            "--scopes",
            "read",
            "--key",
            "CRM_TOKEN",
            "--expires",
            "30d",
            "--json",
        ])
        .ok()
        .json();
    assert!(made["token"].as_str().unwrap().starts_with("distri_"), "{made}");
    assert_eq!(made["limits"]["keys"][0], "CRM_TOKEN");
    home.distri(&["tokens", "create", "ci", "--scopes", "read", "--expires", "30d"])
        .exits(6);
    let listed = home.distri(&["tokens", "list", "--json"]).ok().json();
    assert_eq!(
        (listed.as_array().unwrap().len(), listed[1]["name"].as_str()),
        (2, Some("ci"))
    );
    let revoked = home.distri(&["tokens", "revoke", "ci", "--json"]).ok().json();
    assert_eq!(revoked["state"], "revoked");
    home.distri(&["tokens", "revoke", "ci"]).exits(3);
    home.distri(&["tokens", "list", "--account", "other"])
        .exits(3)
        .says("a token is for one account");

    assert_eq!(
        home.distri(&["accounts", "list", "--json"]).ok().json()[0]["name"],
        "default"
    );
    home.distri(&["accounts", "create", "other"]).exits(2);
    let invited = home
        .distri(&["members", "invite", "ada@example.com", "--role", "viewer", "--json"])
        .ok()
        .json();
    assert_eq!(
        (invited["role"].as_str(), invited["account"].as_str()),
        (Some("viewer"), Some("default"))
    );
    assert_eq!(
        home.distri(&["members", "list", "--json"]).ok().json(),
        serde_json::json!([])
    );
    home.distri(&["members", "role", "ada@example.com", "admin"]).exits(3);

    let keys = home.distri(&["keys", "status", "--json"]).ok().json();
    assert_eq!(keys["slots"][0]["provider"], "file");
    let place = home.path().display().to_string();
    assert!(
        !keys.to_string().contains(&place),
        "where the root key is stays with the operator"
    );
}

#[test]
fn an_account_is_destroyed_by_its_owner_and_its_token_ends_with_it() {
    let home = Home::on_a_server();
    finish(home.local(&["accounts", "create", "acme"]).output().unwrap()).ok();
    let options = ["--account", "acme", "--scopes", "admin,write,read"];
    let token = Server::token_for(&home, "acme", &options);
    let acme = |args: &[&str]| {
        let mut command = home.command(args);
        command.env("DISTRI_API_KEY", &token);
        finish(command.output().unwrap())
    };
    acme(&["secrets", "set", "CRM_TOKEN", "--generate"]).ok();
    acme(&["accounts", "delete", "default", "--yes"]).exits(3);
    let deleted = acme(&["accounts", "delete", "acme", "--yes", "--json"]).ok().json();
    assert_eq!(
        (deleted["name"].as_str(), deleted["secrets"].as_u64()),
        (Some("acme"), Some(1))
    );
    acme(&["secrets", "list"]).exits(4);
    home.distri(&["secrets", "list"]).ok();
}

#[test]
fn a_command_whose_alarm_the_server_does_not_take_is_ended() {
    let home = Home::on_a_server();
    home.pipe(
        &["secrets", "set", "CRM_TOKEN", "--host", "crm.example.com"],
        "a-value-to-hide",
    )
    .ok();
    let script = "while ! test -e go; do sleep 0.05; done; echo $CRM_TOKEN; sleep 600";
    let mut command = home.command(&["exec", "--", "sh", "-c", script]);
    let stdio = || Stdio::piped();
    let running = command.stdin(Stdio::null()).stdout(stdio()).stderr(stdio()).spawn();
    let running = running.unwrap();
    // It has its release once its command runs.
    while descendants(running.id()).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    home.server().unwrap().fail();
    home.write("go", "");
    let done = finish(running.wait_with_output().unwrap())
        .exits(5)
        .says("the alarm is not in the audit log");
    assert!(
        !done.out().contains("CRM_TOKEN=") && done.out().len() < 64,
        "{}",
        done.out()
    );
}

#[test]
fn what_is_purged_is_gone_and_pushed_agents_are_named() {
    let home = Home::on_a_server();
    home.set("CRM_TOKEN", "a-value-to-hide");
    home.write(
        "agents/seller.md",
        "---\nname = \"seller\"\n[secrets]\nrequired = [\"CRM_TOKEN\"]\n---\n",
    );
    home.distri(&["agents", "push"])
        .ok()
        .says("Agent 'seller' pushed, revision 1.");
    home.distri(&["agents", "push", "seller"])
        .ok()
        .says("is there, revision 1");
    std::fs::remove_dir_all(home.work().join("agents")).unwrap();
    home.distri(&["secrets", "delete", "CRM_TOKEN", "--yes"])
        .ok()
        .says("agents that depend on it: seller");
    let purged = home
        .distri(&["secrets", "purge", "CRM_TOKEN", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&purged["purged"][0]["key"], &purged["versions"]),
        (&"CRM_TOKEN".into(), &1.into())
    );
    home.distri(&["secrets", "undelete", "CRM_TOKEN"]).exits(3);
    home.distri(&["secrets", "purge", "--expired", "--yes"])
        .ok()
        .says("Nothing was deleted longer ago");
}

#[test]
fn a_key_or_a_session_with_odd_characters_leads_nowhere_else() {
    let home = Home::on_a_server();
    home.set("CRM_TOKEN", "a-value-to-hide");
    for odd in [
        "../agents/foo",
        "..",
        "CRM_TOKEN/reveal",
        "CRM_TOKEN?deleted=true",
        "%2e%2e",
        "a\nb",
        "",
    ] {
        home.distri(&["secrets", "delete", "--yes", "--", odd]).exits(2);
        home.distri(&["secrets", "get", "--", odd]).exits(2);
    }
    home.write("agents/a.md", "---\nname = \"a\"\n---\n");
    home.write(
        "agents/Tools.ts",
        "export const getTools = () => [{ name: 'count', description: 'd', handler: async (_: {}, context: any) => {\n\
           const before = (await context.session.get('n/../../x')) ?? 0;\n\
           await context.session.set('n/../../x', before + 1);\n\
           return before;\n\
         } }];\n",
    );
    for session in ["team/42", "../../secrets/CRM_TOKEN", "a?b#c%2f", "ü .."] {
        for count in [0, 1] {
            let args = ["tools", "call", "a", "count", "--session", session];
            assert_eq!(home.distri(&args).ok().json(), count, "{session}");
        }
    }
    assert_eq!(home.distri(&["secrets", "list"]).ok().out(), "CRM_TOKEN\n");
}

#[test]
fn a_server_over_tls_is_believed_by_its_authority_alone() {
    let home = Home::of_this_machine();
    let token = Server::token_for(&home, "owner", &["--scopes", "read"]);
    certify_localhost(&home);
    let server = Server::start_with(&home, token, &["--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    let base_url = format!("https://localhost:{}", server.address().rsplit(':').next().unwrap());
    let list = |ca_file: Option<&str>| {
        let mut command = home.local(&["secrets", "list"]);
        command
            .env("DISTRI_BASE_URL", &base_url)
            .env("DISTRI_API_KEY", server.token());
        if let Some(path) = ca_file {
            command.env("DISTRI_CA_FILE", path);
        }
        finish(command.output().unwrap())
    };
    list(None).exits(7).says("not trusted").says("--ca-file");
    list(Some("authority.pem")).ok();
    list(Some("nowhere.pem")).exits(3);
}

/// Puts an authority's certificate, and one of its own for `localhost`, where commands run.
fn certify_localhost(home: &Home) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    home.write("authority.pem", authority.pem());
    home.write("cert.pem", certificate.pem());
    let path = home.write("key.pem", key.serialize_pem());
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_long_list_is_whole_though_it_comes_in_pages() {
    let home = Home::on_a_server();
    let keys: Vec<String> = (0..1_100).map(|it| format!("KEY_{it:04}")).collect();
    for (index, part) in keys.chunks(600).enumerate() {
        let file = format!("{index}.env");
        home.write(&file, part.iter().map(|it| format!("{it}=v\n")).collect::<String>());
        home.distri(&["secrets", "import", &file]).ok();
    }
    let listed = home.distri(&["secrets", "list"]).ok().out();
    assert_eq!(listed.lines().collect::<Vec<_>>(), keys);
}
