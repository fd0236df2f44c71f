//! The accessibility rules of axe-core, tried on the page that is shown.

use std::sync::OnceLock;

use crate::browser::Browser;

impl Browser {
    /// Asserts that no rule is broken.
    #[track_caller]
    pub(crate) fn is_accessible(&self) {
        let found = self.script_later(&format!(
            "{}\nconst done = arguments[arguments.length - 1];\n\
             axe.run(document).then(it => done(it.violations.map(rule => \
               rule.id + ': ' + rule.help + ': ' + rule.nodes.map(node => node.html).join(' ')\
             )), error => done([String(error)]));",
            axe()
        ));
        let found: Vec<&str> = found.as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
        assert!(found.is_empty(), "{}:\n{}", self.path(), found.join("\n"));
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
