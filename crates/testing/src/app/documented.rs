//! Holds every answer of every test against the OpenAPI document.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{PoisonError, RwLock},
};

use axum::http::Method;
use serde_json::Value;

/// Statuses by method and path, of all documents that servers of this process gave.
static OPERATIONS: RwLock<BTreeMap<(String, String), BTreeSet<String>>> = RwLock::new(BTreeMap::new());

/// Takes note of what a server documents.
pub(super) fn learn(document: &Value) {
    let mut operations = OPERATIONS.write().unwrap_or_else(PoisonError::into_inner);
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let statuses = operation["responses"].as_object().into_iter().flatten().map(|(status, _)| status.clone());
            operations.entry((method.to_uppercase(), path.clone())).or_default().extend(statuses);
        }
    }
}

/// What is wrong with an answer according to the document; nothing for paths that no document names.
pub(super) fn problem(method: &Method, path: &str, status: u16, content_type: &str) -> Option<String> {
    let path = path.split('?').next().unwrap_or_default();
    let operations = OPERATIONS.read().unwrap_or_else(PoisonError::into_inner);
    let of_method = operations.iter().filter(|((known, _), _)| known == method.as_str());
    // `/webhooks/stripe` is no webhook called stripe.
    let (_, statuses) = of_method
        .filter(|((_, template), _)| fits(template, path))
        .min_by_key(|((_, template), _)| template.matches('{').count())?;
    if status < 400 && !statuses.contains(&status.to_string()) {
        return Some(format!("the status is not documented, only {statuses:?}"));
    }
    let wanted = if path.starts_with("/auth/") { "application/json" } else { "application/problem+json" };
    let page = content_type.starts_with("text/html");
    if status >= 400 && !page && !content_type.starts_with(wanted) {
        return Some(format!("the error is {content_type:?} and not {wanted}"));
    }
    None
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(wanted, given)| wanted == given || wanted.starts_with('{') && !given.is_empty())
}
