//! Call analytics: number of calls, success rate, duration and cost, by workflow, campaign, day and hour.
//!
//! Everything is read from a rollup of the runs (`voice.call_quarters`). The rollup changes in the transaction in which
//! a run ends, so at any moment it equals a fresh count of the runs. A call belongs to the quarter of an hour in which
//! it began, just as it is billed in the month in which it began. A cancelled run does not count as a call.

mod figures;
mod paper;
mod period;
mod report;
mod store;
mod table;

use freehold_core::{Caller, OptionExt, Result, TenantId};
use freehold_db::{Db, TenantTx, row};
use jiff::Timestamp;
use uuid::Uuid;

pub use figures::Figures;
pub use period::{By, Period, Range, RangeText};
pub use report::{Report, report_write};
pub use store::STATEMENTS;
pub use table::{calls_table, groups_table};

use crate::{campaign::CampaignId, workflow::WorkflowId};

/// Most workflows or campaigns in one response: those with the most calls.
pub const GROUPS_MAX: i64 = 200;

/// A filter for calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only calls of this workflow; none: all workflows.
    pub workflow: Option<WorkflowId>,
    /// Only calls of this campaign; none: all campaigns.
    pub campaign: Option<CampaignId>,
}

row! {
    /// The calls of one period.
    struct PeriodRow {
        number: i32,
        calls: i64,
        completed: i64,
        succeeded: i64,
        duration_ms: i64,
        cost_minor: i64,
    }
}

row! {
    struct GroupRow {
        id: Uuid,
        name: String,
        calls: i64,
        completed: i64,
        succeeded: i64,
        duration_ms: i64,
        cost_minor: i64,
    }
}

/// The calls of one workflow or campaign.
#[derive(Clone, Debug)]
pub struct Group {
    /// The id of the workflow or campaign.
    pub id: Uuid,
    /// The name of the workflow or campaign.
    pub name: String,
    /// The counts of its calls.
    pub figures: Figures,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        let GroupRow { id, name, calls, completed, succeeded, duration_ms, cost_minor } = row;
        Self { id, name, figures: Figures { calls, completed, succeeded, duration_ms, cost_minor } }
    }
}

/// Counts the calls of every period of a range, in order, including periods without calls. Costs are those in
/// `currency`.
pub async fn call_list(
    db: &Db,
    caller: &Caller,
    range: &Range,
    filter: Filter,
    currency: &str,
) -> Result<Vec<(Period, Figures)>> {
    let periods = range.periods();
    let starts: Vec<Timestamp> = periods.iter().map(|period| period.starts_at).collect();
    let (from, until) = (range.starts_at(), range.ends_at());
    let rows = store::period_list(from, until, starts, filter.workflow, filter.campaign, currency);
    let rows = db.tenant(caller).fetch_all(rows).await?;
    let mut counted: Vec<(Period, Figures)> = periods.into_iter().map(|period| (period, Figures::default())).collect();
    for row in rows {
        let PeriodRow { number, calls, completed, succeeded, duration_ms, cost_minor } = row;
        let place = usize::try_from(number).ok().and_then(|number| counted.get_mut(number.checked_sub(1)?));
        if let Some((_, figures)) = place {
            *figures = Figures { calls, completed, succeeded, duration_ms, cost_minor };
        }
    }
    Ok(counted)
}

/// Counts the calls of every workflow that had some, the one with the most first. Deleted workflows are included.
pub async fn workflow_call_list(db: &Db, caller: &Caller, range: &Range, currency: &str) -> Result<Vec<Group>> {
    let rows = store::workflow_call_list(range.starts_at(), range.ends_at(), currency, GROUPS_MAX);
    Ok(db.tenant(caller).fetch_all(rows).await?.into_iter().map(Group::from).collect())
}

/// Counts the calls of every campaign that made some, the one with the most first.
pub async fn campaign_call_list(db: &Db, caller: &Caller, range: &Range, currency: &str) -> Result<Vec<Group>> {
    let rows = store::campaign_call_list(range.starts_at(), range.ends_at(), currency, GROUPS_MAX);
    Ok(db.tenant(caller).fetch_all(rows).await?.into_iter().map(Group::from).collect())
}

/// Returns the names of the workflow and the campaign in the filter. Fails when one of them does not exist or belongs
/// to another tenant.
pub async fn filter_names(db: &Db, caller: &Caller, filter: Filter) -> Result<Vec<String>> {
    let tenant = db.tenant(caller);
    let mut names = Vec::new();
    if let Some(workflow) = filter.workflow {
        names.push(tenant.fetch_optional(store::workflow_name(workflow)).await?.or_not_found("workflow")?.0);
    }
    if let Some(campaign) = filter.campaign {
        names.push(tenant.fetch_optional(store::campaign_name(campaign)).await?.or_not_found("campaign")?.0);
    }
    Ok(names)
}

/// Counts the tenant's runs again and returns how many rows the rollup then has. Every run that ends updates the
/// rollup, so this is needed only after a manual change to the tables. Runs that end meanwhile wait for it.
pub async fn analytics_rebuild(tx: &mut TenantTx, tenant: TenantId) -> Result<i64> {
    Ok(tx.fetch_one(store::rebuild(tenant)).await?.0)
}
