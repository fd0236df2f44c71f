//! Text and bytes, as the Encoding standard has them: UTF-8, UTF-16 and windows-1252.

use std::rc::Rc;

use rquickjs::{Array, ArrayBuffer, Ctx, Exception, Result};

use super::{Table, stage::Stage};

pub(super) fn add<'js>(table: &Table<'js>, stage: &Rc<Stage>) -> Result<()> {
    table.add("encode", |ctx: Ctx<'js>, text: String| {
        ArrayBuffer::new(ctx, text.into_bytes())
    })?;

    let staged = Rc::clone(stage);
    table.add(
        "decode",
        move |ctx: Ctx<'js>, encoding: String, fatal: bool, more: bool| {
            let bytes = staged.take(0);
            let decoded = match encoding.as_str() {
                "utf-16le" => utf16(&bytes, fatal, more, u16::from_le_bytes),
                "utf-16be" => utf16(&bytes, fatal, more, u16::from_be_bytes),
                "windows-1252" => Some((windows_1252(&bytes), bytes.len())),
                _ => utf8(bytes, fatal, more),
            };
            let Some((text, used)) = decoded else {
                let message = format!("the bytes are not valid {encoding}");
                return Err(Exception::throw_type(&ctx, &message));
            };
            let pair = Array::new(ctx.clone())?;
            pair.set(0, text)?;
            pair.set(1, used)?;
            Ok(pair)
        },
    )
}

/// Text, and how many bytes it took: with `more` to come, a cut character stays for next time.
fn utf8(bytes: Vec<u8>, fatal: bool, more: bool) -> Option<(String, usize)> {
    let len = bytes.len();
    let (bytes, error) = match String::from_utf8(bytes) {
        Ok(text) => return Some((text, len)),
        Err(error) => {
            let at = error.utf8_error();
            (error.into_bytes(), at)
        }
    };
    let cut = match cut_at_end(&bytes) {
        Some(cut) if more => cut,
        _ => len,
    };
    let whole = &bytes[..cut];
    if fatal && (error.valid_up_to() < cut) {
        return None;
    }
    Some((String::from_utf8_lossy(whole).into_owned(), cut))
}

/// Where the last character begins when the bytes end inside it.
fn cut_at_end(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(3);
    (from..bytes.len()).find(|at| {
        std::str::from_utf8(&bytes[*at..]).is_err_and(|it| it.valid_up_to() == 0 && it.error_len().is_none())
    })
}

fn utf16(bytes: &[u8], fatal: bool, more: bool, unit: fn([u8; 2]) -> u16) -> Option<(String, usize)> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut units = pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>();
    let mut used = bytes.len();
    if more {
        used -= odd.len();
        if units.last().is_some_and(|it| (0xD800..0xDC00).contains(it)) {
            units.pop();
            used -= 2;
        }
    }
    let mut text = String::with_capacity(units.len());
    for character in char::decode_utf16(units) {
        match character {
            Ok(character) => text.push(character),
            Err(_) if fatal => return None,
            Err(_) => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    if !more && !odd.is_empty() {
        if fatal {
            return None;
        }
        text.push(char::REPLACEMENT_CHARACTER);
    }
    Some((text, used))
}

/// What the labels `latin1`, `ascii` and `iso-8859-1` mean (Encoding standard, 4.2).
fn windows_1252(bytes: &[u8]) -> String {
    /// 0x80 to 0x9F; elsewhere the byte is the code point.
    const HIGH: [char; 32] = [
        '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}',
        '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}', '\u{2019}',
        '\u{201C}', '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}', '\u{203A}',
        '\u{153}', '\u{9D}', '\u{17E}', '\u{178}',
    ];
    let character = |byte: &u8| match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_character_waits_for_the_rest() {
        let euro = "a€".as_bytes();
        assert_eq!(utf8(euro[..2].to_vec(), true, true), Some(("a".to_owned(), 1)));
        assert_eq!(utf8(euro[..3].to_vec(), true, true), Some(("a".to_owned(), 1)));
        assert_eq!(utf8(euro[..3].to_vec(), true, false), None);
        assert_eq!(
            utf8(euro[..3].to_vec(), false, false),
            Some(("a\u{FFFD}".to_owned(), 3))
        );
        assert_eq!(utf8(b"\xFFa".to_vec(), true, true), None);
    }
}
