//! Pasting a whole `.env`: the preview says what would happen, and holds no value; then it happens.

use crate::browser::Viewer;
use crate::flows::is_nowhere;
use crate::house::{House, VALUE};

const ADDED: &str = "SG.canary-of-the-imported-1234567890";
const CHANGED: &str = "canary-of-the-crm-changed-0987654321";

#[test]
fn a_pasted_file_is_previewed_and_imported() {
    for viewer in [Viewer::USUAL, Viewer::WITHOUT_SCRIPTS] {
        let house = House::new();
        let browser = house.browser(viewer);
        let file =
            format!("# ours\nSENDGRID_API_KEY={ADDED}\nCRM_TOKEN='{CHANGED}'\nSTRIPE_API_KEY={VALUE}2\nPATH=/bin\n");
        browser.go("/settings/secrets/import");
        browser.fill("Text of the file", &file);
        browser.press("Preview");
        browser.says("1 new, 1 changed, 1 the same, 1 invalid. Nothing was changed yet.");
        for value in [ADDED, CHANGED, VALUE] {
            is_nowhere(&browser, value);
        }
        assert_eq!(house.served.home.reveal("CRM_TOKEN"), b"canary-of-the-crm-1234567890");

        browser.tick("Replace the values that changed; the earlier ones stay in the history");
        browser.press("Import");
        browser.says("Imported.");
        browser.says("SENDGRID_API_KEY");
        for (key, value) in [("SENDGRID_API_KEY", ADDED), ("CRM_TOKEN", CHANGED)] {
            assert_eq!(house.served.home.reveal(key), value.as_bytes());
            is_nowhere(&browser, value);
        }
        assert_eq!(browser.complaints(), [""; 0]);
        assert_eq!(browser.files_with(&[ADDED, CHANGED]), [""; 0], "the profile");
    }
}
