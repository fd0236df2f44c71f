//! Bad handlers cost one call; interruption and dropping end a run in order.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use distri_runtime::run::{Event, RunEnd, RunRequest, run};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::{Answer, SENDGRID, Told, World, run_task};

const SECRETS: [(&str, &str, &str); 1] = [("SENDGRID_API_KEY", SENDGRID, "api.sendgrid.com")];
const TEST: &str = "[model_settings]\nmodel = \"test\"";

#[tokio::test]
async fn bad_handlers_do_not_end_the_run() {
    let tools = "
        const bad = (name, handler) => ({ name, handler });
        export const getTools = () => [
          bad('allocates', () => { const all = []; for (;;) all.push(new Array(100000).fill(all.length)); }),
          bad('prints', () => { const s = 'x'.repeat(65536); for (;;) console.log(s); }),
          bad('throws_nothing', () => { throw undefined; }),
          bad('rejects', () => Promise.reject({ code: 7 })),
          bad('cycles', () => { const a = {}; a.a = a; return a; }),
          bad('path', () => ({ path: process.env.PATH ?? null })),
          bad('imports', async () => { const fs = await import('node:fs'); return fs.readFileSync('/etc/passwd', 'utf8'); }),
          bad('works', () => 'fine'),
        ];
    ";
    let world = World::accepting().await;
    let (outcome, told) = run_task(world.setup(TEST, tools, &SECRETS), "everything").await;
    assert!(outcome.unwrap().is_ok());
    let results = told.results();
    assert_eq!(results.len(), 8);
    for (name, result) in &results {
        let word = match name.as_str() {
            "allocates" => "memory",
            "prints" => "printed more than",
            "cycles" => "result",
            "imports" => "node:fs",
            "path" => {
                assert_eq!(*result, Ok(json!({"path": null})));
                continue;
            }
            "works" => {
                assert_eq!(*result, Ok(json!("fine")));
                continue;
            }
            _ => "",
        };
        let error = result.clone().unwrap_err();
        assert!(error.contains(word), "{name}: {error}");
    }
}

#[tokio::test]
async fn endless_handlers_do_not_end_the_run() {
    let tools = "
        const endless = (name, handler) => ({ name, handler });
        export const getTools = () => [
          endless('loops', () => { for (;;); }),
          endless('never', () => new Promise(() => {})),
          endless('loops_again', () => { for (;;); }),
        ];
    ";
    let world = World::accepting().await;
    let mut setup = world.setup(TEST, tools, &SECRETS);
    setup.host.limits.call_deadline = Duration::from_secs(1);
    let (outcome, told) = run_task(setup, "everything").await;
    assert!(outcome.unwrap().is_ok());
    let results = told.results();
    assert_eq!(results.len(), 3);
    for (name, result) in &results {
        let error = result.clone().unwrap_err();
        assert!(error.contains("did not finish within 1s"), "{name}: {error}");
    }
}

#[tokio::test]
async fn an_interrupt_ends_a_hanging_run_in_order() {
    let tools =
        "export const getTools = () => [{ name: 'hangs', handler: () => fetch('https://api.sendgrid.com/hang') }];";
    let world = World::new(|_, _| Answer::status(0)).await;
    let mut setup = world.setup(TEST, tools, &SECRETS);
    setup.host.limits.call_deadline = Duration::from_secs(600);
    let (stop, stopped) = oneshot::channel::<()>();
    let stop = Arc::new(Mutex::new(Some(stop)));
    let request = RunRequest::new(setup, "hangs").interrupted_by(async {
        let _ = stopped.await;
    });
    let mut told = Told::default();
    let mut sink = |event: &Event| {
        told.0.push(event.clone());
        if matches!(event, Event::ToolCall { .. }) {
            stop.lock().unwrap().take().unwrap().send(()).unwrap();
        }
    };
    let outcome = run(request, &mut sink).await.unwrap();
    assert_eq!(
        (outcome.end, outcome.text.as_str(), outcome.is_ok()),
        (RunEnd::Interrupted, "interrupted", false)
    );
    assert!(matches!(
        told.0.last(),
        Some(Event::RunFinished {
            ok: false,
            iterations: 1,
            ..
        })
    ));
}

#[tokio::test]
async fn a_final_tool_ends_the_run_with_its_result() {
    let tools = "export const getTools = () => [
        { name: 'answer', is_final: true, handler: () => ({ key: process.env.SENDGRID_API_KEY }) },
        { name: 'later', handler: () => 1 },
    ];";
    let world = World::accepting().await;
    let (outcome, told) = run_task(world.setup(TEST, tools, &SECRETS), "go").await;
    let outcome = outcome.unwrap();
    assert_eq!((outcome.end, outcome.iterations), (RunEnd::FinalTool, 1));
    assert_eq!(outcome.text, r#"{"key":"[redacted:SENDGRID_API_KEY]"}"#);
    assert_eq!(told.results().len(), 1);
}

#[tokio::test]
async fn console_messages_stand_between_call_and_result() {
    let tools = "export const getTools = () => [{ name: 'speaks', handler: async (_, { log }) => {
        console.log('one'); await null; console.warn('two'); return 1; } }];
        console.info('loading');";
    let world = World::accepting().await;
    let (_, told) = run_task(world.setup(TEST, tools, &SECRETS), "speaks").await;
    let kinds: Vec<Value> = told
        .0
        .iter()
        .map(|it| serde_json::to_value(it).unwrap()["type"].clone())
        .collect();
    assert_eq!(
        kinds,
        [
            "console",
            "run_started",
            "tool_call",
            "console",
            "console",
            "tool_result",
            "model_text",
            "run_finished"
        ]
    );
    assert_eq!(told.console(), ["loading", "one", "two"]);
}
