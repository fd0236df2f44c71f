//! Relative specifier → file inside the root, and the only place where a source file is opened.
//!
//! A path is refused as text before the file system is asked, so that nothing outside of the root is probed; then its
//! links are followed, and what they lead to must be inside as well.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::{FILE_LIMIT, ScriptError};

/// The project's root, links followed.
pub(super) struct Root {
    path: PathBuf,
}

/// What a file's extension says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `.ts`, `.mts`
    TypeScript,
    /// `.tsx`
    Tsx,
    /// `.js`, `.jsx`, `.mjs`
    JavaScript,
    /// `.json`
    Json,
}

/// A file inside the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// Relative to the root, with `/`, links followed.
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// Why a specifier leads to no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unresolved {
    Missing,
    Outside,
    Kind,
}

impl Root {
    pub(super) fn open(root: &Path) -> Result<Self, ScriptError> {
        let path = root.canonicalize().map_err(|source| ScriptError::Read {
            path: root.to_owned(),
            source,
        })?;
        Ok(Self { path })
    }

    /// The entry, given as a path of the file system.
    pub(super) fn entry(&self, entry: &Path) -> Result<SourceFile, ScriptError> {
        let path = entry.canonicalize().map_err(|source| ScriptError::Read {
            path: entry.to_owned(),
            source,
        })?;
        let Some(name) = self.name_of(&path) else {
            return Err(ScriptError::EntryOutside {
                path,
                root: self.path.clone(),
            });
        };
        match Kind::of(&path) {
            Some(kind) if kind != Kind::Json => Ok(SourceFile { name, kind }),
            _ => Err(ScriptError::NotScript { path: name }),
        }
    }

    /// What `specifier` means in the module `importer`.
    pub(super) fn resolve(&self, importer: &str, specifier: &str) -> Result<SourceFile, Unresolved> {
        let folder = Path::new(importer).parent().unwrap_or(Path::new(""));
        let target = normalize(&folder.join(specifier)).ok_or(Unresolved::Outside)?;
        let names_folder = matches!(specifier.rsplit('/').next(), Some("" | "." | ".."));

        let mut unknown_kind = false;
        for candidate in candidates(&target, names_folder) {
            let path = match self.path.join(&candidate).canonicalize() {
                Ok(path) if path.is_file() => path,
                // Whatever the reason, there is nothing here that can be imported.
                Ok(_) | Err(_) => continue,
            };
            let name = self.name_of(&path).ok_or(Unresolved::Outside)?;
            match Kind::of(&path) {
                Some(kind) => return Ok(SourceFile { name, kind }),
                None => unknown_kind = true,
            }
        }
        Err(if unknown_kind {
            Unresolved::Kind
        } else {
            Unresolved::Missing
        })
    }

    /// The text of a file, without its byte order mark.
    pub(super) fn read(&self, file: &SourceFile) -> Result<String, ScriptError> {
        let path = self.path.join(&file.name);
        let failed = |source| ScriptError::Read {
            path: path.clone(),
            source,
        };

        let mut bytes = Vec::new();
        let opened = self.open_beneath(&file.name).map_err(failed)?;
        if !opened.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("not a regular file")));
        }
        opened.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > FILE_LIMIT {
            return Err(ScriptError::FileLimit {
                path: file.name.clone(),
            });
        }
        let mut text = String::from_utf8(bytes).map_err(|error| ScriptError::NotText {
            path: file.name.clone(),
            offset: error.utf8_error().valid_up_to(),
        })?;
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        Ok(text)
    }

    /// Opens without following any link: names have theirs followed already, so one that has appeared since is a
    /// swap between check and use. `NONBLOCK`, because opening a FIFO would otherwise wait for its writer.
    fn open_beneath(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let folder = rustix::fs::openat(CWD, &self.path, flags | OFlags::DIRECTORY, Mode::empty())?;
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let opened = match rustix::fs::openat2(&folder, name, flags, Mode::empty(), beneath) {
            // Linux before 5.6, and sandboxes that do not know the call.
            Err(Errno::NOSYS) => rustix::fs::openat(&folder, name, flags | OFlags::NOFOLLOW, Mode::empty())?,
            opened => opened?,
        };
        Ok(File::from(opened))
    }

    fn name_of(&self, path: &Path) -> Option<String> {
        path.strip_prefix(&self.path).ok()?.to_str().map(str::to_owned)
    }
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "ts" | "mts" => Some(Self::TypeScript),
            "tsx" => Some(Self::Tsx),
            "js" | "jsx" | "mjs" => Some(Self::JavaScript),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

const EXTENSIONS: [&str; 7] = ["ts", "tsx", "mts", "js", "jsx", "mjs", "json"];

/// The paths that a specifier may mean, best first: itself, with an extension, the TypeScript file that an import of
/// its output means (TypeScript's `moduleResolution`: `./x.js` is written for `x.ts`), the index of a folder.
fn candidates(target: &Path, names_folder: bool) -> Vec<PathBuf> {
    let mut paths = Vec::with_capacity(2 * EXTENSIONS.len() + 3);
    if !names_folder {
        paths.push(target.to_owned());
        for extension in EXTENSIONS {
            let mut path = target.as_os_str().to_owned();
            path.push(".");
            path.push(extension);
            paths.push(path.into());
        }
        let sources: &[&str] = match target.extension().and_then(|it| it.to_str()) {
            Some("js") => &["ts", "tsx"],
            Some("jsx") => &["tsx"],
            Some("mjs") => &["mts"],
            _ => &[],
        };
        paths.extend(sources.iter().map(|extension| target.with_extension(extension)));
    }
    paths.extend(
        EXTENSIONS
            .iter()
            .map(|extension| target.join("index").with_extension(extension)),
    );
    paths
}

/// Resolves `.` and `..` as text; `None` when the path climbs above its beginning.
fn normalize(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !normal.pop() {
                    return None;
                }
            }
            Component::Normal(part) => normal.push(part),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normal)
}
