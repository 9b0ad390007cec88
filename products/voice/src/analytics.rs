//! What came of the calls: how many, how well, how long, for how much; by workflow, campaign, day and hour.
//!
//! Everything is read from a rollup of the runs (`voice.call_quarters`) that changes in the transaction in which a run
//! ends, so it says at any moment what counting the runs would say. A call counts in the quarter of an hour in which it
//! began, as it does in the month that pays for it. A cancelled run was no call.

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

/// Most workflows or campaigns in one answer: those with the most calls.
pub const GROUPS_MAX: i64 = 200;

/// Which calls are meant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only this workflow's.
    pub workflow: Option<WorkflowId>,
    /// Only this campaign's.
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
    /// Which.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Its calls, counted.
    pub figures: Figures,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        let GroupRow { id, name, calls, completed, succeeded, duration_ms, cost_minor } = row;
        Self { id, name, figures: Figures { calls, completed, succeeded, duration_ms, cost_minor } }
    }
}

/// The calls of every period of a range, in order, those without a call too. `currency` is that of the costs.
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

/// The calls of every workflow that had some, the one with the most first. Deleted workflows are among them.
pub async fn workflow_call_list(db: &Db, caller: &Caller, range: &Range, currency: &str) -> Result<Vec<Group>> {
    let rows = store::workflow_call_list(range.starts_at(), range.ends_at(), currency, GROUPS_MAX);
    Ok(db.tenant(caller).fetch_all(rows).await?.into_iter().map(Group::from).collect())
}

/// The calls of every campaign that made some, the one with the most first.
pub async fn campaign_call_list(db: &Db, caller: &Caller, range: &Range, currency: &str) -> Result<Vec<Group>> {
    let rows = store::campaign_call_list(range.starts_at(), range.ends_at(), currency, GROUPS_MAX);
    Ok(db.tenant(caller).fetch_all(rows).await?.into_iter().map(Group::from).collect())
}

/// The name of the workflow and of the campaign that are meant. Whoever names what is not there, or not his, is told so.
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

/// Counts the tenant's runs anew; how many rows the rollup has then. It finds what was there: the rollup is kept with
/// every run that ends, and only somebody who wrote to the tables by hand needs this. Calls that end meanwhile wait.
pub async fn analytics_rebuild(tx: &mut TenantTx, tenant: TenantId) -> Result<i64> {
    Ok(tx.fetch_one(store::rebuild(tenant)).await?.0)
}
