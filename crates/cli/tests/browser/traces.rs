//! Where a browser could keep a value: the page, its URL, the history, the storage, and the files of its profile.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::support::{files_below, forms};

impl Browser {
    /// Where in the open browser the value is, in any usual encoding.
    pub(crate) fn places_with(&self, value: &str) -> Vec<&'static str> {
        let fields =
            "return JSON.stringify([...document.querySelectorAll('input,textarea,select')].map(it => it.value))";
        // A page of the browser's own, such as that of an error, has none.
        let storage = "try { return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, window.name, document.cookie]) } \
                       catch { return '' }";
        let text = |script: &str| self.script(script).as_str().unwrap_or_default().to_owned();
        let places = [
            ("the URL", self.url()),
            ("the title", self.title()),
            ("the HTML", self.html()),
            ("the text", self.text()),
            ("a field", text(fields)),
            ("the storage", text(storage)),
            (
                "the history",
                self.devtools("Page.getNavigationHistory", &json!({})).to_string(),
            ),
            ("a cookie", self.cookies().to_string()),
            ("the browser's log", self.complaints().join("\n")),
        ];
        let with = places.into_iter().filter(|(_, text)| has(text.as_bytes(), value));
        with.map(|(place, _)| place).collect()
    }

    /// Every cookie, those that scripts cannot see included.
    pub(crate) fn cookies(&self) -> Value {
        self.devtools("Network.getAllCookies", &json!({}))["cookies"].take()
    }

    /// Ends the browser, and gives the files of its profile that have one of the values.
    pub(crate) fn files_with(self, values: &[&str]) -> Vec<String> {
        let home = self.close();
        let files = files_below(home.path()).into_iter();
        let is_in = |bytes: &[u8]| values.iter().any(|it| has(bytes, it));
        let with = files.filter(|it| std::fs::read(it).is_ok_and(|bytes| is_in(&bytes)));
        with.map(|it| it.display().to_string()).collect()
    }
}

fn has(bytes: &[u8], value: &str) -> bool {
    let forms = forms(value.as_bytes());
    forms.iter().any(|it| memchr::memmem::find(bytes, it).is_some())
}
