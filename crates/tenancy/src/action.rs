//! The actions of tenancy in the audit, in words.

use freehold_core::Area;
use freehold_module::AuditAction;

/// The actions of tenancy.
pub(crate) const ALL: &[AuditAction] = &[
    AuditAction::new(
        "member.role_changed",
        Area::Members,
        "{actor} changed the role of [{user}] from {before.role} to {after.role}",
    )
    .to_oneself("{actor} changed their own role from {before.role} to {after.role}")
    .page("/members"),
    AuditAction::new("member.removed", Area::Members, "{actor} removed {user}")
        .to_oneself("{actor} left the organization")
        .by_itself("{user} left the organization, because their account was deleted"),
    AuditAction::new("role.created", Area::Members, "{actor} created the role [“{detail.name}”]").page("/members"),
    AuditAction::new("role.updated", Area::Members, "{actor} changed the role [“{after.name}”]").page("/members"),
    AuditAction::new("role.deleted", Area::Members, "{actor} deleted the role “{detail.name}”"),
    AuditAction::new("invitation.created", Area::Members, "{actor} invited [{detail.email}] as {detail.role}")
        .page("/members"),
    AuditAction::new("invitation.resent", Area::Members, "{actor} sent the invitation of [{detail.email}] again")
        .page("/members"),
    AuditAction::new("invitation.revoked", Area::Members, "{actor} withdrew the invitation of {detail.email}"),
    AuditAction::new("invitation.accepted", Area::Members, "{actor} accepted an invitation as {detail.role}")
        .page("/members"),
    AuditAction::new(
        "organization.renamed",
        Area::Organization,
        "{actor} renamed the [organization] from “{before.name}” to “{after.name}”",
    )
    .page("/organization"),
    AuditAction::new(
        "organization.updated",
        Area::Organization,
        "{actor} changed the [settings of the organization]: {detail.changed}",
    )
    .page("/organization"),
    AuditAction::new("organization.logo_changed", Area::Organization, "{actor} changed the [logo]")
        .page("/organization"),
    AuditAction::new("organization.logo_removed", Area::Organization, "{actor} removed the [logo]")
        .page("/organization"),
    AuditAction::new(
        "organization.deletion_requested",
        Area::Organization,
        "{actor} requested the deletion of the organization",
    ),
    AuditAction::new(
        "organization.deletion_cancelled",
        Area::Organization,
        "{actor} cancelled the deletion of the organization",
    ),
    AuditAction::new("export.requested", Area::Organization, "{actor} requested an export of the organization's data"),
    AuditAction::new("export.ready", Area::Organization, "An export of the organization's data was written"),
    AuditAction::new("export.failed", Area::Organization, "An export of the organization's data failed"),
    AuditAction::new("event.published", Area::Events, "{actor} published the event “{detail.type}”"),
];
