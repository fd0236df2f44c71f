//! An agent's definition, and the templates in it.

use distri_core::agent::AgentDefinition;

/// Parsing ends with a definition or with an error that points into the text.
pub fn agent(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match AgentDefinition::parse("agent.md", text) {
        Ok(parsed) => {
            let definition = parsed.definition;
            let named = definition.named_secrets();
            assert!(definition.secrets.required.iter().all(|it| named.contains(it)));
            for template in definition.config_templates() {
                let _ = template.render_url(|_| Some(b"value"));
                let _ = template.render(|_| None);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
