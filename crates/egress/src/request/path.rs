//! The path: segments that mean the same to every server.

use super::RequestError;

/// How often an escape may hide another one before the text is given up as hostile.
const MAX_DEPTH: usize = 4;

/// Refuses a path, as written, in which any server might see other segments.
///
/// Each segment is looked at as it is and after every round of percent-decoding, because a proxy on the way may
/// decode once more than the server behind it.
pub(super) fn check(raw: &str) -> Result<(), RequestError> {
    if raw.contains('\\') {
        return Err(RequestError::Backslash);
    }
    let Some(rest) = raw.strip_prefix('/') else {
        return Ok(());
    };
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        // Only the last one may be empty: a trailing slash.
        if segment.is_empty() && segments.peek().is_some() {
            return Err(RequestError::EmptySegment);
        }
        check_escapes(segment)?;
        let mut seen = segment.as_bytes().to_vec();
        check_segment(&seen)?;
        for depth in 0.. {
            let decoded = decode(&seen);
            if decoded == seen {
                break;
            }
            if depth == MAX_DEPTH {
                return Err(RequestError::RoundTrip);
            }
            check_decoded(&decoded)?;
            check_segment(&decoded)?;
            seen = decoded;
        }
    }
    Ok(())
}

/// Percent-decodes; a `%` that begins no escape stays.
pub(crate) fn decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let escape = (*first == b'%').then(|| hex_pair(tail)).flatten();
        match escape {
            Some(byte) => {
                decoded.push(byte);
                rest = &tail[2..];
            }
            None => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    decoded
}

fn hex_pair(text: &[u8]) -> Option<u8> {
    let [high, low, ..] = text else { return None };
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|it| u8::try_from(it).ok());
    Some(digit(*high)? << 4 | digit(*low)?)
}

fn check_escapes(segment: &str) -> Result<(), RequestError> {
    let valid = segment
        .split('%')
        .skip(1)
        .all(|after| hex_pair(after.as_bytes()).is_some());
    if valid { Ok(()) } else { Err(RequestError::Escape) }
}

/// `..;x` counts as `..`: Java servers strip parameters before they walk.
fn check_segment(segment: &[u8]) -> Result<(), RequestError> {
    let mut parts = segment.split(|b| *b == b';');
    if parts.clone().any(|part| part == b"." || part == b"..") {
        return Err(RequestError::DotSegment);
    }
    if segment.contains(&b';') && parts.next().is_some_and(<[u8]>::is_empty) {
        return Err(RequestError::EmptySegment);
    }
    Ok(())
}

fn check_decoded(segment: &[u8]) -> Result<(), RequestError> {
    let text = std::str::from_utf8(segment).map_err(|_| RequestError::Utf8)?;
    if text.contains('/') {
        Err(RequestError::EscapedSlash)
    } else if text.contains('\\') {
        Err(RequestError::Backslash)
    } else if text.chars().any(char::is_control) {
        Err(RequestError::EscapedControl)
    } else {
        Ok(())
    }
}
