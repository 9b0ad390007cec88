//! What operators do to an organization in its audit, in words.

use freehold_core::Area;
use freehold_module::AuditAction;

/// The actions of operators.
pub(crate) const ALL: &[AuditAction] = &[
    of_organization("organization.suspended", "{actor} suspended the organization"),
    of_organization("organization.reactivated", "{actor} ended the suspension of the organization"),
    of_organization("operator.impersonation_started", "{actor} began to work as {user}"),
    of_organization("operator.impersonation_ended", "{actor} stopped working as {user}"),
    of_organization("operator.request", "{actor} who works as a member sent a request that may change something"),
];

const fn of_organization(name: &'static str, words: &'static str) -> AuditAction {
    AuditAction::new(name, Area::Organization, words)
}
