//! Every page of the list: without a session, with a session that has ended, with a form of nowhere, and its headers.

use distri_server::list_of_pages;

use crate::support::{Browser, TestServer};

/// What stands in a path for a thing that is there.
fn filled(path: &str) -> String {
    path.replace("{key}", "CRM_TOKEN")
        .replace("{id}", "x")
        .replace("{secret}", "x")
        .replace("{invitation}", "x")
}

fn of_members() -> impl Iterator<Item = (&'static str, String)> {
    list_of_pages()
        .filter(|it| it.2)
        .map(|(verb, path, _)| (verb, filled(path)))
}

#[test]
fn whoever_is_not_signed_in_is_led_to_signing_in() {
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    let ended = Browser::of_owner(&server);
    let session = ended.session().expect("a session");
    assert_eq!(ended.submit("/settings/secrets", "/sign-out", &[]).status, 303);
    assert!(ended.session().is_none(), "the cookie goes");
    ended.cookies.borrow_mut().insert("distri".to_owned(), session);
    let other = Browser::new(&server);
    other.cookies.borrow_mut().insert("distri".to_owned(), "x".to_owned());
    for browser in [&Browser::new(&server), &ended, &other] {
        for (verb, path) in of_members() {
            let answer = match verb {
                "GET" => browser.get(&path),
                _ => browser.post(&path, &[("csrf", "x")]),
            };
            let place = answer.header("location");
            assert!(
                answer.status == 303 && place.starts_with("/sign-in"),
                "{verb} {path}: {}",
                answer.text()
            );
            assert!(!answer.text().contains("CRM_TOKEN"), "{path}");
        }
    }
}

#[test]
fn no_form_is_taken_without_its_token_or_from_another_site() {
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    let browser = Browser::of_owner(&server);
    let other = Browser::of_member(&server, distri_core::authz::Role::Owner);
    let foreign = crate::support::token_in(&other.page("/settings/secrets"));
    let own = crate::support::token_in(&browser.page("/settings/secrets"));
    for (verb, path, is_of_members) in list_of_pages() {
        if verb == "GET" {
            continue;
        }
        let path = filled(path);
        for fields in [
            &[][..],
            &[("csrf", "")],
            &[("csrf", "x")],
            &[("csrf", foreign.as_str())],
        ] {
            let answer = browser.post(&path, fields);
            assert_eq!(answer.status, 403, "{path} {fields:?}: {}", answer.text());
        }
        if is_of_members {
            let form = || browser.form(&path, &[("csrf", &own)]);
            for origin in ["null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1"] {
                assert_eq!(
                    browser.exchange(form().header("origin", origin)).status,
                    403,
                    "{path} {origin}"
                );
            }
            assert_eq!(browser.exchange(form()).status, 403, "{path}: a form of no browser");
            let cross = form().header("sec-fetch-site", "cross-site");
            assert_eq!(browser.exchange(cross).status, 403, "{path}");
        }
    }
    assert_eq!(
        browser.get("/settings/secrets").status,
        200,
        "nobody was signed out by any of them"
    );
}

#[test]
fn every_page_is_framed_by_nobody_loads_nothing_foreign_and_is_kept_nowhere() {
    let server = TestServer::start();
    let browser = Browser::of_owner(&server);
    let pages = list_of_pages().filter(|it| it.0 == "GET").map(|it| filled(it.1));
    for path in pages.chain(["/nowhere".to_owned()]) {
        let request = server.request("GET", &path).header("accept", "text/html");
        let answer = browser.exchange(request);
        let policy = answer.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        let text = answer.text();
        for inline in [
            "<style",
            "style=\"",
            " onclick",
            " onload",
            "javascript:",
            "http://",
            "https://",
        ] {
            assert!(!text.contains(inline), "{path} has `{inline}`");
        }
    }
}

#[test]
fn the_files_of_pages_may_be_kept_and_no_other_file_is_there() {
    let server = TestServer::start();
    let page = server.request("GET", "/sign-in").send().text();
    let links: Vec<&str> = page.split('"').filter(|it| it.starts_with("/assets/")).collect();
    assert_eq!(links.len(), 3, "{page}");
    for link in links {
        let answer = server.request("GET", link).send();
        assert_eq!(answer.status, 200, "{link}");
        assert!(answer.header("cache-control").contains("immutable"), "{link}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    for other in ["/assets/style.css", "/assets/..%2FCargo.toml", "/assets/"] {
        assert_eq!(server.request("GET", other).send().status, 404, "{other}");
    }
}

#[test]
fn no_route_of_the_api_takes_a_cookie() {
    let server = TestServer::start_with(|it| it.rate_per_address = 0);
    let browser = Browser::of_owner(&server);
    let document = server.request("GET", "/v1/openapi.json").send().json();
    for path in document["paths"].as_object().expect("paths").keys() {
        assert!(
            path.starts_with("/v1/") || path.ends_with("yz") || path.ends_with("thz"),
            "{path} is no page"
        );
        let path = path
            .replace("{key}", "CRM_TOKEN")
            .replace("{id}", "x")
            .replace("{name}", "x");
        let answer = browser.get(&path);
        let is_open = ["/healthz", "/readyz", "/v1/openapi.json"].contains(&path.as_str());
        assert!(
            is_open || [401, 405].contains(&answer.status.as_u16()),
            "{path}: {}",
            answer.status
        );
    }
}

#[test]
fn refusals_are_pages_for_people_and_json_for_programs() {
    let server = TestServer::start();
    let get = |path: &str, accept: &str| server.request("GET", path).header("accept", accept).send();
    let page = get("/nowhere", "text/html,*/*");
    assert_eq!(
        (page.status.as_u16(), page.header("content-type")),
        (404, "text/html; charset=utf-8")
    );
    assert!(page.text().contains(page.header("x-request-id")) && !page.header("x-request-id").is_empty());
    assert_eq!(get("/nowhere", "*/*").refused(), (404, "not_found".to_owned()));
    assert_eq!(get("/v1/nowhere", "text/html").refused(), (404, "not_found".to_owned()));
    let large = server
        .request("POST", "/sign-in")
        .header("origin", &format!("http://{}", server.address))
        .body(vec![b'x'; 100 << 10])
        .send();
    assert_eq!(
        (large.status.as_u16(), large.header("content-type")),
        (413, "text/html; charset=utf-8")
    );
    let rebound = server.request("GET", "/sign-in").header("host", "evil.example").send();
    assert_eq!(rebound.status, 421);
}

#[test]
fn whoever_asks_for_an_address_that_is_none_is_told_in_their_words() {
    let server = TestServer::start();
    let ask = |path: &str, accepts: &str| server.request("GET", path).header("accept", accepts).send();
    for path in ["/settings/nothing", "/nothing/here"] {
        let page = ask(path, "text/html");
        assert_eq!(page.status, 404);
        let text = page.text();
        assert!(
            text.contains("There is no page at this address.") && !text.contains("route"),
            "{text}"
        );
        let answer = ask(path, "application/json");
        assert_eq!(answer.refused(), (404, "not_found".to_owned()));
        assert_eq!(answer.json()["error"], "there is no such route");
    }
    assert_eq!(
        ask("/v1/nothing", "text/html").json()["error"],
        "there is no such route"
    );
}
