//! Checks the two most important guarantees: tenants cannot see each other's rows, and usage is counted exactly.

use freehold_core::Result;
use freehold_db::{Db, faults};
use freehold_metering::usage::usage_drift;

use super::{finding::Finding, reason, restart_advice};

pub(super) async fn examine(db: &Db) -> Vec<Finding> {
    let mut findings = judge(
        faults(db).await,
        "tenants are isolated from each other",
        "restore it as freehold_owner: for a table, the select freehold.protect(…) of the migration that made it, with \
         the same arguments; the server does not start before",
    );
    findings.extend(judge(
        usage_drift(db).await,
        "usage totals equal their ledger",
        "tell us: a total is only ever changed together with its ledger, so something else wrote to it",
    ));
    findings
}

/// One finding without a problem, or one for each fault.
fn judge(faults: Result<Vec<String>>, well: &str, advice: &str) -> Vec<Finding> {
    match faults {
        Ok(faults) if faults.is_empty() => vec![Finding::ok(well)],
        Ok(faults) => faults.into_iter().map(|fault| Finding::fail(fault, advice)).collect(),
        Err(error) => vec![Finding::fail(
            format!("whether {well} cannot be told: {}", reason(&error)),
            if error.is_temporary() { restart_advice(&error) } else { "freehold migrate, then look again" },
        )],
    }
}

#[cfg(test)]
mod tests {
    use freehold_core::Error;

    use super::{super::finding::Level, *};

    #[test]
    fn each_fault_is_a_finding() {
        assert_eq!(judge(Ok(Vec::new()), "all is well", "mend it"), [Finding::ok("all is well")]);
        let two = judge(Ok(vec!["this".to_owned(), "that".to_owned()]), "all is well", "mend it");
        assert_eq!(two, [Finding::fail("this", "mend it"), Finding::fail("that", "mend it")]);
        let untold = judge(Err(Error::internal("no such table")), "all is well", "mend it");
        assert_eq!(untold[0].level, Level::Fail);
        assert!(untold[0].what.ends_with("no such table"));
    }
}
