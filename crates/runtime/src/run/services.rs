//! What handlers reach outside of their host: requests, session data, the console.

use std::sync::Arc;

use distri_egress::Egress;
use distri_redact::Redactor;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{
    event::{Event, EventSink},
    fetch::fetch,
    request::Session,
    signing::Signing,
};
use crate::tool_host::{Computation, Computed, ConsoleLevel, FetchReply, FetchRequest, HostServices, SessionOp};

/// The parent's side of a run's tool host.
pub(super) struct RunServices {
    egress: Egress,
    redactor: Redactor,
    session: Session,
    signing: Signing,
    console: UnboundedSender<Event>,
}

/// What handlers have printed and nobody was shown yet. A call's output is bounded by the host.
pub(super) struct Console(UnboundedReceiver<Event>);

impl RunServices {
    pub(super) fn new(egress: Egress, redactor: Redactor, session: Session, signing: Signing) -> (Arc<Self>, Console) {
        let (console, printed) = unbounded_channel();
        (
            Arc::new(Self {
                egress,
                redactor,
                session,
                signing,
                console,
            }),
            Console(printed),
        )
    }
}

impl Console {
    /// Does `work` and shows what is printed meanwhile, as it comes.
    pub(super) async fn during<T>(&mut self, sink: &mut EventSink<'_>, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let done = loop {
            tokio::select! {
                biased;
                Some(event) = self.0.recv() => sink.emit(event),
                done = &mut work => break done,
            }
        };
        while let Ok(event) = self.0.try_recv() {
            sink.emit(event);
        }
        done
    }
}

impl HostServices for RunServices {
    fn fetch(&self, request: FetchRequest) -> BoxFuture<'_, Result<FetchReply, String>> {
        Box::pin(fetch(&self.egress, &self.redactor, request))
    }

    fn session(&self, op: SessionOp) -> BoxFuture<'_, Result<Option<Value>, String>> {
        let Session { id, store } = self.session.clone();
        Box::pin(async move {
            // The store may wait for a disk or a lock, and the run's thread must not.
            let done = tokio::task::spawn_blocking(move || match op {
                SessionOp::Get { key } => store.get(&id, &key),
                SessionOp::Set { key, value } => store.set(&id, &key, &value).map(|()| None),
                SessionOp::Delete { key } => store.delete(&id, &key).map(|()| None),
            });
            done.await
                .unwrap_or_else(|_| Err("the session's store failed".to_owned()))
        })
    }

    fn compute(&self, computation: &Computation) -> Result<Computed, String> {
        self.signing.compute(computation)
    }

    fn console(&self, level: ConsoleLevel, text: &str) {
        // Nobody listens any more only when the run is over.
        let _ = self.console.send(Event::Console {
            level,
            text: text.to_owned(),
        });
    }
}
