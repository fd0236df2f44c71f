//! Probes, metrics and the document.

use std::time::Duration;

use crate::support::{Request, TestServer};

#[test]
fn a_new_server_lives_and_is_ready() {
    let server = TestServer::start();
    let lives = server.request("GET", "/healthz").send();
    assert_eq!((lives.status.as_u16(), lives.text().as_str()), (200, "ok\n"));
    let ready = server.request("GET", "/readyz").send();
    assert_eq!((ready.status.as_u16(), ready.text().as_str()), (200, "ready\n"));
    assert_eq!(ready.header("cache-control"), "no-store");
}

#[test]
fn the_document_is_served() {
    let server = TestServer::start();
    let document = server.request("GET", "/v1/openapi.json").send().json();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/v1/secrets/{key}"]["get"].is_object());
}

#[test]
fn metrics_are_on_their_own_listener_and_name_templates_only() {
    let server = TestServer::start_with(|it| it.metrics_bind = Some(([127, 0, 0, 1], 0).into()));
    let metrics = server.metrics.expect("it listens");
    server
        .request("GET", "/v1/secrets/STRIPE_API_KEY?environment=prod")
        .send();
    server.request("GET", "/nothing/here").send();
    let text = Request::new(metrics, "GET", "/metrics").send().text();
    assert!(
        text.contains("distri_requests_total{method=\"GET\",route=\"/v1/secrets/{key}\",status=\"401\"} 1"),
        "{text}"
    );
    assert!(
        text.contains("route=\"-\",status=\"404\"} 1") && text.contains("distri_request_seconds_count 2"),
        "{text}"
    );
    assert!(
        !text.contains("STRIPE") && !text.contains("prod") && !text.contains("nothing"),
        "{text}"
    );
    // Of an embedded database it is known how much room there is.
    let room = text.lines().find_map(|it| it.strip_prefix("distri_room_bytes "));
    let is_embedded = std::env::var_os("DISTRI_TEST_DATABASE").is_none();
    assert!(
        !is_embedded || room.is_some_and(|it| it.parse::<u64>().is_ok()),
        "{text}"
    );
    assert_eq!(Request::new(metrics, "GET", "/healthz").send().status, 404);
    assert_eq!(server.request("GET", "/metrics").send().status, 404);
}

#[test]
fn without_a_place_for_records_it_is_not_ready_and_says_why() {
    let server = TestServer::start();
    // The log's head is no longer what distri wrote: no record can follow it.
    let database = rusqlite::Connection::open(server.home.database()).expect("opens");
    database.busy_timeout(Duration::from_secs(5)).expect("waits");
    database
        .execute("update audit_head set mac = zeroblob(32)", [])
        .expect("edits");
    let answer = server.request("GET", "/readyz").send();
    assert_eq!(answer.refused(), (503, "unavailable".to_owned()));
    assert!(
        answer.json()["error"]
            .as_str()
            .expect("a sentence")
            .contains("its head was changed outside distri")
    );
    assert_eq!(server.request("GET", "/healthz").send().status, 200);
}
