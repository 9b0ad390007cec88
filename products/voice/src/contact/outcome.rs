//! What the result of a call means for the contact.

mod store;

use freehold_core::Result;
use freehold_db::{Json, TenantTx, row};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

pub(crate) use store::STATEMENTS;

use super::{Contact, ContactId, ContactStatus};
use crate::{
    campaign::Campaign,
    run::{Run, RunId},
};

/// The outcome of a call that was not answered, or in which the callee never said a word.
const NO_ANSWER: &str = "no_answer";
/// The outcome of a contact that could not be called.
const NOT_CALLABLE: &str = "not_callable";
/// Most ended calls that are recorded at once.
const SETTLED_AT_ONCE: i64 = 200;

/// The result of one call, as it is stored.
#[derive(Debug, Serialize)]
pub(crate) struct Called {
    id: ContactId,
    status: &'static str,
    /// 1 for a call that started now; 0 for one that was already in progress, or was not made.
    began: i32,
    due_at: Timestamp,
    run_id: Option<RunId>,
    outcome: Option<String>,
    success: bool,
    duration_ms: i64,
    cost_minor: i64,
}

row! {
    /// A call that was in progress and has ended.
    #[derive(Debug)]
    pub(crate) struct EndedCall {
        pub(crate) id: ContactId,
        pub(crate) tries: i32,
        pub(crate) run_id: RunId,
        pub(crate) status: String,
        pub(crate) outcome: Option<String>,
        pub(crate) success: bool,
        pub(crate) duration_ms: i64,
        pub(crate) cost_minor: i64,
    }
}

/// How a contact who is not reached is called again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    tries: i32,
    wait: SignedDuration,
}

impl Patience {
    /// The values of this campaign.
    pub(crate) fn of(campaign: &Campaign) -> Self {
        Self { tries: campaign.tries, wait: SignedDuration::from_mins(campaign.retry_minutes.into()) }
    }

    /// The status after this many tries, and when the contact is due again if they are to be called again.
    fn after(self, status: &str, outcome: Option<&str>, tries: i32, now: Timestamp) -> (ContactStatus, Timestamp) {
        match (status, outcome) {
            ("completed", Some(NO_ANSWER)) if tries < self.tries => (ContactStatus::Waiting, now + self.wait),
            ("completed", Some(NO_ANSWER)) => (ContactStatus::Unreached, now),
            ("completed", _) => (ContactStatus::Reached, now),
            ("failed" | "cancelled", _) => (ContactStatus::Failed, now),
            _ => (ContactStatus::Calling, now),
        }
    }
}

impl Called {
    /// The result of this run, which may still be in progress.
    pub(crate) fn by(run: &Run, contact: &Contact, patience: Patience, now: Timestamp) -> Self {
        let (status, due_at) = patience.after(&run.status, run.outcome.as_deref(), contact.tries + 1, now);
        Self {
            id: contact.id,
            status: status.name(),
            began: 1,
            due_at,
            run_id: Some(run.id),
            outcome: run.outcome.clone(),
            success: run.success,
            duration_ms: run.duration_ms,
            cost_minor: run.cost_minor,
        }
    }

    /// The result when no call is possible, because the contact's values no longer fit the workflow.
    pub(crate) fn not_callable(contact: &Contact, now: Timestamp) -> Self {
        Self {
            id: contact.id,
            status: ContactStatus::Failed.name(),
            began: 0,
            due_at: now,
            run_id: contact.run_id,
            outcome: Some(NOT_CALLABLE.to_owned()),
            success: false,
            duration_ms: 0,
            cost_minor: 0,
        }
    }
}

/// Stores the results of calls that started now.
pub(crate) async fn contacts_called(tx: &mut TenantTx, calls: Vec<Called>) -> Result<()> {
    tx.execute(store::contacts_called(Json(calls))).await.map(drop)
}

/// Stores the results of calls that were in progress and have ended. Returns how many.
pub(crate) async fn contacts_settle(tx: &mut TenantTx, campaign: &Campaign) -> Result<usize> {
    let now = tx.now();
    let ended = tx.fetch_all(store::ended_calls(campaign.id, SETTLED_AT_ONCE)).await?;
    let count = ended.len();
    if count > 0 {
        let patience = Patience::of(campaign);
        let calls: Vec<Called> = ended.into_iter().map(|call| settled(call, patience, now)).collect();
        tx.execute(store::contacts_called(Json(calls))).await?;
    }
    Ok(count)
}

fn settled(call: EndedCall, patience: Patience, now: Timestamp) -> Called {
    let (status, due_at) = patience.after(&call.status, call.outcome.as_deref(), call.tries, now);
    Called {
        id: call.id,
        status: status.name(),
        began: 0,
        due_at,
        run_id: Some(call.run_id),
        outcome: call.outcome,
        success: call.success,
        duration_ms: call.duration_ms,
        cost_minor: call.cost_minor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_who_is_not_reached_is_called_again_as_often_as_the_campaign_tries() {
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().expect("a time");
        let patience = Patience { tries: 3, wait: SignedDuration::from_mins(90) };
        let after = |status, outcome, tries| {
            let (status, due) = patience.after(status, outcome, tries, now);
            (status, due.duration_since(now).as_mins())
        };
        assert_eq!(after("completed", Some("no_answer"), 1), (ContactStatus::Waiting, 90));
        assert_eq!(after("completed", Some("no_answer"), 2), (ContactStatus::Waiting, 90));
        assert_eq!(after("completed", Some("no_answer"), 3), (ContactStatus::Unreached, 0));
        assert_eq!(after("completed", Some("hung_up"), 1), (ContactStatus::Reached, 0));
        assert_eq!(after("failed", Some("failed"), 1), (ContactStatus::Failed, 0));
        assert_eq!(after("cancelled", None, 1), (ContactStatus::Failed, 0));
        assert_eq!(after("queued", None, 1), (ContactStatus::Calling, 0));
        assert_eq!(after("in_progress", None, 1), (ContactStatus::Calling, 0));
    }
}
