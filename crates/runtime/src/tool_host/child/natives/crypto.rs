//! Random bytes, digests (FIPS 180-4) and HMAC (RFC 2104).

use std::rc::Rc;

use aws_lc_rs::{digest, hmac};
use rquickjs::{ArrayBuffer, Ctx, Exception, Result};
use rustix::rand::{GetRandomFlags, getrandom};

use super::{Table, stage::Stage};

pub(super) fn add<'js>(table: &Table<'js>, stage: &Rc<Stage>) -> Result<()> {
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

    let staged = Rc::clone(stage);
    table.add("digest", move |ctx: Ctx<'js>, name: String| {
        let algorithm = match name.as_str() {
            "SHA-1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            "SHA-256" => &digest::SHA256,
            "SHA-384" => &digest::SHA384,
            "SHA-512" => &digest::SHA512,
            _ => return Err(Exception::throw_dom(&ctx, "NotSupportedError", &unknown(&name))),
        };
        let digest = digest::digest(algorithm, &staged.take(0));
        ArrayBuffer::new_copy(ctx, digest.as_ref())
    })?;

    let staged = Rc::clone(stage);
    table.add("hmac", move |ctx: Ctx<'js>, name: String| {
        let key = key(&ctx, &name, &staged)?;
        let tag = hmac::sign(&key, &staged.take(1));
        ArrayBuffer::new_copy(ctx, tag.as_ref())
    })?;

    let staged = Rc::clone(stage);
    table.add("hmacVerify", move |ctx: Ctx<'js>, name: String| {
        let key = key(&ctx, &name, &staged)?;
        Ok::<_, rquickjs::Error>(hmac::verify(&key, &staged.take(1), &staged.take(2)).is_ok())
    })
}

fn key(ctx: &Ctx<'_>, name: &str, stage: &Stage) -> Result<hmac::Key> {
    let algorithm = match name {
        "SHA-1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "SHA-256" => hmac::HMAC_SHA256,
        "SHA-384" => hmac::HMAC_SHA384,
        "SHA-512" => hmac::HMAC_SHA512,
        _ => return Err(Exception::throw_dom(ctx, "NotSupportedError", &unknown(name))),
    };
    Ok(hmac::Key::new(algorithm, &stage.take(0)))
}

fn unknown(name: &str) -> String {
    format!("there is no digest `{name}`")
}
