//! The values of the sample events in the documentation.

use jiff::Timestamp;
use uuid::Uuid;

/// 30 July 2026, 9:15 UTC.
pub(crate) const SAMPLE_TIME: Timestamp = Timestamp::constant(1_785_402_900, 0);

/// Id of a workflow.
pub(crate) const WORKFLOW: Uuid = Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a51);
/// Id of a run.
pub(crate) const RUN: Uuid = Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a52);
/// Id of a campaign.
pub(crate) const CAMPAIGN: Uuid = Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a53);
