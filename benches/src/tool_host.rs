//! A tool call through a fresh host and through a warm one, beside starting `node`.

use std::sync::Arc;

use distri_runtime::script::bundle;
use distri_runtime::tool_host::{
    Computation, Computed, ConsoleLevel, FetchReply, FetchRequest, HostServices, HostSpec, SessionOp, ToolHost,
};
use serde_json::{Value, json};

use crate::measure::{Effort, Row, Times, Whole};

/// The page's shape of a handler, without the request: the network is not what is measured.
const TOOLS: &str = "\
export const getTools = () => [
  {
    name: 'send_email',
    description: 'Send an email',
    handler: async ({ to, subject, body }: { to: string; subject: string; body: string }) => {
      return { sent: true, length: `${to}${subject}${body}`.length };
    }
  }
];
";

/// Handlers of this bench ask for nothing.
struct NoServices;

impl HostServices for NoServices {
    fn fetch(&self, _: FetchRequest) -> futures_util::future::BoxFuture<'_, Result<FetchReply, String>> {
        Box::pin(async { Err("no network in this bench".to_owned()) })
    }

    fn session(&self, _: SessionOp) -> futures_util::future::BoxFuture<'_, Result<Option<Value>, String>> {
        Box::pin(async { Ok(None) })
    }

    fn compute(&self, _: &Computation) -> Result<Computed, String> {
        Err("no keys in this bench".to_owned())
    }

    fn console(&self, _: ConsoleLevel, _: &str) {}
}

pub(crate) fn rows(effort: Effort) -> Result<Vec<Row>, String> {
    let place = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = place.path().join("Tools.tsx");
    std::fs::write(&file, TOOLS).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let input = || json!({ "to": "a@example.com", "subject": "s", "body": "b" });
    let start = || async {
        let bundle = bundle(&file, place.path()).map_err(|error| error.to_string())?;
        ToolHost::start(HostSpec::new(bundle), Arc::new(NoServices))
            .await
            .map_err(|error| error.to_string())
    };
    let call = |mut host: ToolHost| async move {
        host.call("send_email", input())
            .await
            .map_err(|error| error.to_string())?;
        Ok::<_, String>(host)
    };
    runtime.block_on(async { call(start().await?).await })?;

    let fresh = Times::of(effort.rounds(), || {
        let ended = runtime.block_on(async { call(start().await?).await });
        ended.map(drop).expect("the call that worked before works again");
    });
    let mut host = Some(runtime.block_on(start())?);
    let warm = Times::of(effort.rounds() * 20, || {
        let taken = host.take().expect("put back below");
        host = Some(
            runtime
                .block_on(call(taken))
                .expect("the call that worked before works again"),
        );
    });
    let mut rows = vec![
        Row::time("fresh host: strip types, start confined, call", &fresh),
        Row::time("warm host: call", &warm),
    ];
    let script = "(async ({to}) => ({sent: to}))({to: 'a'}).then(it => JSON.stringify(it))";
    let node = Whole {
        words: vec!["node", "-e", script],
        variables: Vec::new(),
    };
    rows.push(match Times::of_commands(effort.rounds(), &[node]) {
        Ok(times) => Row::time("node -e, the same handler", &times[0]),
        Err(reason) => Row::figure("node -e, the same handler", format!("not measured: {reason}")),
    });
    Ok(rows)
}
