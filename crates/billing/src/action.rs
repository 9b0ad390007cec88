//! The actions of billing in the audit, in words.

use freehold_core::Area;
use freehold_module::AuditAction;

/// The actions of billing.
pub(crate) const ALL: &[AuditAction] = &[
    of_billing("billing.state_changed", "The [billing state] changed from {words before.state} to {words after.state}"),
    of_billing("billing.plan_changed", "The [plan] changed from “{before.plan.id}” to “{after.plan.id}”"),
    of_billing("billing.plan_granted", "{actor} granted or revoked a [plan]"),
    of_billing("billing.trial_extended", "{actor} extended the [trial]"),
    of_billing("billing.change_requested", "{actor} requested another [plan]"),
    of_billing("billing.cancel_requested", "{actor} requested to cancel the [plan]"),
    of_billing("billing.resume_requested", "{actor} requested to keep the [plan]"),
    of_billing("billing.extra_subscription_ended", "A second subscription was cancelled and its payment was refunded"),
    of_billing("billing.refund_failed", "A bank refused the refund of a second subscription"),
];

const fn of_billing(name: &'static str, words: &'static str) -> AuditAction {
    AuditAction::new(name, Area::Billing, words).page("/billing")
}
