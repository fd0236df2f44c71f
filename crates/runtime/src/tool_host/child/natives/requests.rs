//! Requests to the parent: fetch and session.

use std::rc::Rc;

use rquickjs::{Ctx, Exception, Result};

use super::{Table, stage::Stage};
use crate::tool_host::{
    child::state::State,
    services::RedirectMode,
    wire::{CHILD_HEADER_CAP, SessionVerb, ToParent},
};

pub(super) fn add<'js>(table: &Table<'js>, state: &Rc<State>, stage: &Rc<Stage>) -> Result<()> {
    let (at, staged) = (Rc::clone(state), Rc::clone(stage));
    table.add(
        "fetch",
        move |ctx: Ctx<'js>,
              id: u32,
              method: String,
              url: String,
              flat: Vec<String>,
              redirect: String,
              text: Option<String>| {
            let body = text.map_or_else(|| staged.take(0), String::into_bytes);
            let limit = at.limits.fetch_body;
            if body.len() > limit {
                let message = format!("the request's body is larger than {limit} bytes");
                return Err(Exception::throw_type(&ctx, &message));
            }
            let head = url.len() + flat.iter().map(String::len).sum::<usize>();
            // Escaped as JSON a byte may become six.
            if head > CHILD_HEADER_CAP / 8 {
                let message = "the request's URL and headers are larger than 128 KiB";
                return Err(Exception::throw_type(&ctx, message));
            }
            let headers = flat
                .chunks_exact(2)
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect::<Vec<_>>();
            let redirect = match redirect.as_str() {
                "manual" => RedirectMode::Manual,
                "error" => RedirectMode::Error,
                _ => RedirectMode::Follow,
            };
            State::send(
                &ToParent::Fetch {
                    id,
                    method,
                    url,
                    headers,
                    redirect,
                },
                &body,
            );
            Ok(())
        },
    )?;
    table.add("pull", |id: u32| State::send(&ToParent::Pull { id }, &[]))?;
    table.add("cancel", |id: u32| State::send(&ToParent::Cancel { id }, &[]))?;

    let at = Rc::clone(state);
    table.add(
        "session",
        move |ctx: Ctx<'js>, id: u32, verb: String, key: String, value: Option<String>| {
            let value = value.unwrap_or_default();
            let op = match verb.as_str() {
                "set" => SessionVerb::Set,
                "delete" => SessionVerb::Delete,
                _ => SessionVerb::Get,
            };
            if key.is_empty() || key.len() > 256 {
                return Err(Exception::throw_range(&ctx, "a session key has 1 to 256 bytes"));
            }
            let limit = at.limits.result;
            if value.len() > limit {
                let message = format!("the session value is larger than {limit} bytes");
                return Err(Exception::throw_range(&ctx, &message));
            }
            State::send(&ToParent::Session { id, op, key }, value.as_bytes());
            Ok(())
        },
    )
}
