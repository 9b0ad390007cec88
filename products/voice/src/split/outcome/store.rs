//! SQL of the outcomes of splits.

use freehold_db::statements;

use super::{super::SplitId, OutcomeRow};

statements! {
    /// Counts the runs of each variant, without limits of time, because a live run may end after its split has ended.
    fn outcome_list(split: SplitId, currency: &str; tenant) -> OutcomeRow =
        "select version, sum(calls)::bigint as calls, sum(completed)::bigint as completed,
           sum(succeeded)::bigint as succeeded, sum(duration_ms)::bigint as duration_ms,
           coalesce(sum(cost_minor) filter (where currency = $2), 0)::bigint as cost_minor
         from voice.call_quarters
         where tenant_id = $3 and split_id = $1 and split_id <> '00000000-0000-0000-0000-000000000000' group by version";
}
