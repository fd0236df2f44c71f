//! Finding a value in bytes and files: as it is, as base64 at each alignment, as hexadecimal.
//!
//! It shares nothing with the redactor, which is one of those it judges.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use distri_core::SecretValue;
use memchr::memmem;
use zeroize::Zeroizing;

/// Everything that is looked for.
pub(super) struct Traces {
    forms: Vec<Zeroizing<Vec<u8>>>,
}

/// What looking through files found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Searched {
    /// How many files there are.
    pub(super) files: usize,
    /// Those with a trace.
    pub(super) hits: Vec<PathBuf>,
}

impl Traces {
    /// The traces of these values.
    pub(super) fn of<'v>(values: impl IntoIterator<Item = &'v SecretValue>) -> Self {
        Self {
            forms: values.into_iter().flat_map(|it| forms(it.expose_secret())).collect(),
        }
    }

    /// Whether `bytes` have one.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        self.forms.iter().any(|form| memmem::find(bytes, form).is_some())
    }

    /// Looks through every file below `directory`.
    pub(super) fn search(&self, directory: &Path) -> io::Result<Searched> {
        let mut searched = Searched::default();
        self.search_into(directory, &mut searched)?;
        Ok(searched)
    }

    fn search_into(&self, directory: &Path, searched: &mut Searched) -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let (path, kind) = entry.and_then(|it| Ok((it.path(), it.file_type()?)))?;
            if kind.is_dir() {
                self.search_into(&path, searched)?;
                continue;
            }
            let bytes = match fs::read(&path) {
                // A command that goes on may have removed it since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                read => read?,
            };
            searched.files += 1;
            if self.are_in(&bytes) {
                searched.hits.push(path);
            }
        }
        Ok(())
    }
}

fn forms(value: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = vec![value.to_vec()];
    forms.extend([HEXLOWER, HEXUPPER].map(|it| it.encode(value).into_bytes()));
    // Inside other base64 a value begins 0, 1 or 2 bytes into a group of three. Whole groups of it look the same
    // whatever stands beside them.
    for skip in 0..3.min(value.len()) {
        let whole = &value[skip..skip + (value.len() - skip) / 3 * 3];
        forms.extend([BASE64, BASE64URL].map(|it| it.encode(whole).into_bytes()));
    }
    forms.into_iter().map(Zeroizing::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &[u8] = b"SG.a-value_of-the-tests.0123456789?>";

    fn traces() -> Traces {
        Traces::of([&SecretValue::new(VALUE.to_vec()).expect("a value")])
    }

    #[test]
    fn every_form_is_found_wherever_it_stands() {
        let traces = traces();
        for lead in 0..6 {
            let inside = [&b"prefix"[..lead], VALUE, b" suffix"].concat();
            let found = [
                inside.clone(),
                BASE64.encode(&inside).into_bytes(),
                BASE64URL.encode(&inside).into_bytes(),
                HEXLOWER.encode(&inside).into_bytes(),
                HEXUPPER.encode(&inside).into_bytes(),
            ];
            for bytes in found {
                assert!(traces.are_in(&bytes), "{}", String::from_utf8_lossy(&bytes));
            }
        }
        for other in [&b""[..], b"SG.", &VALUE[1..], b"SG.another-value-of-the-tests"] {
            assert!(!traces.are_in(other));
        }
    }

    #[test]
    fn a_file_with_a_trace_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(directory.path().join("a/b")).expect("makes");
        let leak = directory.path().join("a/b/leak");
        fs::write(&leak, BASE64.encode(VALUE)).expect("writes");
        fs::write(directory.path().join("a/clean"), "12345").expect("writes");
        let searched = traces().search(directory.path()).expect("searches");
        assert_eq!((searched.files, searched.hits), (2, vec![leak]));
    }
}
