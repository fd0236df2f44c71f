//! The native functions: the only way from JavaScript into this process, and so into the parent.
//!
//! Bytes come in as base64 text, staged in slots: the engine's binding has no safe way to look into
//! a buffer, and its own base64 runs at memory speed. Bytes go out as buffers.

mod crypto;
mod places;
mod report;
mod requests;
mod stage;
mod text;
mod url;

use std::rc::Rc;

use rquickjs::{Ctx, Function, Object, Result, Value, function::IntoJsFunc};

use super::{families, state::State};
use crate::tool_host::wire::Init;

/// The table that each file in `js/` gets as its first argument.
pub(super) fn table<'js>(ctx: &Ctx<'js>, state: &Rc<State>, init: &Init) -> Result<Object<'js>> {
    let table = Table {
        ctx: ctx.clone(),
        object: Object::new(ctx.clone())?,
    };
    let stage = stage::Stage::new(state);
    table.add("family", |ctx: Ctx<'js>, name: String| {
        families::load::<Value>(&ctx, &name)
    })?;
    places::add(&table, &init.bundle)?;
    report::add(&table, state)?;
    requests::add(&table, state, &stage)?;
    stage::add(&table, &stage)?;
    text::add(&table, &stage)?;
    url::add(&table)?;
    crypto::add(&table, state, &stage, init.placeholders.clone())?;
    Ok(table.object)
}

/// The table while it is filled.
struct Table<'js> {
    ctx: Ctx<'js>,
    object: Object<'js>,
}

impl<'js> Table<'js> {
    fn add<F, P>(&self, name: &str, function: F) -> Result<()>
    where
        F: IntoJsFunc<'js, P> + 'js,
    {
        self.object.set(name, Function::new(self.ctx.clone(), function)?)
    }
}
