//! Handlers that mean harm or are broken: a clear error, the parent unharmed, the host usable.

use std::time::Duration;

use distri_runtime::tool_host::{HostLimits, ToolError, ToolHost};
use serde_json::json;

use crate::fixture::{in_time, spec, start, start_with, tools};

/// One tool for each way of misbehaving, and `fine`.
const HANDLERS: &str = r"
fine: () => 'fine',
loop: () => { for (;;) {} },
loopCaught: () => { for (;;) { try { for (;;) {} } catch {} finally { for (;;) {} } } },
microtasks: async () => { for (;;) await null },
never: () => new Promise(() => {}),
timers: () => new Promise(() => { setInterval(() => {}, 1) }),
regexp: () => /^(a+)+$/.test('a'.repeat(60) + 'b'),
allocate: () => { const all = []; for (;;) all.push(new Array(10000).fill(all.length)) },
allocateText: () => { let text = 'x'; for (;;) { text += text; text.charCodeAt(1) } },
allocateBuffers: () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1)) },
allocateLater: async () => { await null; const all = []; for (;;) all.push({ n: all.length }) },
printMuch: () => { for (let n = 0; n < 1000; n += 1) console.log('x'.repeat(1 << 20)) },
printOften: () => { for (;;) { try { console.log('again') } catch {} } },
recurse: () => { const deeper = (n) => deeper(n + 1) + 1; return deeper(0) },
cyclic: () => { const it = {}; it.it = it; return it },
bigint: () => ({ amount: 10n }),
aFunction: () => () => 1,
symbol: () => [Symbol('s')],
deep: () => { let it = []; for (let n = 0; n < 500; n += 1) it = [it]; return it },
large: () => 'x'.repeat(3 << 20),
toJson: () => ({ toJSON() { throw new Error('no JSON of me') } }),
exit: () => process.exit(1),
proxy: () => new Proxy({}, { ownKeys() { throw new Error('hidden') } }),
thenable: () => ({ then() { throw new Error('then') } }),
proto: () => { Object.prototype.toJSON = () => 'mine'; Array.prototype.map = null; globalThis.JSON = null; return 1 },
requireFs: () => require('node:fs'),
importFs: () => import('node:fs'),
importNpm: () => import('left-pad'),
evalImport: () => new Function('return import(`child_process`)')(),
";

fn limits(host: &mut HostLimits) {
    host.memory = 24 << 20;
    host.result = 2 << 20;
}

async fn bad_host() -> ToolHost {
    let mut spec = spec(tools(HANDLERS));
    limits(&mut spec.limits);
    start_with(spec).await.unwrap().0
}

/// The same, and soon without patience.
async fn hasty_host() -> ToolHost {
    let mut spec = spec(tools(HANDLERS));
    limits(&mut spec.limits);
    spec.limits.call_deadline = Duration::from_millis(600);
    start_with(spec).await.unwrap().0
}

#[tokio::test]
async fn endless_handlers_end_at_the_deadline() {
    let mut host = hasty_host().await;
    for tool in ["loop", "loopCaught", "microtasks", "never", "timers", "regexp"] {
        let error = host.call(tool, json!({})).await.unwrap_err();
        assert!(matches!(error, ToolError::Deadline(_)), "{tool}: {error}");
        assert_eq!(error.to_string(), "the tool did not finish within 600ms");
        assert_eq!(in_time(&mut host, "fine").await.unwrap(), json!("fine"), "after {tool}");
    }
}

#[tokio::test]
async fn endless_allocation_meets_the_memory_limit() {
    let mut host = bad_host().await;
    for tool in ["allocate", "allocateText", "allocateBuffers", "allocateLater"] {
        let error = host.call(tool, json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), "the tool used more than 24 MiB of memory", "{tool}");
        assert_eq!(
            host.call("fine", json!({})).await.unwrap(),
            json!("fine"),
            "after {tool}"
        );
    }
}

#[tokio::test]
async fn the_memory_limit_is_told_whatever_the_parent_holds() {
    // More than the child may have: what the kernel counts for the parent must not pass for the child's.
    let ballast = std::hint::black_box(vec![1_u8; 128 << 20]);
    let mut spec = spec(tools(&format!("{HANDLERS} throwsNull: () => {{ throw null }}")));
    limits(&mut spec.limits);
    let mut host = start_with(spec).await.unwrap().0;
    // An engine without room for an exception throws `null`, as a handler may for reasons of its own.
    let error = host.call("throwsNull", json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "threw null");
    for tool in ["allocate", "allocateText"] {
        let error = host.call(tool, json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), "the tool used more than 24 MiB of memory", "{tool}");
    }
    drop(ballast);
}

#[tokio::test]
async fn printing_a_gigabyte_is_cut_off() {
    let (mut host, services) = start(tools(HANDLERS)).await;
    for tool in ["printMuch", "printOften"] {
        let error = host.call(tool, json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), "the tool printed more than 1 MiB", "{tool}");
        let seen = services.lines().iter().map(String::len).sum::<usize>();
        assert!(seen <= 2 << 20, "{seen} bytes seen after {tool}");
        assert_eq!(
            host.call("fine", json!({})).await.unwrap(),
            json!("fine"),
            "after {tool}"
        );
    }
}

#[tokio::test]
async fn results_that_are_not_json_are_named() {
    let mut host = bad_host().await;
    for (tool, expected) in [
        (
            "cyclic",
            "the tool's result refers to itself, which JSON cannot express",
        ),
        (
            "bigint",
            "the tool's result has under `amount` a bigint, which JSON cannot express; convert it with `Number` or `String`",
        ),
        (
            "aFunction",
            "the tool's result is a function, which JSON cannot express",
        ),
        (
            "symbol",
            "the tool's result has under `0` a symbol, which JSON cannot express",
        ),
        (
            "deep",
            "the tool's result is nested too deeply: the limit is 128 levels",
        ),
        (
            "large",
            "the tool's result is 3145730 bytes of JSON; the limit is 2097152",
        ),
    ] {
        let error = host.call(tool, json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "{tool}");
    }
    assert_eq!(host.call("fine", json!({})).await.unwrap(), json!("fine"));
}

#[tokio::test]
async fn broken_handlers_throw_and_the_child_goes_on() {
    let mut host = bad_host().await;
    for (tool, expected) in [
        ("recurse", "RangeError: Maximum call stack size exceeded"),
        ("toJson", "Error: no JSON of me"),
        ("exit", "Error: a tool cannot exit the process"),
        ("proxy", "Error: hidden"),
        ("thenable", "Error: then"),
        ("requireFs", "ReferenceError: require is not defined"),
        (
            "importFs",
            "TypeError: cannot import `node:fs`: tools have no file system; keep data in `context.session`",
        ),
        (
            "importNpm",
            "TypeError: cannot import `left-pad`: npm packages are not bundled; only relative imports are",
        ),
        (
            "evalImport",
            "TypeError: cannot import `child_process`: tools cannot start processes or threads",
        ),
    ] {
        match host.call(tool, json!({})).await {
            Err(ToolError::Threw { message, .. }) => assert_eq!(message, expected, "{tool}"),
            other => panic!("{tool}: {other:?}"),
        }
        assert_eq!(
            host.call("fine", json!({})).await.unwrap(),
            json!("fine"),
            "after {tool}"
        );
    }
}

#[tokio::test]
async fn vandalised_globals_cost_only_that_child() {
    let mut host = hasty_host().await;
    // Whatever comes of it, it comes in time, and the next child has globals of its own.
    let _ = host.call("proto", json!({})).await;
    let _ = host.call("loop", json!({})).await;
    assert_eq!(in_time(&mut host, "fine").await.unwrap(), json!("fine"));
}

#[tokio::test]
async fn a_dropped_call_takes_the_child_along() {
    let (mut host, _) = start(tools(
        "hang: () => new Promise(() => {}), n: () => (globalThis.n = (globalThis.n ?? 0) + 1)",
    ))
    .await;
    assert_eq!(host.call("n", json!({})).await.unwrap(), json!(1));
    assert_eq!(host.call("n", json!({})).await.unwrap(), json!(2));
    let dropped = tokio::time::timeout(Duration::from_millis(50), host.call("hang", json!({}))).await;
    assert!(dropped.is_err());
    assert_eq!(host.child_id(), None);
    assert_eq!(host.call("n", json!({})).await.unwrap(), json!(1), "a fresh child");
}

#[tokio::test]
async fn the_signal_aborts_before_the_deadline() {
    let mut spec = spec(tools(
        "patient: (input, { signal }) => new Promise((resolve) => {
           signal.addEventListener('abort', () => resolve(signal.reason.name));
         })",
    ));
    spec.limits.call_deadline = Duration::from_secs(2);
    let (mut host, _) = start_with(spec).await.unwrap();
    assert_eq!(in_time(&mut host, "patient").await.unwrap(), json!("TimeoutError"));
}
