//! What the output does when QuickJS runs it.

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Context, Ctx, Error, Function, Module, Object, Promise, Runtime};
use serde_json::{Value, json};

use super::*;
use crate::script::JSX_RUNTIME;

/// A runtime whose elements are their arguments.
const JSX: &str = "
    export const Fragment = 'fragment';
    export const jsx = (type, props, key) =>
        typeof type === 'function' ? type(props) : { type, props, ...(key === undefined ? {} : { key }) };
    export const jsxs = jsx;
";

struct Modules(Bundle);

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        base: &str,
        name: &str,
        attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        assert!(attributes.is_none(), "attributes are taken off");
        if name == JSX_RUNTIME || name == self.0.entry && base == "test" {
            return Ok(name.to_owned());
        }
        let target = self.0.modules.get(base).and_then(|it| it.imports.get(name));
        target.cloned().ok_or_else(|| Error::new_resolving(base, name))
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js, Declared>> {
        let source = match self.0.modules.get(name) {
            Some(module) => module.source.as_str(),
            None => JSX,
        };
        Module::declare(ctx.clone(), name, source)
    }
}

/// Calls a tool of the bundle without a tool host.
pub(super) fn call(bundle: &Bundle, tool: &str, input: Value) -> Result<Value, String> {
    let runtime = Runtime::new().unwrap();
    runtime.set_loader(Modules(bundle.clone()), Modules(bundle.clone()));
    let context = Context::full(&runtime).unwrap();
    context.with(|ctx| {
        let run = || -> rquickjs::Result<String> {
            let source = format!(
                "import * as tools from {entry};
                export const call = async (name, input) => {{
                    const tool = (await tools.getTools()).find((it) => it.name === name);
                    return JSON.stringify(await tool.handler(JSON.parse(input)) ?? null);
                }};",
                entry = Value::from(bundle.entry.as_str())
            );
            let (module, done) = Module::declare(ctx.clone(), "test", source)?.eval()?;
            done.finish::<()>()?;
            let namespace: Object<'_> = module.namespace()?;
            let call: Function<'_> = namespace.get("call")?;
            call.call::<_, Promise<'_>>((tool, input.to_string()))?.finish()
        };
        match run() {
            Ok(text) => Ok(serde_json::from_str(&text).unwrap()),
            Err(_) => {
                let thrown = ctx.catch();
                Err(thrown
                    .as_exception()
                    .map_or_else(|| format!("{thrown:?}"), |it| it.message().unwrap_or_default()))
            }
        }
    })
}

#[test]
fn the_pages_tools_file() {
    let root = fixture("page");
    let bundle = bundle(&root.join("Tools.tsx"), &root).unwrap();
    assert_eq!(bundle.entry, "Tools.tsx");
    assert_eq!(
        bundle.schemas["send_email"],
        json!({
            "type": "object",
            "properties": { "to": {}, "subject": {}, "body": {} },
            "required": ["to", "subject", "body"],
            "additionalProperties": false,
        })
    );
    assert!(bundle.modules["Tools.tsx"].imports.is_empty());
    insta::assert_snapshot!(bundle.modules["Tools.tsx"].source, @r#"
    export const getTools = () => [{
    	name: "send_email",
    	description: "Send an email",
    	handler: async ({ to, subject, body }) => {
    		const response = await fetch("https://api.sendgrid.com/v3/mail/send", {
    			method: "POST",
    			headers: {
    				"Authorization": `Bearer ${process.env.SENDGRID_API_KEY}`,
    				"Content-Type": "application/json"
    			},
    			body: JSON.stringify({
    				to,
    				subject,
    				body
    			})
    		});
    		return { sent: response.ok };
    	}
    }];
    "#);
}

#[test]
fn every_construct_in_one_file() {
    let root = fixture("script");
    let bundle = bundle(&root.join("Tools.tsx"), &root).unwrap();
    assert_eq!(
        bundle.modules.keys().collect::<Vec<_>>(),
        [
            "Tools.tsx",
            "distri//create-element",
            "lib/defaults.json",
            "lib/geometry.ts",
            "lib/late.mjs",
            "lib/text.ts",
            "lib/version/index.ts"
        ]
    );
    assert_eq!(
        serde_json::to_value(&bundle.modules["Tools.tsx"].imports).unwrap(),
        json!({
            "./lib/defaults.json": "lib/defaults.json",
            "./lib/geometry": "lib/geometry.ts",
            "./lib/geometry.js": "lib/geometry.ts",
            "./lib/late.mjs": "lib/late.mjs",
            "./lib/text": "lib/text.ts",
            "./lib/version": "lib/version/index.ts",
            "distri": "distri//create-element",
        })
    );
    insta::assert_json_snapshot!("every_construct", call(&bundle, "report", json!({})).unwrap());
    assert_eq!(
        call(&bundle, "send", json!({ "to": "a@b" })),
        Ok(json!({ "to": "a@b", "priority": 2, "email": true }))
    );
    insta::assert_json_snapshot!("every_construct_schemas", bundle.schemas);
}

#[test]
fn a_bundle_travels_as_json() {
    let root = fixture("script");
    let bundle = bundle(&root.join("Tools.tsx"), &root).unwrap();
    let text = serde_json::to_string(&bundle).unwrap();
    assert_eq!(serde_json::from_str::<Bundle>(&text).unwrap(), bundle);
}

#[test]
fn a_dynamic_import_of_a_builtin_fails_when_it_runs() {
    let project = Project::tools(
        "export const getTools = () => [
            { name: 'read', handler: async () => (await import('node:fs')).readFileSync('/etc/passwd') },
            { name: 'guarded', handler: async () => import(`stripe`).then(() => 1, () => 'without') },
            { name: 'computed', handler: async ({ path }) => import(path) },
        ];",
    );
    let bundle = project.bundle().unwrap();
    assert_eq!(
        call(&bundle, "read", json!({})).unwrap_err(),
        "Tools.tsx:2:64: cannot import `node:fs`: tools have no file system and no network of their own"
    );
    assert_eq!(call(&bundle, "guarded", json!({})), Ok(json!("without")));
    assert!(call(&bundle, "computed", json!({ "path": "./Tools.tsx" })).is_err());
}

#[test]
fn unused_and_type_only_imports_are_gone() {
    let project = Project::tools(
        "import { DistriFnTool } from '@distri/core';
        import type React from 'react';
        import { type A, type B } from 'types-only';
        import Unused, { other } from 'node:fs';
        import { Fragment } from 'distri/jsx-runtime';
        type T = ReturnType<typeof import('node:path')>;
        export const getTools = (): DistriFnTool[] => [
            { name: 'view', handler: async ({}: { a?: A; r?: React; t?: T }) => <Fragment><b key={1}>x</b></Fragment> },
        ];",
    );
    let bundle = project.bundle().unwrap();
    assert_eq!(bundle.modules["Tools.tsx"].imports, Default::default());
    assert_eq!(
        call(&bundle, "view", json!({})),
        Ok(json!({
            "type": "fragment",
            "props": { "children": { "type": "b", "props": { "children": "x" }, "key": 1 } },
        }))
    );
}
