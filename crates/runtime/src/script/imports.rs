//! What a compiled module imports, and where its source says so.
//!
//! Taken after the transformation, when imports that are used only as types are gone.

use oxc::ast::ast::*;
use oxc::ast_visit::{VisitMut, walk_mut};
use oxc::span::Span;

/// One specifier of a module, at its first place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) specifier: String,
    /// Byte offsets into the source; 0 and 0 for an import that the JSX transformation added.
    pub(super) start: usize,
    pub(super) end: usize,
    /// `import("…")`, and no import statement.
    pub(super) dynamic: bool,
}

impl Import {
    /// Whether nobody wrote it.
    pub(super) fn generated(&self) -> bool {
        self.end == 0
    }
}

/// Lists the imports of `program` and takes the attributes off: what a module is, the bundle has decided.
///
/// A dynamic import whose specifier is not a literal is not listed; the tool host refuses it when it runs.
pub(super) fn take_imports(program: &mut Program<'_>, any_dynamic: bool) -> Vec<Import> {
    let mut imports = Imports(Vec::new());
    for statement in &mut program.body {
        match statement {
            Statement::ImportDeclaration(it) => {
                it.with_clause = None;
                imports.add(&it.source.value, it.source.span, false);
            }
            Statement::ExportAllDeclaration(it) => {
                it.with_clause = None;
                imports.add(&it.source.value, it.source.span, false);
            }
            Statement::ExportFromDeclaration(it) => {
                it.with_clause = None;
                imports.add(&it.source.value, it.source.span, false);
            }
            _ => {}
        }
    }
    if any_dynamic {
        imports.visit_program(program);
    }
    imports.0
}

struct Imports(Vec<Import>);

impl Imports {
    fn add(&mut self, specifier: &str, span: Span, dynamic: bool) {
        // Static ones come first: a specifier imported both ways is a static import.
        if self.0.iter().all(|it| it.specifier != specifier || it.generated()) {
            let (start, end) = (span.start as usize, span.end as usize);
            self.0.push(Import {
                specifier: specifier.to_owned(),
                start,
                end,
                dynamic,
            });
        }
    }
}

impl<'a> VisitMut<'a> for Imports {
    fn visit_import_expression(&mut self, it: &mut ImportExpression<'a>) {
        it.options = None;
        match it.source.get_inner_expression() {
            Expression::StringLiteral(literal) => self.add(&literal.value, literal.span, true),
            Expression::TemplateLiteral(literal) => {
                if let Some(text) = literal.single_quasi() {
                    self.add(&text, literal.span, true);
                }
            }
            _ => {}
        }
        walk_mut::walk_import_expression(self, it);
    }
}
