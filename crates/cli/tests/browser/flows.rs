//! The three flows of the page, word for word, with scripts and without: Add Secret, key, value, Save; find, Edit, change,
//! Save; find, Delete, Confirm, with the warning and the agents.

use crate::browser::{Browser, Viewer};
use crate::house::{House, VALUE};

const NEW_VALUE: &str = "whsec_9fX2canary7Qw9Zx3Lk5Vb1Nm8Rt2Yp6Hs4Jd";
const CHANGED: &str = "whsec_canary-of-the-second-value-8Rt2Yp6Hs4";

#[test]
fn a_secret_is_added_edited_and_deleted_with_scripts() {
    flows(Viewer::USUAL);
}

#[test]
fn a_secret_is_added_edited_and_deleted_without_scripts() {
    flows(Viewer::WITHOUT_SCRIPTS);
}

fn flows(viewer: Viewer) {
    let house = House::new();
    let browser = house.browser(viewer);

    // The agent page says what is missing, and leads to adding it.
    browser.go("/settings/agents");
    browser.says("does not start");
    browser.press("Add STRIPE_WEBHOOK_SECRET in default");
    browser.find("#key[value=STRIPE_WEBHOOK_SECRET]");

    // Adding.
    browser.go("/settings/secrets");
    browser.press("Add Secret");
    browser.fill("Key", "STRIPE_WEBHOOK_SECRET");
    browser.fill("Value", NEW_VALUE);
    browser.press("Save");
    browser.says("Saved.");
    browser.says("STRIPE_WEBHOOK_SECRET");
    is_nowhere(&browser, NEW_VALUE);
    assert_eq!(house.served.home.reveal("STRIPE_WEBHOOK_SECRET"), NEW_VALUE.as_bytes());
    browser.go("/settings/agents");
    browser.says("starts in default");

    // Editing: found, changed, saved.
    browser.go("/settings/secrets");
    browser.fill("Find a key or a note", "webhook");
    browser.press("Find");
    browser.says("STRIPE_WEBHOOK_SECRET");
    browser.does_not_say("CRM_TOKEN");
    browser.press("Edit STRIPE_WEBHOOK_SECRET");
    is_nowhere(&browser, NEW_VALUE);
    browser.fill("New value (optional)", CHANGED);
    browser.press("Save");
    browser.says("Saved.");
    is_nowhere(&browser, CHANGED);
    assert_eq!(house.served.home.reveal("STRIPE_WEBHOOK_SECRET"), CHANGED.as_bytes());

    // Deleting: asked, warned, and called off; then confirmed.
    for confirm in ["Cancel", "Confirm"] {
        browser.go("/settings/secrets");
        browser.press("Delete STRIPE_WEBHOOK_SECRET");
        browser.says("Deleting a secret may break agents that depend on it.");
        browser.says("payment_agent");
        browser.press(confirm);
        if confirm == "Cancel" {
            browser.says("Required by payment_agent");
        }
    }
    browser.says("Deleted. It can be brought back.");
    browser.does_not_say("STRIPE_WEBHOOK_SECRET");
    browser.go("/settings/agents");
    browser.says("does not start");

    // And brought back.
    browser.go("/settings/secrets/deleted");
    browser.press("Bring back STRIPE_WEBHOOK_SECRET in default");
    browser.says("It is back.");
    for value in [VALUE, NEW_VALUE, CHANGED] {
        is_nowhere(&browser, value);
    }
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(browser.files_with(&[VALUE, NEW_VALUE, CHANGED]), [""; 0], "the profile");
}

#[track_caller]
pub(crate) fn is_nowhere(browser: &Browser, value: &str) {
    assert_eq!(browser.places_with(value), [""; 0], "on {}", browser.path());
}
