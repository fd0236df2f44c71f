//! Whole files through the front door: the page's agent, everything at once, each fault with its place.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::alarm::OnLeak;

const PAYMENT_AGENT: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/page/payment_agent.md"
));

const EVERYTHING: &str = r#"---
name = "full_agent"
description = "All --- keys"
version = "1.2.0"
max_iterations = 12
history_size = 0
icon_url = "https://example.com/i.png"
sub_agents = ["payment_agent"]

[model_settings]
model = "meta-llama/Llama-3.3"
temperature = 1
max_tokens = 1_000
top_p = 0.9
frequency_penalty = -0.5
presence_penalty = 2
context_size = 0x1000
[model_settings.provider]
name = "openai_compat"
base_url = "https://$LLM_HOST:$LLM_PORT/v1"
api_key = "${GROQ_API_KEY}"
headers = { x-title = "distri" }

[tools]
builtin = ["final"]
external = ["*"]
[[tools.dynamic]]
name = "crm"
type = "http"
description = "The CRM"
config = { base_url = "https://crm.example.com/{{secrets.CRM_TENANT}}", headers = { Authorization = "Bearer $CRM_TOKEN", "x-price" = "$$5" } }

[secrets]
required = ["GROQ_API_KEY", "CRM_TOKEN"]
optional = ["CRM_TENANT", "LLM_HOST", "LLM_PORT"]
on_leak = "freeze"

[attributes]
region = "eu"
limits = { calls = 3, ratio = 0.5 }
since = 2026-01-01T00:00:00Z
---

# Do {{task}} in {{attributes.region}}

---

With {{session.customer}} and {{params.mode}}.
"#;

#[test]
fn the_pages_agent_parses_as_printed() {
    let Parsed { definition, warnings } = AgentDefinition::parse("payment_agent.md", PAYMENT_AGENT).unwrap();
    assert_eq!(definition.name.as_str(), "payment_agent");
    assert_eq!(definition.description.as_deref(), Some("Process payments"));
    assert_eq!(
        definition.model.model,
        Some(ModelRef {
            provider: ProviderName::OpenAi,
            model: "gpt-4.1-mini".to_owned()
        })
    );
    let required: Vec<_> = definition.secrets.required.iter().map(|it| it.as_str()).collect();
    assert_eq!(required, ["STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"]);
    assert!(definition.secrets.optional.is_empty());
    assert_eq!(definition.secrets.on_leak, OnLeak::Warn);
    assert_eq!(definition.tools, Tools::default());
    assert_eq!(definition.tools.external, ToolNames::All);
    assert!(definition.prompt.is_empty());
    assert_eq!(warnings, []);
}

#[test]
fn every_key_is_read() {
    for text in [
        EVERYTHING.to_owned(),
        EVERYTHING.replace('\n', "\r\n"),
        format!("\u{FEFF}{EVERYTHING}"),
    ] {
        let Parsed {
            definition: it,
            warnings,
        } = AgentDefinition::parse("full.md", &text).unwrap();
        assert_eq!(warnings, []);
        assert_eq!(it.version.as_deref(), Some("1.2.0"));
        assert_eq!((it.max_iterations, it.history_size), (Some(12), Some(0)));
        assert_eq!(it.icon_url.as_deref(), Some("https://example.com/i.png"));
        assert_eq!(it.sub_agents, ["payment_agent".parse().unwrap()]);
        let model = &it.model;
        assert_eq!(
            model.model,
            Some(ModelRef {
                provider: ProviderName::OpenAiCompat,
                model: "meta-llama/Llama-3.3".to_owned()
            })
        );
        assert_eq!(
            (
                model.temperature,
                model.top_p,
                model.frequency_penalty,
                model.presence_penalty
            ),
            (Some(1.0), Some(0.9), Some(-0.5), Some(2.0))
        );
        assert_eq!((model.max_tokens, model.context_size), (Some(1000), Some(4096)));
        assert_eq!(
            it.config_templates()
                .flat_map(ConfigTemplate::names)
                .collect::<Vec<_>>(),
            ["LLM_HOST", "LLM_PORT", "GROQ_API_KEY", "CRM_TENANT", "CRM_TOKEN"]
        );
        assert_eq!(it.secrets.on_leak, OnLeak::Freeze);
        assert_eq!(it.tools.builtin.names(), ["final"]);
        assert_eq!(it.tools.dynamic[0].name, "crm");
        assert_eq!(
            it.tools.dynamic[0]
                .headers
                .iter()
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>(),
            ["Authorization", "x-price"]
        );
        assert_eq!(
            serde_json::Value::from(it.attributes.clone()),
            json!({"region": "eu", "limits": {"calls": 3, "ratio": 0.5}, "since": "2026-01-01T00:00:00Z"})
        );
        let prompt = it.prompt.render(|slot| Some(json!(format!("{slot:?}"))));
        assert!(prompt.starts_with("# Do Task in Attribute(\"region\")"), "{prompt}");
        assert!(
            prompt.contains("---") && prompt.ends_with("Param(\"mode\")."),
            "{prompt}"
        );
    }
}

#[test]
fn faults_are_told_with_line_and_column() {
    for (text, expected) in [
        (
            "",
            "1:1: the file is empty; an agent definition begins with a line `---`",
        ),
        (
            "---\nname = \"a\"\n",
            "1:1: the frontmatter that begins here has no closing line `---`",
        ),
        ("---\n---\n", "2:1: `name` is missing"),
        ("---\nname = 5\n---\n", "2:8: `name` must be a string, not an integer"),
        (
            "---\nname = \"1a\"\n---\n",
            "2:8: an agent name has 1 to 64 letters, digits and `_`, and does not begin with a digit",
        ),
        (
            "---\nname = \"a\"\nmax_iterations = 0\n---\n",
            "3:18: `max_iterations` must be at least 1",
        ),
        (
            "---\nname = \"a\"\nmax_iterations = 99999999999\n---\n",
            "3:18: `max_iterations` must be at least 1",
        ),
        (
            "---\nname = \"a\"\n[model_settings]\ntemperature = 2.1\n---\n",
            "4:15: `model_settings.temperature` must be from 0 to 2",
        ),
        (
            "---\nname = \"a\"\n[model_settings]\ntemperature = nan\n---\n",
            "4:15: `model_settings.temperature` must be from 0 to 2",
        ),
        (
            "---\nname = \"a\"\n[model_settings]\nmodel = \"x/y\"\n---\n",
            "4:9: unknown provider `x`; known are `openai`, `openai_compat`, `anthropic`, `test`",
        ),
        (
            "---\nname = \"a\"\n[model_settings]\nprovider = { name = \"groq\" }\n---\n",
            "4:21: unknown provider `groq`; known are `openai`, `openai_compat`, `anthropic`, `test`",
        ),
        (
            "---\nname = \"a\"\n[model_settings]\nprovider = { name = \"openai\", api_key = \"sk-live\" }\n---\n",
            "4:41: `api_key` must refer to a secret, as in `$OPENAI_API_KEY`: the file is no place for a value",
        ),
        (
            "---\nname = \"a\"\n[secrets]\nrequired = [\"A\", \"stripe-key\"]\n---\n",
            "4:18: a key has 1 to 128 characters of `A-Z`, `0-9` and `_`, and does not begin with a digit; did you mean `STRIPE_KEY`",
        ),
        (
            "---\nname = \"a\"\n[secrets]\nrequired = [\"A\", \"A\"]\n---\n",
            "4:18: secret `A` is listed twice",
        ),
        (
            "---\nname = \"a\"\n[secrets]\nrequired = [\"A\"]\noptional = [\"A\"]\n---\n",
            "5:13: secret `A` is listed twice",
        ),
        (
            "---\nname = \"a\"\nsecrets = [\"A\"]\n---\n",
            "3:11: `secrets` must be a table, not an array",
        ),
        (
            "---\nname = \"a\"\n[secrets]\nrequired = \"A\"\n---\n",
            "4:12: `secrets.required` must be an array of strings, not a string",
        ),
        (
            "---\nname = \"a\"\n[secrets]\nrequired = [1]\n---\n",
            "4:13: `secrets.required[]` must be a string, not an integer",
        ),
        (
            "---\nname = \"a\"\n[attributes]\nx = [1, inf]\n---\n",
            "4:9: JSON has no form for this number",
        ),
        (
            "---\nname = \"a\"\n[[tools.dynamic]]\nname = \"t\"\ntype = \"mcp\"\n---\n",
            "5:8: unknown type `mcp` of a dynamic tool; known is `http`",
        ),
        (
            "---\nname = \"a\"\n[[tools.dynamic]]\nname = \"t\"\ntype = \"http\"\n---\n",
            "3:1: `tools.dynamic.config` is missing",
        ),
        (
            "---\nname = \"a\"\n[secrets]\non_leak = \"ignore\"\n---\n",
            "4:11: what an alarm does is `warn` or `freeze`",
        ),
        (
            "---\nname = \"a\"\n---\nhi\n\n  use {{secrets.A}}\n",
            "6:7: a secret in a prompt reaches the model; use it in a tool instead",
        ),
        ("---\nname = \"é\n---\n", "2:"),
        ("---\nname = \"a\"\nname = \"b\"\n---\n", "3:1: duplicate key"),
        (
            "---\nname = \"a\"\ndescription = \"\"\"\n---\nbody",
            "4:1: invalid multi-line basic string",
        ),
    ] {
        let error = AgentDefinition::parse("agents/x.md", text).expect_err(text).to_string();
        assert!(
            error.starts_with(&format!("agents/x.md:{expected}")),
            "{text:?}: {error}"
        );
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn places_that_are_no_base_url_are_refused() {
    let parse = |url: &str| {
        let text = format!(
            "---\nname = \"a\"\n[[tools.dynamic]]\nname = \"t\"\ntype = \"http\"\nconfig = {{ base_url = \"{url}\" }}\n---\n"
        );
        AgentDefinition::parse("a.md", &text)
    };
    for url in [
        "https://h.example",
        "http://127.0.0.1:9/x",
        "$BASE",
        "https://$HOST:$PORT/x",
        "https://api.${REGION}.example/{{secrets.T}}?a=$B",
    ] {
        assert!(parse(url).is_ok(), "{url}: {:?}", parse(url).err());
    }
    for url in [
        "",
        "h.example",
        "ftp://h.example",
        "file:///etc/passwd",
        "https://",
        "https://u:p@h.example",
        "https://$USER@h.example",
        "https://h.example/${x}",
    ] {
        let error = parse(url).expect_err(url);
        assert_eq!((error.line, error.column), (6, 23), "{url}");
    }
}

#[test]
fn headers_are_names_and_values_of_http() {
    for (headers, words) in [
        ("{ \"a b\" = \"x\" }", "no header name"),
        ("{ a = \"x\", A = \"y\" }", "given twice"),
        ("{ a = \"x\\r\\ny: z\" }", "control characters"),
        ("{ a = 1 }", "must be a string"),
    ] {
        let text = format!(
            "---\nname = \"a\"\n[[tools.dynamic]]\nname = \"t\"\ntype = \"http\"\nconfig = {{ base_url = \"https://h\", headers = {headers} }}\n---\n"
        );
        let error = AgentDefinition::parse("a.md", &text).unwrap_err();
        assert!(error.message.contains(words), "{headers}: {error}");
        assert_eq!(error.line, 6);
    }
}

#[test]
fn what_is_odd_is_warned_of_in_order() {
    let text = "---\nname = \"a\"\nmax_iteration = 3\n[model_settings]\nseed = 1\n[[tools.dynamic]]\nname = \"t\"\ntype = \"http\"\nconfig = { base_url = \"https://h/$A_KEY\", retries = 2 }\n[secrets]\nrequire = []\n[zzz]\n---\n{{attributes.who}}\n";
    let warnings = AgentDefinition::parse("a.md", text).unwrap().warnings;
    let found: Vec<_> = warnings
        .iter()
        .map(|it| format!("{}:{}: {}", it.line, it.column, it.message))
        .collect();
    assert_eq!(
        found,
        [
            "3:1: unknown key `max_iteration` is ignored; did you mean `max_iterations`",
            "5:1: unknown key `seed` in `model_settings` is ignored",
            "9:43: unknown key `retries` in `tools.dynamic.config` is ignored",
            "10:1: a template refers to `A_KEY`, which `[secrets]` does not list",
            "11:1: unknown key `require` in `secrets` is ignored; did you mean `required`",
            "12:2: unknown key `zzz` is ignored",
            "14:1: `[attributes]` has no `who`, so nothing is put in here",
        ]
    );
}

#[test]
fn the_size_is_limited_exactly() {
    let head = "---\nname = \"a\"\n---\n";
    let text = format!("{head}{}", "x".repeat(MAX_FILE_LEN - head.len()));
    assert!(AgentDefinition::parse("a.md", &text).is_ok());
    assert!(
        AgentDefinition::parse("a.md", &format!("{text}x"))
            .unwrap_err()
            .message
            .contains("1048577 bytes")
    );
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let text = format!(
            "---\nname = \"a\"\n[attributes]\nx = {}1{}\n---\n",
            open.repeat(50_000),
            close.repeat(50_000)
        );
        assert_eq!(AgentDefinition::parse("a.md", &text).unwrap_err().line, 4);
    }
}

fn check_place(text: &str) {
    if let Err(error) = AgentDefinition::parse("x.md", text) {
        let lines: Vec<_> = text.split('\n').collect();
        assert!((1..=lines.len()).contains(&error.line), "{error} in {text:?}");
        assert!(
            (1..=lines[error.line - 1].chars().count() + 1).contains(&error.column),
            "{error} in {text:?}"
        );
        assert!(!error.message.is_empty() && !error.message.contains('\n'), "{error:?}");
    }
}

proptest! {
    #[test]
    fn any_text_parses_or_fails_inside_the_file(text in "\\PC{0,200}|(---|\n|\"|'|=|\\[|\\]|\\{|\\}|#|\\\\|\\$|name|secrets|required|task| |é|\r|\t|\u{FEFF}){0,60}") {
        check_place(&text);
    }

    #[test]
    fn any_damage_to_a_whole_file_fails_inside_it(at in 0usize..EVERYTHING.len(), len in 0usize..6, with in "[\\PC\n]{0,4}") {
        let start = EVERYTHING.floor_char_boundary(at);
        let end = EVERYTHING.floor_char_boundary((start + len).min(EVERYTHING.len()));
        check_place(&format!("{}{with}{}", &EVERYTHING[..start], &EVERYTHING[end..]));
    }

    #[test]
    fn templates_never_panic(text in "(\\$|\\{|\\}|\\\\|A|secrets\\.|task|session\\.|é|\n| ){0,40}") {
        let _ = PromptTemplate::parse(&text).map(|it| it.render(|_| Some(json!("{{task}}"))));
        if let Ok(template) = ConfigTemplate::parse(&text) {
            prop_assert!(template.render(|_| Some(b"$A{{secrets.A}}")).is_ok());
        }
    }
}
