//! The error codes of exports.

use freehold_core::Code;

/// The plan allows no further export in this period.
pub const EXPORT_LIMIT_REACHED: Code =
    Code::new("export_limit_reached", 429, "The plan allows no further export in this period");

/// All error codes of exports.
pub const ALL: &[Code] = &[EXPORT_LIMIT_REACHED];
