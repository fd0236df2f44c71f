//! A run holds placeholders; whoever it may talk to gets the values.

use distri_core::alarm::OnLeak;
use distri_runtime::run::{Context, Event, RunError, SecretDelivery};
use serde_json::json;

use crate::{
    bound::{Instance, placeholder},
    support::{Answer, SENDGRID, World, assert_clean, run_task},
};

const OPENAI: &str = "sk-proj-canary-T3BlbkFJ4fP9x2Lq7Zt1Vb8Kd6";
const SHOP: &str = "shop-canary-Qw8Er7Ty6Ui5Op4As3Df2Gh1";
const PLAIN: &str = "plain-canary-0987654321";

const SECRETS: [(&str, &str, &str); 4] = [
    ("OPENAI_API_KEY", OPENAI, "api.openai.com"),
    ("PLAIN_SETTING", PLAIN, ""),
    ("SENDGRID_API_KEY", SENDGRID, "api.sendgrid.com"),
    ("SHOP_TOKEN", SHOP, "shop.example"),
];

const TOOLS: &str = r"
    export const getTools = () => [
      {
        name: 'holds', description: 'Says what it holds', is_final: true,
        handler: async () => {
          const { SENDGRID_API_KEY: key, PLAIN_SETTING: plain, OPENAI_API_KEY: model } = process.env;
          const headers = { authorization: `Bearer ${key}`, 'x-setting': plain };
          const reply = await fetch('https://api.sendgrid.com/v3/mail/send', { method: 'POST', headers, body: '{}' });
          return { status: reply.status, model: model ?? null, prefix: key.slice(0, 3) };
        },
      },
    ];
";

const HTTP: &str = r#"[[tools.dynamic]]
name = "shop"
type = "http"
config = { base_url = "https://shop.example/v1?key=$SHOP_TOKEN", headers = { x-shop-token = "$SHOP_TOKEN2" } }"#;

#[tokio::test]
async fn tools_hold_placeholders_and_the_services_get_the_values() {
    let world = World::accepting().await;
    let instance = Instance::new();
    let frontmatter = format!("[model_settings]\nmodel = \"gpt-4.1-mini\"\n{HTTP}");
    let mut setup = world.setup(&frontmatter, TOOLS, &[]);
    let mut secrets = SECRETS.to_vec();
    secrets.push(("SHOP_TOKEN2", "shop2-canary-Zx1Cv2Bn3Ml4Kj5Hg6", "shop.example"));
    instance.give(&mut setup, &secrets, OnLeak::Freeze);
    setup.model = Some("test".to_owned());
    let (outcome, told) = run_task(setup, "shop {\"path\": \"/items\"} then holds").await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.text, r#"{"status":202,"model":null,"prefix":"SG."}"#);
    assert_eq!(instance.alarms(), [], "this is what placeholders are for");

    let arrived = world.arrived();
    assert_eq!(arrived.len(), 2);
    assert_eq!(arrived[0].target, format!("/v1/items?key={SHOP}"));
    assert_eq!(arrived[0].headers["x-shop-token"], "shop2-canary-Zx1Cv2Bn3Ml4Kj5Hg6");
    assert_eq!(arrived[1].headers["authorization"], format!("Bearer {SENDGRID}"));
    assert_eq!(
        arrived[1].headers["x-setting"], PLAIN,
        "an unbound value is given itself"
    );
    assert_clean(&told.text(), &[SENDGRID, OPENAI, SHOP]);

    let Some(Event::RunStarted { secrets, .. }) = told.0.first() else {
        panic!("{:?}", told.0)
    };
    let deliveries: Vec<_> = secrets.iter().map(|it| (it.key.as_str(), it.delivery)).collect();
    assert_eq!(
        deliveries,
        [
            ("OPENAI_API_KEY", SecretDelivery::Model),
            ("PLAIN_SETTING", SecretDelivery::UnboundValue),
            ("SENDGRID_API_KEY", SecretDelivery::Placeholder),
            ("SHOP_TOKEN", SecretDelivery::Placeholder),
            ("SHOP_TOKEN2", SecretDelivery::Placeholder),
        ]
    );
}

#[tokio::test]
async fn the_models_endpoint_gets_its_key_through_the_broker_alone() {
    let reply = json!({"choices": [{"message": {"role": "assistant", "content": "done"}, "finish_reason": "stop"}]});
    let world = World::new(move |_, _| Answer::json(&reply)).await;
    let instance = Instance::new();
    let mut setup = world.setup("[model_settings]\nmodel = \"gpt-4.1-mini\"", "", &[]);
    instance.give(&mut setup, &SECRETS, OnLeak::Freeze);
    let (outcome, _) = run_task(setup, "hello").await;
    assert_eq!(outcome.unwrap().text, "done");
    assert_eq!(world.arrived()[0].headers["authorization"], format!("Bearer {OPENAI}"));
    assert_eq!(instance.alarms(), []);
}

#[tokio::test]
async fn a_base_url_that_is_a_secret_with_hosts_is_refused_in_words() {
    let world = World::accepting().await;
    let instance = Instance::new();
    let frontmatter = "[[tools.dynamic]]\nname = \"hook\"\ntype = \"http\"\nconfig = { base_url = \"$HOOK_URL/x\" }";
    let mut setup = world.setup(frontmatter, "", &[]);
    let secrets = [("HOOK_URL", "https://shop.example/hook/canary-123456", "shop.example")];
    instance.give(&mut setup, &secrets, OnLeak::Warn);
    setup.model = Some("test".to_owned());
    let (outcome, _) = run_task(setup, "hook").await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, RunError::Setting(_)));
    assert!(
        error.to_string().contains("`HOOK_URL`") && error.to_string().contains("--delivery value"),
        "{error}"
    );
}

#[tokio::test]
async fn what_the_context_gives_under_the_same_name_is_what_tools_hold() {
    let world = World::accepting().await;
    let instance = Instance::new();
    let mut setup = world.setup("", TOOLS, &[]);
    instance.give(&mut setup, &SECRETS, OnLeak::Warn);
    let ours = placeholder(&setup.release, "SENDGRID_API_KEY");
    setup.model = Some("test".to_owned());
    setup.context = Context::parse(r#"{"secrets": {"SENDGRID_API_KEY": "SG.given-by-hand-1234"}}"#).unwrap();
    let (_, told) = run_task(setup, "holds").await;
    assert!(!told.text().contains(&ours));
    // Somebody else's key towards a host that the account's own is bound to.
    assert!(told.text().contains("credential"), "{}", told.text());
    assert!(world.arrived().is_empty());
}
