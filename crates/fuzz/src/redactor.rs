//! The redactor: the first byte says how the rest is cut into chunks.

use std::sync::LazyLock;

use distri_redact::Redactor;

/// What the seeds are about.
const SECRET: &[u8] = b"sk_live_4242-Zm/9+correct horse";

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    let other = b"postgres://user:pa%ss@db.example/name";
    Redactor::builder().secret("ONE", SECRET).secret("TWO", other).build()
});

/// However it is cut, the same comes out, and the value is not in it.
pub fn redactor(bytes: &[u8]) {
    let Some((cut, text)) = bytes.split_first() else { return };
    let whole = REDACTOR.redact(text);
    assert!(!whole.windows(SECRET.len()).any(|it| it == SECRET));
    let mut stream = REDACTOR.stream();
    let mut pieces = Vec::new();
    for chunk in text.chunks(usize::from(*cut).max(1)) {
        stream.push(chunk, &mut pieces);
    }
    stream.finish(&mut pieces);
    assert_eq!(pieces, whole.as_ref());
}
