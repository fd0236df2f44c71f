//! Bytes on their way from JavaScript: base64 pieces, put together in a slot until an operation
//! takes them.

use std::{cell::RefCell, rc::Rc};

use data_encoding::BASE64;
use rquickjs::{Ctx, Exception, Result};

use super::Table;
use crate::tool_host::child::state::State;

/// Three slots: no operation takes more byte strings than key, data and signature.
pub(super) struct Stage {
    slots: RefCell<[Vec<u8>; 3]>,
    cap: usize,
}

impl Stage {
    pub(super) fn new(state: &State) -> Rc<Self> {
        let cap = state.limits.memory.max(state.limits.fetch_body);
        Rc::new(Self {
            slots: RefCell::default(),
            cap,
        })
    }

    /// What has been staged in `slot`; empty when nothing was.
    pub(super) fn take(&self, slot: usize) -> Vec<u8> {
        self.slots
            .borrow_mut()
            .get_mut(slot)
            .map(std::mem::take)
            .unwrap_or_default()
    }
}

pub(super) fn add<'js>(table: &Table<'js>, stage: &Rc<Stage>) -> Result<()> {
    let at = Rc::clone(stage);
    table.add("stage", move |ctx: Ctx<'js>, slot: usize, piece: String| {
        let mut slots = at.slots.borrow_mut();
        let slot = slots.get_mut(slot).ok_or(rquickjs::Error::Unknown)?;
        let bytes = BASE64
            .decode(piece.as_bytes())
            .map_err(|_| Exception::throw_type(&ctx, "malformed bytes"))?;
        if slot.len() + bytes.len() > at.cap {
            slot.clear();
            return Err(Exception::throw_range(&ctx, "the bytes are too many"));
        }
        slot.extend(bytes);
        Ok(())
    })
}
