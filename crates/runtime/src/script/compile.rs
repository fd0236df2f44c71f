//! One file → one plain ES module: parse, check, infer schemas, transform, print. The text is parsed once.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use oxc::allocator::Allocator;
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::diagnostics::OxcDiagnostic;
use oxc::parser::Parser;
use oxc::semantic::SemanticBuilder;
use oxc::span::SourceType;
use oxc::transformer::{JsxOptions, TransformOptions, Transformer, TypeScriptOptions};
use serde::de::IgnoredAny;

use super::check::check;
use super::imports::{Import, take_imports};
use super::places::Places;
use super::resolve::{Kind, SourceFile};
use super::schema;
use super::stack::with_stack_for;
use super::{Position, ScriptError};

/// The JSX import source; the transformation appends `/jsx-runtime`.
pub(super) const JSX_SOURCE: &str = "distri";

/// A module, its imports not yet resolved.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) source: String,
    pub(super) places: Places,
    pub(super) imports: Vec<Import>,
    /// Tool name → inferred schema, in the order of the text.
    pub(super) schemas: Vec<(String, serde_json::Value)>,
}

/// Compiles the text of `file`.
pub(super) fn compile(file: &SourceFile, text: &str) -> Result<Compiled, ScriptError> {
    let source_type = match file.kind {
        Kind::Json => return json(&file.name, text),
        Kind::TypeScript => SourceType::ts(),
        Kind::Tsx => SourceType::tsx(),
        Kind::JavaScript => SourceType::jsx(),
    };
    let (name, owned) = (file.name.clone(), text.to_owned());
    with_stack_for(&file.name, text, move || {
        script(&name, &owned, source_type.with_module(true))
    })
}

fn script(name: &str, text: &str, source_type: SourceType) -> Result<Compiled, ScriptError> {
    let refused = |it: &OxcDiagnostic| syntax_error(name, text, it);
    let allocator = Allocator::default();

    let parsed = Parser::new(&allocator, text, source_type).parse();
    if let Some(diagnostic) = parsed.diagnostics.first() {
        return Err(refused(diagnostic));
    }
    let any_dynamic = !parsed.module_record.dynamic_imports.is_empty();
    let mut program = parsed.program;
    check(name, &program)?;
    let schemas = schema::infer(&program);

    let analysed = SemanticBuilder::new_compiler()
        // The transformation adds scopes and symbols; reserving room for them saves a reallocation.
        .with_excess_capacity(2.0)
        .with_enum_eval(true)
        .build(&program);
    if let Some(diagnostic) = analysed.diagnostics.first() {
        return Err(refused(diagnostic));
    }
    let scoping = analysed.semantic.into_scoping();

    let transformed =
        Transformer::new(&allocator, Path::new(name), &options()).build_with_scoping(scoping, &mut program);
    // A warning here means that the output would not do what the source says.
    if let Some(diagnostic) = transformed.diagnostics.first() {
        return Err(refused(diagnostic));
    }

    let imports = take_imports(&mut program, any_dynamic);
    program.hashbang = None;
    let printed = Codegen::new()
        .with_options(CodegenOptions {
            comments: CommentOptions::disabled(),
            source_map_path: Some(PathBuf::from(name)),
            ..CodegenOptions::default()
        })
        .build(&program);
    let tokens = printed.map.iter().flat_map(|it| it.get_tokens());
    let places = tokens.map(|it| [it.get_dst_line(), it.get_dst_col(), it.get_src_line(), it.get_src_col()]);
    Ok(Compiled {
        source: printed.code,
        places: Places::new(places),
        imports,
        schemas,
    })
}

/// Types and JSX go; everything that ECMAScript has stays as written.
fn options() -> TransformOptions {
    TransformOptions {
        typescript: TypeScriptOptions {
            // With the automatic runtime, `import React` is unused like any other import: no name is kept for JSX.
            jsx_pragma: Cow::Borrowed("\0"),
            jsx_pragma_frag: Cow::Borrowed("\0"),
            ..TypeScriptOptions::default()
        },
        jsx: JsxOptions {
            import_source: Some(JSX_SOURCE.to_owned()),
            development: false,
            display_name_plugin: false,
            pure: false,
            ..JsxOptions::enable()
        },
        ..TransformOptions::default()
    }
}

/// JSON as a module. `JSON.parse`, because `{"__proto__": …}` means something else as an expression.
fn json(name: &str, text: &str) -> Result<Compiled, ScriptError> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let line: usize = text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum();
        let offset = line + error.column().saturating_sub(1);
        let full = error.to_string();
        let message = full.split(" at line ").next().unwrap_or(&full).to_owned();
        return Err(ScriptError::Json {
            at: Position::of(name, text, offset, offset + 1),
            message,
        });
    }
    // Every JSON string is an ECMAScript string literal since ES2019.
    let literal = serde_json::Value::from(text);
    Ok(Compiled {
        source: format!("export default JSON.parse({literal});\n"),
        places: Places::default(),
        imports: Vec::new(),
        schemas: Vec::new(),
    })
}

fn syntax_error(name: &str, text: &str, diagnostic: &OxcDiagnostic) -> ScriptError {
    let labels = &diagnostic.labels;
    // Of two declarations of one name, the second is the mistake.
    let label = if diagnostic.message.ends_with("already been declared") {
        labels.last()
    } else {
        labels.first()
    };
    let (start, end) = label.map_or((0, 0), |label| {
        let start = label.offset();
        (start as usize, (start + label.len()) as usize)
    });
    let at = Position::of(name, text, start, end);
    if diagnostic.message.starts_with("Namespaces exporting non-const") {
        return ScriptError::Unsupported {
            at,
            what: "namespaces that export a `let` or a `var` are",
        };
    }
    ScriptError::Syntax {
        at,
        message: sentence(&diagnostic.message),
    }
}

/// The house style of a message: lower case at the beginning, no period at the end, one line.
fn sentence(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim_end_matches('.');
    let mut chars = line.chars();
    match (chars.next(), chars.clone().next()) {
        // Not an acronym, a literal or a code.
        (Some(first), Some(second)) if first.is_uppercase() && (second.is_lowercase() || second == ' ') => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => line.to_owned(),
    }
}
