//! The pages that are only looked at: agents, audit, keys; and which role sees which page.

use distri_core::authz::Role;
use serde_json::{Value, json};

use crate::support::{Browser, Client, TestServer};

const PAYER: &str = "---\nname = \"payer\"\ndescription = \"Pays <b>bills</b>\"\n\n[secrets]\nrequired = [\"STRIPE_API_KEY\"]\n\
     optional = [\"SLACK_BOT_TOKEN\"]\n---\nPay.\n";

fn push(client: &Client, text: &str) {
    let answer = client.post("/v1/agents", &json!({ "markdown": text }));
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[test]
fn an_agent_shows_what_it_requires_and_where_that_is_missing() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    assert!(browser.page("/settings/agents").contains("No agents yet"));
    let client = server.client("read,write");
    push(&client, PAYER);
    let set = json!({ "key": "STRIPE_API_KEY", "value": "v", "environment": "prod" });
    assert_eq!(client.post("/v1/secrets", &set).status, 201);
    let page = browser.page("/settings/agents");
    assert!(page.contains("Pays &lt;b&gt;bills&lt;/b&gt;"), "{page}");
    assert!(page.contains("starts</span> in prod"), "{page}");
    let add = "/settings/secrets/new?key=STRIPE_API_KEY&amp;environment=default";
    assert!(page.contains(add), "{page}");
    assert!(!page.contains("STRIPE_API_KEY&amp;environment=prod"), "{page}");
    assert!(
        browser
            .page(&add.replace("&amp;", "&"))
            .contains("value=\"STRIPE_API_KEY\"")
    );

    client.patch(
        "/v1/secrets/STRIPE_API_KEY?environment=prod",
        &json!({ "agents": ["other"] }),
    );
    let page = browser.page("/settings/agents");
    assert!(
        page.contains("does not start") && page.contains("not for this agent"),
        "{page}"
    );
    let viewer = Browser::of_member(&server, Role::Viewer).page("/settings/agents");
    assert!(
        viewer.contains("missing") && !viewer.contains("/settings/secrets/new"),
        "{viewer}"
    );
}

#[test]
fn the_log_is_searched_read_in_pages_and_downloaded() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let client = server.client("write,admin");
    for number in 0..60 {
        client.set(&format!("K_{number}"), "v");
    }
    let first = browser.page("/settings/audit");
    assert!(first.contains("K_59") && !first.contains("K_9<"), "newest first");
    let older = link(&first, "Older").expect("there are more than fit");
    let second = browser.page(&older);
    assert!(second.contains("K_9<") && !second.contains("K_59"), "{second}");
    assert_eq!(link(&second, "Newest").as_deref(), Some("/settings/audit"));
    assert_eq!(link(&second, "Older"), None);

    let search = "/settings/audit?action=secret.set&key=K_7&actor=&outcome=done&from=2020-01-01&to=";
    let found = browser.page(search);
    assert!(found.contains("K_7<") && !found.contains("K_8<"), "{found}");
    let file = browser.get(&link(&found, "Download these records").expect("a link"));
    assert_eq!(
        (file.header("content-type"), file.header("content-disposition")),
        ("application/jsonl", "attachment; filename=\"audit.jsonl\"")
    );
    let text = file.text();
    let records: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).expect("JSON")).collect();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["subjects"][0]["key"], "K_7");
    assert_eq!(
        browser.get("/settings/audit/export").text().lines().count(),
        whole(&client)
    );

    assert!(browser.page("/settings/audit?alarms=true").contains("Nothing found"));
    let unknown = browser.get("/settings/audit?key=K_77&environment=default");
    assert_eq!(unknown.status, 422);
    let said =
        "The audit log has never known a secret <code>K_77</code> in environment <code>default</code>; did you mean";
    assert!(unknown.text().contains(said), "{}", unknown.text());
    let wrong = browser.get("/settings/audit?key=no+key&from=yesterday&run=%3Cscript%3E");
    assert_eq!(wrong.status, 422);
    for fault in ["key-fault", "from-fault", "run-fault"] {
        assert!(wrong.text().contains(fault), "{fault}");
    }
    assert!(!wrong.text().contains("<script>"));
    assert!(
        wrong.text().contains("Nothing was searched") && !wrong.text().contains("Nothing was changed"),
        "{}",
        wrong.text()
    );
    let no_action = browser.get("/settings/audit?action=nonsense");
    assert_eq!(no_action.status, 422);
    assert!(
        no_action.text().contains("action-fault") || no_action.text().contains("#action"),
        "{}",
        no_action.text()
    );
    assert_eq!(browser.get("/settings/audit?cursor=x").status, 400);
}

/// How many records there are.
fn whole(client: &Client) -> usize {
    client
        .get("/v1/audit?limit=1000")
        .json()
        .as_array()
        .expect("a list")
        .len()
}

#[test]
fn an_alarm_and_a_refusal_stand_out_in_the_log() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let client = server.client("write");
    client.set("CRM_TOKEN", "v");
    let database = rusqlite::Connection::open(server.home.database()).expect("opens");
    database
        .execute("update secrets set note = 'other'", [])
        .expect("somebody edits the database");
    browser.page("/settings/secrets");
    let page = browser.page("/settings/audit?alarms=true");
    assert!(page.contains("alarm</span>") && page.contains("tampered"), "{page}");
    assert_eq!(client.get("/v1/tokens").status, 403);
    let page = browser.page("/settings/audit?outcome=denied");
    assert!(page.contains("denied</span>") && page.contains("scope"), "{page}");
}

#[test]
fn keys_are_shown_as_fingerprints_to_owners() {
    let server = TestServer::start();
    let page = Browser::of_owner(&server).page("/settings/keys");
    assert!(
        page.contains("Account key version 1") && page.contains("in use"),
        "{page}"
    );
    assert!(page.contains(&server.vault().audit_key()), "{page}");
    let root = std::fs::read(server.home.root_key()).expect("the file provider's");
    assert!(!page.contains(String::from_utf8_lossy(&root).trim()), "no key");
}

/// What each role is shown; the frame leads to the same pages, and the pages of the rest refuse.
const SEES: &[(Role, &[&str])] = &[
    (
        Role::Owner,
        &["secrets", "agents", "audit", "tokens", "members", "keys"],
    ),
    (Role::Admin, &["secrets", "agents", "audit", "tokens", "members"]),
    (Role::Member, &["secrets", "agents", "tokens"]),
    (Role::Viewer, &["secrets", "agents"]),
];

#[test]
fn each_role_is_led_to_what_it_may_see_and_refused_the_rest() {
    let server = TestServer::start();
    Browser::of_owner(&server);
    for (role, sees) in SEES {
        let browser = Browser::of_member(&server, *role);
        let home = browser.page("/settings/secrets");
        for page in SEES[0].1 {
            let path = format!("/settings/{page}");
            let expected = if sees.contains(page) { 200 } else { 403 };
            assert_eq!(browser.get(&path).status, expected, "{role} {path}");
            assert_eq!(
                home.contains(&format!("href=\"{path}\"")),
                expected == 200,
                "{role} {path}"
            );
        }
        assert_eq!(browser.get("/settings/you").status, 200);
        for (path, is_for) in [
            ("/settings/tokens/create", *role >= Role::Member),
            ("/settings/members/invite", *role >= Role::Admin),
            ("/settings/audit/export", *role >= Role::Admin),
        ] {
            assert_eq!(
                browser.get(path).status,
                if is_for { 200 } else { 403 },
                "{role} {path}"
            );
        }
    }
}

/// Where the link with these words leads.
pub(super) fn link(page: &str, words: &str) -> Option<String> {
    let before = page.split(&format!(">{words}</a>")).next()?;
    let is_there = before.len() < page.len();
    let address = before.rsplit("href=\"").next()?.split('"').next()?;
    is_there.then(|| address.replace("&amp;", "&"))
}
