//! The actions of delivery in the audit, in words.

use freehold_core::Area;
use freehold_module::AuditAction;

/// The actions on webhook endpoints and on the brand of mails.
pub(crate) const ALL: &[AuditAction] = &[
    AuditAction::new("webhook.created", Area::Webhooks, "{actor} created a [webhook endpoint] at {detail.url}")
        .page("/webhooks/{subject}"),
    AuditAction::new("webhook.updated", Area::Webhooks, "{actor} changed a [webhook endpoint]")
        .page("/webhooks/{subject}"),
    AuditAction::new("webhook.deleted", Area::Webhooks, "{actor} deleted a webhook endpoint"),
    AuditAction::new("webhook.secret_rotated", Area::Webhooks, "{actor} rotated the secret of a [webhook endpoint]")
        .page("/webhooks/{subject}"),
    AuditAction::new("webhook.replayed", Area::Webhooks, "{actor} sent events to a [webhook endpoint] again")
        .page("/webhooks/{subject}"),
    AuditAction::new("mail.brand_changed", Area::Organization, "{actor} changed the sender or look of the mails"),
];
