//! Follows imports from the entry, within the limits, and decides about each import that is not a file.

use std::collections::VecDeque;
use std::path::Path;

use super::compile::{JSX_SOURCE, compile};
use super::imports::Import;
use super::resolve::{Root, SourceFile, Unresolved};
use super::specifier::{is_builtin, is_package, is_relative};
use super::{Bundle, JSX_RUNTIME, MODULE_LIMIT, Module, Position, ScriptError, TOTAL_LIMIT};

/// Bundles the tools file `entry` of the project at `root`, both paths of the file system.
///
/// Relative imports are followed: `import`, `export … from` and `import("…")` with a literal. Nothing outside of `root`
/// is read. Imports that are used only as types are gone before anything is resolved.
///
/// Built-in modules and packages fail here with the place of the import. Written as `import("…")`, they fail when that
/// line runs, with the same sentence: the code around it may not need them, and other tools do not.
///
/// # Errors
///
/// The first [`ScriptError`]: a file that cannot be read, is over a limit or does not parse, or an import that leads
/// nowhere. Modules are compiled in the order of their first import. Blocks; a file may take 10 s at most.
pub fn bundle(entry: &Path, root: &Path) -> Result<Bundle, ScriptError> {
    let root = Root::open(root)?;
    let entry = root.entry(entry)?;
    let mut bundle = Bundle {
        entry: entry.name.clone(),
        ..Bundle::default()
    };
    let mut queue = VecDeque::from([entry]);
    let mut files = 0;
    let mut bytes = 0;

    while let Some(file) = queue.pop_front() {
        if bundle.modules.contains_key(&file.name) {
            continue;
        }
        files += 1;
        if files > MODULE_LIMIT {
            return Err(ScriptError::ModuleLimit);
        }
        let text = root.read(&file)?;
        bytes += text.len() as u64;
        if bytes > TOTAL_LIMIT {
            return Err(ScriptError::TotalLimit);
        }

        let compiled = compile(&file, &text)?;
        let mut module = Module {
            source: compiled.source,
            places: compiled.places,
            ..Module::default()
        };
        for import in compiled.imports {
            let name = match decide(&root, &file.name, &text, &import)? {
                Decision::Host => continue,
                Decision::File(target) => {
                    let name = target.name.clone();
                    queue.push_back(target);
                    name
                }
                Decision::CreateElement => {
                    let name = format!("{RESERVED}create-element");
                    let source = CREATE_ELEMENT.to_owned();
                    bundle.modules.entry(name.clone()).or_insert(Module {
                        source,
                        ..Module::default()
                    });
                    name
                }
                Decision::Refused(error) => {
                    let name = format!("{RESERVED}refused/{}", bundle.modules.len());
                    let message = serde_json::Value::from(error.to_string());
                    let source = format!("throw new TypeError({message});\n");
                    bundle.modules.insert(
                        name.clone(),
                        Module {
                            source,
                            ..Module::default()
                        },
                    );
                    name
                }
            };
            module.imports.insert(import.specifier, name);
        }
        for (tool, schema) in compiled.schemas {
            bundle.schemas.entry(tool).or_insert(schema);
        }
        bundle.modules.insert(file.name, module);
    }
    Ok(bundle)
}

/// Names of modules that are no files: no relative path has two slashes in a row.
const RESERVED: &str = "distri//";

/// `createElement` of the JSX import source, which the automatic runtime uses for `<a {...props} key={key} />`.
const CREATE_ELEMENT: &str = "\
import { jsx } from 'distri/jsx-runtime';
export function createElement(type, props, ...children) {
	const { key, ...rest } = props ?? {};
	if (children.length > 0) rest.children = children.length === 1 ? children[0] : children;
	return jsx(type, rest, key);
}
";

enum Decision {
    /// The tool host has it.
    Host,
    File(SourceFile),
    CreateElement,
    /// Fails when it runs.
    Refused(ScriptError),
}

fn decide(root: &Root, importer: &str, text: &str, import: &Import) -> Result<Decision, ScriptError> {
    let specifier = import.specifier.clone();
    if specifier == JSX_RUNTIME {
        return Ok(Decision::Host);
    }
    if import.generated() && specifier == JSX_SOURCE {
        return Ok(Decision::CreateElement);
    }
    let at = if import.generated() {
        // Only a pragma makes the transformation import something else.
        let start = text.find("@jsxImportSource").unwrap_or(0);
        Position::of(importer, text, start, start + "@jsxImportSource".len())
    } else {
        Position::of(importer, text, import.start, import.end)
    };

    if is_relative(&specifier) {
        return match root.resolve(importer, &specifier) {
            Ok(file) => Ok(Decision::File(file)),
            Err(Unresolved::Missing) => Err(ScriptError::Missing { at, specifier }),
            Err(Unresolved::Outside) => Err(ScriptError::Outside { at, specifier }),
            Err(Unresolved::Kind) => Err(ScriptError::Kind { at, specifier }),
        };
    }
    let error = if is_builtin(&specifier) {
        ScriptError::Builtin { at, specifier }
    } else if is_package(&specifier) {
        ScriptError::Package { at, specifier }
    } else {
        ScriptError::NotRelative { at, specifier }
    };
    if import.dynamic {
        Ok(Decision::Refused(error))
    } else {
        Err(error)
    }
}
