//! Values where none must be.

use memchr::memmem::Finder;

use crate::forms::telling;

/// The values of one world, in every form that tells them.
pub(crate) struct Leaks(Vec<(&'static str, Finder<'static>)>);

impl Leaks {
    pub(crate) fn of(values: &[&[u8]]) -> Self {
        let all = values.iter().flat_map(|it| telling(it));
        Self(
            all.map(|(name, form)| (name, Finder::new(&form).into_owned()))
                .collect(),
        )
    }

    /// The name of the first form that stands in `text`, over line breaks too.
    pub(crate) fn find(&self, text: &[u8]) -> Option<&'static str> {
        let joined: Vec<u8> = text.iter().copied().filter(|it| !matches!(it, b'\r' | b'\n')).collect();
        let stands = |it: &Finder<'_>| it.find(text).is_some() || it.find(&joined).is_some();
        self.0.iter().find(|(_, it)| stands(it)).map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::formed;

    #[test]
    fn every_form_is_told_wherever_it_stands() {
        for value in [
            "sk_live_51HG7dKJhgfd765KJHgfd7654",
            "p&ss <w>\"o'r=d+/7~x",
            "0123456789abcdefg",
        ] {
            let leaks = Leaks::of(&[value.as_bytes()]);
            for form in [
                "percent",
                "form",
                "json",
                "unicode",
                "html",
                "hex",
                "base64",
                "base64-1",
                "base64-2",
                "base64url",
                "base64-unpadded",
                "mime",
                "utf16-le",
                "utf16-be",
                "quoted-printable",
                "basic-part",
            ] {
                let text = [b"<<", &formed(value.as_bytes(), form).expect(form)[..], b">>"].concat();
                assert!(leaks.find(&text).is_some(), "{form} of {value}");
            }
            for form in ["reversed", "swapped-case", "first-half"] {
                let text = formed(value.as_bytes(), form).expect(form);
                assert!(
                    value.starts_with("0123") || leaks.find(&text).is_none(),
                    "{form} of {value}"
                );
            }
        }
    }
}
