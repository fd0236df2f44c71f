//! Session data, attributes and params: what a handler and a prompt see of them.

use std::sync::Arc;

use distri_runtime::run::{MemorySessions, Session, SessionStore};
use serde_json::{Value, json};

use crate::support::{Answer, World, run_task};

const TOOLS: &str = "
    export const getTools = () => [{
      name: 'count',
      handler: async (input: {}, { session, attributes, params }) => {
        const n = ((await session.get('n')) ?? 0) + 1;
        await session.set('n', n);
        if (n === 3) await session.delete('n');
        return { id: session.id, n, team: attributes.team, loud: params.loud };
      },
    }];
";
const FRONTMATTER: &str = "[model_settings]\nmodel = \"test\"\n[attributes]\nteam = \"red\"";

#[tokio::test]
async fn data_lives_from_run_to_run_of_one_conversation() {
    let world = World::accepting().await;
    let store: Arc<dyn SessionStore> = Arc::new(MemorySessions::default());
    for (session, n) in [("a", 1), ("a", 2), ("b", 1), ("a", 3), ("a", 1)] {
        let mut setup = world.setup(FRONTMATTER, TOOLS, &[]);
        setup.session = Session {
            id: session.to_owned(),
            store: store.clone(),
        };
        setup.params.insert("loud".to_owned(), Value::Bool(true));
        let (outcome, told) = run_task(setup, "count").await;
        assert!(outcome.unwrap().is_ok());
        let (_, result) = &told.results()[0];
        assert_eq!(*result, Ok(json!({"id": session, "n": n, "team": "red", "loud": true})));
    }
    assert_eq!(store.get("a", "n"), Ok(Some(json!(1))));
}

#[tokio::test]
async fn a_prompt_shows_them_redacted() {
    let reply = json!({"choices": [{"message": {"content": "ok"}}]});
    let world = World::new(move |_, _| Answer::json(&reply)).await;
    let mut setup = world.setup("", "", &[]);
    world.write(
        "agents/x.md",
        "---\nname = \"x\"\n[model_settings]\nmodel = \"gpt-4.1-mini\"\n[attributes]\nteam = \"red\"\n---\n{{session.note}} {{attributes.team}} {{params.loud}} {{session.none}}|",
    );
    let secrets = [
        ("OPENAI_API_KEY", "sk-canary-0001", "api.openai.com"),
        ("TOKEN", "token-canary-2", ""),
    ];
    let fresh = world.agent("x", &secrets);
    setup.project = fresh.project;
    setup.release = fresh.release;
    setup
        .session
        .store
        .set("default", "note", &json!("kept token-canary-2"))
        .unwrap();
    setup.params.insert("loud".to_owned(), json!([1]));
    let (outcome, _) = run_task(setup, "x").await;
    outcome.unwrap();
    let system = world.arrived()[0].json()["messages"][0]["content"].clone();
    assert_eq!(system, "kept [redacted:TOKEN] red [1] |");
}

/// A store that is out of order.
struct Broken;

impl SessionStore for Broken {
    fn get(&self, _: &str, _: &str) -> Result<Option<Value>, String> {
        Err("the disk is full".to_owned())
    }

    fn set(&self, _: &str, _: &str, _: &Value) -> Result<(), String> {
        panic!("a store that panics");
    }

    fn delete(&self, _: &str, _: &str) -> Result<(), String> {
        Err("the disk is full".to_owned())
    }
}

#[tokio::test]
async fn a_store_that_fails_is_the_tools_error() {
    let world = World::accepting().await;
    let tools = "export const getTools = () => [
        { name: 'gets', handler: (_, { session }) => session.get('n') },
        { name: 'sets', handler: (_, { session }) => session.set('n', 1) },
    ];";
    let mut setup = world.setup(FRONTMATTER, tools, &[]);
    setup.session.store = Arc::new(Broken);
    let (outcome, told) = run_task(setup, "both").await;
    assert!(outcome.unwrap().is_ok());
    let errors: Vec<_> = told.results().into_iter().map(|(_, it)| it.unwrap_err()).collect();
    assert!(errors[0].contains("the disk is full"), "{errors:?}");
    assert!(errors[1].contains("the session's store failed"), "{errors:?}");
}
