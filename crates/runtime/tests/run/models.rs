//! The wire formats against a server that remembers what it was sent.

use distri_runtime::run::{Event, RunEnd, RunError, Usage};
use serde_json::{Value, json};

use crate::support::{Answer, SENDGRID, Told, World, assert_clean, run_task};

const OPENAI: &str = "sk-canary-openai-123456";
const ANTHROPIC: &str = "sk-ant-canary-987654";
const SECRETS: [(&str, &str, &str); 3] = [
    ("ANTHROPIC_API_KEY", ANTHROPIC, "api.anthropic.com"),
    ("OPENAI_API_KEY", OPENAI, "api.openai.com"),
    ("SENDGRID_API_KEY", SENDGRID, "api.sendgrid.com"),
];

const TOOLS: &str = "
    export const getTools = () => [
      { name: 'mail.peek', description: 'Looks', handler: async ({ id }: { id: number }) => ({ id, key: process.env.SENDGRID_API_KEY }) },
      { name: 'fails', description: 'Fails', handler: () => { throw new Error('broken'); } },
    ];
";

fn openai_call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn openai_turn(content: &Value, calls: &[Value]) -> Answer {
    let mut message = json!({"role": "assistant", "content": content});
    if !calls.is_empty() {
        message["tool_calls"] = Value::from(calls.to_vec());
    }
    Answer::json(&json!({
        "id": "x", "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}
    }))
}

#[tokio::test]
async fn openai_calls_a_tool_and_sees_its_redacted_result() {
    let world = World::new(|index, _| match index {
        0 => openai_turn(
            &Value::Null,
            &[
                openai_call("a1", "mail_peek", r#"{"id": 7}"#),
                openai_call("a2", "fails", ""),
            ],
        ),
        1 => openai_turn(
            &json!(""),
            &[
                openai_call("a3", "mail_peek", "{not json"),
                openai_call("a4", "nobody", "{}"),
            ],
        ),
        _ => openai_turn(&json!("all done"), &[]),
    })
    .await;
    let setup = world.setup(
        "[model_settings]\nmodel = \"gpt-4.1-mini\"\ntemperature = 0.5\nmax_tokens = 99\ntop_p = 0.9\npresence_penalty = 0.1\nfrequency_penalty = 0.2",
        TOOLS,
        &SECRETS,
    );
    let (outcome, told) = run_task(setup, &format!("peek with {SENDGRID}")).await;
    let outcome = outcome.unwrap();
    assert_eq!(
        (outcome.text.as_str(), outcome.end, outcome.iterations),
        ("all done", RunEnd::Answered, 3)
    );
    assert_eq!(
        outcome.usage,
        Usage {
            input_tokens: 30,
            output_tokens: 9
        }
    );

    let arrived = world.arrived();
    assert_eq!(arrived.len(), 3);
    for request in &arrived {
        assert_eq!(
            (request.host.as_str(), request.target.as_str()),
            ("api.openai.com", "/v1/chat/completions")
        );
        assert_eq!(request.headers["authorization"], format!("Bearer {OPENAI}"));
        assert_clean(
            &String::from_utf8(request.body.clone()).unwrap(),
            &[SENDGRID, OPENAI, ANTHROPIC],
        );
    }
    let first = arrived[0].json();
    assert_eq!(first["model"], "gpt-4.1-mini");
    assert_eq!(
        (
            &first["temperature"],
            &first["top_p"],
            &first["presence_penalty"],
            &first["frequency_penalty"]
        ),
        (&json!(0.5), &json!(0.9), &json!(0.1), &json!(0.2))
    );
    assert_eq!(
        (&first["max_completion_tokens"], first.get("max_tokens")),
        (&json!(99), None)
    );
    assert_eq!(
        first["messages"],
        json!([
            {"role": "system", "content": "Help with peek with [redacted:SENDGRID_API_KEY]."},
            {"role": "user", "content": "peek with [redacted:SENDGRID_API_KEY]"},
        ])
    );
    assert_eq!(first["tools"][0]["type"], "function");
    assert_eq!(first["tools"][0]["function"]["name"], "mail_peek");
    assert_eq!(first["tools"][0]["function"]["description"], "Looks");
    assert_eq!(
        first["tools"][0]["function"]["parameters"]["properties"]["id"]["type"],
        "number"
    );

    let messages = arrived[2].json()["messages"].clone();
    assert_eq!(messages[2]["role"], "assistant");
    assert_eq!(messages[2]["content"], Value::Null);
    assert_eq!(
        messages[2]["tool_calls"][0],
        openai_call("a1", "mail_peek", r#"{"id":7}"#)
    );
    assert_eq!(
        messages[3],
        json!({"role": "tool", "tool_call_id": "a1", "content": "{\"id\":7,\"key\":\"[redacted:SENDGRID_API_KEY]\"}"})
    );
    assert_eq!(messages[4]["tool_call_id"], "a2");
    assert!(messages[4]["content"].as_str().unwrap().contains("broken"));
    assert_eq!(messages[6]["content"], "the arguments are not a JSON object");
    assert!(messages[7]["content"].as_str().unwrap().contains("no tool `nobody`"));
    let names: Vec<_> = told
        .results()
        .into_iter()
        .map(|(tool, result)| (tool, result.is_ok()))
        .collect();
    let name = |name: &str, ok| (name.to_owned(), ok);
    assert_eq!(
        names,
        [
            name("mail.peek", true),
            name("fails", false),
            name("mail.peek", false),
            name("nobody", false)
        ]
    );
}

#[tokio::test]
async fn anthropic_calls_a_tool_and_sees_its_redacted_result() {
    let world = World::new(|index, _| match index {
        0 => Answer::json(&json!({
            "type": "message", "role": "assistant", "stop_reason": "tool_use",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "let me look"},
                {"type": "tool_use", "id": "t1", "name": "mail_peek", "input": {"id": 1}},
                {"type": "tool_use", "id": "t2", "name": "fails", "input": {}},
            ],
            "usage": {"input_tokens": 5, "output_tokens": 2, "cache_read_input_tokens": 0}
        })),
        _ => Answer::json(&json!({
            "content": [{"type": "text", "text": "found it"}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 6, "output_tokens": 1}
        })),
    })
    .await;
    let setup = world.setup(
        "[model_settings]\nmodel = \"anthropic/claude-sonnet\"\npresence_penalty = 1.0",
        TOOLS,
        &SECRETS,
    );
    let (outcome, told) = run_task(setup, "look").await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.text, "found it");
    assert_eq!(
        outcome.usage,
        Usage {
            input_tokens: 11,
            output_tokens: 3
        }
    );
    assert!(told.warnings()[0].contains("presence_penalty"));

    let arrived = world.arrived();
    assert_eq!(
        (arrived[0].host.as_str(), arrived[0].target.as_str()),
        ("api.anthropic.com", "/v1/messages")
    );
    assert_eq!(arrived[0].headers["x-api-key"], ANTHROPIC);
    assert_eq!(arrived[0].headers["anthropic-version"], "2023-06-01");
    let first = arrived[0].json();
    assert_eq!(
        (&first["model"], &first["max_tokens"]),
        (&json!("claude-sonnet"), &json!(4096))
    );
    assert_eq!(first["system"], "Help with look.");
    assert_eq!(first["tools"][0]["name"], "mail_peek");
    assert_eq!(first["tools"][0]["input_schema"]["type"], "object");
    assert_eq!(
        first["messages"],
        json!([{"role": "user", "content": [{"type": "text", "text": "look"}]}])
    );
    let second = arrived[1].json()["messages"].clone();
    assert_eq!(
        second[1],
        json!({"role": "assistant", "content": [
            {"type": "text", "text": "let me look"},
            {"type": "tool_use", "id": "t1", "name": "mail_peek", "input": {"id": 1}},
            {"type": "tool_use", "id": "t2", "name": "fails", "input": {}},
        ]})
    );
    assert_eq!(second[2]["role"], "user");
    assert_eq!(
        second[2]["content"][0],
        json!({"type": "tool_result", "tool_use_id": "t1", "content": "{\"id\":1,\"key\":\"[redacted:SENDGRID_API_KEY]\"}"})
    );
    assert_eq!(second[2]["content"][1]["is_error"], true);
    assert_clean(&told.text(), &[SENDGRID, ANTHROPIC, OPENAI]);
}

#[tokio::test]
async fn a_refused_key_is_named_and_not_shown() {
    let world = World::new(|_, arrived| {
        let key = arrived.headers["authorization"].clone();
        let body = json!({"error": {"message": format!("Incorrect API key provided: {key}"), "type": "x"}});
        Answer(401, Vec::new(), body.to_string().into_bytes())
    })
    .await;
    let setup = world.setup("[model_settings]\nmodel = \"gpt-4.1-mini\"", TOOLS, &SECRETS);
    let (outcome, told) = run_task(setup, "x").await;
    let error = outcome.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`api.openai.com` refused the key `OPENAI_API_KEY` with status 401: Incorrect API key provided: Bearer [redacted:OPENAI_API_KEY]"
    );
    assert_clean(&format!("{error:?}{}", told.text()), &[OPENAI]);
    assert_eq!(world.arrived().len(), 1, "not tried again");
    let Some(Event::RunFinished {
        ok: false,
        text,
        iterations: 1,
        ..
    }) = told.0.last()
    else {
        panic!()
    };
    assert_eq!(*text, error.to_string());
}

#[tokio::test]
async fn a_busy_endpoint_is_asked_again() {
    let busy = |status| Answer::status(status).with("retry-after", "0");
    let world = World::new(move |index, _| match index {
        0 => busy(429),
        1 => busy(503),
        _ => openai_turn(&json!("at last"), &[]),
    })
    .await;
    let model = "[model_settings]\nmodel = \"gpt-4.1-mini\"";
    let (outcome, _) = run_task(world.setup(model, TOOLS, &SECRETS), "x").await;
    assert_eq!(outcome.unwrap().text, "at last");
    assert_eq!(world.arrived().len(), 3);

    let world = World::new(move |_, _| busy(500)).await;
    let (outcome, _) = run_task(world.setup(model, TOOLS, &SECRETS), "x").await;
    let error = outcome.unwrap_err().to_string();
    assert_eq!(
        error,
        "`api.openai.com` answered with status 500 to each of 3 attempts: (no text)"
    );

    let world = World::new(|_, _| Answer::status(429).with("retry-after", "3600")).await;
    let (outcome, _) = run_task(world.setup(model, TOOLS, &SECRETS), "x").await;
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("asks to wait for 3600 s"), "{error}");
    assert_eq!(world.arrived().len(), 1);
}

#[tokio::test]
async fn replies_that_are_no_replies_end_the_run_in_words() {
    for (reply, word) in [
        ("not json", "cannot be read"),
        (r#"{"choices": []}"#, "no choice"),
        (
            r#"{"choices": [{"message": {"content": null}, "finish_reason": "length"}]}"#,
            "without an answer: length",
        ),
    ] {
        let world = World::new(move |_, _| Answer(200, Vec::new(), reply.as_bytes().to_vec())).await;
        let setup = world.setup("[model_settings]\nmodel = \"gpt-4.1-mini\"", TOOLS, &SECRETS);
        let error = run_task(setup, "x").await.0.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

const COMPAT: &str = "[model_settings]\nmodel = \"meta/llama-3\"\nmax_tokens = 5\n[model_settings.provider]\nname = \"openai_compat\"\nbase_url = \"https://models.example/v1/\"";

#[tokio::test]
async fn a_compatible_endpoint_needs_no_key_and_gets_none_that_is_bound_elsewhere() {
    let world = World::new(|_, _| openai_turn(&json!([{"type": "text", "text": "ok"}]), &[])).await;
    let (outcome, told) = run_task(world.setup(COMPAT, TOOLS, &SECRETS), "x").await;
    assert_eq!(outcome.unwrap().text, "ok");
    assert!(told.warnings()[0].contains("`OPENAI_API_KEY` is not sent to `models.example`"));
    let (outcome, _) = run_task(world.setup(COMPAT, TOOLS, &SECRETS[2..]), "x").await;
    assert!(outcome.unwrap().is_ok());
    for request in world.arrived() {
        assert_eq!(
            (request.host.as_str(), request.target.as_str()),
            ("models.example", "/v1/chat/completions")
        );
        assert!(!request.headers.contains_key("authorization"));
        assert_eq!(
            (&request.json()["model"], &request.json()["max_tokens"]),
            (&json!("meta/llama-3"), &json!(5))
        );
    }
}

#[tokio::test]
async fn a_key_of_its_own_and_headers_are_templates() {
    let world = World::new(|_, _| openai_turn(&json!("ok"), &[])).await;
    let frontmatter = format!("{COMPAT}\napi_key = \"$LLAMA_KEY\"\nheaders = {{ x-team = \"team-${{TEAM}}\" }}");
    let secrets = [
        ("LLAMA_KEY", "llama-canary-1", "models.example"),
        ("TEAM", "red-canary", ""),
    ];
    let (outcome, told) = run_task(world.setup(&frontmatter, TOOLS, &secrets), "x").await;
    outcome.unwrap();
    let arrived = world.arrived();
    assert_eq!(arrived[0].headers["authorization"], "Bearer llama-canary-1");
    assert_eq!(arrived[0].headers["x-team"], "team-red-canary");
    assert!(told.text().contains(r#""key":"LLAMA_KEY","delivery":"model""#));

    let error = run_task(world.setup(&frontmatter, TOOLS, &secrets[1..]), "x")
        .await
        .0
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "unresolved variable: $LLAMA_KEY (in `api_key` of the model's provider)"
    );
}

#[tokio::test]
async fn a_key_goes_to_no_other_host_than_its_own() {
    let world = World::new(|_, _| openai_turn(&json!("ok"), &[])).await;
    let frontmatter = "[model_settings]\nmodel = \"gpt-4.1-mini\"\n[model_settings.provider]\nname = \"openai\"\nbase_url = \"https://evil.example/v1\"";
    let (outcome, _) = run_task(world.setup(frontmatter, TOOLS, &SECRETS), "x").await;
    let error = outcome.unwrap_err().to_string();
    assert!(
        error.contains("`OPENAI_API_KEY` may not go to `evil.example`"),
        "{error}"
    );
    assert!(world.arrived().is_empty());
}

#[tokio::test]
async fn without_model_or_key_nothing_starts() {
    let world = World::accepting().await;
    let (outcome, told) = run_task(world.setup("", TOOLS, &SECRETS), "x").await;
    assert!(matches!(outcome, Err(RunError::Select(_))));
    let (outcome, _) = run_task(
        world.setup("[model_settings]\nmodel = \"gpt-4.1-mini\"", TOOLS, &[]),
        "x",
    )
    .await;
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "the model needs the secret `OPENAI_API_KEY`, which this run was not given"
    );
    assert_eq!(told.0, Told::default().0);
}

#[tokio::test]
async fn the_loop_is_bounded_and_history_is_trimmed() {
    let world =
        World::new(|index, _| openai_turn(&Value::Null, &[openai_call(&format!("a{index}"), "fails", "{}")])).await;
    let setup = world.setup(
        "max_iterations = 4\nhistory_size = 2\n[model_settings]\nmodel = \"gpt-4.1-mini\"",
        TOOLS,
        &SECRETS,
    );
    let (outcome, told) = run_task(setup, "x").await;
    let outcome = outcome.unwrap();
    assert_eq!(
        (outcome.end, outcome.iterations, outcome.is_ok()),
        (RunEnd::MaxIterations, 4, false)
    );
    assert!(outcome.text.contains("max_iterations"));
    assert_eq!(told.results().len(), 4);
    let last = world.arrived()[3].json()["messages"].clone();
    assert_eq!(
        last.as_array().unwrap().len(),
        4,
        "system, task, the last turn and its result"
    );
    assert_eq!(last[3]["tool_call_id"], "a2");
}
