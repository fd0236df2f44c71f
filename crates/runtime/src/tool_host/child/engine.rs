//! The engine: its limits, the modules, and the event loop around them.

use std::{
    cell::OnceCell,
    process::{self, ExitCode},
    rc::Rc,
    time::Duration,
};

use rquickjs::{Array, ArrayBuffer, Context, Ctx, Function, IntoJs, Module, Object, Persistent, Runtime, Value};
use zeroize::Zeroizing;

use super::{families, modules, natives, pipe, state::State};
use crate::tool_host::wire::{Failure, Init, ToChild};

/// Loads the modules, reports the tools, and serves calls until the parent closes the socket.
pub(super) fn run(init: Init, values: Zeroizing<Vec<u8>>) -> ExitCode {
    let state = Rc::new(State::new(init.limits.clone()));
    state.begin(state.limits.start_deadline);
    let Ok(runtime) = Runtime::new() else {
        return ExitCode::FAILURE;
    };
    runtime.set_memory_limit(state.limits.memory);
    runtime.set_max_stack_size(state.limits.stack);
    let watch = Rc::clone(&state);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        if pipe::hung_up() {
            process::exit(1);
        }
        watch.is_late()
    })));
    runtime.set_loader(modules::Imports::new(&init.bundle), modules::Sources::new(&init.bundle));
    let Ok(context) = Context::full(&runtime) else {
        return ExitCode::FAILURE;
    };
    let tracker = Rc::new(OnceCell::<Persistent<Function<'static>>>::new());
    track_rejections(&runtime, &state, &tracker);
    context.with(|ctx| {
        let host = match Host::install(&ctx, &state, &init, values) {
            Ok(host) => host,
            Err(_) => {
                let thrown = ctx.catch();
                fail_with(&state, &thrown);
                return;
            }
        };
        // Set once only, so it cannot be set already.
        let _ = tracker.set(host.rejected.clone());
        let loaded = Module::import(&ctx, init.bundle.entry.as_str())
            .and_then(|namespace| host.load.call::<_, ()>((namespace, init.bundle.entry.as_str())));
        host.settle(&ctx, loaded);
        if host.pump(&ctx).is_none() {
            return;
        }
        while let Ok((message, attachment)) = pipe::receive(host.attachment_cap()) {
            let ToChild::Call { tool, deadline_ms } = message else {
                // An answer to a request of an earlier call.
                continue;
            };
            state.begin(Duration::from_millis(deadline_ms));
            let called = String::from_utf8(attachment.to_vec())
                .map_err(|_| rquickjs::Error::Unknown)
                .and_then(|input| host.call.call::<_, ()>((tool, input, deadline_ms)));
            host.settle(&ctx, called);
            if host.pump(&ctx).is_none() {
                return;
            }
        }
    });
    // Ends at once: freeing a heap that nobody uses again would only take time.
    process::exit(0)
}

/// The functions of `js/base.js` that the loop calls.
struct Host<'js> {
    state: Rc<State>,
    load: Function<'js>,
    call: Function<'js>,
    fire: Function<'js>,
    report: Function<'js>,
    head: Function<'js>,
    chunk: Function<'js>,
    end: Function<'js>,
    failed: Function<'js>,
    session: Function<'js>,
    computed: Function<'js>,
    rejected: Persistent<Function<'static>>,
}

impl<'js> Host<'js> {
    fn install(ctx: &Ctx<'js>, state: &Rc<State>, init: &Init, values: Zeroizing<Vec<u8>>) -> rquickjs::Result<Self> {
        let natives = natives::table(ctx, state, init)?;
        let given = Object::new(ctx.clone())?;
        given.set("env", environment(ctx, init, &values)?)?;
        drop(values);
        given.set("attributes", init.attributes.to_string())?;
        given.set("params", init.params.to_string())?;
        given.set("session", init.session_id.clone())?;
        given.set("families", families::list(ctx)?)?;
        let base: Function = families::evaluate(ctx, "base", families::BASE)?;
        let hooks: Object = base.call((natives, given))?;
        Ok(Self {
            state: Rc::clone(state),
            load: hooks.get("load")?,
            call: hooks.get("call")?,
            fire: hooks.get("fire")?,
            report: hooks.get("report")?,
            head: hooks.get("head")?,
            chunk: hooks.get("chunk")?,
            end: hooks.get("end")?,
            failed: hooks.get("failed")?,
            session: hooks.get("session")?,
            computed: hooks.get("computed")?,
            rejected: Persistent::save(ctx, hooks.get::<_, Function>("rejected")?),
        })
    }

    /// Runs jobs, timers and the parent's answers until the start or call is over. `None` when the
    /// child is of no further use.
    fn pump(&self, ctx: &Ctx<'js>) -> Option<()> {
        loop {
            self.run_jobs(ctx);
            for id in self.state.due_timers() {
                let fired = self.fire.call::<_, ()>((id,));
                self.settle(ctx, fired);
                self.run_jobs(ctx);
            }
            if self.state.is_late() {
                self.state.fail(Failure::Deadline, String::new(), None);
                return None;
            }
            if self.state.over.get() {
                return (!self.state.lost.get()).then_some(());
            }
            if pipe::readable(self.state.idle_time()).ok()? {
                let (message, attachment) = pipe::receive(self.attachment_cap()).ok()?;
                let taken = self.take(ctx, message, attachment);
                self.settle(ctx, taken);
            }
        }
    }

    /// Until the queue is empty, the time is over or the call is.
    fn run_jobs(&self, ctx: &Ctx<'js>) {
        loop {
            while !self.state.over.get() && !self.state.is_late() && ctx.execute_pending_job() {}
            if self.state.over.get() || !self.state.rejections.replace(false) {
                return;
            }
            let reported = self.report.call::<_, ()>(());
            self.settle(ctx, reported);
        }
    }

    /// Hands one answer of the parent's to whoever asked.
    fn take(&self, ctx: &Ctx<'js>, message: ToChild, mut attachment: Zeroizing<Vec<u8>>) -> rquickjs::Result<()> {
        match message {
            ToChild::Head {
                id,
                status,
                reason,
                url,
                redirected,
                headers,
            } => {
                let flat = Array::new(ctx.clone())?;
                for (index, text) in headers.into_iter().flat_map(|(n, v)| [n, v]).enumerate() {
                    flat.set(index, text)?;
                }
                self.head.call((id, status, reason, url, redirected, flat))
            }
            ToChild::Chunk { id } => {
                let bytes = std::mem::take(&mut *attachment);
                self.chunk.call((id, ArrayBuffer::new(ctx.clone(), bytes)?))
            }
            ToChild::End { id } => self.end.call((id,)),
            ToChild::FetchFailed { id, message } => self.failed.call((id, message)),
            ToChild::Session { id, found, error } => {
                let text = found.then(|| String::from_utf8_lossy(&attachment).into_owned());
                self.session.call((id, text, error))
            }
            ToChild::Computed { id, valid, error } => {
                let result = match valid {
                    Some(valid) => valid.into_js(ctx)?,
                    None => ArrayBuffer::new_copy(ctx.clone(), &attachment[..])?.into_js(ctx)?,
                };
                self.computed.call((id, result, error))
            }
            ToChild::Init(_) | ToChild::Call { .. } => process::exit(1),
        }
    }

    /// An exception out of our own functions: out of memory, out of time, or a bug of ours.
    fn settle(&self, ctx: &Ctx<'js>, result: rquickjs::Result<()>) {
        if result.is_err() {
            let thrown = ctx.catch();
            if self.state.is_late() {
                self.state.fail(Failure::Deadline, String::new(), None);
            } else {
                fail_with(&self.state, &thrown);
            }
        }
    }

    fn attachment_cap(&self) -> usize {
        self.state.limits.result.max(self.state.limits.fetch_body)
    }
}

/// Tells `js/base.js` of each rejection without a handler, and of each that got one later.
fn track_rejections(runtime: &Runtime, state: &Rc<State>, rejected: &Rc<OnceCell<Persistent<Function<'static>>>>) {
    let (state, rejected) = (Rc::clone(state), Rc::clone(rejected));
    runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, is_handled| {
        let Some(Ok(hook)) = rejected.get().map(|it| it.clone().restore(&ctx)) else {
            return;
        };
        // Out of memory here: the rejection goes unreported, nothing else changes.
        if hook.call::<_, ()>((promise, reason, is_handled)).is_err() {
            ctx.catch();
        }
        state.rejections.set(true);
    })));
}

/// `process.env`: each variable as a string of its own.
fn environment<'js>(ctx: &Ctx<'js>, init: &Init, values: &[u8]) -> rquickjs::Result<Object<'js>> {
    let env = Object::new(ctx.clone())?;
    let mut rest = values;
    for (name, len) in &init.env {
        let (value, tail) = rest.split_at_checked(*len).ok_or(rquickjs::Error::Unknown)?;
        rest = tail;
        env.set(name.as_str(), std::str::from_utf8(value)?)?;
    }
    Ok(env)
}

/// Ends the start or call with an exception that no JavaScript of ours could describe.
fn fail_with(state: &State, thrown: &Value<'_>) {
    let message = thrown
        .as_object()
        .and_then(|it| it.get::<_, String>("message").ok())
        .unwrap_or_else(|| "the engine failed".to_owned());
    if message.contains("out of memory") {
        state.fail(Failure::Memory, String::new(), None);
    } else {
        state.fail(Failure::Threw, message, None);
    }
}
