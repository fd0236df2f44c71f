//! `fetch` as a handler sees it: bodies both ways, backpressure, abort, limits.

use std::time::Duration;

use distri_runtime::tool_host::{RedirectMode, ToolError};
use serde_json::json;

use crate::fixture::{in_time, spec, start, start_with, tools};

#[tokio::test]
async fn bodies_of_every_kind_arrive() {
    let (mut host, services) = start(tools(
        r"
        send: async ({ kind }) => {
          const form = new FormData();
          form.append('a', 'ä'); form.append('f', new File(['x'], 'x.txt', { type: 'text/plain' }));
          const stream = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([104])); c.enqueue(new TextEncoder().encode('i')); c.close(); } });
          const body = { text: 'héllo', bytes: new Uint8Array([0, 255, 10]), params: new URLSearchParams({ q: 'a b' }),
            blob: new Blob(['blob'], { type: 'text/csv' }), form, stream }[kind];
          const reply = await fetch('https://x.example/bytes', { method: 'PUT', body, duplex: 'half' });
          const bytes = await reply.clone().bytes();
          const parsed = kind === 'form' ? [...await reply.formData()].map(([k, v]) => [k, typeof v === 'string' ? v : v.name]) : null;
          return { type: reply.headers.get('content-type'), bytes: Array.from(bytes).slice(0, 8), length: bytes.length > 0, parsed };
        }",
    ))
    .await;
    for (kind, content_type, bytes) in [
        (
            "text",
            json!("text/plain;charset=UTF-8"),
            json!([104, 195, 169, 108, 108, 111]),
        ),
        ("bytes", json!(null), json!([0, 255, 10])),
        (
            "params",
            json!("application/x-www-form-urlencoded;charset=UTF-8"),
            json!([113, 61, 97, 43, 98]),
        ),
        ("blob", json!("text/csv"), json!([98, 108, 111, 98])),
        ("stream", json!(null), json!([104, 105])),
    ] {
        let result = host.call("send", json!({ "kind": kind })).await.unwrap();
        assert_eq!((&result["type"], &result["bytes"]), (&content_type, &bytes), "{kind}");
    }
    let result = host.call("send", json!({ "kind": "form" })).await.unwrap();
    assert_eq!(result["parsed"], json!([["a", "ä"], ["f", "x.txt"]]));
    assert!(services.requests.lock().unwrap().iter().all(|it| it.method == "PUT"));
}

#[tokio::test]
async fn replies_stream_and_are_pulled_as_they_are_read() {
    let (mut host, services) = start(tools(
        r"
        all: async () => { let text = ''; for await (const part of (await fetch('https://x.example/chunks/5')).body.pipeThrough(new TextDecoderStream())) text += part; return text },
        some: async () => {
          const reader = (await fetch('https://x.example/chunks/1000')).body.getReader();
          const first = new TextDecoder().decode((await reader.read()).value);
          await reader.cancel();
          return [first, (await reader.read()).done];
        },
        none: async () => { const r = await fetch('https://x.example/chunks/1000'); return [r.status, r.statusText, r.url, r.headers.get('X-One'), r.bodyUsed] },
        twice: async () => { const r = await fetch('https://x.example/echo'); await r.json(); return r.text().catch((e) => e.message) },
        large: async () => (await (await fetch('https://x.example/large/1000000')).text()).length,
        redirect: async () => { const r = await fetch('https://x.example/redirect', { redirect: 'manual' }); return [r.status, r.headers.get('location')] }",
    ))
    .await;
    let chunks = "chunk 0\nchunk 1\nchunk 2\nchunk 3\nchunk 4\n";
    assert_eq!(host.call("all", json!({})).await.unwrap(), json!(chunks));
    *services.pulled.lock().unwrap() = 0;
    assert_eq!(host.call("some", json!({})).await.unwrap(), json!(["chunk 0\n", true]));
    assert!(*services.pulled.lock().unwrap() <= 2, "nobody asked for the rest");
    assert_eq!(
        host.call("none", json!({})).await.unwrap(),
        json!([200, "Fine", "https://x.example/chunks/1000", "1", false])
    );
    assert_eq!(*services.dropped.lock().unwrap(), 2);
    assert_eq!(
        host.call("twice", json!({})).await.unwrap(),
        json!("the body has been read already")
    );
    assert_eq!(host.call("large", json!({})).await.unwrap(), json!(1_000_000));
    assert_eq!(
        host.call("redirect", json!({})).await.unwrap(),
        json!([302, "/elsewhere"])
    );
    assert_eq!(
        services.requests.lock().unwrap().last().unwrap().redirect,
        RedirectMode::Manual
    );
}

#[tokio::test]
async fn failures_are_exceptions_that_a_handler_can_catch() {
    let mut spec = spec(tools(
        r"
        fail: () => fetch('https://x.example/fail'),
        caught: async () => { try { await fetch('https://x.example/fail') } catch (e) { return [e.name, e.message] } },
        url: () => fetch('not a url'),
        file: () => fetch('file:///etc/passwd'),
        credentials: () => fetch('https://user:pw@x.example/'),
        header: () => fetch('https://x.example/', { headers: { 'X-Key': 'a\r\nB: c' } }),
        body: () => fetch('https://x.example/', { method: 'POST', body: 'x'.repeat(200000) }),
        reply: async () => (await fetch('https://x.example/large/200000')).text(),
        many: async () => { const all = await Promise.allSettled(Array.from({ length: 9 }, () => fetch('https://x.example/echo'))); return all.filter((it) => it.status === 'rejected').length }",
    ));
    spec.limits.fetch_body = 100_000;
    spec.limits.fetches = 8;
    let (mut host, _) = start_with(spec).await.unwrap();
    assert_eq!(
        host.call("caught", json!({})).await.unwrap(),
        json!(["TypeError", "connection to `api.example` refused"])
    );
    for (tool, expected) in [
        ("fail", "TypeError: connection to `api.example` refused"),
        ("url", "TypeError: Invalid URL: not a url"),
        ("file", "TypeError: fetch cannot open a `file:` URL"),
        ("credentials", "TypeError: a URL with credentials cannot be fetched"),
        ("header", "TypeError: Invalid value of header `x-key`"),
        ("body", "TypeError: the request's body is larger than 100000 bytes"),
        ("reply", "TypeError: the response's body is larger than 100000 bytes"),
    ] {
        match host.call(tool, json!({})).await {
            Err(ToolError::Threw { message, .. }) => assert_eq!(message, expected, "{tool}"),
            other => panic!("{tool}: {other:?}"),
        }
    }
    // All nine are sent before the first reply: one is too many.
    assert_eq!(host.call("many", json!({})).await.unwrap(), json!(1));
}

#[tokio::test]
async fn aborting_abandons_the_request() {
    let (mut host, services) = start(tools(
        r"
        abort: async () => {
          const controller = new AbortController();
          setTimeout(() => controller.abort(), 5);
          try { await fetch('https://x.example/hang', { signal: controller.signal }) } catch (e) { return [e.name, controller.signal.aborted] }
        },
        timeout: () => fetch('https://x.example/hang', { signal: AbortSignal.timeout(5) }).catch((e) => e.name),
        midway: async () => {
          const controller = new AbortController();
          const reply = await fetch('https://x.example/chunks/100', { signal: controller.signal });
          controller.abort(new Error('enough'));
          return reply.text().catch((e) => e.message);
        },
        before: () => fetch('https://x.example/echo', { signal: AbortSignal.abort() }).catch((e) => e.name)",
    ))
    .await;
    assert_eq!(
        host.call("abort", json!({})).await.unwrap(),
        json!(["AbortError", true])
    );
    assert_eq!(host.call("timeout", json!({})).await.unwrap(), json!("TimeoutError"));
    assert_eq!(host.call("midway", json!({})).await.unwrap(), json!("enough"));
    assert_eq!(*services.dropped.lock().unwrap(), 1);
    assert_eq!(host.call("before", json!({})).await.unwrap(), json!("AbortError"));
    assert_eq!(services.requests.lock().unwrap().len(), 3, "the last one never left");
}

#[tokio::test]
async fn a_request_that_hangs_ends_with_the_call() {
    let mut spec = spec(tools("hang: () => fetch('https://x.example/hang'), fine: () => 'fine'"));
    spec.limits.call_deadline = Duration::from_millis(300);
    let (mut host, _) = start_with(spec).await.unwrap();
    assert!(matches!(
        host.call("hang", json!({})).await,
        Err(ToolError::Deadline(_))
    ));
    assert_eq!(in_time(&mut host, "fine").await.unwrap(), json!("fine"));
}
