//! Bech32 (BIP 173) without its limit of length, as age writes keys.

const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECKSUM: usize = 6;

/// `hrp1…`, in lower case.
pub(super) fn encode(hrp: &str, data: &[u8]) -> String {
    let mut values = to_fives(data);
    let mut summed = expand(hrp);
    summed.extend_from_slice(&values);
    summed.extend_from_slice(&[0; CHECKSUM]);
    let sum = polymod(&summed) ^ 1;
    values.extend((0..CHECKSUM).map(|it| (sum >> (5 * (CHECKSUM - 1 - it)) & 31) as u8));
    let text = values.iter().map(|it| char::from(CHARSET[usize::from(*it)]));
    format!("{hrp}1{}", text.collect::<String>())
}

/// The bytes of a text with this prefix, all of it in one case. The prefix is given in lower case.
pub(super) fn decode(hrp: &str, text: &str) -> Option<Vec<u8>> {
    let lower = text.to_ascii_lowercase();
    if !text.is_ascii() || (text != lower && text != text.to_ascii_uppercase()) {
        return None;
    }
    let data = lower.strip_prefix(hrp)?.strip_prefix('1')?;
    let values: Option<Vec<u8>> = data
        .bytes()
        .map(|byte| CHARSET.iter().position(|it| *it == byte).map(|it| it as u8))
        .collect();
    let values = values?;
    let mut summed = expand(hrp);
    summed.extend_from_slice(&values);
    if values.len() < CHECKSUM || polymod(&summed) != 1 {
        return None;
    }
    to_bytes(&values[..values.len() - CHECKSUM])
}

fn expand(hrp: &str) -> Vec<u8> {
    let high = hrp.bytes().map(|it| it >> 5);
    high.chain([0]).chain(hrp.bytes().map(|it| it & 31)).collect()
}

fn polymod(values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.iter().fold(1, |sum: u32, value| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(*value);
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(bit, _)| top >> bit & 1 == 1)
            .fold(next, |it, (_, generator)| it ^ generator)
    })
}

fn to_fives(data: &[u8]) -> Vec<u8> {
    let mut values = Vec::with_capacity(data.len() * 8 / 5 + 1);
    let (mut bits, mut count) = (0u32, 0);
    for byte in data {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            values.push((bits >> count & 31) as u8);
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        values.push((bits << (5 - count) & 31) as u8);
    }
    values
}

/// Strict: what is left over is less than a character, and zero.
fn to_bytes(values: &[u8]) -> Option<Vec<u8>> {
    let mut data = Vec::with_capacity(values.len() * 5 / 8);
    let (mut bits, mut count) = (0u32, 0);
    for value in values {
        bits = bits << 5 | u32::from(*value);
        count += 5;
        if count >= 8 {
            count -= 8;
            data.push((bits >> count & 255) as u8);
        }
        bits &= (1 << count) - 1;
    }
    (count < 5 && bits == 0).then_some(data)
}
