//! Agent definitions: what an agent file says, parsed once, with line and column in every message.
//!
//! A definition is TOML frontmatter between lines `---` and a markdown body, the agent's instructions. Nothing is
//! read from disk and nothing is looked up here: references to secrets stay references until a run renders them.
//!
//! To add a key of the frontmatter: read it in its section's `read`, give it a field, and a row in the tests of
//! `definition`; a key that no section asks for becomes a warning by itself.

mod definition;
mod frontmatter;
mod model;
mod position;
pub mod readme;
mod section;
pub mod template;
mod tools;

pub use definition::{AgentDefinition, MAX_FILE_LEN, Parsed, SecretNeeds};
pub use model::{ModelRef, ModelSettings, ProviderName, ProviderSettings};
pub use position::{DefinitionError, Warning};
pub use template::{ConfigTemplate, PromptTemplate, RenderError, Rendered, Slot, TemplateError};
pub use tools::{HttpTool, ToolNames, Tools};

#[cfg(test)]
mod tests;
