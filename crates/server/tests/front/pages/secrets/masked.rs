//! No page has a value before somebody reveals it, in no form of it.

use data_encoding::{BASE64, HEXLOWER};

use crate::support::{Browser, TestServer};

const CANARY: &str = "canary/4f9a+77c1 d3&b2";

/// The value as it could stand in a page, an address or a header.
fn disguises() -> Vec<String> {
    let html = CANARY.replace('&', "&amp;");
    let aligned = |skip: usize| {
        let text = BASE64.encode(&CANARY.as_bytes()[skip..]);
        text[..text.len() - 4].to_owned()
    };
    vec![
        CANARY.to_owned(),
        html,
        crate::support::encoded(CANARY),
        HEXLOWER.encode(CANARY.as_bytes()),
        HEXLOWER.encode(CANARY.as_bytes()).to_uppercase(),
        aligned(0),
        aligned(1),
        aligned(2),
        "4f9a+77c1".to_owned(),
    ]
}

#[test]
fn no_page_has_a_value_before_it_is_revealed() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let new = "/settings/secrets/new";
    let mut answers = vec![browser.submit(new, new, &[("key", "CRM_TOKEN"), ("value", CANARY), ("note", "n")])];
    // Forms that come back: the value is not in them.
    answers.push(browser.submit(new, new, &[("key", "CRM_TOKEN"), ("value", CANARY)]));
    answers.push(browser.submit(new, new, &[("key", "not a key"), ("value", CANARY), ("rotate", "x")]));
    answers.push(browser.submit(new, new, &[("key", CANARY), ("value", "v")]));
    let edit = "/settings/secrets/CRM_TOKEN/edit";
    answers.push(browser.submit(edit, edit, &[("value", CANARY), ("expires", "x")]));
    answers.push(browser.submit(edit, edit, &[("value", CANARY), ("stage", "yes")]));
    for path in distri_server::list_of_pages()
        .filter(|it| it.0 == "GET")
        .map(|it| it.1.replace("{key}", "CRM_TOKEN"))
    {
        answers.push(browser.get(&path));
    }
    assert!(answers.len() > 12);
    for answer in answers {
        let whole = format!("{:?}\n{}", answer.headers, answer.text());
        for disguise in disguises() {
            assert!(!whole.contains(&disguise), "`{disguise}` in {whole}");
        }
    }
}
