//! The Web APIs as families: a file of JavaScript each, parsed when one of its globals is first
//! used, since parsing all of them would cost more than everything else at the start.

use rquickjs::{Array, Ctx, FromJs, Result, context::EvalOptions};

/// `base.js`, the one file that is always evaluated.
pub(super) const BASE: &str = include_str!("../js/base.js");

struct Family {
    name: &'static str,
    /// What the file's function returns.
    globals: &'static [&'static str],
    source: &'static str,
}

const FAMILIES: &[Family] = &[
    Family {
        name: "console",
        globals: &["console"],
        source: include_str!("../js/console.js"),
    },
    Family {
        name: "events",
        globals: &["Event", "CustomEvent", "EventTarget", "AbortSignal", "AbortController"],
        source: include_str!("../js/events.js"),
    },
    Family {
        name: "encoding",
        globals: &["TextEncoder", "TextDecoder"],
        source: include_str!("../js/encoding.js"),
    },
    Family {
        name: "url",
        globals: &["URL", "URLSearchParams"],
        source: include_str!("../js/url.js"),
    },
    Family {
        name: "streams",
        globals: &[
            "ReadableStream",
            "ReadableStreamDefaultReader",
            "WritableStream",
            "TransformStream",
            "TextDecoderStream",
            "TextEncoderStream",
        ],
        source: include_str!("../js/streams.js"),
    },
    Family {
        name: "blob",
        globals: &["Blob", "File", "FormData"],
        source: include_str!("../js/blob.js"),
    },
    Family {
        name: "fetch",
        globals: &["Headers", "Request", "Response", "fetch"],
        source: include_str!("../js/fetch.js"),
    },
    Family {
        name: "clone",
        globals: &["structuredClone"],
        source: include_str!("../js/clone.js"),
    },
    Family {
        name: "crypto",
        globals: &["crypto"],
        source: include_str!("../js/crypto.js"),
    },
];

/// `[name, [global, …]]` of each family, for `base.js`.
pub(super) fn list<'js>(ctx: &Ctx<'js>) -> Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    for (index, family) in FAMILIES.iter().enumerate() {
        let row = Array::new(ctx.clone())?;
        row.set(0, family.name)?;
        row.set(1, family.globals.to_vec())?;
        list.set(index, row)?;
    }
    Ok(list)
}

/// Evaluates one family's file.
pub(super) fn load<'js, V: FromJs<'js>>(ctx: &Ctx<'js>, name: &str) -> Result<V> {
    let family = FAMILIES
        .iter()
        .find(|it| it.name == name)
        .ok_or(rquickjs::Error::Unknown)?;
    evaluate(ctx, family.name, family.source)
}

/// Evaluates a file of ours; `distri:` marks its frames, which error reports leave out.
pub(super) fn evaluate<'js, V: FromJs<'js>>(ctx: &Ctx<'js>, name: &str, source: &str) -> Result<V> {
    let mut options = EvalOptions::default();
    options.filename = Some(format!("distri:{name}.js"));
    ctx.eval_with_options(source, options)
}
