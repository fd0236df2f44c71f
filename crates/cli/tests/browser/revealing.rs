//! A value is in the browser when somebody has asked to read it, for as long as that page is open, and at no other time.

use crate::browser::Viewer;
use crate::flows::is_nowhere;
use crate::house::{House, VALUE};

#[test]
fn no_page_has_a_value_before_it_is_revealed_and_the_browser_keeps_none() {
    for viewer in [Viewer::USUAL, Viewer::WITHOUT_SCRIPTS] {
        let house = House::new();
        let browser = house.browser(viewer);
        for page in [
            "",
            "/new",
            "/deleted",
            "/STRIPE_API_KEY",
            "/STRIPE_API_KEY/edit",
            "/STRIPE_API_KEY/delete",
        ] {
            browser.go(&format!("/settings/secrets{page}"));
            is_nowhere(&browser, VALUE);
        }
        for page in [
            "/settings/agents",
            "/settings/audit",
            "/settings/tokens",
            "/settings/keys",
        ] {
            browser.go(page);
            is_nowhere(&browser, VALUE);
        }

        browser.go("/settings/secrets/STRIPE_API_KEY");
        browser.press("Reveal");
        browser.says("The value is shown once");
        is_nowhere(&browser, VALUE);
        browser.press("Reveal");
        browser.says(VALUE);
        assert_eq!(browser.places_with(VALUE), ["the HTML", "the text"]);

        browser.press("Done");
        browser.says("Required by payment_agent");
        is_nowhere(&browser, VALUE);
        // The way back leads to no copy of that page.
        browser.back();
        is_nowhere(&browser, VALUE);
        assert_eq!(browser.files_with(&[VALUE]), [""; 0], "the profile");
    }
}

#[test]
fn what_is_typed_into_a_form_that_comes_back_is_kept_nowhere() {
    const TYPED: &str = "canary-typed-into-a-form-1234567890";
    let house = House::new();
    for viewer in [Viewer::USUAL, Viewer::WITHOUT_SCRIPTS] {
        let browser = house.browser(viewer);
        browser.go("/settings/secrets/new");
        browser.fill("Key", "no key");
        browser.fill("Value", TYPED);
        browser.press("Save");
        browser.says("Nothing was changed");
        is_nowhere(&browser, TYPED);
        browser.go("/settings/secrets/STRIPE_API_KEY/edit");
        browser.fill("New value (optional)", TYPED);
        browser.fill("Agents (optional)", "no agent!");
        browser.press("Save");
        browser.says("Nothing was changed");
        is_nowhere(&browser, TYPED);
        browser.go("/settings/secrets/import");
        browser.fill("Text of the file", &format!("A={TYPED}\nno line\n"));
        browser.press("Preview");
        browser.says("Nothing was changed");
        is_nowhere(&browser, TYPED);
        // Chromium restores a session with the forms that were sent in it, and so writes them down.
        assert_eq!(browser.files_with(&[TYPED]), [""; 0], "the profile");
    }
}

#[test]
fn the_button_that_copies_is_there_with_scripts_only() {
    let house = House::new();
    for viewer in [Viewer::USUAL, Viewer::WITHOUT_SCRIPTS] {
        let browser = house.browser(viewer);
        browser.devtools(
            "Browser.grantPermissions",
            &serde_json::json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
        );
        browser.go("/settings/secrets/STRIPE_API_KEY/reveal");
        browser.press("Reveal");
        browser.says(VALUE);
        let button = browser.find("button[data-copies]");
        assert_eq!(browser.is_shown(&button), viewer.has_scripts);
        if viewer.has_scripts {
            browser.press("Copy");
            browser.says("Copied");
            let script =
                "const done = arguments[arguments.length - 1]; navigator.clipboard.readText().then(done, done)";
            assert_eq!(browser.script_later(script), format!("{VALUE}2"));
        }
    }
}
