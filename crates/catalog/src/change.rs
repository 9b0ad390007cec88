//! Changes of a plan since it was sold.

use std::fmt;

use serde::Serialize;

use crate::plan::Plan;

/// A difference between a plan and its stored version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Changed part of the plan: `price`, `limits.calls`, `modules`.
    pub what: String,
    /// Stored value as JSON; `nothing` where the stored version has none.
    pub from: String,
    /// Current value as JSON; `nothing` where there is none any more.
    pub to: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} became {}", self.what, self.from, self.to)
    }
}

impl Plan {
    /// The differences from `stored` that a customer would notice: price, limits, modules, processing, queue, webhooks,
    /// days of the audit, support, service level. Empty when both promise the same. The texts of `name` and `features` may change without
    /// a new version.
    ///
    /// A file whose plan changed without a new version is refused when plans are stored.
    pub fn changes_since(&self, stored: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut compare = |what: &str, from: Option<String>, to: Option<String>| {
            if from != to {
                let or_nothing = |side: Option<String>| side.unwrap_or_else(|| "nothing".to_owned());
                changes.push(Change { what: what.to_owned(), from: or_nothing(from), to: or_nothing(to) });
            }
        };
        compare("price", json(&stored.price), json(&self.price));
        for meter in stored.limits.keys().chain(self.limits.keys().filter(|id| !stored.limits.contains_key(*id))) {
            compare(
                &format!("limits.{meter}"),
                stored.limit(meter).and_then(|l| json(&l)),
                self.limit(meter).and_then(|l| json(&l)),
            );
        }
        compare("modules", json(&stored.modules), json(&self.modules));
        compare("processing", json(&stored.processing), json(&self.processing));
        compare("queue", stored.queue.as_ref().and_then(json), self.queue.as_ref().and_then(json));
        compare("webhooks", stored.webhooks.as_ref().and_then(json), self.webhooks.as_ref().and_then(json));
        compare("audit_days", stored.audit_days.as_ref().and_then(json), self.audit_days.as_ref().and_then(json));
        compare("exports", stored.exports.as_ref().and_then(json), self.exports.as_ref().and_then(json));
        compare("support", stored.support.as_ref().and_then(json), self.support.as_ref().and_then(json));
        compare("sla", stored.sla.as_ref().and_then(json), self.sla.as_ref().and_then(json));
        changes
    }
}

fn json<T: Serialize>(value: &T) -> Option<String> {
    serde_json::to_string(value).ok()
}
