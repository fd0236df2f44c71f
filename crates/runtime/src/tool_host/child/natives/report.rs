//! What a call reports: output, its end, and the timers it waits for.

use std::{rc::Rc, time::Duration};

use nix::{
    sys::resource::{UsageWho, getrusage},
    unistd::{SysconfVar, sysconf},
};
use rquickjs::{Ctx, Exception, Result, function::Opt};

use super::Table;
use crate::tool_host::{
    child::state::State,
    services::ConsoleLevel,
    spec::ToolInfo,
    wire::{CHILD_HEADER_CAP, Failure, ToParent},
};

pub(super) fn add<'js>(table: &Table<'js>, state: &Rc<State>) -> Result<()> {
    let at = Rc::clone(state);
    table.add("console", move |level: String, text: String| {
        let level = match level.as_str() {
            "debug" => ConsoleLevel::Debug,
            "info" => ConsoleLevel::Info,
            "warn" => ConsoleLevel::Warn,
            "error" => ConsoleLevel::Error,
            _ => ConsoleLevel::Log,
        };
        at.print(level, &text);
    })?;

    let at = Rc::clone(state);
    table.add("ready", move |ctx: Ctx<'js>, json: String| {
        let tools = serde_json::from_str::<Vec<ToolInfo>>(&json)
            .map_err(|error| Exception::throw_type(&ctx, &error.to_string()))?;
        if json.len() > CHILD_HEADER_CAP / 2 {
            let message = "the tools' descriptions and schemas are larger than 512 KiB";
            at.fail(Failure::Tools, message.to_owned(), None);
        } else {
            at.finish(&ToParent::Ready { tools }, &[]);
        }
        Ok::<_, rquickjs::Error>(())
    })?;

    let at = Rc::clone(state);
    table.add("done", move |json: String| {
        let limit = at.limits.result;
        if json.len() > limit {
            let message = format!("is {} bytes of JSON; the limit is {limit}", json.len());
            at.fail(Failure::Result, message, None);
        } else {
            at.finish(&ToParent::Done, json.as_bytes());
        }
    })?;

    let at = Rc::clone(state);
    table.add(
        "fail",
        move |kind: String, message: String, Opt(frame): Opt<Option<String>>| {
            let failure = match kind.as_str() {
                "tools" => Failure::Tools,
                "result" => Failure::Result,
                "unknown" => Failure::Unknown,
                "memory" => Failure::Memory,
                _ => Failure::Threw,
            };
            at.fail(failure, message, frame.flatten());
        },
    )?;

    let limit = state.limits.memory;
    let before = touched();
    table.add("wasFull", move || touched().saturating_sub(before) > limit / 4 * 3)?;

    let at = Rc::clone(state);
    table.add("setTimer", move |id: u32, ms: f64| {
        at.set_timer(id, Duration::from_secs_f64(ms.clamp(0.0, 2_147_483_647.0) / 1000.0));
    })?;

    let at = Rc::clone(state);
    table.add("clearTimer", move |id: u32| at.clear_timer(id))
}

/// Bytes of memory that this process has had to ask the kernel for so far: those given back are counted again.
///
/// Not the most that was resident (`ru_maxrss`): that survives `execve`, so in the child of a large parent it is the
/// parent's. Faults are counted from the fork on, one a page, since the confinement turns huge pages off.
fn touched() -> usize {
    const SMALLEST_PAGE: i64 = 4096;
    let faults = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |it| it.minor_page_faults());
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(SMALLEST_PAGE);
    usize::try_from(faults.saturating_mul(page)).unwrap_or(0)
}
