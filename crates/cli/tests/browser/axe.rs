//! The accessibility rules of axe-core, tried on the page that is shown.

use std::sync::OnceLock;

use crate::browser::Browser;

impl Browser {
    /// The rules that the page breaks, with the elements that do.
    pub(crate) fn broken_rules(&self) -> Vec<String> {
        let found = self.script_later(&format!(
            "if (!window.axe) {{ {} }}\nconst done = arguments[arguments.length - 1];\n\
             axe.run(document).then(it => done(it.violations.map(rule => \
               rule.id + ': ' + rule.help + ': ' + rule.nodes.map(node => node.html).join(' ')\
             )), error => done([String(error)]));",
            axe()
        ));
        let found = found.as_array().unwrap().iter();
        found.map(|it| it.as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// The library's source.
fn axe() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../target/axe/node_modules/axe-core/axe.min.js"
        );
        std::fs::read_to_string(path).unwrap_or_else(|_| panic!("no axe in `target/axe`: run `cargo xtask chromium`"))
    })
}
