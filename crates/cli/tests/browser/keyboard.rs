//! The list of secrets by keyboard alone.

use serde_json::Value;

use crate::browser::{Browser, NARROW, Scheme, Viewer, WIDE};
use crate::house::House;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Everything that can be used, in the order of the document.
const USABLE: &str = "return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]\
    .filter(it => it.checkVisibility() || it.classList.contains('skip')).map(it => (it.innerText || it.id || it.name).trim())";

/// What has the focus, and how that is seen.
const FOCUS: &str = "const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect(); \
    return { name: (it.innerText || it.id || it.name || '').trim(), \
    outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth), \
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth }";

#[test]
fn every_control_is_reached_in_order_and_its_focus_is_seen() {
    let house = House::new();
    let browser = house.browser(Viewer::USUAL);
    for width in [WIDE, NARROW] {
        browser.look_as(Scheme::Light, width);
        browser.go("/settings/secrets");
        browser.says("STRIPE_API_KEY");
        browser.script("document.activeElement.blur()");
        let expected = browser.script(USABLE);
        let expected = expected.as_array().expect("a list");
        assert!(expected.len() > 12, "{expected:?}");
        for name in expected {
            browser.keys(TAB);
            let focus = browser.script(FOCUS);
            assert_eq!(focus["name"], *name, "at {width}: {expected:?}");
            assert!(
                focus["outline"].as_f64() >= Some(2.0) && focus["seen"] == Value::Bool(true),
                "{focus}"
            );
        }
    }
}

#[test]
fn a_secret_is_added_without_a_pointer() {
    let house = House::new();
    let browser = house.browser(Viewer::USUAL);
    browser.go("/settings/secrets");
    browser.keys(TAB);
    assert_eq!(browser.script(FOCUS)["name"], "Skip to the content");
    browser.keys(ENTER);
    tab_to(&browser, "Add Secret");
    browser.keys(ENTER);
    // The cursor is in the first field.
    browser.find("#key:focus");
    browser.keys("SENDGRID_API_KEY");
    browser.keys(TAB);
    browser.find("#value:focus");
    browser.keys("SG.canary-1234567890");
    tab_to(&browser, "Save");
    browser.keys(ENTER);
    browser.says("Saved.");
    assert_eq!(house.served.home.reveal("SENDGRID_API_KEY"), b"SG.canary-1234567890");
}

/// Goes on until this has the focus.
#[track_caller]
fn tab_to(browser: &Browser, name: &str) {
    while browser.script(FOCUS)["name"] != name {
        browser.keys(TAB);
        let tag = browser.script("return document.activeElement.tagName");
        assert_ne!(tag, "BODY", "past the end without {name:?}");
    }
}

#[test]
fn the_menu_of_the_person_opens_and_closes_by_keyboard() {
    let house = House::new();
    let browser = house.browser(Viewer::USUAL);
    browser.go("/settings/secrets");
    browser.script("document.querySelector('details.person summary').focus()");
    browser.keys(ENTER);
    browser.says("Sign out");
    browser.keys("\u{e00c}");
    browser
        .until(|| (!browser.text().contains("Sign out")).then_some(()))
        .expect("it closes");
    assert!(browser.script(FOCUS)["name"].as_str().expect("text").contains("Ada"));
}
