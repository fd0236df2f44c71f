//! The setup link, signing in and out, and what is left behind.

use crate::browser::Viewer;
use crate::house::{EMAIL, House, PASSWORD, become_owner, sign_in};

#[test]
fn the_link_of_the_terminal_makes_the_owner_who_signs_out_and_in_again() {
    for viewer in [Viewer::USUAL, Viewer::WITHOUT_SCRIPTS] {
        let house = House::new();
        let browser = house.served.browser(viewer);
        let link = house.served.setup_path().expect("nobody can sign in yet");
        browser.go(&link);
        assert_eq!(browser.path(), "/setup", "the secret is not in the address of the form");
        become_owner(&browser);
        assert_eq!(browser.path(), "/settings/secrets");
        browser.go(&link);
        browser.fill("Your name", "Eve");
        browser.fill("E-mail address", "eve@example.com");
        browser.fill("Password", PASSWORD);
        browser.press("Become the owner");
        browser.says("it is good once and for a day");

        browser.go("/settings/secrets");
        browser.click(&browser.find("details.person summary"));
        browser.press("Sign out");
        browser.says("You are signed out.");
        // The way back shows nothing of before.
        browser.back();
        browser.says("Sign in");
        browser.does_not_say("STRIPE_API_KEY");

        browser.go("/settings/audit?alarms=true");
        browser.says("Sign in");
        sign_in(&browser, "not the password at all");
        browser.says("wrong");
        assert_eq!(browser.script("return document.querySelector('#email').value"), EMAIL);
        assert_eq!(browser.places_with("not the password at all"), [""; 0]);
        browser.fill("Password", PASSWORD);
        browser.press("Sign in");
        browser.says("Every change, every use");
        assert_eq!(browser.path(), "/settings/audit?alarms=true", "where they wanted to go");

        let cookies = browser.cookies();
        let cookie = &cookies.as_array().expect("a list")[0];
        assert_eq!(
            (cookie["httpOnly"].clone(), cookie["sameSite"].clone()),
            (true.into(), "Lax".into())
        );
        assert_eq!(browser.script("return document.cookie"), "", "no script reads it");
        assert_eq!(browser.places_with(PASSWORD), [""; 0]);
        assert_eq!(
            browser.files_with(&[PASSWORD, "not the password at all"]),
            [""; 0],
            "the profile"
        );
    }
}
