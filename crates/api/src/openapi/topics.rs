//! The topics that operations are grouped by.

use serde_json::{Value, json};

/// A topic of operations: its name, which operations have as their tag, and what they are about.
pub type Topic = (&'static str, &'static str);

/// The topics of the backbone, in the order in which a newcomer meets them.
const TOPICS: &[Topic] = &[
    ("Sign-in", "Sign users up and in, refresh and end their sessions. Speaks the protocol of Supabase Auth."),
    ("Sign-in with a cookie", "Sign in from pages of the same site: the session is kept in a cookie."),
    ("Administration", "Manage users with the service key, as Supabase's admin API does."),
    ("Account", "The signed-in user: who they are and where they are signed in."),
    ("Organizations", "Organizations with their members, invitations, audit log and the look of their mails."),
    ("API keys", "Create, list and revoke API keys, with which programs call this API."),
    (
        "Usage and plans",
        "The plans that are sold, what an organization may use of its plan, and recording what it used.",
    ),
    ("Billing", "Subscriptions, checkout, invoices and the customer portal."),
    ("Jobs", "Background jobs of the organization: list, cancel and retry them."),
    ("Files", "Files of the organization: upload, download, share and delete them."),
    ("Exports", "Archives of all of the organization's data."),
    ("Events and webhooks", "What happened in the organization, and webhook endpoints that events are delivered to."),
];

/// The topics of the operator API.
pub const OPERATOR_TOPICS: &[Topic] = &[
    ("Operator sign-in", "Set up an operator's account, sign in and out."),
    ("Tenants", "Organizations with their plans, limits and health; suspend them, extend trials, grant plans."),
    ("Impersonation", "Work in an organization as one of its members, for a reason that the organization reads."),
    ("Background work", "Jobs, webhook endpoints, Stripe's events and mails of all organizations that failed."),
    ("Operator log", "What operators did."),
];

/// The topics for the document: those of the backbone, then the product's own, as far as operations have them.
pub(super) fn topics(own: &[Topic], used: &[String]) -> Value {
    let all = TOPICS.iter().chain(own).filter(|(name, _)| used.iter().any(|tag| tag == name));
    all.map(|(name, description)| json!({ "name": name, "description": description })).collect()
}
