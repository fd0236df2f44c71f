//! What a person does with the page: finds things by the words on them, types, presses.

use serde_json::{Value, json};

use crate::browser::{Browser, Element};
use crate::chromedriver::Refusal;

impl Browser {
    /// Presses the button or link with these words; if it leads to a page, that page is there afterwards, so that what is
    /// asked next is not answered by the page before.
    #[track_caller]
    pub(crate) fn press(&self, words: &str) {
        let said = quoted(words);
        let xpath = format!(
            "//button[normalize-space()={said}] | //a[normalize-space()={said}] | //summary[normalize-space()={said}] \
             | //*[@aria-label={said}][self::a or self::button]"
        );
        let pressed = self.shown(&xpath);
        let leads = self.ask(
            &pressed,
            "arguments[0].matches('a[href], form button:not([type=button])')",
        );
        match leads.is_ok_and(|it| it == true) {
            true => self.leave(words, || self.click(&pressed)),
            false => self.click(&pressed),
        }
    }

    /// Goes back to the page before, which is there afterwards.
    #[track_caller]
    pub(crate) fn back(&self) {
        self.leave("the way back", || drop(self.post("/back", &json!({}))));
    }

    /// Does what leads to another page, and waits until that is there.
    #[track_caller]
    fn leave(&self, way: &str, go: impl FnOnce()) {
        let page = self.find("html");
        go();
        let left = self.until(|| self.is_left(&page).then_some(()));
        assert!(
            left.is_some(),
            "{way:?} leads nowhere from {}:\n{}",
            self.path(),
            self.text()
        );
    }

    /// Types into the empty field that is labelled so.
    #[track_caller]
    pub(crate) fn fill(&self, label: &str, text: &str) {
        let Element(id) = self.field(label);
        self.post(&format!("/element/{id}/clear"), &json!({}));
        self.post(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// Ticks or picks what is labelled so.
    #[track_caller]
    pub(crate) fn tick(&self, label: &str) {
        self.click(&self.field(label));
    }

    /// Chooses an option of the list that is labelled so.
    #[track_caller]
    pub(crate) fn choose(&self, label: &str, option: &str) {
        let Element(list) = self.field(label);
        let found = self.post(
            &format!("/element/{list}/elements"),
            &json!({ "using": "xpath", "value": format!(".//option[normalize-space()={}]", quoted(option)) }),
        );
        let id = found[0]["element-6066-11e4-a52e-4f735466cecf"].as_str();
        self.click(&Element(
            id.unwrap_or_else(|| panic!("no {option:?} in {label:?}")).to_owned(),
        ));
    }

    /// Presses keys, wherever the focus is.
    pub(crate) fn keys(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| {
            [
                json!({ "type": "keyDown", "value": key.to_string() }),
                json!({ "type": "keyUp", "value": key.to_string() }),
            ]
        });
        let strokes: Vec<_> = strokes.collect();
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }),
        );
    }

    /// Waits until the page says this.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        let said = self.until(|| self.text().contains(words).then_some(()));
        assert!(said.is_some(), "no {words:?} on {}:\n{}", self.path(), self.text());
    }

    /// Asserts that the page does not say this, which is looked at once: after something else was waited for.
    #[track_caller]
    pub(crate) fn does_not_say(&self, words: &str) {
        assert!(!self.text().contains(words), "{words:?} is on {}", self.path());
    }

    /// The field of a label.
    #[track_caller]
    pub(crate) fn field(&self, label: &str) -> Element {
        let said = quoted(label);
        self.shown(&format!(
            "//*[@id = //label[normalize-space()={said}]/@for] \
             | //label[normalize-space()={said}]//*[self::input or self::select or self::textarea] \
             | //*[@aria-label={said}][self::input or self::select or self::textarea]"
        ))
    }

    #[track_caller]
    pub(crate) fn click(&self, Element(id): &Element) {
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// The first element of an XPath that a person sees.
    #[track_caller]
    fn shown(&self, xpath: &str) -> Element {
        let found = self.until(|| {
            let all = self.all("xpath", xpath).into_iter();
            all.into_iter().find(|it| self.is_shown(it))
        });
        found.unwrap_or_else(|| panic!("no {xpath} on {}:\n{}", self.path(), self.text()))
    }

    /// Whether a person sees it.
    pub(crate) fn is_shown(&self, element: &Element) -> bool {
        // What is gone in the meantime is not shown.
        let shown = self.ask(element, "arguments[0].checkVisibility()");
        shown.is_ok_and(|it| it == true)
    }

    /// Whether another page is there than the one whose root this is. Between two pages there is none.
    fn is_left(&self, page: &Element) -> bool {
        let root = self.ask(page, "arguments[0].isConnected");
        root.is_err_and(|it| it.error == "stale element reference")
    }

    /// What an expression of JavaScript says of an element.
    fn ask(&self, Element(id): &Element, expression: &str) -> Result<Value, Refusal> {
        let element = json!({ "element-6066-11e4-a52e-4f735466cecf": id });
        let asked = json!({ "script": format!("return {expression}"), "args": [element] });
        self.try_post("/execute/sync", &asked)
    }
}

/// A string of XPath, which has no escapes.
fn quoted(text: &str) -> String {
    match text.contains('\'') {
        true => format!("\"{text}\""),
        false => format!("'{text}'"),
    }
}
