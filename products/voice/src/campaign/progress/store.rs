//! SQL of the progress of campaigns.

use freehold_db::statements;

use super::{super::CampaignId, Counts};

statements! {
    /// Counts the contacts by their status.
    fn campaign_counts(id: CampaignId; tenant) -> Counts =
        "select count(*) as total, count(*) filter (where status = 'waiting') as waiting,
           count(*) filter (where status = 'calling') as calling, count(*) filter (where status = 'reached') as reached,
           count(*) filter (where status = 'unreached') as unreached, count(*) filter (where status = 'failed') as failed,
           count(*) filter (where success) as succeeded, coalesce(sum(tries), 0)::bigint as calls,
           coalesce(sum(cost_minor), 0)::bigint as cost_minor
         from voice.contacts where tenant_id = $2 and campaign_id = $1";
}
