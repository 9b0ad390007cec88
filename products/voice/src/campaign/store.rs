//! SQL of campaigns.

use freehold_core::TenantId;
use freehold_db::{JsonText, params, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Campaign, CampaignId, CampaignSummary, Schedule};
use crate::{callee::Script, workflow::WorkflowId};

params! {
    /// A campaign to insert.
    pub(super) struct CampaignRow<'a> {
        pub(super) tenant: TenantId,
        pub(super) id: CampaignId,
        pub(super) name: &'a str,
        pub(super) workflow: WorkflowId,
        pub(super) version: Option<i32>,
        pub(super) channel: &'a str,
        pub(super) engine: Option<Uuid>,
        pub(super) concurrency: i32,
        pub(super) schedule: JsonText<Schedule>,
        pub(super) default_country: Option<String>,
        pub(super) tries: i32,
        pub(super) retry_minutes: i32,
        pub(super) scripts: JsonText<Vec<Script>>,
    }
}

statements! {
    /// Creates a campaign.
    fn campaign_insert(campaign: CampaignRow<'_>; now) -> Campaign =
        "insert into voice.campaigns (
           tenant_id, id, name, workflow_id, version, channel, engine_id, concurrency, schedule, default_country, tries, retry_minutes,
           scripts, status, created_at, updated_at
         ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'draft', $14, $14)
         returning id, name, workflow_id, version, channel, engine_id, concurrency, schedule, default_country, tries, retry_minutes, scripts,
           status, reason, turns, contacts, started_at, ended_at, created_at, updated_at";

    /// Finds one campaign.
    fn campaign_find(id: CampaignId; tenant) -> Campaign =
        "select id, name, workflow_id, version, channel, engine_id, concurrency, schedule, default_country, tries, retry_minutes, scripts,
           status, reason, turns, contacts, started_at, ended_at, created_at, updated_at
         from voice.campaigns where tenant_id = $2 and id = $1 and deleted_at is null";

    /// Finds one campaign and locks its row.
    fn campaign_lock(id: CampaignId; tenant) -> Campaign =
        "select id, name, workflow_id, version, channel, engine_id, concurrency, schedule, default_country, tries, retry_minutes, scripts,
           status, reason, turns, contacts, started_at, ended_at, created_at, updated_at
         from voice.campaigns where tenant_id = $2 and id = $1 and deleted_at is null for no key update";

    /// Lists a page of campaigns.
    fn campaign_list(before: Uuid, rows: i64; tenant) -> CampaignSummary =
        "select id, name, workflow_id, channel, status, reason, contacts, started_at, ended_at, created_at
         from voice.campaigns where tenant_id = $3 and id < $1 and deleted_at is null order by id desc limit $2";

    /// Updates the terms of a campaign.
    fn campaign_change(
        id: CampaignId, name: &str, concurrency: i32, schedule: JsonText<Schedule>, default_country: Option<String>,
        tries: i32, retry_minutes: i32; now, tenant
    ) -> Campaign =
        "update voice.campaigns set name = $2, concurrency = $3, schedule = $4, default_country = $5, tries = $6,
           retry_minutes = $7, updated_at = $8
         where tenant_id = $9 and id = $1
         returning id, name, workflow_id, version, channel, engine_id, concurrency, schedule, default_country, tries, retry_minutes, scripts,
           status, reason, turns, contacts, started_at, ended_at, created_at, updated_at";

    /// Stores a campaign's new status. The times at which it started and ended are set only once.
    fn campaign_move(
        id: CampaignId, status: &str, reason: Option<String>, started_at: Option<Timestamp>,
        ended_at: Option<Timestamp>; now, tenant
    ) -> Campaign =
        "update voice.campaigns set status = $2, reason = $3, started_at = coalesce(started_at, $4),
           ended_at = coalesce(ended_at, $5), updated_at = $6
         where tenant_id = $7 and id = $1
         returning id, name, workflow_id, version, channel, engine_id, concurrency, schedule, default_country, tries, retry_minutes, scripts,
           status, reason, turns, contacts, started_at, ended_at, created_at, updated_at";

    /// Begins a new turn, so that another job drives the campaign.
    fn campaign_turn(id: CampaignId; tenant) -> (i32,) =
        "update voice.campaigns set turns = turns + 1 where tenant_id = $2 and id = $1 returning turns";

    /// Stores the present number of contacts.
    fn campaign_count_contacts(id: CampaignId; now, tenant) -> Campaign =
        "update voice.campaigns
         set contacts = (select count(*) from voice.contacts where tenant_id = $3 and campaign_id = $1), updated_at = $2
         where tenant_id = $3 and id = $1
         returning id, name, workflow_id, version, channel, engine_id, concurrency, schedule, default_country, tries, retry_minutes, scripts,
           status, reason, turns, contacts, started_at, ended_at, created_at, updated_at";

    /// Deletes a campaign.
    fn campaign_delete(id: CampaignId; now, tenant) -> () =
        "update voice.campaigns set deleted_at = $2 where tenant_id = $3 and id = $1";

    /// Lists the campaigns of all tenants that stopped by themselves.
    fn stopped_list(after: Uuid, rows: i64) -> (CampaignId, TenantId) =
        "select id, tenant_id from voice.campaigns
         where status = 'stopped' and deleted_at is null and id > $1 order by id limit $2";

    /// Lists the campaigns of all tenants that are running or scheduled.
    fn going_list(after: Uuid, rows: i64) -> (CampaignId, TenantId, i32) =
        "select id, tenant_id, turns from voice.campaigns
         where status in ('scheduled', 'running') and deleted_at is null and id > $1 order by id limit $2";
}
