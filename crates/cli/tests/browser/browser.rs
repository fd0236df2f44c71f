//! One Chromium with a profile of its own, as somebody with these preferences has it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::chromedriver::{Chromedriver, Refusal};

/// How long something may take to appear before it is missing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where pictures go.
const SCREENSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/screenshots");

/// Whoever looks at the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewer {
    pub(crate) has_scripts: bool,
    pub(crate) scheme: Scheme,
    pub(crate) width: u32,
}

/// What the system prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

/// A desk's screen, and a telephone's.
pub(crate) const WIDE: u32 = 1280;
pub(crate) const NARROW: u32 = 360;

impl Viewer {
    pub(crate) const USUAL: Self = Self {
        has_scripts: true,
        scheme: Scheme::Light,
        width: WIDE,
    };
    pub(crate) const WITHOUT_SCRIPTS: Self = Self {
        has_scripts: false,
        ..Self::USUAL
    };
}

/// A browser with one window.
pub(crate) struct Browser {
    driver: Chromedriver,
    session: String,
    /// `http://…`, without a path.
    origin: String,
    /// Dropped after the driver, so that nobody writes into it any more.
    home: tempfile::TempDir,
}

/// Something on the page.
pub(crate) struct Element(pub(crate) String);

impl Browser {
    /// Opens one for the server at `address`.
    pub(crate) fn open(address: &str, viewer: Viewer) -> Self {
        let home = tempfile::tempdir().unwrap();
        let driver = Chromedriver::start(home.path());
        let profile = home.path().join("profile");
        let mut args = vec![
            "--headless=new".to_owned(),
            "--remote-debugging-pipe".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            // As on a telephone, where they take no room.
            "--hide-scrollbars".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            // A page that loads something from elsewhere does without. One name leads here, as somebody could have it do.
            "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ];
        if rustix::process::geteuid().is_root() {
            args.push("--no-sandbox".to_owned());
        }
        let mut prefs = json!({});
        if !viewer.has_scripts {
            prefs = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "binary": "/usr/bin/chromium", "args": args, "prefs": prefs },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "implicit": 0, "pageLoad": 120_000, "script": 120_000 },
        } } });
        let made = driver.call("POST", "/session", &wanted).unwrap();
        let browser = Self {
            session: made["sessionId"].as_str().unwrap().to_owned(),
            driver,
            origin: format!("http://{address}"),
            home,
        };
        browser.look_as(viewer.scheme, viewer.width);
        browser
    }

    /// Changes the width of the window and what the system prefers.
    pub(crate) fn look_as(&self, scheme: Scheme, width: u32) {
        let scheme = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
        );
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false }),
        );
    }

    /// Opens a path of the server.
    pub(crate) fn go(&self, path: &str) {
        self.go_to(&format!("{}{path}", self.origin));
    }

    /// Opens any URL.
    pub(crate) fn go_to(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// The whole URL that is shown.
    pub(crate) fn url(&self) -> String {
        self.get("/url")
    }

    /// Its path, query and fragment.
    pub(crate) fn path(&self) -> String {
        let url = self.url();
        url.strip_prefix(&self.origin).unwrap_or(&url).to_owned()
    }

    /// The page's title.
    pub(crate) fn title(&self) -> String {
        self.get("/title")
    }

    /// The page as it is now, as HTML.
    pub(crate) fn html(&self) -> String {
        self.get("/source")
    }

    /// The text that a person sees; nothing between two pages.
    pub(crate) fn text(&self) -> String {
        let text = json!({ "script": "return document.body.innerText", "args": [] });
        let text = self.try_post("/execute/sync", &text);
        text.ok()
            .and_then(|it| it.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// The text of one element that a person sees.
    pub(crate) fn text_of(&self, Element(id): &Element) -> String {
        self.get(&format!("/element/{id}/text"))
    }

    /// The first element of a CSS selector, as soon as it is there.
    #[track_caller]
    pub(crate) fn find(&self, css: &str) -> Element {
        self.find_by("css selector", css)
    }

    /// The first element of an XPath, as soon as it is there.
    #[track_caller]
    pub(crate) fn find_by(&self, way: &str, what: &str) -> Element {
        let found = self.until(|| self.all(way, what).into_iter().next());
        found.unwrap_or_else(|| panic!("no {what} on {}:\n{}", self.path(), self.text()))
    }

    /// All elements of a selector that are there now; none between two pages.
    pub(crate) fn all(&self, way: &str, what: &str) -> Vec<Element> {
        let found = self.try_post("/elements", &json!({ "using": way, "value": what }));
        let found = found.unwrap_or_default();
        let ids = found.as_array().into_iter().flatten();
        ids.map(|it| Element(it["element-6066-11e4-a52e-4f735466cecf"].as_str().unwrap().to_owned()))
            .collect()
    }

    /// Asks again until there is an answer, or nobody would wait any longer.
    pub(crate) fn until<T>(&self, ask: impl Fn() -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match ask() {
                None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(30)),
                answer => return answer,
            }
        }
    }

    /// What a function body of JavaScript returns. It runs even where the page's own scripts do not.
    pub(crate) fn script(&self, body: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// The same, when it answers by calling its last argument.
    pub(crate) fn script_later(&self, body: &str) -> Value {
        self.post("/execute/async", &json!({ "script": body, "args": [] }))
    }

    /// Leaves a picture of the whole page in `target/screenshots`.
    pub(crate) fn screenshot(&self, name: &str) {
        let picture = self.devtools(
            "Page.captureScreenshot",
            &json!({ "format": "png", "captureBeyondViewport": true }),
        );
        let bytes = BASE64.decode(picture["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::create_dir_all(SCREENSHOTS).unwrap();
        std::fs::write(PathBuf::from(SCREENSHOTS).join(format!("{name}.png")), bytes).unwrap();
    }

    /// What the browser complained about since this was last asked: refused by the page's policy, not found, broken.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().unwrap().iter();
        entries
            .filter(|it| it["level"] != "INFO" && it["level"] != "DEBUG")
            .map(|it| it["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// A command of the DevTools protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Ends the browser in good order, so that it writes down what it keeps; gives the directory of its profile.
    pub(crate) fn close(self) -> tempfile::TempDir {
        let _ = self.driver.call("DELETE", &self.at(""), &Value::Null);
        let Self { driver, home, .. } = self;
        drop(driver);
        home
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let done = self.try_post(path, body);
        done.unwrap_or_else(|Refusal { error, message }| panic!("{path}: {error}: {message}"))
    }

    pub(crate) fn try_post(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.driver.call("POST", &self.at(path), body)
    }

    fn get(&self, path: &str) -> String {
        let value = self.driver.call("GET", &self.at(path), &Value::Null).unwrap();
        value.as_str().unwrap_or_default().to_owned()
    }

    fn at(&self, path: &str) -> String {
        format!("/session/{}{path}", self.session)
    }
}
