//! Calls that go well, and errors that a handler means.

use distri_runtime::tool_host::{ConsoleLevel, HostSpec, ToolError};
use serde_json::json;

use crate::fixture::{bundle, modules, spec, start, start_with, tools};

/// The handler of the documentation's secrets page, with its types stripped.
const SEND_EMAIL: &str = r"
export const getTools = () => [
  {
    name: 'send_email',
    description: 'Send an email',
    handler: async ({ to, subject, body }) => {
      // SENDGRID_API_KEY is automatically available
      const response = await fetch('https://api.sendgrid.com/v3/mail/send', {
        method: 'POST',
        headers: {
          'Authorization': `Bearer ${process.env.SENDGRID_API_KEY}`,
          'Content-Type': 'application/json'
        },
        body: JSON.stringify({ to, subject, body })
      });
      return { sent: response.ok };
    }
  }
];";

#[tokio::test]
async fn the_pages_handler_sends_its_mail() {
    let (mut host, services) = start(bundle(SEND_EMAIL)).await;
    assert_eq!(host.tools().len(), 1);
    assert_eq!(host.tools()[0].name, "send_email");
    assert_eq!(host.tools()[0].description, "Send an email");

    let input = json!({ "to": "a@example.com", "subject": "Hi", "body": "Grüße" });
    assert_eq!(host.call("send_email", input).await.unwrap(), json!({ "sent": true }));

    let requests = services.requests.lock().unwrap();
    assert_eq!(requests[0].method, "POST");
    assert_eq!(requests[0].url, "https://api.sendgrid.com/v3/mail/send");
    assert_eq!(
        requests[0].headers,
        [
            ("authorization".to_owned(), "Bearer SG.canary-value".to_owned()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ]
    );
    assert_eq!(
        requests[0].body,
        r#"{"to":"a@example.com","subject":"Hi","body":"Grüße"}"#.as_bytes()
    );
}

#[tokio::test]
async fn the_environment_is_exactly_what_was_given() {
    let (mut host, _) = start(tools(
        "env: () => ({ keys: Object.keys(process.env), path: process.env.PATH ?? null, \
           own: process.env.SENDGRID_API_KEY, cwd: process.cwd(), process: typeof process.stdout })",
    ))
    .await;
    assert_eq!(
        host.call("env", json!({})).await.unwrap(),
        json!({
            "keys": ["SENDGRID_API_KEY"], "path": null, "own": "SG.canary-value",
            "cwd": "/", "process": "undefined"
        })
    );
}

#[tokio::test]
async fn modules_import_each_other_and_the_jsx_runtime() {
    let (mut host, _) = start(modules(&[
        (
            "Tools.tsx",
            "import { jsx } from 'distri/jsx-runtime';
             import { double } from './lib/double';
             export const getTools = async () => [
               { name: 'double', execute: (params) => double(params.n) },
               { name: 'view', handler: () => jsx('b', { children: 'hi' }, 1) },
               { name: 'late', handler: async () => (await import('./lib/double')).double(21) },
             ];",
            &[("./lib/double", "lib/double.ts")],
        ),
        ("lib/double.ts", "export const double = (n) => 2 * n;", &[]),
    ]))
    .await;
    assert_eq!(host.call("double", json!({ "n": 4 })).await.unwrap(), json!(8));
    assert_eq!(
        host.call("view", json!({})).await.unwrap(),
        json!({ "type": "b", "props": { "children": "hi" }, "key": "1" })
    );
    assert_eq!(host.call("late", json!({})).await.unwrap(), json!(42));
}

#[tokio::test]
async fn tools_bring_their_metadata_and_inferred_schemas() {
    let mut tools = bundle(
        "export default () => [
           { name: 'a', description: 'A', inputSchema: { type: 'object' }, is_final: true, handler() {} },
           { name: 'b', type: 'function', handler() {} },
         ];",
    );
    tools.schemas.insert("a".to_owned(), json!({ "type": "string" }));
    tools.schemas.insert("b".to_owned(), json!({ "type": "number" }));
    let (host, _) = start(tools).await;
    let [a, b] = host.tools() else { panic!("two tools") };
    assert_eq!(a.parameters, Some(json!({ "type": "object" })));
    assert!(a.is_final && !b.is_final);
    assert_eq!(b.parameters, Some(json!({ "type": "number" })));
    assert_eq!(b.kind.as_deref(), Some("function"));
}

#[tokio::test]
async fn the_context_has_attributes_params_session_and_log() {
    let mut spec: HostSpec = spec(tools(
        "all: async (input, { session, attributes, params, signal, log }) => {
           log('hello', { from: attributes.team });
           const before = await session.get('n');
           await session.set('n', (before ?? 0) + 1);
           await session.set('gone', { deep: [1] });
           await session.delete('gone');
           attributes.team = 'changed';
           return { id: session.id, before: before ?? null, params, aborted: signal.aborted,
                    gone: (await session.get('gone')) === undefined };
         },
         broken: async (input, { session }) => await session.get('broken'),
         badKey: async (input, { session }) => await session.get('')",
    ));
    spec.attributes = json!({ "team": "billing" });
    spec.params = json!({ "currency": "EUR" });
    spec.session_id = Some("s1".to_owned());
    let (mut host, services) = start_with(spec).await.unwrap();

    for before in [json!(null), json!(1)] {
        assert_eq!(
            host.call("all", json!({})).await.unwrap(),
            json!({
                "id": "s1", "before": before, "params": { "currency": "EUR" },
                "aborted": false, "gone": true
            })
        );
    }
    assert_eq!(services.session.lock().unwrap().get("n"), Some(&json!(2)));
    assert_eq!(services.lines(), ["hello { from: 'billing' }"; 2]);

    let error = host.call("broken", json!({})).await.unwrap_err();
    assert!(error.to_string().starts_with("Error: the store is closed"), "{error}");
    let error = host.call("badKey", json!({})).await.unwrap_err();
    assert!(
        error.to_string().contains("a session key has 1 to 256 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn what_a_handler_throws_becomes_the_message() {
    let (mut host, _) = start(bundle(
        "export const getTools = () => [
           ['error', () => { throw new TypeError('wrong kind') }],
           ['cause', () => { throw new Error('outer', { cause: new Error('inner') }) }],
           ['string', () => { throw 'only text' }],
           ['object', () => { throw { code: 42 } }],
           ['nothing', () => { throw undefined }],
           ['null', () => { throw null }],
           ['reject', () => Promise.reject(new RangeError('later'))],
           ['dom', () => { throw new DOMException('stopped', 'AbortError') }],
           ['hostile', () => { throw { get message() { throw 1 }, toString() { throw 2 } } }],
         ].map(([name, handler]) => ({ name, handler }));",
    ))
    .await;
    for (tool, expected, at) in [
        ("error", "TypeError: wrong kind", Some("Tools.tsx:2:35")),
        ("cause", "Error: outer (cause: Error: inner)", Some("Tools.tsx:3:35")),
        ("string", "only text", None),
        ("object", "threw { code: 42 }", None),
        ("nothing", "threw undefined", None),
        ("null", "threw null", None),
        ("reject", "RangeError: later", Some("Tools.tsx:8:42")),
        ("dom", "AbortError: stopped", Some("Tools.tsx:9:33")),
        (
            "hostile",
            "threw { message: [Getter], toString: [Function: toString] }",
            None,
        ),
    ] {
        match host.call(tool, json!({})).await {
            Err(ToolError::Threw { message, at: frame }) => {
                assert_eq!(message, expected, "{tool}");
                assert_eq!(frame.is_some(), at.is_some(), "{tool}: {frame:?}");
                let line = |it: &str| it.rsplit_once(':').map(|(line, _)| line.to_owned());
                assert_eq!(frame.as_deref().and_then(line), at.and_then(line), "{tool}");
            }
            other => panic!("{tool}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn console_prints_values_with_their_levels() {
    let (mut host, services) = start(tools(
        "print: () => {
           const cycle = { name: 'loop' }; cycle.self = cycle;
           console.log('n is %d, %s%%', 4.5, 'text', [1, 'a'], { k: new Map([['x', 1]]) });
           console.warn(cycle);
           console.error(new Error('bad').message, null, undefined, 10n, Symbol('s'));
           console.info(new Set([1]), new Date(0), /x/g, () => 1, class A {});
           console.debug({ a: { b: { c: { d: { e: { f: 1 } } } } } });
           Promise.reject(new Error('forgotten'));
           setTimeout(() => { throw new Error('late') }, 1);
           return new Promise((resolve) => setTimeout(resolve, 30));
         }",
    ))
    .await;
    assert_eq!(host.call("print", json!({})).await.unwrap(), json!(null));
    let printed = services.printed.lock().unwrap().clone();
    let text = |at: usize| printed[at].1.as_str();
    assert_eq!(text(0), "n is 4.5, text% [ 1, 'a' ] { k: Map(1) { 'x' => 1 } }");
    assert_eq!(printed[1].0, ConsoleLevel::Warn);
    assert_eq!(text(1), "{ name: 'loop', self: [Circular] }");
    assert_eq!(text(2), "bad null undefined 10n Symbol(s)");
    assert_eq!(
        text(3),
        "Set(1) { 1 } 1970-01-01T00:00:00.000Z /x/g [Function: (anonymous)] [class A]"
    );
    assert_eq!(text(4), "{ a: { b: { c: { d: { e: [Object] } } } } }");
    assert_eq!(printed[5].0, ConsoleLevel::Error);
    assert!(
        text(5).starts_with("unhandled rejection: Error: forgotten (at Tools.tsx:"),
        "{}",
        text(5)
    );
    assert!(text(6).starts_with("uncaught in a timer: Error: late"), "{}", text(6));
}

#[tokio::test]
async fn state_stays_between_calls_and_two_hosts_share_nothing() {
    let counter = || {
        bundle(
            "let n = 0; export const getTools = [{ name: 'next', handler: async () => {
               await new Promise((resolve) => setTimeout(resolve, 5));
               return (n += 1);
             } }];",
        )
    };
    let ((mut one, _), (mut two, _)) = tokio::join!(start(counter()), start(counter()));
    for expected in 1..=3 {
        let (a, b) = tokio::join!(one.call("next", json!({})), two.call("next", json!({})));
        assert_eq!((a.unwrap(), b.unwrap()), (json!(expected), json!(expected)));
    }
}

#[tokio::test]
async fn background_work_sleeps_between_calls() {
    let (mut host, _) = start(tools(
        "begin: () => { globalThis.ticks = 0; setInterval(() => { ticks += 1 }, 1); return 'begun' },
         ticks: async () => { const before = ticks; await new Promise((r) => setTimeout(r, 20)); return ticks > before },
         leave: () => { globalThis.left = fetch('https://x.example/hang').catch((e) => e.name); return null },
         left: () => left",
    ))
    .await;
    assert_eq!(host.call("begin", json!({})).await.unwrap(), json!("begun"));
    assert_eq!(host.call("ticks", json!({})).await.unwrap(), json!(true));
    assert_eq!(host.call("leave", json!({})).await.unwrap(), json!(null));
    assert_eq!(host.call("left", json!({})).await.unwrap(), json!("AbortError"));
}

#[tokio::test]
async fn an_unknown_tool_and_a_huge_input_are_refused() {
    let mut spec = spec(tools("a: () => 1"));
    spec.limits.result = 1000;
    let (mut host, _) = start_with(spec).await.unwrap();
    assert!(matches!(host.call("b", json!({})).await, Err(ToolError::Unknown(name)) if name == "b"));
    let input = json!({ "text": "x".repeat(2000) });
    assert!(matches!(
        host.call("a", input).await,
        Err(ToolError::Input { limit: 1000, .. })
    ));
    assert_eq!(host.call("a", json!({})).await.unwrap(), json!(1));
}
