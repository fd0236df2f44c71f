//! Random bytes, digests and HMAC. What needs the value behind a placeholder is asked of the parent.

use std::rc::Rc;

use rquickjs::{ArrayBuffer, Ctx, Exception, Result};
use rustix::rand::{GetRandomFlags, getrandom};

use super::{Table, stage::Stage};
use crate::tool_host::{
    child::state::State,
    keyed::Hash,
    stand_in::StandIns,
    wire::{KeyedVerb, ToParent},
};

pub(super) fn add<'js>(
    table: &Table<'js>,
    state: &Rc<State>,
    stage: &Rc<Stage>,
    placeholders: Vec<String>,
) -> Result<()> {
    table.add("random", |ctx: Ctx<'js>, len: usize| {
        // `getRandomValues` has the same bound.
        let mut bytes = vec![0; len.min(65536)];
        let mut rest = bytes.as_mut_slice();
        while !rest.is_empty() {
            let drawn = getrandom(&mut *rest, GetRandomFlags::empty())
                .map_err(|error| Exception::throw_internal(&ctx, &error.to_string()))?;
            rest = &mut rest[drawn..];
        }
        ArrayBuffer::new(ctx, bytes)
    })?;

    let keys = Rc::new(Keys {
        stand_ins: StandIns::new(placeholders),
        limit: state.limits.computed,
    });

    // Each gives the result, or nothing where the parent answers under this id.
    let (staged, asked) = (Rc::clone(stage), Rc::clone(&keys));
    table.add("digest", move |ctx: Ctx<'js>, id: u32, name: String| {
        let hash = hash(&ctx, &name)?;
        let data = staged.take(0);
        if asked.stand_ins.at_edges(&data) != (None, None) {
            asked.ask(&ctx, id, KeyedVerb::Digest, hash, [&[], &[], &data])?;
            return Ok(None);
        }
        ArrayBuffer::new(ctx, hash.digest(&[&data])).map(Some)
    })?;

    let (staged, asked) = (Rc::clone(stage), Rc::clone(&keys));
    table.add("hmac", move |ctx: Ctx<'js>, id: u32, name: String| {
        let hash = hash(&ctx, &name)?;
        let (key, data) = (staged.take(0), staged.take(1));
        if asked.stand_ins.in_key(&key).is_some() {
            asked.ask(&ctx, id, KeyedVerb::Sign, hash, [&key, &[], &data])?;
            return Ok(None);
        }
        ArrayBuffer::new(ctx, hash.sign(&key, &data)).map(Some)
    })?;

    let staged = Rc::clone(stage);
    table.add("hmacVerify", move |ctx: Ctx<'js>, id: u32, name: String| {
        let hash = hash(&ctx, &name)?;
        let (key, data, tag) = (staged.take(0), staged.take(1), staged.take(2));
        if keys.stand_ins.in_key(&key).is_some() {
            keys.ask(&ctx, id, KeyedVerb::Verify, hash, [&key, &tag, &data])?;
            return Ok(None);
        }
        Ok::<_, rquickjs::Error>(Some(hash.verify(&key, &tag, &data)))
    })
}

/// Recognises keys that are placeholders.
struct Keys {
    stand_ins: StandIns,
    limit: usize,
}

impl Keys {
    fn ask(&self, ctx: &Ctx<'_>, id: u32, verb: KeyedVerb, hash: Hash, parts: [&[u8]; 3]) -> Result<()> {
        let all = parts.concat();
        if all.len() > self.limit {
            let message = format!(
                "a computation with the key of a secret is over at most {} bytes",
                self.limit
            );
            return Err(Exception::throw_range(ctx, &message));
        }
        let [key, tag, _] = parts.map(<[u8]>::len);
        State::send(
            &ToParent::Compute {
                id,
                verb,
                hash,
                key,
                tag,
            },
            &all,
        );
        Ok(())
    }
}

fn hash(ctx: &Ctx<'_>, name: &str) -> Result<Hash> {
    Hash::named(name)
        .ok_or_else(|| Exception::throw_dom(ctx, "NotSupportedError", &format!("there is no digest `{name}`")))
}
