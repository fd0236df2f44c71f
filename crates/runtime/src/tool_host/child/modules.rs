//! Imports: only the agent's own modules, by the map that came with each, and the JSX runtime.

use std::{collections::BTreeMap, rc::Rc};

use rquickjs::{
    Ctx, Error, Exception, Module, Result,
    loader::{ImportAttributes, Loader, Resolver},
    module::Declared,
};

use crate::script::{Bundle, JSX_RUNTIME};

/// Specifier, as written in a module, to module name.
pub(super) struct Imports {
    entry: String,
    maps: BTreeMap<String, BTreeMap<String, String>>,
}

impl Imports {
    pub(super) fn new(bundle: &Bundle) -> Self {
        let maps = bundle
            .modules
            .iter()
            .map(|(name, it)| (name.clone(), it.imports.clone()))
            .collect();
        Self {
            entry: bundle.entry.clone(),
            maps,
        }
    }
}

impl Resolver for Imports {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        match self.maps.get(base) {
            // The entry is imported by the host, not by a module.
            None if name == self.entry => Ok(name.to_owned()),
            _ if name == JSX_RUNTIME => Ok(name.to_owned()),
            Some(imports) if imports.contains_key(name) => Ok(imports[name].clone()),
            _ => Err(Exception::throw_type(ctx, &refusal(name))),
        }
    }
}

/// Module name to source.
pub(super) struct Sources(Rc<BTreeMap<String, String>>);

impl Sources {
    pub(super) fn new(bundle: &Bundle) -> Self {
        let sources = bundle
            .modules
            .iter()
            .map(|(name, it)| (name.clone(), it.source.clone()))
            .chain([(JSX_RUNTIME.to_owned(), include_str!("../js/jsx-runtime.js").to_owned())]);
        Self(Rc::new(sources.collect()))
    }
}

impl Loader for Sources {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let source = self.0.get(name).ok_or_else(|| Error::new_loading(name))?;
        Module::declare(ctx.clone(), name, source.as_str())
    }
}

/// Why `name` cannot be imported, and what to use instead.
fn refusal(name: &str) -> String {
    let builtin = name.strip_prefix("node:").unwrap_or(name);
    let family = builtin.split('/').next().unwrap_or(builtin);
    let reason = match family {
        "fs" => "tools have no file system; keep data in `context.session`",
        "http" | "https" | "http2" | "net" | "tls" | "dgram" | "dns" => "tools reach the network with `fetch` only",
        "child_process" | "cluster" | "worker_threads" => "tools cannot start processes or threads",
        "process" => "use the global `process`",
        "crypto" => "use the global `crypto`",
        "url" => "use the globals `URL` and `URLSearchParams`",
        "timers" => "use the global `setTimeout`",
        _ if name.starts_with("node:") => "tools run in a small engine, not in Node",
        _ if name.starts_with('.') => "there is no such module in the bundle",
        _ if name.starts_with('/') || name.contains("://") => "only relative imports inside the project are bundled",
        _ => "npm packages are not bundled; only relative imports are",
    };
    format!("cannot import `{name}`: {reason}")
}
