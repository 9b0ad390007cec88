//! The actions on jobs in the audit, in words.

use freehold_core::Area;

use crate::AuditAction;

/// The actions on jobs.
pub(crate) const ACTIONS: &[AuditAction] = &[
    AuditAction::new("job.cancelled", Area::Jobs, "{actor} cancelled a job of the kind {detail.kind}"),
    AuditAction::new("job.replayed", Area::Jobs, "{actor} replayed a job of the kind {detail.kind}"),
    AuditAction::new("jobs.replayed", Area::Jobs, "{actor} replayed {detail.jobs} jobs"),
];
