//! SQL of splits.

use freehold_core::TenantId;
use freehold_db::{Json, statements};
use uuid::Uuid;

use super::{Runnable, Split, SplitId, Variant};
use crate::workflow::WorkflowId;

statements! {
    /// Finds a workflow and its running split.
    fn runnable_find(workflow: WorkflowId; tenant) -> Runnable =
        "select w.id, w.name, w.version, w.graph, w.created_at, w.updated_at, s.id as split_id, s.variants
         from voice.workflows as w
         left join voice.splits as s on s.tenant_id = w.tenant_id and s.workflow_id = w.id and s.ended_at is null
         where w.tenant_id = $2 and w.id = $1 and w.deleted_at is null";

    /// Finds the running split of a workflow.
    fn split_running(workflow: WorkflowId; tenant) -> (SplitId,) =
        "select id from voice.splits where tenant_id = $2 and workflow_id = $1 and ended_at is null";

    /// Starts a split.
    fn split_insert(
        tenant: TenantId, id: SplitId, workflow: WorkflowId, variants: Json<Vec<Variant>>; now
    ) -> Split =
        "insert into voice.splits (tenant_id, id, workflow_id, variants, started_at) values ($1, $2, $3, $4, $5)
         returning id, workflow_id, variants, winner, started_at, ended_at";

    /// Finds one split.
    fn split_find(id: SplitId; tenant) -> Split =
        "select id, workflow_id, variants, winner, started_at, ended_at from voice.splits
         where tenant_id = $2 and id = $1";

    /// Finds one split and locks its row, so that it cannot end meanwhile.
    fn split_lock(id: SplitId; tenant) -> Split =
        "select id, workflow_id, variants, winner, started_at, ended_at from voice.splits
         where tenant_id = $2 and id = $1 for update";

    /// Ends a split.
    fn split_end(id: SplitId, winner: Option<i32>; now, tenant) -> Split =
        "update voice.splits set winner = $2, ended_at = $3 where tenant_id = $4 and id = $1
         returning id, workflow_id, variants, winner, started_at, ended_at";

    /// Lists a page of a workflow's splits.
    fn split_list(workflow: WorkflowId, before: Uuid, rows: i64; tenant) -> Split =
        "select id, workflow_id, variants, winner, started_at, ended_at
         from voice.splits where tenant_id = $4 and workflow_id = $1 and id < $2 order by id desc limit $3";
}
