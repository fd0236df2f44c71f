//! The instruments themselves: that they see what is there, and miss nothing that they are there for.

use crate::browser::{Browser, NARROW, Scheme, Viewer};
use crate::served::Served;

#[test]
fn a_browser_shows_what_the_server_answers_with_and_without_scripts() {
    let served = Served::start();
    for viewer in [Viewer::USUAL, Viewer::WITHOUT_SCRIPTS] {
        let browser = served.browser(viewer);
        browser.go("/healthz");
        browser.says("ok");
        assert_eq!(browser.path(), "/healthz");
        assert_eq!(runs_scripts(&browser), viewer.has_scripts);
    }
}

#[test]
fn a_viewer_prefers_dark_and_has_a_narrow_screen() {
    let served = Served::start();
    let browser = served.browser(Viewer::USUAL);
    browser.go("/healthz");
    for (scheme, width, seen) in [(Scheme::Light, 1280, "false 1280"), (Scheme::Dark, NARROW, "true 360")] {
        browser.look_as(scheme, width);
        let script = "return matchMedia('(prefers-color-scheme: dark)').matches + ' ' + innerWidth";
        assert_eq!(browser.script(script), seen);
    }
}

#[test]
fn a_value_is_found_wherever_a_browser_keeps_it() {
    let served = Served::start();
    let value = "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG";
    let browser = served.browser(Viewer::USUAL);
    browser.go("/healthz");
    assert_eq!(browser.places_with(value), [""; 0]);
    browser.script(&format!("localStorage.it = '{value}'"));
    assert_eq!(browser.places_with(value), ["the storage"]);
    browser.script(&format!(
        "document.body.innerHTML = '<input>'; document.querySelector('input').value = '{value}'"
    ));
    assert_eq!(browser.places_with(value), ["a field", "the storage"]);
    browser.script("localStorage.clear()");
    browser.go(&format!("/healthz?{value}"));
    assert_eq!(browser.places_with(value), ["the URL", "the history"]);
    browser.go("/healthz");
    assert_eq!(browser.places_with(value), ["the history"]);
    assert!(
        !browser.files_with(&[value]).is_empty(),
        "Chromium writes its history down"
    );
}

#[test]
fn what_no_screen_reader_can_read_is_found() {
    let served = Served::start();
    let browser = served.browser(Viewer::USUAL);
    browser.go("/healthz");
    browser.script("document.body.innerHTML = '<img src=\"data:,\">'");
    let broken = browser.broken_rules();
    assert!(broken.iter().any(|it| it.starts_with("image-alt")), "{broken:?}");
}

#[test]
fn hands_find_things_by_the_words_on_them() {
    let served = Served::start();
    let browser = served.browser(Viewer::USUAL);
    browser.go("/healthz");
    browser.script(&format!("document.body.innerHTML = `{FORM}`"));
    browser.fill("Key", "STRIPE_API_KEY");
    browser.choose("Environment", "prod");
    browser.tick("Read");
    browser.press("Cancel");
    let script =
        "const form = document.forms[0].elements; return [form[0].value, form[1].value, form[2].checked].join()";
    assert_eq!(browser.script(script), "STRIPE_API_KEY,p,true");
    browser.click(&browser.field("Key"));
    browser.keys("\u{e004}");
    assert_eq!(browser.script("return document.activeElement.tagName"), "SELECT");
    browser.does_not_say("hidden words");
    browser.script("console.error('something broke')");
    assert!(browser.complaints().iter().any(|it| it.contains("something broke")));
    browser.screenshot("harness");
    assert!(served.said().contains("listening on") && served.home.path().exists());
}

const FORM: &str = "<form><label for=k>Key</label><input id=k><label>Environment <select aria-label=Environment>\
    <option value=d>dev<option value=p>prod</select></label><label><input type=checkbox> Read</label>\
    <p hidden>hidden words</p><button type=button>Cancel</button></form>";

/// Whether the page's own scripts run; what the driver runs always does.
fn runs_scripts(browser: &Browser) -> bool {
    browser.script(
        "const script = document.createElement('script'); script.textContent = 'window.ran = true'; \
         document.body.append(script); return window.ran === true",
    ) == true
}
