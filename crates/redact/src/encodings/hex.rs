//! Hexadecimal in both cases: plain (RFC 4648, section 8), with colons, and as the `\x` escapes of C, Python and shells.

use super::{Case, Encoding, Form, each_byte};

pub(super) struct Hex;

impl Encoding for Hex {
    fn name(&self) -> &'static str {
        "hex"
    }

    fn forms(&self, secret: &[u8]) -> Vec<Form> {
        let mut forms = Vec::new();
        for case in Case::BOTH {
            forms.push(each_byte(secret, 2, |byte, out| case.push_byte(byte, out)));
            forms.push(each_byte(secret, 4, |byte, out| {
                out.extend(b"\\x");
                case.push_byte(byte, out);
            }));
            // The last colon is cut off: it stands between bytes only.
            let mut colons = each_byte(secret, 3, |byte, out| {
                case.push_byte(byte, out);
                out.push(b':');
            });
            colons.pop();
            forms.push(colons);
        }
        forms
    }

    fn stand_ins(&self, _: &[u8], replacement: &[u8]) -> Option<Vec<Form>> {
        Some(self.forms(replacement))
    }

    fn folds(&self) -> bool {
        true
    }
}
