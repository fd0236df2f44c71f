//! Refuses what parses and yet cannot be compiled here: nesting without end, and syntax with no plain JavaScript.

use oxc::ast::ast::*;
use oxc::ast_visit::{Visit, walk};
use oxc::span::{GetSpan, Span};

use super::{Position, ScriptError};

/// Everything after parsing walks the tree recursively; this walk stops at the limit, the others come after it.
pub(super) fn check(name: &str, program: &Program<'_>) -> Result<(), ScriptError> {
    let mut check = Check {
        depth: 0,
        refused: None,
    };
    check.visit_program(program);
    let Some((refusal, span)) = check.refused else {
        return Ok(());
    };
    let at = Position::of(name, program.source_text, span.start as usize, span.end as usize);
    Err(match refusal {
        Refusal::TooDeep => ScriptError::TooDeep { at },
        Refusal::Unsupported(what) => ScriptError::Unsupported { at, what },
    })
}

/// Most expressions, statements and types inside of each other. Code that people write stays under 100; the longest
/// seen are strings joined by hundreds of `+`, one level each.
const MOST_DEPTH: usize = 2_000;

struct Check {
    depth: usize,
    refused: Option<(Refusal, Span)>,
}

enum Refusal {
    TooDeep,
    Unsupported(&'static str),
}

impl Check {
    fn refuse(&mut self, refusal: Refusal, span: Span) {
        self.refused.get_or_insert((refusal, span));
    }

    fn unsupported(&mut self, what: &'static str, span: Span) {
        self.refuse(Refusal::Unsupported(what), span);
    }

    fn deeper(&mut self, span: Span, walk: impl FnOnce(&mut Self)) {
        if self.refused.is_some() {
            return;
        }
        if self.depth == MOST_DEPTH {
            return self.refuse(Refusal::TooDeep, Span::new(span.start, span.start));
        }
        self.depth += 1;
        walk(self);
        self.depth -= 1;
    }
}

/// Each cycle of the grammar passes through one of the types that go `deeper`.
impl<'a> Visit<'a> for Check {
    fn visit_expression(&mut self, it: &Expression<'a>) {
        self.deeper(it.span(), |check| walk::walk_expression(check, it));
    }

    fn visit_statement(&mut self, it: &Statement<'a>) {
        self.deeper(it.span(), |check| walk::walk_statement(check, it));
    }

    fn visit_binding_pattern(&mut self, it: &BindingPattern<'a>) {
        self.deeper(it.span(), |check| walk::walk_binding_pattern(check, it));
    }

    fn visit_assignment_target(&mut self, it: &AssignmentTarget<'a>) {
        self.deeper(it.span(), |check| walk::walk_assignment_target(check, it));
    }

    fn visit_jsx_element(&mut self, it: &JSXElement<'a>) {
        self.deeper(it.span(), |check| walk::walk_jsx_element(check, it));
    }

    fn visit_jsx_fragment(&mut self, it: &JSXFragment<'a>) {
        self.deeper(it.span(), |check| walk::walk_jsx_fragment(check, it));
    }

    fn visit_jsx_member_expression_object(&mut self, it: &JSXMemberExpressionObject<'a>) {
        self.deeper(it.span(), |check| walk::walk_jsx_member_expression_object(check, it));
    }

    fn visit_ts_type(&mut self, it: &TSType<'a>) {
        self.deeper(it.span(), |check| walk::walk_ts_type(check, it));
    }

    fn visit_ts_type_name(&mut self, it: &TSTypeName<'a>) {
        self.deeper(it.span(), |check| walk::walk_ts_type_name(check, it));
    }

    fn visit_ts_import_type_qualifier(&mut self, it: &TSImportTypeQualifier<'a>) {
        self.deeper(it.span(), |check| walk::walk_ts_import_type_qualifier(check, it));
    }

    fn visit_ts_namespace_declaration(&mut self, it: &TSNamespaceDeclaration<'a>) {
        self.deeper(it.span(), |check| walk::walk_ts_namespace_declaration(check, it));
    }

    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.unsupported("decorators are", it.span);
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        self.unsupported("`accessor` fields are", it.span);
    }

    fn visit_ts_export_assignment(&mut self, it: &TSExportAssignment<'a>) {
        self.unsupported("`export =` is", it.span);
    }

    fn visit_ts_external_module_reference(&mut self, it: &TSExternalModuleReference<'a>) {
        self.unsupported("`import = require` is", it.span);
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        if it.phase.is_some() {
            self.unsupported("`import defer` and `import source` are", it.span);
        }
        walk::walk_import_declaration(self, it);
    }

    fn visit_import_attribute(&mut self, it: &ImportAttribute<'a>) {
        if it.key.as_arena_str() != "type" || it.value.value != "json" {
            self.unsupported("import attributes other than `type: 'json'` are", it.span);
        }
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        if it.phase.is_some() {
            self.unsupported("`import.defer` and `import.source` are", it.span);
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        if it.kind.is_using() {
            self.unsupported("`using` declarations are", it.span);
        }
        walk::walk_variable_declaration(self, it);
    }
}
