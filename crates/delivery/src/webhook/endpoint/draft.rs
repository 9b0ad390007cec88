//! The checked values of a new or changed endpoint.

use std::str::FromStr;

use freehold_core::{Error, FieldError, Result};
use freehold_jobs::outbox::Pattern;
use freehold_outbound::{Allowed, address_check};

use super::Endpoint;

/// Default of the most requests under way at once.
const AT_ONCE: i32 = 20;

/// The values of a new endpoint, not yet checked.
#[derive(Clone, Debug)]
pub struct EndpointNew {
    /// URL that receives the events.
    pub url: String,
    /// Description by its owner, at most 500 characters.
    pub description: String,
    /// Filters of events; empty for all events.
    pub events: Vec<String>,
    /// Whether events are sent to the endpoint.
    pub enabled: bool,
    /// Most requests per second, 1 to 10,000; none for no limit.
    pub per_second: Option<i32>,
    /// Most requests under way at once, 1 to 100; none for 20.
    pub at_once: Option<i32>,
}

/// A change of an endpoint; fields that are none stay as they are.
#[derive(Clone, Debug, Default)]
pub struct EndpointChange {
    /// URL that receives the events.
    pub url: Option<String>,
    /// Description by its owner, at most 500 characters.
    pub description: Option<String>,
    /// Filters of events; empty for all events.
    pub events: Option<Vec<String>>,
    /// Whether events are sent to the endpoint.
    pub enabled: Option<bool>,
    /// Most requests per second, 1 to 10,000; `Some(None)` removes the limit.
    pub per_second: Option<Option<i32>>,
    /// Most requests under way at once, 1 to 100.
    pub at_once: Option<i32>,
}

/// The values of an endpoint, all checked.
#[derive(Clone, Debug)]
pub struct EndpointDraft {
    pub(super) url: String,
    pub(super) description: String,
    pub(super) patterns: Vec<String>,
    pub(super) enabled: bool,
    pub(super) per_second: Option<i32>,
    pub(super) at_once: i32,
}

impl EndpointDraft {
    /// Checks every value. Fails with `validation_failed`, which names each value that is not allowed and why.
    pub fn check(new: EndpointNew, allowed: &Allowed) -> Result<Self> {
        let mut problems = Problems::default();
        let url = problems.url(&new.url, allowed);
        let EndpointNew { description, events, enabled, per_second, at_once, .. } = new;
        let at_once = at_once.unwrap_or(AT_ONCE);
        Self { url, description, patterns: events, enabled, per_second, at_once }.checked(problems)
    }

    /// The draft if there are no problems, or else an error that lists them.
    fn checked(mut self, mut problems: Problems) -> Result<Self> {
        let control = |letter: char| letter.is_control() && letter != '\n';
        if self.description.chars().count() > 500 || self.description.chars().any(control) {
            problems.add("/description", "expected at most 500 characters");
        }
        self.patterns = problems.patterns(self.patterns);
        if self.per_second.is_some_and(|per_second| !(1..=10_000).contains(&per_second)) {
            problems.add("/per_second", "expected 1 to 10000, or null for no limit");
        }
        if !(1..=100).contains(&self.at_once) {
            problems.add("/at_once", "expected 1 to 100");
        }
        if problems.0.is_empty() { Ok(self) } else { Err(Error::invalid_fields(problems.0)) }
    }
}

impl EndpointChange {
    /// The endpoint with this change. A URL that does not change is not checked again, because it may have been saved
    /// when more was allowed.
    pub(super) fn over(self, current: Endpoint, allowed: &Allowed) -> Result<EndpointDraft> {
        let mut problems = Problems::default();
        let url = match self.url {
            Some(url) if url != current.url => problems.url(&url, allowed),
            _ => current.url,
        };
        let draft = EndpointDraft {
            url,
            description: self.description.unwrap_or(current.description),
            patterns: self.events.unwrap_or(current.patterns),
            enabled: self.enabled.unwrap_or(current.enabled),
            per_second: self.per_second.unwrap_or(current.per_second),
            at_once: self.at_once.unwrap_or(current.at_once),
        };
        draft.checked(problems)
    }
}

/// The problems found so far.
#[derive(Default)]
struct Problems(Vec<FieldError>);

impl Problems {
    fn add(&mut self, pointer: &str, message: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.to_owned(), message: message.into() });
    }

    fn url(&mut self, text: &str, allowed: &Allowed) -> String {
        match address_check(text, allowed) {
            Ok(url) => url.to_string(),
            Err(refusal) => {
                self.add("/url", refusal.to_string());
                String::new()
            }
        }
    }

    /// The patterns without duplicates; `*` when there are none.
    fn patterns(&mut self, events: Vec<String>) -> Vec<String> {
        if events.is_empty() {
            return vec!["*".to_owned()];
        }
        if events.len() > 100 {
            self.add("/events", "expected at most 100");
        }
        let mut patterns: Vec<String> = Vec::new();
        for (index, text) in events.into_iter().enumerate() {
            if Pattern::from_str(&text).is_err() {
                self.add(&format!("/events/{index}"), Pattern::EXPECTED);
            } else if !patterns.contains(&text) {
                patterns.push(text);
            }
        }
        patterns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> EndpointNew {
        EndpointNew {
            url: "https://example.org/hooks".to_owned(),
            description: String::new(),
            events: Vec::new(),
            enabled: true,
            per_second: None,
            at_once: None,
        }
    }

    #[test]
    fn an_endpoint_without_filters_wants_everything() {
        let draft = EndpointDraft::check(new(), &Allowed::public_only()).unwrap();
        assert_eq!((draft.patterns, draft.at_once), (vec!["*".to_owned()], AT_ONCE));
    }

    #[test]
    fn every_value_that_is_not_allowed_is_named() {
        let new = EndpointNew {
            url: "https://127.0.0.1/".to_owned(),
            description: "x".repeat(501),
            events: vec!["call.*".to_owned(), "Call".to_owned()],
            per_second: Some(0),
            at_once: Some(101),
            ..new()
        };
        let error = EndpointDraft::check(new, &Allowed::public_only()).unwrap_err();
        let pointers: Vec<&str> = error.fields().iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(pointers, ["/url", "/description", "/events/1", "/per_second", "/at_once"]);
        assert!(error.fields()[0].message.contains("server itself"), "{}", error.fields()[0].message);
    }
}
