//! SQL of analytics.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;

use super::{GroupRow, PeriodRow};
use crate::{campaign::CampaignId, workflow::WorkflowId};

statements! {
    /// Counts the calls of each period that has some. A period's number, from 1, is the position of its start in
    /// `starts`.
    fn period_list(
        from: Timestamp, until: Timestamp, starts: Vec<Timestamp>, workflow: Option<WorkflowId>, campaign: Option<CampaignId>,
        currency: &str; tenant
    ) -> PeriodRow =
        "select width_bucket(quarter, $3) as number, sum(calls)::bigint as calls, sum(completed)::bigint as completed,
           sum(succeeded)::bigint as succeeded, sum(duration_ms)::bigint as duration_ms,
           coalesce(sum(cost_minor) filter (where currency = $6), 0)::bigint as cost_minor
         from voice.call_quarters
         where tenant_id = $7 and quarter >= $1 and quarter < $2
           and ($4::uuid is null or workflow_id = $4) and ($5::uuid is null or campaign_id = $5)
         group by 1";

    /// Counts the calls of each workflow that has some.
    fn workflow_call_list(from: Timestamp, until: Timestamp, currency: &str, rows: i64; tenant) -> GroupRow =
        "select w.id, w.name, c.calls, c.completed, c.succeeded, c.duration_ms, c.cost_minor
         from (
           select workflow_id, sum(calls)::bigint as calls, sum(completed)::bigint as completed,
             sum(succeeded)::bigint as succeeded, sum(duration_ms)::bigint as duration_ms,
             coalesce(sum(cost_minor) filter (where currency = $3), 0)::bigint as cost_minor
           from voice.call_quarters where tenant_id = $5 and quarter >= $1 and quarter < $2
           group by workflow_id having sum(calls) > 0
         ) as c
         join voice.workflows as w on w.tenant_id = $5 and w.id = c.workflow_id
         order by c.calls desc, w.id limit $4";

    /// Counts the calls of each campaign that made some.
    fn campaign_call_list(from: Timestamp, until: Timestamp, currency: &str, rows: i64; tenant) -> GroupRow =
        "select k.id, k.name, c.calls, c.completed, c.succeeded, c.duration_ms, c.cost_minor
         from (
           select campaign_id, sum(calls)::bigint as calls, sum(completed)::bigint as completed,
             sum(succeeded)::bigint as succeeded, sum(duration_ms)::bigint as duration_ms,
             coalesce(sum(cost_minor) filter (where currency = $3), 0)::bigint as cost_minor
           from voice.call_quarters where tenant_id = $5 and quarter >= $1 and quarter < $2
           group by campaign_id having sum(calls) > 0
         ) as c
         join voice.campaigns as k on k.tenant_id = $5 and k.id = c.campaign_id
         order by c.calls desc, k.id limit $4";

    /// Finds a workflow's name, even if the workflow has been deleted.
    fn workflow_name(id: WorkflowId; tenant) -> (String,) =
        "select name from voice.workflows where tenant_id = $2 and id = $1";

    /// Finds a campaign's name.
    fn campaign_name(id: CampaignId; tenant) -> (String,) =
        "select name from voice.campaigns where tenant_id = $2 and id = $1";

    /// Counts a tenant's runs again.
    fn rebuild(tenant: TenantId) -> (i64,) = "select voice.call_quarters_rebuild($1)";
}
