//! An account with ten thousand secrets: every list of them is whole, and each page costs the page.

use std::time::Instant;

use serde_json::{Value, json};

use crate::support::{Browser, Client, TestServer};

const SECRETS: usize = 10_000;
/// As many as one import takes.
const CHUNK: usize = 1_000;

#[test]
fn every_page_of_ten_thousand_secrets_is_whole() {
    let server = TestServer::start();
    let client = server.client("read,write");
    let all: Vec<String> = (0..SECRETS).map(|it| format!("KEY_{it:05}")).collect();
    for chunk in all.chunks(CHUNK) {
        let secrets: Vec<Value> = chunk.iter().map(|it| json!({ "key": it, "value": "v" })).collect();
        let answer = client.post("/v1/secrets/import", &json!({ "secrets": secrets }));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(walk(&client, "/v1/secrets?limit=1000"), all);

    let browser = Browser::of_owner(&server);
    let page = timed("dashboard, first page", || browser.page("/settings/secrets"));
    assert!(page.contains("KEY_00099") && !page.contains("KEY_00100"));
    let page = timed("dashboard, middle page", || {
        browser.page("/settings/secrets?environment=default&q=&after=KEY_04999")
    });
    assert!(page.contains("KEY_05099") && !page.contains("KEY_05100") && !page.contains("KEY_04999"));
    let page = timed("dashboard, last page", || {
        browser.page("/settings/secrets?environment=default&q=&after=KEY_09899")
    });
    assert!(page.contains("KEY_09999") && !page.contains("Next 100"));
    let page = timed("dashboard, search", || browser.page("/settings/secrets?q=y_0999"));
    assert!(page.contains("KEY_09990") && page.contains("10 keys") && !page.contains("KEY_09989"));

    timed("dashboard, agents", || browser.page("/settings/agents"));
    for (name, after) in [
        ("first", None),
        ("middle", Some("KEY_04999 default")),
        ("last", Some("KEY_09899 default")),
    ] {
        let cursor = after.map(|it| {
            let text = format!("secrets/{}/{it}", crate::support::local(&server.vault()).account());
            format!("&cursor={}", data_encoding::BASE64URL_NOPAD.encode(text.as_bytes()))
        });
        let target = format!("/v1/secrets?limit=100{}", cursor.unwrap_or_default());
        let answer = timed(&format!("API, {name} page"), || client.get(&target));
        assert_eq!(answer.json().as_array().map(Vec::len), Some(100));
    }
}

#[test]
fn what_is_deleted_and_what_agents_name_is_found_among_many() {
    let server = TestServer::start();
    let client = server.client("read,write,admin");
    let all: Vec<String> = (0..300).map(|it| format!("KEY_{it:03}")).collect();
    let secrets: Vec<Value> = all.iter().map(|it| json!({ "key": it, "value": "v" })).collect();
    let answer = client.post("/v1/secrets/import", &json!({ "secrets": secrets }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    for key in &all[100..250] {
        assert_eq!(client.delete(&format!("/v1/secrets/{key}")).status, 204);
    }
    let browser = Browser::of_owner(&server);
    let first = browser.page("/settings/secrets/deleted");
    assert!(first.contains("KEY_199") && !first.contains("KEY_200") && !first.contains("KEY_099"));
    let next = "/settings/secrets/deleted?environment=default&amp;after=KEY_199";
    assert!(first.contains(next), "{first}");
    let second = browser.page(&next.replace("&amp;", "&"));
    assert!(second.contains("KEY_249") && !second.contains("KEY_250") && !second.contains("Next 100"));
    assert!(browser.page("/settings/secrets").contains("150 deleted"));

    let definition = "---\nname = \"mailer\"\n\n[secrets]\nrequired = [\"KEY_000\", \"KEY_100\"]\n---\nMail.\n";
    server
        .client("write,admin")
        .post("/v1/agents", &json!({ "markdown": definition }));
    let checked = client.get("/v1/agents/mailer/check").json();
    let states = checked["secrets"].as_array().expect("a list").iter();
    let states: Vec<_> = states.map(|it| (it["key"].as_str(), it["state"].as_str())).collect();
    assert_eq!(
        states,
        [(Some("KEY_000"), Some("set")), (Some("KEY_100"), Some("missing"))]
    );
    let page = browser.page("/settings/agents");
    assert!(
        page.contains("KEY_000") && page.contains("KEY_100") && page.contains("In no environment"),
        "{page}"
    );
}

/// The keys of all pages, one after the other.
fn walk(client: &Client, first: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut next = Some(first.to_owned());
    while let Some(target) = next {
        let answer = client.get(&target);
        for it in answer.json().as_array().expect("a list") {
            keys.push(it["key"].as_str().expect("a key").to_owned());
        }
        let link = answer
            .header("link")
            .strip_prefix('<')
            .and_then(|it| it.split_once('>'));
        next = link.map(|it| it.0.to_owned());
    }
    keys
}

/// The answer; with `DISTRI_FIGURES` the time is printed, the shortest of several.
#[expect(clippy::print_stdout, reason = "figures are asked for")]
fn timed<T>(what: &str, ask: impl Fn() -> T) -> T {
    if std::env::var_os("DISTRI_FIGURES").is_some() {
        let times = (0..9).map(|_| {
            let begin = Instant::now();
            ask();
            begin.elapsed()
        });
        let shortest = times.min().unwrap_or_default();
        let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let memory = memory
            .lines()
            .filter(|it| it.starts_with("VmHWM") || it.starts_with("VmRSS"));
        println!("{what}: {shortest:?} {:?}", memory.collect::<Vec<_>>());
    }
    ask()
}
