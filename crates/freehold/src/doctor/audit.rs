//! Checks that audit entries join the chains of their organizations.

use freehold_db::Db;
use freehold_tenancy::audit::audit_late;

use super::{finding::Finding, reason};

pub(super) async fn chains(db: &Db) -> Finding {
    let advice = "look whether a worker runs (freehold serve or freehold work), and into its log for the job \
                  tenancy.chain_audit";
    match audit_late(db).await {
        Ok(0) => Finding::ok("every audit entry is chained"),
        Ok(1) => Finding::warn("1 audit entry has not been chained for more than a minute", advice),
        Ok(late) => Finding::warn(format!("{late} audit entries have not been chained for more than a minute"), advice),
        Err(error) => Finding::warn(format!("the audit cannot be checked: {}", reason(&error)), advice),
    }
}
