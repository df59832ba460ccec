//! Discord's own description of its interface, for tests: what we make is held against it.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

/// Checks values against one of the description's schemas; without the description it takes anything.
pub(super) struct Spec(Option<jsonschema::Validator>);

impl Spec {
    pub(super) fn of(schema: &str) -> Self {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs");
        let folder = std::env::var_os("STUDYBOT_SPECS").map_or_else(beside, PathBuf::from);
        let file = folder.join("discord-openapi.json");
        let Ok(text) = std::fs::read_to_string(&file) else {
            println!("skipped the check against Discord's description: there is no {}", file.display());
            return Self(None);
        };
        let document: Value = serde_json::from_str(&text).unwrap();
        let root = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": format!("#/components/schemas/{schema}"),
            "components": document["components"],
        });
        Self(Some(jsonschema::validator_for(&root).unwrap()))
    }

    pub(super) fn check(&self, value: &impl Serialize) -> Value {
        let value = serde_json::to_value(value).unwrap();
        if let Some(validator) = &self.0 {
            let errors: Vec<String> = validator
                .iter_errors(&value)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
        }
        value
    }
}
