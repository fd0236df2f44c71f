//! The texts of a request in which a value could stand: what is sent, and what the other side will read from it.

use std::borrow::Cow;

use crate::request::{Request, decode};

/// The host alone, in lower case, with and without its dots: a value cut into labels is still a value.
pub(super) fn host(request: &Request) -> [Vec<u8>; 2] {
    let host = request.host();
    [host.as_bytes().to_vec(), bare_host(host)]
}

/// A host without its dots.
pub(crate) fn bare_host(host: &str) -> Vec<u8> {
    host.replace('.', "").into_bytes()
}

/// Letters and digits only: a name has no room for more, and separators must not hide anything.
pub(super) fn bare(name: &[u8]) -> Vec<u8> {
    name.iter().copied().filter(u8::is_ascii_alphanumeric).collect()
}

/// Header names, which are in lower case like the host.
pub(super) fn header_names(request: &Request) -> Vec<u8> {
    request
        .headers()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect::<Vec<_>>()
        .join("\n")
        .into_bytes()
}

/// Everything else, each as it is sent and, where it differs, as it is read.
pub(super) fn texts(request: &Request) -> Vec<Cow<'_, [u8]>> {
    let target = request.path_and_query().into_bytes();
    let mut texts = Vec::new();
    texts.extend(percent_decoded(&target).into_iter().flatten().map(Cow::Owned));
    texts.push(Cow::Owned(target));
    texts.push(Cow::Borrowed(request.method().as_bytes()));
    for (_, value) in request.headers() {
        push_all(&mut texts, value.as_bytes());
    }
    push_all(&mut texts, request.body());
    texts
}

/// A body, as it is and as it is read.
pub(super) fn body_texts(body: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut texts = Vec::new();
    push_all(&mut texts, body);
    texts
}

/// The part of the request in which `stands` finds something, in words.
pub(super) fn spot(request: &Request, stands: impl Fn(&[u8]) -> bool) -> String {
    let all = |text: &[u8]| body_texts(text).iter().any(|it| stands(it));
    if all(request.path().as_bytes()) {
        return "the path".to_owned();
    }
    if all(request.path_and_query().as_bytes()) {
        return "the query".to_owned();
    }
    let header = request.headers().iter().find(|(_, value)| all(value.as_bytes()));
    match header {
        Some((name, _)) => format!("header {name}"),
        None => "the body".to_owned(),
    }
}

fn push_all<'t>(texts: &mut Vec<Cow<'t, [u8]>>, text: &'t [u8]) {
    texts.extend(percent_decoded(text).into_iter().flatten().map(Cow::Owned));
    texts.extend(unescaped(text).map(Cow::Owned));
    texts.push(Cow::Borrowed(text));
}

/// Percent-decoded, once as it is and once as a form, where `+` is a space; `None` where nothing is escaped.
///
/// The redactor knows the usual encodings of a whole value; one escape in the middle (`%73k_live`) is none of them.
fn percent_decoded(text: &[u8]) -> Option<[Vec<u8>; 2]> {
    text.contains(&b'%').then(|| {
        // A `+` of the value stands as `%2B` in a form, so it is decoded after the exchange.
        let spaced: Vec<u8> = text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        [decode(text), decode(&spaced)]
    })
}

/// JSON's `\uXXXX` read as characters, `None` where there is none.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let first = text.windows(2).position(|it| it == b"\\u")?;
    let mut read = text[..first].to_vec();
    let mut rest = &text[first..];
    let mut units: Vec<u16> = Vec::new();
    while let [byte, tail @ ..] = rest {
        let unit = (rest.starts_with(b"\\u") && rest.len() >= 6)
            .then(|| {
                std::str::from_utf8(&rest[2..6])
                    .ok()
                    .and_then(|it| u16::from_str_radix(it, 16).ok())
            })
            .flatten();
        if let Some(unit) = unit {
            units.push(unit);
            rest = &rest[6..];
        } else {
            flush(&mut units, &mut read);
            read.push(*byte);
            rest = tail;
        }
    }
    flush(&mut units, &mut read);
    Some(read)
}

fn flush(units: &mut Vec<u16>, read: &mut Vec<u8>) {
    read.extend_from_slice(String::from_utf16_lossy(units).as_bytes());
    units.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_as_the_receiver_reads_them() {
        assert_eq!(
            percent_decoded(b"%73k+a%2Bb"),
            Some([b"sk+a+b".to_vec(), b"sk a+b".to_vec()])
        );
        assert_eq!(percent_decoded(b"plain"), None);
        assert_eq!(
            unescaped(br#"{"k":"\u0073k\u00fc\ud83d\ude00\u12"}"#).as_deref(),
            Some(r#"{"k":"skü😀\u12"}"#.as_bytes())
        );
        assert_eq!(unescaped(b"plain"), None);
    }
}
