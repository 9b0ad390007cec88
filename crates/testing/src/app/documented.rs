//! Holds every answer of every test, and every request that was accepted, against the OpenAPI document.

mod schema;

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use axum::http::Method;
use jsonschema::{Draft, Registry, Resource, Validator};
use serde_json::{Map, Value, json};

/// The documents of the servers of this process, by their hash: most tests serve the same one.
static KNOWN: LazyLock<Mutex<HashMap<u64, Arc<Documented>>>> = LazyLock::new(Mutex::default);

/// Under which the schemas of a document refer to one another; nothing is fetched from there.
const BASE: &str = "https://openapi.test/document";

/// What an OpenAPI document says of requests and answers.
pub struct Documented {
    operations: Vec<Operation>,
    /// The schemas of bodies; an [`Operation`] names one by its place.
    registry: Registry<'static>,
    /// Compiled at the first use.
    validators: Mutex<HashMap<Place, Arc<Validator>>>,
}

struct Operation {
    method: String,
    path: String,
    /// Schemas of the body by its type; empty when the operation takes none.
    request: Contents,
    /// The schemas of answers by status, or `default`.
    answers: HashMap<String, Contents>,
}

/// The schema of a body, and how strictly it is applied.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    /// Position of the schema among the bodies of the document.
    body: usize,
    formats: Formats,
}

/// Whether texts need the documented format (`date-time`, `email`, …).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Formats {
    /// In answers.
    Held,
    /// In requests: the server also reads spellings that the document does not promise, such as spaces around an
    /// address.
    Free,
}

/// Places of schemas, by content type.
type Contents = HashMap<String, usize>;

/// What a server answered to which request.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// Method of the request.
    pub method: &'a Method,
    /// Path of the request, with its query.
    pub path: &'a str,
    /// Content type and body of the request.
    pub sent: (&'a str, &'a [u8]),
    /// Status of the answer.
    pub status: u16,
    /// Content type and body of the answer.
    pub answered: (&'a str, &'a [u8]),
}

impl Documented {
    /// Reads a document, once for each process.
    pub fn of(document: &Value) -> Arc<Self> {
        let mut hasher = DefaultHasher::new();
        document.hash(&mut hasher);
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(hasher.finish()).or_insert_with(|| Arc::new(Self::read(document))).clone()
    }

    fn read(document: &Value) -> Self {
        let mut bodies = Vec::new();
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let answers = operation["responses"].as_object().into_iter().flatten();
                let answers = answers.map(|(status, answer)| {
                    let shared = answer["$ref"].as_str().and_then(|to| document.pointer(to.trim_start_matches('#')));
                    (status.clone(), contents(shared.unwrap_or(answer), schema::closed, &mut bodies))
                });
                let answers = answers.collect();
                // Supabase's clients send fields that only its own server reads; they are ignored, as the document says.
                let form = if path.starts_with("/auth/") { schema::open } else { schema::closed };
                let request = contents(&operation["requestBody"], form, &mut bodies);
                operations.push(Operation { method: method.to_uppercase(), path: path.clone(), request, answers });
            }
        }
        let components = document["components"]["schemas"].as_object().into_iter().flatten();
        let (mut whole, mut parts) = (Map::new(), Map::new());
        for (name, component) in components {
            whole.insert(name.clone(), schema::closed(component));
            parts.insert(name.clone(), schema::open(component));
        }
        let bodies: Map<String, Value> =
            bodies.into_iter().enumerate().map(|(at, one)| (at.to_string(), one)).collect();
        let all = json!({ "whole": whole, "parts": parts, "bodies": bodies });
        let registry = Registry::new().draft(Draft::Draft202012).add(BASE, Resource::from_contents(all)).unwrap();
        Self { operations, registry: registry.prepare().unwrap(), validators: Mutex::default() }
    }

    /// What is wrong with an exchange according to the document; nothing for paths that it does not name.
    pub fn problem(&self, exchange: &Exchange<'_>) -> Option<String> {
        let path = exchange.path.split('?').next().unwrap_or_default();
        let of_method = self.operations.iter().filter(|operation| operation.method == exchange.method.as_str());
        // `/webhooks/stripe` is no webhook called stripe.
        let operation = of_method
            .filter(|operation| fits(&operation.path, path))
            .min_by_key(|operation| operation.path.matches('{').count())?;
        let accepted = (200..300).contains(&exchange.status);
        let request = || self.request_problem(operation, exchange).filter(|_| accepted);
        self.answer_problem(operation, exchange).or_else(request)
    }

    fn answer_problem(&self, operation: &Operation, exchange: &Exchange<'_>) -> Option<String> {
        let (kind, body) = exchange.answered;
        let kind = essence(kind);
        if exchange.status >= 400 && kind == "text/html" {
            // A browser gets errors as pages.
            return None;
        }
        let named = operation.answers.get(&exchange.status.to_string());
        let of_status = if exchange.status < 400 { named } else { named.or(operation.answers.get("default")) };
        let Some(contents) = of_status else {
            return Some(format!("the status is not documented, only {:?}", operation.answers.keys()));
        };
        if contents.is_empty() {
            return (!body.is_empty()).then(|| "the document says that the answer has no body".to_owned());
        }
        let Some(place) = contents.get(kind).or_else(|| contents.get("*/*")) else {
            return Some(format!("the answer is {kind:?} and not {:?}", contents.keys()));
        };
        self.body_problem(Place { body: *place, formats: Formats::Held }, kind, body)
            .map(|problem| format!("the answer's body is not as documented: {problem}"))
    }

    fn request_problem(&self, operation: &Operation, exchange: &Exchange<'_>) -> Option<String> {
        let (kind, body) = exchange.sent;
        let place = operation.request.get(essence(kind)).filter(|_| !body.is_empty())?;
        let problem = self.body_problem(Place { body: *place, formats: Formats::Free }, essence(kind), body)?;
        Some(format!("the request's body was accepted, but is not as documented: {problem}"))
    }

    /// What is wrong with a body; nothing for types other than JSON.
    fn body_problem(&self, place: Place, kind: &str, body: &[u8]) -> Option<String> {
        if kind != "application/json" && !kind.ends_with("+json") {
            return None;
        }
        let body: Value = match serde_json::from_slice(body) {
            Ok(body) => body,
            Err(error) => return Some(format!("no JSON: {error}")),
        };
        let errors: Vec<String> = self
            .validator(place)
            .iter_errors(&body)
            .map(|error| format!("at {:?}: {error}", error.instance_path().as_str()))
            .collect();
        (!errors.is_empty()).then(|| errors.join("; "))
    }

    fn validator(&self, place: Place) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || {
            let options = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .should_validate_formats(place.formats == Formats::Held);
            let schema = json!({ "$ref": format!("{BASE}#/bodies/{}", place.body) });
            Arc::new(options.with_registry(&self.registry).build(&schema).unwrap())
        };
        validators.entry(place).or_insert_with(compile).clone()
    }
}

/// The content type without its parameters.
fn essence(kind: &str) -> &str {
    kind.split(';').next().unwrap_or_default().trim()
}

/// Adds the schemas of a body in this form to `bodies`; their places by content type.
fn contents(body: &Value, form: fn(&Value) -> Value, bodies: &mut Vec<Value>) -> Contents {
    let contents = body["content"].as_object().into_iter().flatten();
    let place = |(kind, content): (&String, &Value)| {
        bodies.push(form(&content["schema"]));
        (kind.clone(), bodies.len() - 1)
    };
    contents.map(place).collect()
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(wanted, given)| wanted == given || wanted.starts_with('{') && !given.is_empty())
}
