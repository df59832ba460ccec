//! Discord's own description of its API, against which bodies are checked.
//!
//! It is read once in a process, and each body's schema is compiled once. Where it is absent, nothing is checked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Registry, Resource, Validator};
use serde_json::{Value, json};

const BASE: &str = "urn:discord";

/// The description, and what was compiled of it.
pub(crate) struct Spec {
    document: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

static SPEC: LazyLock<Option<Spec>> = LazyLock::new(read);

/// The description; `None` where the machine has none.
pub(crate) fn spec() -> Option<&'static Spec> {
    SPEC.as_ref()
}

fn read() -> Option<Spec> {
    let beside =
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map(|parent| parent.join("shared/specs"));
    let folder = std::env::var_os("STUDYBOT_SPECS").map(PathBuf::from).or_else(beside)?;
    let path = folder.join("discord-openapi.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("what is sent to Discord is not validated: {}: {error}", path.display());
            return None;
        }
    };
    let document: Value = serde_json::from_str(&text).unwrap();
    let resource = Resource::from_contents(document.clone());
    let registry = Registry::new().draft(Draft::Draft202012).add(BASE, resource).unwrap().prepare().unwrap();
    Some(Spec { document, registry, validators: Mutex::default() })
}

impl Spec {
    /// What is wrong with a request's body. `None` is no body.
    pub(crate) fn request(&self, method: &str, template: &str, body: Option<&Value>) -> Vec<String> {
        let place = self
            .operation(method, template)
            .and_then(|operation| self.schema_in(&format!("{operation}/requestBody/content")));
        match (place, body) {
            (None, None) => Vec::new(),
            (None, Some(_)) => vec!["a body where none belongs".to_owned()],
            (Some(_), None) => vec!["no JSON body".to_owned()],
            (Some(pointer), Some(body)) => self.check(&pointer, body, true),
        }
    }

    /// What is wrong with a body as the schema of this name has it.
    pub(crate) fn named(&self, name: &str, body: &Value) -> Vec<String> {
        self.check(&format!("/components/schemas/{name}"), body, true)
    }

    /// What is wrong with what the fake itself answers. Keys that the description leaves out are let pass there.
    pub(crate) fn response(&self, method: &str, template: &str, status: u16, body: &Value) -> Vec<String> {
        let place = self
            .operation(method, template)
            .and_then(|operation| self.schema_in(&format!("{operation}/responses/{status}/content")));
        place.map(|pointer| self.check(&pointer, body, false)).unwrap_or_default()
    }

    fn operation(&self, method: &str, template: &str) -> Option<String> {
        let path = template.replace('~', "~0").replace('/', "~1");
        let pointer = format!("/paths/{path}/{}", method.to_lowercase());
        self.document.pointer(&pointer).map(|_| pointer)
    }

    fn schema_in(&self, content: &str) -> Option<String> {
        let pointer = format!("{content}/application~1json/schema");
        self.document.pointer(&pointer).map(|_| pointer)
    }

    fn check(&self, pointer: &str, body: &Value, keys_too: bool) -> Vec<String> {
        let validator = self.validator(pointer);
        let mut wrong: Vec<String> = validator
            .iter_errors(body)
            .take(5)
            .map(|error| format!("{} at {:?}", error, error.instance_path().to_string()))
            .collect();
        if keys_too && let Some(schema) = self.document.pointer(pointer) {
            self.unknown_keys(&[schema], body, "", &mut wrong);
        }
        wrong
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let make = || {
            // A pointer in a fragment is percent-encoded where a URI's fragment has no room for a character.
            let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
            let schema = json!({"$ref": format!("{BASE}#{fragment}")});
            let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
            let validator = options.with_registry(&self.registry).build(&schema);
            Arc::new(validator.unwrap_or_else(|error| panic!("{pointer}: {error}")))
        };
        Arc::clone(validators.entry(pointer.to_owned()).or_insert_with(make))
    }

    /// Notes keys that none of these schemas names, however deep.
    fn unknown_keys(&self, schemas: &[&Value], body: &Value, at: &str, wrong: &mut Vec<String>) {
        let mut branches = Vec::new();
        for schema in schemas {
            self.branches(schema, body, &mut branches);
        }
        match body {
            Value::Array(items) => {
                let each: Vec<&Value> = branches.iter().filter_map(|branch| branch.get("items")).collect();
                for (index, item) in items.iter().enumerate() {
                    self.unknown_keys(&each, item, &format!("{at}/{index}"), wrong);
                }
            }
            Value::Object(fields) => {
                let open = branches.iter().filter_map(|branch| branch.get("additionalProperties"));
                let open: Vec<&Value> = open.filter(|schema| schema.is_object()).collect();
                let mut known: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
                for (key, schema) in
                    branches.iter().filter_map(|branch| branch.get("properties")?.as_object()).flatten()
                {
                    known.entry(key).or_default().push(schema);
                }
                for (key, value) in fields {
                    match known.get(key.as_str()) {
                        Some(schemas) => self.unknown_keys(schemas, value, &format!("{at}/{key}"), wrong),
                        None if open.is_empty() => wrong.push(format!("unknown key {at}/{key}")),
                        None => self.unknown_keys(&open, value, &format!("{at}/{key}"), wrong),
                    }
                }
            }
            _ => {}
        }
    }

    /// The plain schemas behind a schema, its references and choices, that may be meant by this body: of
    /// alternatives that are told apart by `type`, only the right one.
    fn branches<'a>(&'a self, schema: &'a Value, body: &Value, into: &mut Vec<&'a Value>) {
        let mut seen = BTreeSet::new();
        let mut left = vec![schema];
        while let Some(schema) = left.pop() {
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                if seen.insert(reference) {
                    left.extend(self.document.pointer(reference.trim_start_matches('#')));
                }
                continue;
            }
            let kinds = schema.pointer("/properties/type/enum").and_then(Value::as_array);
            if let (Some(kinds), Some(kind)) = (kinds, body.get("type"))
                && !kinds.contains(kind)
            {
                continue;
            }
            into.push(schema);
            for choice in ["oneOf", "anyOf", "allOf"] {
                left.extend(schema.get(choice).and_then(Value::as_array).into_iter().flatten());
            }
        }
    }
}
