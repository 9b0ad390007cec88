//! Every list is paged, or is listed with the reason why it is short.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{exceptions, refuse};
use crate::harness::app::TestApp;

const UNPAGED: &str = include_str!("unpaged_lists.txt");

/// The schema that a `$ref` names.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => resolved(document, document.pointer(place.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

fn is_list(document: &Value, schema: &Value) -> bool {
    let kind = &resolved(document, schema)["type"];
    kind == "array" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "array"))
}

/// The lists of an answer: its list fields, or an empty name if the answer itself is a list.
fn lists_of(document: &Value, operation: &Value) -> Vec<String> {
    let schema = resolved(document, &operation["responses"]["200"]["content"]["application/json"]["schema"]);
    if is_list(document, schema) {
        return vec![String::new()];
    }
    let fields = schema["properties"].as_object().into_iter().flatten();
    fields.filter(|(_, field)| is_list(document, field)).map(|(name, _)| name.clone()).collect()
}

#[tokio::test]
async fn every_list_has_pages_or_a_bound() {
    let app = TestApp::with(crate::voice()).await;
    let listed = exceptions(UNPAGED);
    let (mut broken, mut needed, mut paged) = (Vec::new(), BTreeSet::new(), 0);
    for (path, methods) in app.document["paths"].as_object().unwrap() {
        let operation = &methods["get"];
        let names: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|given| given["name"].as_str())
            .collect();
        let has_pages = names.contains("limit") && names.contains("cursor");
        for list in lists_of(&app.document, operation) {
            if has_pages {
                paged += 1;
                continue;
            }
            let name = format!("GET {path} {list}").trim_end().to_owned();
            if !listed.contains_key(name.as_str()) {
                broken.push(format!(
                    "{name}: give it `limit` and `cursor`, or write into unpaged_lists.txt what bounds it"
                ));
            }
            needed.insert(name);
        }
    }
    broken.extend(
        listed.keys().filter(|name| !needed.contains(**name)).map(|name| format!("{name}: is listed and needs not be")),
    );
    refuse("Every list has pages or a bound:", &broken);
    assert!(paged >= 12, "only {paged} lists with pages were found");
}
