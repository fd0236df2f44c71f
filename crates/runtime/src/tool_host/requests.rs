//! What handlers have asked for in one call: requests in flight, bodies being pulled, session
//! operations.

use std::{collections::HashMap, future::pending};

use bytes::Bytes;
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{AbortHandle, Abortable, BoxFuture},
    stream::FuturesUnordered,
};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    keyed::{Computation, Computed, Hash, Operation},
    services::{FetchReply, FetchRequest, HostServices, ReplyBody, SessionOp},
    spec::HostLimits,
    wire::{self, CHUNK, KeyedVerb, SessionVerb, ToChild, ToParent},
};

/// Most bytes of a session key.
const KEY_CAP: usize = 256;

/// The requests of one call. Dropping it abandons them all.
pub(super) struct Requests<'s> {
    services: &'s dyn HostServices,
    limits: &'s HostLimits,
    fetches: HashMap<u32, Fetch>,
    sessions: usize,
    computations: usize,
    /// Bytes of bodies and values that services are working on.
    held: usize,
    work: FuturesUnordered<BoxFuture<'s, Option<Event>>>,
}

enum Fetch {
    /// The service works on its head or on its next chunk.
    Busy {
        abort: AbortHandle,
        received: usize,
        held: usize,
    },
    /// The head is there and nothing has been pulled, or the last pull has been answered.
    Idle {
        body: Box<dyn ReplyBody>,
        rest: Bytes,
        received: usize,
    },
}

enum Event {
    Head {
        id: u32,
        reply: Result<FetchReply, String>,
    },
    Chunk {
        id: u32,
        body: Box<dyn ReplyBody>,
        chunk: Result<Option<Bytes>, String>,
    },
    Session {
        id: u32,
        held: usize,
        reply: Result<Option<Value>, String>,
    },
}

type Frame = Option<Zeroizing<Vec<u8>>>;

impl<'s> Requests<'s> {
    pub(super) fn new(services: &'s dyn HostServices, limits: &'s HostLimits) -> Self {
        Self {
            services,
            limits,
            fetches: HashMap::new(),
            sessions: 0,
            computations: 0,
            held: 0,
            work: FuturesUnordered::new(),
        }
    }

    /// Begins what a frame asks for; gives a frame when the answer is known at once.
    pub(super) fn take(&mut self, message: ToParent, attachment: Bytes) -> Frame {
        match message {
            ToParent::Fetch {
                id,
                method,
                url,
                headers,
                redirect,
            } => {
                let request = FetchRequest {
                    method,
                    url,
                    headers,
                    body: attachment,
                    redirect,
                };
                self.fetch(id, request)
            }
            ToParent::Pull { id } => self.pull(id),
            ToParent::Cancel { id } => {
                if let Some(Fetch::Busy { abort, held, .. }) = self.fetches.remove(&id) {
                    abort.abort();
                    self.held -= held;
                }
                None
            }
            ToParent::Compute {
                id,
                verb,
                hash,
                key,
                tag,
            } => {
                let computed = self.compute(verb, hash, (key, tag), attachment);
                computed_frame(id, computed)
            }
            ToParent::Session { id, op, key } => self.session(id, op, key, &attachment),
            // The caller keeps the frames that end a call.
            _ => None,
        }
    }

    /// Waits for the next answer; for ever when nothing is under way.
    pub(super) async fn next(&mut self) -> Frame {
        loop {
            match self.work.next().await {
                // Only here does the borrow checker let the answer change the table.
                Some(Some(event)) => return self.answer(event),
                Some(None) => {}
                None => return pending().await,
            }
        }
    }

    fn fetch(&mut self, id: u32, request: FetchRequest) -> Frame {
        if self.fetches.contains_key(&id) {
            return None;
        }
        if self.fetches.len() >= self.limits.fetches {
            return failed(id, format!("more than {} requests at once", self.limits.fetches));
        }
        if request.body.len() > self.limits.fetch_body {
            return failed(id, self.too_large("request"));
        }
        let held = request.body.len();
        if self.held + held > self.held_cap() {
            return failed(id, "the bodies of the requests under way are too large".to_owned());
        }
        self.held += held;
        let (abort, registration) = AbortHandle::new_pair();
        let reply = Abortable::new(self.services.fetch(request), registration);
        self.work.push(
            reply
                .map(move |reply| Some(Event::Head { id, reply: reply.ok()? }))
                .boxed(),
        );
        self.fetches.insert(
            id,
            Fetch::Busy {
                abort,
                received: 0,
                held,
            },
        );
        None
    }

    fn pull(&mut self, id: u32) -> Frame {
        // Whatever is unknown or busy was cancelled or belongs to an earlier call.
        let Some(Fetch::Idle { .. }) = self.fetches.get(&id) else {
            return None;
        };
        let Some(Fetch::Idle {
            mut body,
            mut rest,
            received,
        }) = self.fetches.remove(&id)
        else {
            return None;
        };
        if !rest.is_empty() {
            let part = rest.split_to(rest.len().min(CHUNK));
            self.fetches.insert(id, Fetch::Idle { body, rest, received });
            return frame(&ToChild::Chunk { id }, &part);
        }
        let (abort, registration) = AbortHandle::new_pair();
        let pulled = Abortable::new(
            async move {
                let chunk = body.chunk().await;
                (body, chunk)
            },
            registration,
        );
        self.work.push(
            pulled
                .map(move |pulled| {
                    let (body, chunk) = pulled.ok()?;
                    Some(Event::Chunk { id, body, chunk })
                })
                .boxed(),
        );
        self.fetches.insert(
            id,
            Fetch::Busy {
                abort,
                received,
                held: 0,
            },
        );
        None
    }

    fn session(&mut self, id: u32, verb: SessionVerb, key: String, value: &[u8]) -> Frame {
        let refuse = |message: &str| {
            let error = Some(message.to_owned());
            frame(
                &ToChild::Session {
                    id,
                    found: false,
                    error,
                },
                &[],
            )
        };
        if key.is_empty() || key.len() > KEY_CAP {
            return refuse("a session key has 1 to 256 bytes");
        }
        let held = value.len();
        if self.sessions >= self.limits.fetches || self.held + held > self.held_cap() {
            return refuse("too many session operations at once");
        }
        let op = match verb {
            SessionVerb::Get => SessionOp::Get { key },
            SessionVerb::Delete => SessionOp::Delete { key },
            SessionVerb::Set => match serde_json::from_slice(value) {
                Ok(value) => SessionOp::Set { key, value },
                // The child made it with `JSON.stringify`, so only the reader's depth limit is left.
                Err(_) => return refuse("the session value is nested too deeply"),
            },
        };
        self.sessions += 1;
        self.held += held;
        let reply = self.services.session(op);
        self.work
            .push(reply.map(move |reply| Some(Event::Session { id, held, reply })).boxed());
        None
    }

    fn compute(
        &mut self,
        verb: KeyedVerb,
        hash: Hash,
        (key, tag): (usize, usize),
        mut bytes: Bytes,
    ) -> Result<Computed, String> {
        let HostLimits {
            computations, computed, ..
        } = self.limits;
        self.computations += 1;
        if self.computations > *computations {
            return Err(format!(
                "more than {computations} computations with the keys of secrets in one call"
            ));
        }
        if bytes.len() > *computed {
            return Err(format!(
                "a computation with the key of a secret is over at most {computed} bytes"
            ));
        }
        if key.saturating_add(tag) > bytes.len() {
            return Err("malformed bytes".to_owned());
        }
        let key = bytes.split_to(key);
        let tag = bytes.split_to(tag);
        self.services.compute(&Computation {
            operation: match verb {
                KeyedVerb::Sign => Operation::Sign,
                KeyedVerb::Verify => Operation::Verify(tag),
                KeyedVerb::Digest => Operation::Digest,
            },
            hash,
            key,
            data: bytes,
        })
    }

    fn answer(&mut self, event: Event) -> Frame {
        match event {
            Event::Head { id, reply } => {
                let Some(Fetch::Busy { held, .. }) = self.fetches.remove(&id) else {
                    return None;
                };
                self.held -= held;
                let reply = match reply {
                    Ok(reply) => reply,
                    Err(message) => return failed(id, message),
                };
                let FetchReply {
                    status,
                    reason,
                    url,
                    redirected,
                    headers,
                    body,
                } = reply;
                self.fetches.insert(
                    id,
                    Fetch::Idle {
                        body,
                        rest: Bytes::new(),
                        received: 0,
                    },
                );
                frame(
                    &ToChild::Head {
                        id,
                        status,
                        reason,
                        url,
                        redirected,
                        headers,
                    },
                    &[],
                )
            }
            Event::Chunk { id, body, chunk } => {
                let Some(Fetch::Busy { received, .. }) = self.fetches.remove(&id) else {
                    return None;
                };
                let mut rest = match chunk {
                    Ok(Some(chunk)) => chunk,
                    Ok(None) => return frame(&ToChild::End { id }, &[]),
                    Err(message) => return failed(id, message),
                };
                let received = received.saturating_add(rest.len());
                if received > self.limits.fetch_body {
                    return failed(id, self.too_large("response"));
                }
                let part = rest.split_to(rest.len().min(CHUNK));
                self.fetches.insert(id, Fetch::Idle { body, rest, received });
                frame(&ToChild::Chunk { id }, &part)
            }
            Event::Session { id, held, reply } => {
                self.sessions -= 1;
                self.held -= held;
                let (value, error) = match reply {
                    Ok(value) => (value, None),
                    Err(message) => (None, Some(message)),
                };
                let json = value.as_ref().map(Value::to_string);
                let found = json.is_some();
                frame(
                    &ToChild::Session { id, found, error },
                    json.unwrap_or_default().as_bytes(),
                )
            }
        }
    }

    fn held_cap(&self) -> usize {
        2 * self.limits.fetch_body.max(self.limits.result)
    }

    fn too_large(&self, what: &str) -> String {
        format!("the {what}'s body is larger than {} bytes", self.limits.fetch_body)
    }
}

fn computed_frame(id: u32, computed: Result<Computed, String>) -> Frame {
    let (bytes, valid, error) = match computed {
        Ok(Computed::Bytes(bytes)) => (bytes, None, None),
        Ok(Computed::Valid(valid)) => (Vec::new(), Some(valid), None),
        Err(message) => (Vec::new(), None, Some(message)),
    };
    frame(&ToChild::Computed { id, valid, error }, &bytes)
}

fn failed(id: u32, message: String) -> Frame {
    frame(&ToChild::FetchFailed { id, message }, &[])
}

/// A head too large for a frame becomes a failure; the child would wait for ever without one.
fn frame(message: &ToChild, attachment: &[u8]) -> Frame {
    match wire::encode(message, &[attachment]) {
        Ok(frame) => Some(frame),
        Err(error) => match message {
            ToChild::Head { id, .. } => failed(*id, error.to_string()),
            _ => None,
        },
    }
}
