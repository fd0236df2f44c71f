//! Tool name → JSON Schema of its handler's parameter, for tools that declare none.
//!
//! A tool is any object literal with `name: '…'` and `handler` or `execute`. Both what the parameter destructures and
//! its type annotation are read; where they disagree the annotation wins. What neither tells is left open: `{}` in
//! JSON Schema is any JSON. So the page's `({ to, subject, body })` gives three required keys of any type.
//!
//! A schema describes the arguments to a model; nothing is allowed or refused because of it.

mod combine;
mod pattern;
mod types;

use std::collections::HashMap;

use oxc::ast::ast::*;
use oxc::ast_visit::{Visit, walk};
use serde_json::{Value, json};

use self::types::Types;

/// The schemas of the tools in one module, in the order of the text.
pub(super) fn infer(program: &Program<'_>) -> Vec<(String, Value)> {
    if !program.source_text.contains("handler") && !program.source_text.contains("execute") {
        return Vec::new();
    }
    let mut tools = Tools {
        scope: Scope::of(program),
        schemas: Vec::new(),
    };
    tools.visit_program(program);
    tools.schemas
}

struct Tools<'p, 'a> {
    scope: Scope<'p, 'a>,
    schemas: Vec<(String, Value)>,
}

impl<'a> Visit<'a> for Tools<'_, 'a> {
    fn visit_object_expression(&mut self, it: &ObjectExpression<'a>) {
        if let Some((name, handler)) = tool(it)
            && let Some(params) = self.scope.params_of(handler)
        {
            let schema = self.scope.params_schema(params);
            self.schemas.push((name, schema));
        }
        walk::walk_object_expression(self, it);
    }
}

/// The name and the handler, if this is a tool without a schema of its own.
fn tool<'o, 'a>(object: &'o ObjectExpression<'a>) -> Option<(String, &'o Expression<'a>)> {
    let mut name = None;
    let mut handler = None;
    for property in &object.properties {
        let ObjectPropertyKind::ObjectProperty(property) = property else {
            continue;
        };
        if property.computed || property.kind != PropertyKind::Init {
            continue;
        }
        match property.key.static_name().as_deref() {
            Some("name") => name = pattern::string(&property.value),
            Some("handler") => handler = Some(&property.value),
            Some("execute") => handler = handler.or(Some(&property.value)),
            Some("parameters" | "schema" | "inputSchema") => return None,
            _ => {}
        }
    }
    Some((name?, handler?))
}

/// What a module declares at its top level, as far as schemas need it.
pub(super) struct Scope<'p, 'a> {
    functions: HashMap<&'p str, &'p FormalParameters<'a>>,
    /// An interface may be declared several times.
    types: HashMap<&'p str, Vec<TypeDeclaration<'p, 'a>>>,
    /// Offset of what a JSDoc comment stands before → its text.
    docs: HashMap<u32, String>,
}

#[derive(Clone, Copy)]
pub(super) enum TypeDeclaration<'p, 'a> {
    Alias(&'p TSTypeAliasDeclaration<'a>),
    Interface(&'p TSInterfaceDeclaration<'a>),
    Enum(&'p TSEnumDeclaration<'a>),
}

impl<'p, 'a> Scope<'p, 'a> {
    fn of(program: &'p Program<'a>) -> Self {
        let mut scope = Self {
            functions: HashMap::new(),
            types: HashMap::new(),
            docs: HashMap::new(),
        };
        for comment in program.comments.iter().filter(|it| it.is_jsdoc()) {
            let text = doc_text(comment.content_span().source_text(program.source_text));
            if !text.is_empty() {
                scope.docs.insert(comment.attached_to, text);
            }
        }
        for statement in &program.body {
            match statement {
                Statement::ExportDeclaration(it) => scope.declare(&it.declaration),
                Statement::ExportDefaultDeclaration(it) => match &it.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(it) => scope.function(it),
                    ExportDefaultDeclarationKind::TSInterfaceDeclaration(it) => {
                        scope.type_declaration(&it.id, TypeDeclaration::Interface(it));
                    }
                    _ => {}
                },
                statement => {
                    if let Some(declaration) = statement.as_declaration() {
                        scope.declare(declaration);
                    }
                }
            }
        }
        scope
    }

    fn declare(&mut self, declaration: &'p Declaration<'a>) {
        match declaration {
            Declaration::FunctionDeclaration(it) => self.function(it),
            Declaration::VariableDeclaration(it) => {
                for declarator in &it.declarations {
                    if let BindingPattern::BindingIdentifier(id) = &declarator.id
                        && let Some(params) = declarator.init.as_ref().and_then(literal_params)
                    {
                        self.functions.insert(id.name.as_str(), params);
                    }
                }
            }
            Declaration::TSTypeAliasDeclaration(it) => self.type_declaration(&it.id, TypeDeclaration::Alias(it)),
            Declaration::TSInterfaceDeclaration(it) => self.type_declaration(&it.id, TypeDeclaration::Interface(it)),
            Declaration::TSEnumDeclaration(it) => self.type_declaration(&it.id, TypeDeclaration::Enum(it)),
            _ => {}
        }
    }

    fn function(&mut self, function: &'p Function<'a>) {
        // The signatures of an overloaded function have no body; its implementation comes last.
        if let Some(id) = &function.id {
            self.functions.insert(id.name.as_str(), &function.params);
        }
    }

    fn type_declaration(&mut self, id: &'p BindingIdentifier<'a>, declaration: TypeDeclaration<'p, 'a>) {
        self.types.entry(id.name.as_str()).or_default().push(declaration);
    }

    fn params_of<'o>(&'o self, handler: &'o Expression<'a>) -> Option<&'o FormalParameters<'a>> {
        match handler.get_inner_expression() {
            Expression::Identifier(it) => self.functions.get(it.name.as_str()).copied(),
            expression => literal_params(expression),
        }
    }

    fn params_schema(&self, params: &FormalParameters<'a>) -> Value {
        let Some(first) = params.items.first() else {
            return match params.rest {
                Some(_) => json!({ "type": "object" }),
                None => {
                    json!({ "type": "object", "properties": {}, "additionalProperties": false })
                }
            };
        };
        // `({ a } = {})` arrives as a pattern with an initializer beside it, not inside.
        let annotated = first
            .type_annotation
            .as_ref()
            .map(|it| Types::new(self).schema(&it.type_annotation))
            .filter(|it| *it != json!({}));
        let destructured = match &first.pattern {
            BindingPattern::ObjectPattern(it) => Some(it),
            BindingPattern::AssignmentPattern(it) => match &it.left {
                BindingPattern::ObjectPattern(it) => Some(it),
                _ => None,
            },
            _ => None,
        };
        match (annotated, destructured) {
            (Some(mut schema), Some(destructured)) => {
                self.fill(&mut schema, destructured);
                schema
            }
            (Some(schema), None) => schema,
            (None, Some(destructured)) => self.pattern_schema(destructured),
            (None, None) => json!({ "type": "object" }),
        }
    }
}

fn literal_params<'o, 'a>(expression: &'o Expression<'a>) -> Option<&'o FormalParameters<'a>> {
    match expression.get_inner_expression() {
        Expression::ArrowFunctionExpression(it) => Some(&it.params),
        Expression::FunctionExpression(it) => Some(&it.params),
        _ => None,
    }
}

/// The description in a JSDoc comment: its text before the first tag, on one line.
fn doc_text(comment: &str) -> String {
    comment
        .lines()
        .map(|line| line.trim_start().trim_start_matches('*').trim())
        .take_while(|line| !line.starts_with('@'))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
