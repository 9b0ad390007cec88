//! Every operation that changes something of an organization leaves an audit entry, or says why it leaves none.

use axum::http::Method;

use super::{refuse, standing::taking_away_last, world};
use crate::harness::exceptions;

/// The operations that change something and leave no audit entry, each with its reason.
const UNAUDITED: &str = include_str!("unaudited_operations.txt");

#[tokio::test]
async fn whatever_is_changed_is_audited() {
    let (app, owner, things, operations) = world().await;
    let listed = exceptions(UNAUDITED);
    let tenant = &owner.organization;
    let entries = format!("select count(*) from freehold.audit_entries where tenant_id = '{tenant}'");
    let (mut broken, mut seen) = (Vec::new(), Vec::new());
    let mut writing = taking_away_last(&operations);
    writing.retain(|operation| !operation.reads());
    // What ends something comes after what needs it.
    let ends = |path: &str| path.ends_with("/cancel");
    writing.sort_by_key(|operation| (operation.method == Method::DELETE, ends(&operation.path)));
    for operation in writing {
        let before = app.count(&entries).await;
        let answer = operation.ask(&app, &things).person(&owner).send().await;
        let audited = app.count(&entries).await > before;
        let name = operation.name.as_str();
        match (audited, listed.contains_key(name)) {
            (true, true) => broken.push(format!("{name} is listed in unaudited_operations.txt and leaves an entry")),
            (false, false) => broken.push(format!("{name} leaves no audit entry: {answer}")),
            _ => {}
        }
        seen.push(name);
    }
    for name in listed.keys().filter(|name| !seen.contains(*name)) {
        broken.push(format!("{name} is listed in unaudited_operations.txt and does not exist"));
    }
    assert!(seen.len() > 30, "{} operations change something", seen.len());
    refuse("A change is recorded in the audit of its organization:", &broken);
}
