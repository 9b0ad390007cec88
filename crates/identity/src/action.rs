//! The actions on API keys in the audit, in words.

use freehold_core::Area;
use freehold_module::AuditAction;

/// The actions on API keys.
pub(crate) const ALL: &[AuditAction] = &[
    of_key("key.created", "{actor} created the API key [“{detail.name}”]"),
    of_key("key.updated", "{actor} changed the API key [“{detail.name}”]"),
    of_key("key.rotated", "{actor} rotated the secret of the API key [“{detail.name}”]"),
    of_key("key.adopted", "{actor} took over the API key [“{detail.name}”]"),
    of_key("key.revoked", "{actor} revoked the API key [“{detail.name}”]"),
    of_key("key.suspended", "The API key [“{detail.name}”] was suspended, because its user left the organization"),
];

const fn of_key(name: &'static str, words: &'static str) -> AuditAction {
    AuditAction::new(name, Area::Keys, words).page("/keys")
}
