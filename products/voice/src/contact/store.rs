//! SQL of contacts.

use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Ahead, Contact};
use crate::campaign::CampaignId;

statements! {
    /// Adds contacts and returns those that are new. A contact whose number the campaign already has is skipped.
    fn contacts_insert(
        campaign: CampaignId, ids: Vec<Uuid>, lines: Vec<i32>, phones: Vec<String>, zones: Vec<String>,
        inputs: Vec<String>; now, tenant
    ) -> (i32,) =
        "insert into voice.contacts (tenant_id, campaign_id, id, line, phone, time_zone, inputs, due_at, created_at)
         select $8, $1, c.id, c.line, nullif(c.phone, ''), c.zone, c.inputs::json, $7, $7
         from unnest($2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[]) as c (id, line, phone, zone, inputs)
         on conflict (tenant_id, campaign_id, phone) do nothing
         returning line";

    /// Lists a page of contacts.
    fn contact_list(campaign: CampaignId, status: Option<String>, before: Uuid, rows: i64; tenant) -> Contact =
        "select id, line, phone, time_zone, inputs, status, tries, due_at, run_id, outcome, success, duration_ms, cost_minor, called_at
         from voice.contacts
         where tenant_id = $5 and campaign_id = $1 and ($2::text is null or status = $2) and id < $3
         order by id desc limit $4";

    /// Deletes all contacts of a campaign.
    fn contacts_delete(campaign: CampaignId; tenant) -> () =
        "delete from voice.contacts where tenant_id = $2 and campaign_id = $1";

    /// Lists those of the numbers that the campaign already has.
    fn contact_phones(campaign: CampaignId, phones: Vec<String>; tenant) -> (String,) =
        "select phone from voice.contacts where tenant_id = $3 and campaign_id = $1 and phone = any($2)";

    /// Lists the zones of waiting contacts. Each zone takes one look-up in the index.
    fn contact_zones(campaign: CampaignId; tenant) -> (String,) =
        "with recursive zones as (
           (select time_zone from voice.contacts where tenant_id = $2 and campaign_id = $1
           and status = 'waiting' order by time_zone limit 1)
           union all
           select (
             select c.time_zone from voice.contacts as c
             where c.tenant_id = $2 and c.campaign_id = $1 and c.status = 'waiting'
             and c.time_zone > zones.time_zone order by c.time_zone limit 1
           ) from zones where zones.time_zone is not null
         )
         select time_zone from zones where time_zone is not null";

    /// Counts what a campaign still has to do, given its zones and when calls may start there.
    fn contacts_ahead(
        campaign: CampaignId, zones: Vec<String>, opens: Vec<Timestamp>; now, tenant
    ) -> Ahead =
        "with zones as (select * from unnest($2::text[], $3::timestamptz[]) as z (time_zone, opens_at))
         select
           (select count(*) from (
              select from zones as z join lateral (
                select from voice.contacts as c
                where c.tenant_id = $5 and c.campaign_id = $1 and c.status = 'waiting'
                and c.time_zone = z.time_zone and c.due_at <= $4 limit 1000
              ) as c on true
              where z.opens_at <= $4 limit 1000
            ) as due) as due,
           (select min(greatest(c.due_at, z.opens_at)) from zones as z join lateral (
              select c.due_at from voice.contacts as c
              where c.tenant_id = $5 and c.campaign_id = $1 and c.status = 'waiting' and c.time_zone = z.time_zone
                and (c.due_at > $4 or z.opens_at > $4)
              order by c.due_at limit 1
            ) as c on true) as next_due,
           (select count(*) from voice.contacts where tenant_id = $5 and campaign_id = $1
           and status = 'calling') as calling";

    /// Counts the contacts that are being called.
    fn contacts_calling(campaign: CampaignId; tenant) -> (i64,) =
        "select count(*) from voice.contacts where tenant_id = $2 and campaign_id = $1 and status = 'calling'";

    /// Claims the next contacts of these zones, in the order of the list; those that became due first come first.
    fn contacts_claim(campaign: CampaignId, zones: Vec<String>, at_most: i64; now, tenant) -> Contact =
        "select c.id, c.line, c.phone, c.time_zone, c.inputs, c.status, c.tries, c.due_at, c.run_id, c.outcome, c.success,
           c.duration_ms, c.cost_minor, c.called_at
         from unnest($2::text[]) as z (time_zone) join lateral (
           select * from voice.contacts as c
           where c.tenant_id = $5 and c.campaign_id = $1 and c.status = 'waiting' and c.time_zone = z.time_zone
           and c.due_at <= $4
           order by c.due_at, c.id limit $3 for no key update skip locked
         ) as c on true
         order by c.due_at, c.id limit $3";
}
