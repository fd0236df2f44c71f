//! Tokens and members: what is shown once, and that it is good.

use crate::browser::Viewer;
use crate::house::{House, PASSWORD};

#[test]
fn a_token_is_made_used_and_revoked() {
    let house = House::new();
    for viewer in [Viewer::USUAL, Viewer::WITHOUT_SCRIPTS] {
        let browser = house.browser(viewer);
        browser.go("/settings/tokens");
        browser.press("Create token");
        let name = format!("ci {}", viewer.has_scripts);
        browser.fill("Name", &name);
        browser.tick("read: keys, versions, policies, history, never a value");
        browser.press("Create token");
        browser.says("This is shown once.");
        let token = browser.text_of(&browser.find("#token"));
        let can_read = || house.served.exchange("GET", "/v1/secrets", &token, "").0;
        assert_eq!(can_read(), 200, "{token}");
        browser.press("Done");
        browser.says(&name);
        assert_eq!(browser.places_with(&token), [""; 0]);

        browser.press(&format!("Revoke {name}"));
        browser.says("refused from its next request on");
        assert_eq!(can_read(), 200);
        browser.press("Revoke token");
        browser.says("The token is revoked.");
        assert_eq!(can_read(), 401);
        assert_eq!(browser.complaints(), [""; 0]);
        assert_eq!(browser.files_with(&[&token]), [""; 0], "the profile");
    }
}

#[test]
fn somebody_who_is_invited_joins_in_a_browser_of_their_own() {
    let house = House::new();
    let owner = house.browser(Viewer::USUAL);
    owner.go("/settings/members");
    owner.press("Invite");
    owner.fill("E-mail address", "grace@example.com");
    owner.choose("Role", "viewer: looks, and changes nothing");
    owner.press("Make the link");
    owner.says("This is shown once.");
    let link = owner.text_of(&owner.find("#link"));
    let path = link.split_once(&house.served.address).expect("a link to this server").1;

    let grace = house.served.browser(Viewer::WITHOUT_SCRIPTS);
    grace.go(path);
    grace.says("invites grace@example.com as viewer");
    grace.fill("Your name", "Grace");
    grace.fill("A new password", PASSWORD);
    grace.press("Join");
    grace.says("STRIPE_API_KEY");
    grace.does_not_say("Add Secret");
    grace.does_not_say("Members");

    owner.go("/settings/members");
    owner.press("Change Grace");
    owner.choose("Role", "admin: everything but keys");
    owner.press("Change role");
    owner.says("The role is changed.");
    grace.go("/settings/secrets");
    grace.says("Add Secret");
    owner.press("Remove Grace");
    owner.says("loses the account");
    owner.press("Remove member");
    owner.says("The member is removed");
    grace.go("/settings/secrets");
    grace.says("Sign in");
}
