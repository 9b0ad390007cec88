//! What operators do to an organization's limits in its audit, in words.

use freehold_core::Area;
use freehold_module::AuditAction;

/// The actions on limits.
pub(crate) const ALL: &[AuditAction] = &[
    AuditAction::new("usage.limit_set", Area::Usage, "{actor} set another limit of {detail.meter}"),
    AuditAction::new(
        "usage.limit_removed",
        Area::Usage,
        "{actor} removed the limit of {detail.meter}, so that the plan's applies",
    ),
];
