//! The question format as a JSON Schema, for editors. The bounds are the reader's own.

use serde_json::{Value, json};

use super::fields::Text;
use super::question as bounds;
use crate::domain::question::{Format, Level, Provider};

/// The schema of a question file: <https://json-schema.org/draft/2020-12>.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A studybot question",
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "title", "format", "topic", "level", "minutes", "prompt", "model_answer", "criteria"],
        "properties": {
            "id": slug("Equal to the file's name"),
            "title": text(bounds::TITLE, "What people see first"),
            "format": words(Format::ALL.iter().map(|word| word.as_str()), "The kind of interview"),
            "topic": slug("Equal to the folder's name"),
            "level": words(Level::ALL.iter().map(|word| word.as_str()), "Whom it is for"),
            "providers": {
                "type": "array", "uniqueItems": true,
                "description": "The providers it is about; empty: any",
                "items": words(Provider::ALL.iter().map(|word| word.as_str()), "A cloud provider"),
            },
            "covers": {
                "type": "array", "maxItems": 20, "uniqueItems": true,
                "description": "Items of the pack's syllabus.toml",
                "items": text(bounds::ITEM_ID, "An item's id"),
            },
            "minutes": { "type": "integer", "minimum": 1, "maximum": 120, "description": "A fair time to answer" },
            "prompt": text(bounds::PROMPT, "What learners are asked, in Markdown"),
            "hints": list(5, text(bounds::ASIDE, "A help that gives no criterion away")),
            "model_answer": text(bounds::MODEL_ANSWER, "An answer that meets every criterion, in Markdown"),
            "follow_ups": list(5, text(bounds::ASIDE, "A question that goes deeper")),
            "criteria": {
                "type": "array", "minItems": 4, "maxItems": 10,
                "description": "The points that a good answer makes",
                "items": criterion(),
            },
            "pitfalls": list(8, record(json!({ "text": text(bounds::POINT, "What weak answers do") }), &["text"])),
            "references": list(5, record(
                json!({
                    "title": text(bounds::REFERENCE_TITLE, "What the page is called"),
                    "url": {
                        "type": "string", "pattern": "^https://", "maxLength": bounds::URL.max,
                        "description": "A primary source",
                    },
                }),
                &["title", "url"],
            )),
        },
    })
}

fn criterion() -> Value {
    record(
        json!({
            "id": slug("Unique within the question"),
            "short": text(bounds::SHORT, "For controls"),
            "text": text(bounds::POINT, "One observable thing that an answer says or doesn't"),
            "weight": { "type": "integer", "minimum": 1, "maximum": 3, "description": "How much it counts" },
            "examples": list(6, text(bounds::EXAMPLE, "How people really put it")),
            "before": list(9, slug("A criterion that it comes before in a good answer")),
        }),
        &["id", "short", "text", "weight"],
    )
}

fn text(bounds: Text, description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": bounds.max, "description": description })
}

fn slug(description: &str) -> Value {
    json!({
        "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 64, "description": description,
    })
}

fn words<'a>(words: impl Iterator<Item = &'a str>, description: &str) -> Value {
    json!({ "enum": words.collect::<Vec<_>>(), "description": description })
}

fn list(max: u8, items: Value) -> Value {
    json!({ "type": "array", "maxItems": max, "items": items })
}

fn record(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_this_one() {
        let committed: Value =
            serde_json::from_str(include_str!("../../../questions/question.schema.json")).unwrap();
        assert_eq!(
            committed,
            schema(),
            "write it anew: cargo run -- questions schema > questions/question.schema.json"
        );
    }
}
