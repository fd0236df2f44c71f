//! Releases: what a runtime on another machine is given.

use serde_json::json;

use crate::support::TestServer;

#[test]
fn a_run_gets_values_policies_and_placeholders() {
    let server = TestServer::start();
    let client = server.client("write,resolve,admin");
    let value = "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG";
    client.set("STRIPE_API_KEY", value);
    client.set("CRM_TOKEN", "unbound");
    let run = "01890a5d-ac96-774b-bcce-b302099a8057";
    let release = client
        .post("/v1/releases", &json!({ "run": run, "required": ["STRIPE_API_KEY"] }))
        .json();
    assert_eq!(release["run"], run);
    let keys: Vec<_> = release["secrets"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["key"].clone())
        .collect();
    assert_eq!(keys, [json!("CRM_TOKEN"), json!("STRIPE_API_KEY")]);
    let (crm, stripe) = (&release["secrets"][0], &release["secrets"][1]);
    assert_eq!(
        (&crm["value"], &crm["placeholder"], &crm["hosts"]),
        (&json!("unbound"), &json!(null), &json!([]))
    );
    assert_eq!(
        (&stripe["value"], &stripe["hosts"]),
        (&json!(value), &json!(["api.stripe.com"]))
    );
    let placeholder = stripe["placeholder"].as_str().expect("a placeholder");
    assert!(
        placeholder.starts_with("sk_live_") && placeholder != value,
        "{placeholder}"
    );
    let record = client.get("/v1/audit?action=secret.release").json();
    assert_eq!(
        (&record[0]["run"], record[0]["subjects"].as_array().map(Vec::len)),
        (&json!(run), Some(2))
    );
}

#[test]
fn nothing_is_given_while_a_required_one_is_missing_and_all_are_named() {
    let server = TestServer::start();
    let client = server.client("write,resolve,admin");
    client.set("CRM_TOKEN", "v");
    for body in [
        json!({ "required": ["CRM_TOKEN", "A_TOKEN", "B_TOKEN"] }),
        json!({ "only": ["CRM_TOKEN", "A_TOKEN", "B_TOKEN"] }),
    ] {
        let answer = client.post("/v1/releases", &body);
        assert_eq!(answer.refused(), (422, "missing_secrets".to_owned()));
        let missing =
            json!([{ "key": "A_TOKEN", "reason": "is not set" }, { "key": "B_TOKEN", "reason": "is not set" }]);
        assert_eq!(answer.json()["missing"], missing);
    }
    assert_eq!(client.get("/v1/audit?action=secret.release").json(), json!([]));
    let both = json!({ "only": ["CRM_TOKEN"], "required": ["CRM_TOKEN"] });
    assert_eq!(client.post("/v1/releases", &both).refused().0, 400);
}
