//! A server that is in use: secrets in two environments, agents, tokens, members, an alarm; and browsers in front of it.

use serde_json::{Value, json};

use crate::browser::{Browser, Viewer};
use crate::served::Served;
use crate::support::Home;

/// What the owner signs in with.
pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A value that must be nowhere before it is revealed.
pub(crate) const VALUE: &str = "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG";

const PAYMENT_AGENT: &str = "---\nname = \"payment_agent\"\ndescription = \"Process payments\"\n\n[model_settings]\n\
     model = \"gpt-4.1-mini\"\n\n[secrets]\nrequired = [\"STRIPE_API_KEY\", \"STRIPE_WEBHOOK_SECRET\"]\n\
     optional = [\"SLACK_BOT_TOKEN\"]\n---\nPay.\n";

/// The server, and a token for it.
pub(crate) struct House {
    pub(crate) served: Served,
    token: String,
}

impl House {
    /// One with everything in it but people.
    pub(crate) fn new() -> Self {
        let home = Home::new();
        home.set("STRIPE_API_KEY", VALUE);
        home.set("STRIPE_API_KEY", format!("{VALUE}2"));
        home.set("CRM_TOKEN", "canary-of-the-crm-1234567890");
        home.set("OLD_TOKEN", "canary-of-the-past-1234567890");
        home.pipe(&["secrets", "set", "STRIPE_API_KEY", "--env", "prod"], VALUE)
            .ok();
        home.pipe(
            &["secrets", "set", "DATABASE_URL", "--env", "prod"],
            "postgres://a:b@db.example.com/c",
        )
        .ok();
        home.distri(&["secrets", "delete", "OLD_TOKEN", "--yes"]).ok();
        // Somebody edits the database: whoever looks at the list raises an alarm.
        home.set("EDITED_TOKEN", "canary-of-the-edited-1234567890");
        home.tamper("update secrets set note = 'harmless' where key = 'EDITED_TOKEN'");
        home.distri(&["tokens", "create", "old", "--scopes", "read"]).ok();
        let made = home
            .distri(&["tokens", "create", "deploy", "--scopes", "read,write,admin"])
            .ok();
        let house = Self {
            token: made.out().trim().to_owned(),
            served: Served::start_in(home, &[]),
        };
        house.post("/v1/agents", &json!({ "markdown": PAYMENT_AGENT }));
        house
    }

    /// A browser in which the owner is signed in: by the setup link the first time, by the form later.
    pub(crate) fn browser(&self, viewer: Viewer) -> Browser {
        let browser = self.served.browser(viewer);
        match self.served.setup_path() {
            Some(path) if !self.has_owner() => {
                browser.go(&path);
                become_owner(&browser);
            }
            _ => {
                browser.go("/sign-in");
                sign_in(&browser, PASSWORD);
                browser.says("Encrypted at rest");
            }
        }
        browser
    }

    /// Sends JSON to the API; the answer to it.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.served.exchange("POST", path, &self.token, &body.to_string());
        assert!((200..300).contains(&status), "{path}: {status}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    fn has_owner(&self) -> bool {
        let (status, answer) = self.served.exchange("GET", "/v1/members", &self.token, "");
        assert_eq!(status, 200, "{answer}");
        answer.contains(EMAIL)
    }
}

/// Fills the form that the setup link leads to.
pub(crate) fn become_owner(browser: &Browser) {
    browser.fill("Your name", "Ada");
    browser.fill("E-mail address", EMAIL);
    browser.fill("Password", PASSWORD);
    browser.press("Become the owner");
    browser.says("Encrypted at rest");
}

/// Signs the owner in, from the page for that.
pub(crate) fn sign_in(browser: &Browser, password: &str) {
    browser.fill("E-mail address", EMAIL);
    browser.fill("Password", password);
    browser.press("Sign in");
}
