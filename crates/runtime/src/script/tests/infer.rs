//! Schemas, from the handler's text.

use serde_json::{Value, json};

use super::*;

/// The schema of the one tool in `text`.
fn schema(text: &str) -> Value {
    let bundle = Project::tools(text).bundle().unwrap();
    assert_eq!(bundle.schemas.len(), 1, "{text}");
    bundle.schemas.into_values().next().unwrap()
}

/// The schema of a handler with this parameter list.
fn params(params: &str) -> Value {
    schema(&format!(
        "export const getTools = () => [{{ name: 't', handler: async ({params}) => 1 }}];"
    ))
}

/// The schema of one required property `a` of this type, after these declarations.
fn type_after(declarations: &str, it: &str) -> Value {
    let schema = schema(&format!(
        "{declarations}; export default [{{ name: 't', handler: (input: {{ a: {it} }}) => 1 }}];"
    ));
    assert_eq!(schema["required"], json!(["a"]), "{it}");
    schema["properties"]["a"].clone()
}

fn closed(properties: Value, required: &[&str]) -> Value {
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["additionalProperties"] = json!(false);
    schema
}

#[test]
fn destructured_keys() {
    assert_eq!(
        params("{ to, subject }"),
        closed(json!({ "to": {}, "subject": {} }), &["to", "subject"])
    );
    assert_eq!(
        params("{ to: address, 'cc-list': cc }"),
        closed(json!({ "to": {}, "cc-list": {} }), &["to", "cc-list"])
    );
    assert_eq!(
        params(
            "{ a = 1, b = 'x', c = true, d = null, e = [1], f = { g: -2.5 }, h = Date.now(), i = undefined, j = `t` }"
        ),
        closed(
            json!({
                "a": { "type": "number", "default": 1 },
                "b": { "type": "string", "default": "x" },
                "c": { "type": "boolean", "default": true },
                "d": { "default": null },
                "e": { "type": "array", "default": [1] },
                "f": { "type": "object", "default": { "g": -2.5 } },
                "h": {},
                "i": {},
                "j": { "type": "string", "default": "t" },
            }),
            &[]
        )
    );
    let nested = closed(json!({ "name": {}, "tags": { "type": "array" } }), &["name", "tags"]);
    assert_eq!(
        params("{ from: { name, tags: [first] } }"),
        closed(json!({ "from": nested }), &["from"])
    );
    assert_eq!(params("{ a, ...rest }")["additionalProperties"], json!(true));
    assert_eq!(params("{ a, [key()]: b }")["additionalProperties"], json!(true));
    assert_eq!(params("{ a } = {}"), closed(json!({ "a": {} }), &["a"]));
    assert_eq!(
        params("{ /** Who gets it. */ to, /**\n * How\n * often.\n * @default 1\n */ n = 1 }"),
        closed(
            json!({
                "to": { "description": "Who gets it." },
                "n": { "type": "number", "description": "How often.", "default": 1 },
            }),
            &["to"]
        )
    );
}

#[test]
fn other_parameters() {
    assert_eq!(params(""), closed(json!({}), &[]));
    assert_eq!(params("input"), json!({ "type": "object" }));
    assert_eq!(params("input = {}"), json!({ "type": "object" }));
    assert_eq!(params("...all"), json!({ "type": "object" }));
    assert_eq!(params("[a]"), json!({ "type": "object" }));
    assert_eq!(params("input: any"), json!({ "type": "object" }));
    assert_eq!(params("{ a }: Imported"), closed(json!({ "a": {} }), &["a"]));
    assert_eq!(
        params("input: { a: string }, context"),
        closed(json!({ "a": { "type": "string" } }), &["a"])
    );
}

#[test]
fn types() {
    for (it, expected) in [
        ("string", json!({ "type": "string" })),
        ("number", json!({ "type": "number" })),
        ("boolean", json!({ "type": "boolean" })),
        ("null", json!({ "type": "null" })),
        ("object", json!({ "type": "object" })),
        ("any", json!({})),
        ("unknown", json!({})),
        ("`id-${string}`", json!({ "type": "string" })),
        ("string[]", json!({ "type": "array", "items": { "type": "string" } })),
        (
            "readonly (string | number)[]",
            json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, { "type": "number" }] } }),
        ),
        (
            "Array<boolean>",
            json!({ "type": "array", "items": { "type": "boolean" } }),
        ),
        (
            "[string, at: number]",
            json!({ "type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [{ "type": "string" }, { "type": "number" }] }),
        ),
        ("[string, number?]", json!({ "type": "array" })),
        ("'low' | 'high'", json!({ "type": "string", "enum": ["low", "high"] })),
        ("1 | -2", json!({ "type": "number", "enum": [1, -2] })),
        ("'auto' | 1", json!({ "enum": ["auto", 1] })),
        ("true | false", json!({ "type": "boolean" })),
        ("true", json!({ "type": "boolean", "enum": [true] })),
        (
            "string | null",
            json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }),
        ),
        (
            "'a' | null | number",
            json!({ "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "null" }, { "type": "number" }] }),
        ),
        ("string | unknown", json!({})),
        (
            "Record<string, number>",
            json!({ "type": "object", "additionalProperties": { "type": "number" } }),
        ),
        (
            "Record<'x' | 'y', number>",
            closed(
                json!({ "x": { "type": "number" }, "y": { "type": "number" } }),
                &["x", "y"],
            ),
        ),
        ("Record<string, never>", closed(json!({}), &[])),
        (
            "Imported & { x: string }",
            json!({ "type": "object", "properties": { "x": { "type": "string" } }, "required": ["x"], "additionalProperties": true }),
        ),
        (
            "Partial<{ x: string }>",
            closed(json!({ "x": { "type": "string" } }), &[]),
        ),
        (
            "Required<{ x?: string }>",
            closed(json!({ "x": { "type": "string" } }), &["x"]),
        ),
        ("Readonly<string>", json!({ "type": "string" })),
        (
            "{ x?: string; y: number | undefined; f(): void; g: () => void }",
            closed(json!({ "x": { "type": "string" }, "y": { "type": "number" } }), &[]),
        ),
        (
            "{ [key: string]: boolean }",
            json!({ "type": "object", "properties": {}, "additionalProperties": { "type": "boolean" } }),
        ),
        (
            "{ x: 1 } & { y?: 2 }",
            closed(
                json!({ "x": { "type": "number", "enum": [1] }, "y": { "type": "number", "enum": [2] } }),
                &["x"],
            ),
        ),
        ("string & { __brand: 'Email' }", json!({ "type": "string" })),
        ("Date", json!({})),
        ("Elsewhere.Type", json!({})),
        ("keyof { x: 1 }", json!({})),
        ("string extends any ? 1 : 2", json!({})),
    ] {
        assert_eq!(type_after("", it), expected, "{it}");
    }
}

#[test]
fn declared_types() {
    assert_eq!(
        type_after("type P = 'low' | 'high'", "P"),
        json!({ "type": "string", "enum": ["low", "high"] })
    );
    assert_eq!(
        type_after("enum P { A, B = 5, C }", "P"),
        json!({ "type": "number", "enum": [0, 5, 6] })
    );
    assert_eq!(
        type_after("export enum P { A = 'a', B = 'b' }", "P"),
        json!({ "type": "string", "enum": ["a", "b"] })
    );
    assert_eq!(type_after("enum P { A = Math.random() }", "P"), json!({}));
    assert_eq!(
        type_after(
            "interface A { x: string } interface A { y?: number } export interface B extends A { z: null }",
            "B"
        ),
        closed(
            json!({ "x": { "type": "string" }, "y": { "type": "number" }, "z": { "type": "null" } }),
            &["x", "z"]
        )
    );
    assert_eq!(
        type_after("interface B extends Elsewhere { z: null }", "B")["additionalProperties"],
        json!(true)
    );
    let tree = type_after("interface Tree { left?: Tree; items: Tree[] }", "Tree");
    assert_eq!(
        tree,
        closed(
            json!({ "left": {}, "items": { "type": "array", "items": {} } }),
            &["items"]
        )
    );
}

#[test]
fn generic_types() {
    let brand = "type Brand<K, T extends string = 'x'> = K & { readonly __brand: T }";
    assert_eq!(type_after(brand, "Brand<string, 'Email'>"), json!({ "type": "string" }));
    assert_eq!(
        type_after(
            "interface Page<T> { items: T[]; size?: number } type P<T> = Page<T>",
            "P<'a'>"
        ),
        closed(
            json!({ "items": { "type": "array", "items": { "type": "string", "enum": ["a"] } }, "size": { "type": "number" } }),
            &["items"]
        )
    );
    let doubling = format!("{}string{}", "D<".repeat(50), ">".repeat(50));
    assert!(type_after("type D<T> = { a: T; b: T }", &doubling).to_string().len() < 1_000_000);
}

#[test]
fn types_that_double_end() {
    let mut declarations = "type T0 = { a: string; b: string };".to_owned();
    for at in 1..60 {
        declarations += &format!("type T{at} = {{ a: T{}; b: T{} }};", at - 1, at - 1);
    }
    assert!(type_after(&declarations, "T59").to_string().len() < 1_000_000);
}

#[test]
fn an_annotation_wins_and_the_pattern_fills() {
    assert_eq!(
        params(
            "{ to, limit = 10, from: { name = 'me' }, extra }: {\n/** Who. */\nto: string; limit?: number; from: { name?: string } }"
        ),
        closed(
            json!({
                "to": { "type": "string", "description": "Who." },
                "limit": { "type": "number", "default": 10 },
                "from": closed(json!({ "name": { "type": "string", "default": "me" } }), &[]),
                "extra": {},
            }),
            &["to", "from", "extra"]
        )
    );
}

#[test]
fn handlers_wherever_they_are() {
    let expected = closed(json!({ "a": {} }), &["a"]);
    for text in [
        "export default [{ name: 't', handler({ a }) {} }]",
        "export default [{ name: 't', async handler({ a }) {} }]",
        "export default [{ name: 't', handler: function ({ a }) {} }]",
        "export default [{ name: 't', execute: async ({ a }, context) => {} }]",
        "export default [{ name: `t` as const, handler: (({ a }) => {}) satisfies unknown }]",
        "async function run({ a }) {} export default [{ name: 't', handler: run }]",
        "const handler = ({ a }) => {}; export default [{ name: 't', handler }]",
        "export default [{ name: 't', handler: run }]; export const run = function ({ a }) {}",
        "export default function () { return [tool({ 'name': 't', 'handler': ({ a }) => {} })] }",
    ] {
        assert_eq!(schema(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_tool_or_has_its_own_schema() {
    let bundle = Project::tools(
        "const NAME = 'x';
        export default [
            { name: 'a', handler: ({ x }) => {}, parameters: { type: 'object' } },
            { name: 'b', handler: ({ x }) => {}, schema: {} },
            { name: 'c', handler: ({ x }) => {}, inputSchema },
            { name: NAME, handler: ({ x }) => {} },
            { handler: ({ x }) => {} },
            { name: 'd' },
            { name: 'e', handler: imported },
            { name: 'f', handler: make() },
            { name: 'g', get handler() { return 1 } },
        ];",
    )
    .bundle()
    .unwrap();
    assert_eq!(bundle.schemas, Default::default());
}

#[test]
fn tools_of_imported_modules() {
    let project = Project::new(&[
        (
            "Tools.tsx",
            "import { mail } from './mail'; export default [mail, { name: 't', handler: ({ a }) => {} }];",
        ),
        (
            "mail.ts",
            "export const mail = { name: 'mail', handler: ({ to }) => {} }; ({ name: 't', handler: () => {} });",
        ),
    ]);
    let schemas = project.bundle().unwrap().schemas;
    assert_eq!(schemas["mail"], closed(json!({ "to": {} }), &["to"]));
    assert_eq!(schemas["t"], closed(json!({ "a": {} }), &["a"]), "the entry goes first");
}
