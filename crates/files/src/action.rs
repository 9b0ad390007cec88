//! The actions on files in the audit, in words.

use freehold_core::Area;
use freehold_module::AuditAction;

/// The actions on files.
pub(crate) const ALL: &[AuditAction] = &[
    AuditAction::new("file.created", Area::Files, "{actor} uploaded the file “{detail.name}”"),
    AuditAction::new("file.deleted", Area::Files, "{actor} deleted the file “{detail.name}”"),
];
