//! SQL of the results of calls.

use freehold_db::{Json, statements};

use super::{Called, EndedCall};
use crate::campaign::CampaignId;

statements! {
    /// Stores the results of calls.
    fn contacts_called(calls: Json<Vec<Called>>; now, tenant) -> () =
        "update voice.contacts as c
         set status = u.status, due_at = u.due_at, run_id = u.run_id, outcome = u.outcome, success = u.success,
           duration_ms = u.duration_ms, cost_minor = c.cost_minor + u.cost_minor, tries = c.tries + u.began,
           called_at = case u.began when 0 then c.called_at else $2 end
         from jsonb_to_recordset($1) as u (
           id uuid, status text, began integer, due_at timestamptz, run_id uuid, outcome text, success boolean,
           duration_ms bigint, cost_minor bigint
         )
         where c.tenant_id = $3 and c.id = u.id";

    /// Lists calls of the campaign that have ended meanwhile.
    fn ended_calls(campaign: CampaignId, at_most: i64; tenant) -> EndedCall =
        "select c.id, c.tries, r.id as run_id, r.status, r.outcome, r.success, r.duration_ms, r.cost_minor
         from voice.contacts as c join voice.runs as r on r.tenant_id = c.tenant_id and r.id = c.run_id
         where c.tenant_id = $3 and c.campaign_id = $1 and c.status = 'calling' and r.ended_at is not null
         limit $2 for no key update of c";
}
