//! The OpenAPI document, as stored in the repository.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{exceptions, refuse, snapshot};
use crate::harness::app::TestApp;

#[tokio::test]
async fn the_document_is_the_one_in_the_repository() {
    let app = TestApp::with(crate::voice()).await;
    let served = app.get("/api/v1/openapi.json").send().await.expect(200);
    assert_eq!(served.json(), app.document);
    assert_eq!(served.header("content-type"), "application/json");
    snapshot::same_as("openapi.json", &format!("{}\n", serde_json::to_string_pretty(&app.document).unwrap()));
}

#[tokio::test]
async fn the_document_of_operators_is_the_one_in_the_repository() {
    let app = TestApp::with(crate::voice()).await;
    let served = app.get("/operator/v1/openapi.json").send().await.expect(200);
    assert_eq!(served.json(), app.operators);
    let text = format!("{}\n", serde_json::to_string_pretty(&app.operators).unwrap());
    snapshot::same_as("openapi-operator.json", &text);
}

#[tokio::test]
async fn every_operation_says_what_it_is_and_what_it_answers() {
    let app = TestApp::with(crate::voice()).await;
    assert_eq!((&app.document["openapi"], &app.operators["openapi"]), (&json!("3.1.0"), &json!("3.1.0")));
    let mut broken = Vec::new();
    let mut names = BTreeSet::new();
    let operators = app.operators["paths"].as_object().unwrap();
    for (path, methods) in app.document["paths"].as_object().unwrap().iter().chain(operators) {
        for (method, operation) in methods.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap_or_default();
            // Clients are made from one of the documents.
            if !names.insert((path.starts_with("/operator/"), name.to_owned())) {
                broken.push(format!("{method} {path}: another operation is called {name:?}"));
            }
            let answers = operation["responses"].as_object().into_iter().flatten();
            for (status, answer) in answers {
                if answer.get("$ref").is_none() && answer["description"].as_str().is_none_or(str::is_empty) {
                    broken.push(format!("{method} {path}: does not describe its answer {status}"));
                }
            }
            if operation["responses"].get("default").is_none() {
                broken.push(format!("{method} {path}: does not say what an error looks like"));
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["description"].as_str().is_none_or(str::is_empty) {
                    broken.push(format!("{method} {path}: does not describe its parameter {}", parameter["name"]));
                }
            }
            // A request is named after what it does: CreateWorkflow, UpdateWorkflow.
            for content in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                let request = content.1["schema"]["$ref"].as_str().unwrap_or_default();
                if ["New", "Change", "Body"].iter().any(|end| request.ends_with(end)) {
                    broken.push(format!("{method} {path}: name its request after what it does, not {request}"));
                }
            }
            for tag in operation["tags"].as_array().into_iter().flatten() {
                let operators = path.starts_with("/operator/");
                let document = if operators { &app.operators } else { &app.document };
                let topics = document["tags"].as_array().into_iter().flatten();
                if !topics.into_iter().any(|topic| topic["name"] == *tag && !topic["description"].is_null()) {
                    broken.push(format!("{method} {path}: its topic {tag} is not described"));
                }
            }
            if operation["summary"].as_str().is_none_or(str::is_empty) || operation["tags"].as_array().is_none() {
                broken.push(format!("{method} {path}: has no summary or no tag"));
            }
            if operation["responses"].as_object().is_none_or(serde_json::Map::is_empty) {
                broken.push(format!("{method} {path}: does not say what it answers"));
            }
            for parameter in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                if !parameters.into_iter().any(|given| given["in"] == "path" && given["name"] == parameter) {
                    broken.push(format!("{method} {path}: does not describe {{{parameter}}}"));
                }
            }
        }
    }
    refuse("Every operation is described:", &broken);
}

/// Operations that take no API key say so, and no others do.
#[tokio::test]
async fn operations_for_users_alone_ask_for_an_access_token() {
    let app = TestApp::with(crate::voice()).await;
    let listed = exceptions(crate::walk::PERSONAL);
    let mut broken = Vec::new();
    for (path, methods) in app.document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = format!("{} {path}", method.to_uppercase());
            let personal = operation["security"] == json!([{ "bearer": [] }]);
            // The operations of administrators take the service key, which is a token, too.
            if personal != listed.contains_key(name.as_str())
                && !path.starts_with("/auth/v1/admin/")
                && path != "/auth/v1/invite"
            {
                broken.push(format!("{name}: says {}", operation["security"]));
            }
        }
    }
    refuse("What an operation accepts is documented:", &broken);
}

/// Words for people and things that readers have to translate first.
const WORDS: &[&str] = &["somebody", "nobody", "whoever", "he", "his", "him", "himself", "he's"];

#[tokio::test]
async fn descriptions_are_sentences_in_plain_words() {
    let app = TestApp::with(crate::voice()).await;
    let mut broken = Vec::new();
    let operators = descriptions(&app.operators, "operators#");
    for (place, text) in descriptions(&app.document, "#").into_iter().chain(operators) {
        let words: Vec<String> = text
            .split(|letter: char| !letter.is_alphanumeric() && letter != '\'')
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        if words.len() < 3 {
            broken.push(format!("{place}: {text:?} is no sentence"));
        }
        broken.extend(
            words.iter().filter(|word| WORDS.contains(&word.as_str())).map(|word| format!("{place}: {word:?}")),
        );
    }
    refuse("Descriptions are written for readers:", &broken);
}

/// Every description of the document, with its place.
fn descriptions(value: &Value, place: &str) -> Vec<(String, String)> {
    match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.flat_map(|(index, item)| descriptions(item, &format!("{place}/{index}"))).collect()
        }
        Value::Object(fields) => {
            let own = fields.get("description").and_then(Value::as_str);
            let own = own.map(|text| (place.to_owned(), text.to_owned()));
            let others = fields.iter().flat_map(|(name, field)| descriptions(field, &format!("{place}/{name}")));
            own.into_iter().chain(others).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere() {
    let app = TestApp::with(crate::voice()).await;
    for document in [&app.document, &app.operators] {
        let mut references = BTreeSet::new();
        collect(document, &mut references);
        assert!(references.len() > 20, "the references were not found");
        for reference in references {
            let found = document.pointer(reference.trim_start_matches('#'));
            assert!(found.is_some(), "{reference} leads nowhere");
        }
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| collect(field, references));
        }
        _ => {}
    }
}
