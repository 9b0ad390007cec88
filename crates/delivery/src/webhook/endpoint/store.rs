//! SQL of endpoints.

use freehold_core::TenantId;
use freehold_db::{params, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::Endpoint;
use crate::webhook::EndpointId;

params! {
    /// An endpoint to insert.
    pub(super) struct EndpointRow<'a> {
        pub(super) tenant: TenantId,
        pub(super) id: EndpointId,
        pub(super) url: String,
        pub(super) description: String,
        pub(super) patterns: Vec<String>,
        pub(super) enabled: bool,
        pub(super) signature: &'a str,
        pub(super) sealed_secret: Vec<u8>,
        pub(super) public_key: Option<String>,
        pub(super) per_second: Option<i32>,
        pub(super) at_once: i32,
    }
}

statements! {
    /// Locks the count of a tenant's endpoints, so that one transaction at a time creates an endpoint.
    fn endpoint_count_lock(; tenant) -> () =
        "with locked as materialized (
           select pg_advisory_xact_lock(hashtextextended('webhook_endpoints/' || $1::uuid::text, 0))
         ) select from locked";

    /// Number of endpoints.
    fn endpoint_count(; tenant) -> (i64,) =
        "select count(*) from freehold.webhook_endpoints where tenant_id = $1 and deleted_at is null";

    /// Inserts an endpoint.
    fn endpoint_insert(endpoint: EndpointRow<'_>; now) -> Endpoint =
        "insert into freehold.webhook_endpoints (
           tenant_id, id, url, description, patterns, enabled, disabled_at, disabled_because, signature, sealed_secret,
           public_key, per_second, at_once, created_at, updated_at
         ) values (
           $1, $2, $3, $4, $5, $6, case when not $6 then $12 end, case when not $6 then 'asked' end, $7, $8, $9, $10, $11,
           $12, $12
         )
         returning id, url, description, patterns, enabled, disabled_at, disabled_because, signature, public_key,
           previous_until, per_second, at_once, failing_since, revision, created_at, updated_at";

    /// Inserts the lane of an endpoint.
    fn lane_insert(tenant: TenantId, id: EndpointId) -> () =
        "insert into freehold.webhook_lanes (tenant_id, endpoint_id) values ($1, $2)";

    /// A page of endpoints.
    fn endpoint_list(before: Uuid, rows: i64; tenant) -> Endpoint =
        "select id, url, description, patterns, enabled, disabled_at, disabled_because, signature, public_key,
           previous_until, per_second, at_once, failing_since, revision, created_at, updated_at
         from freehold.webhook_endpoints where tenant_id = $3 and id < $1 and deleted_at is null
         order by id desc limit $2";

    /// One endpoint.
    fn endpoint_find(id: EndpointId; tenant) -> Endpoint =
        "select id, url, description, patterns, enabled, disabled_at, disabled_because, signature, public_key,
           previous_until, per_second, at_once, failing_since, revision, created_at, updated_at
         from freehold.webhook_endpoints where tenant_id = $2 and id = $1 and deleted_at is null";

    /// One endpoint, locked for a change.
    fn endpoint_lock(id: EndpointId; tenant) -> Endpoint =
        "select id, url, description, patterns, enabled, disabled_at, disabled_because, signature, public_key,
           previous_until, per_second, at_once, failing_since, revision, created_at, updated_at
         from freehold.webhook_endpoints where tenant_id = $2 and id = $1 and deleted_at is null for update";

    /// Updates an endpoint. Enabling it again forgets its failures.
    fn endpoint_update(
        id: EndpointId, url: String, description: String, patterns: Vec<String>, enabled: bool,
        per_second: Option<i32>, at_once: i32; now, tenant
    ) -> Endpoint =
        "update freehold.webhook_endpoints set
           url = $2, description = $3, patterns = $4, enabled = $5, per_second = $6, at_once = $7, updated_at = $8, revision = revision + 1,
           disabled_at = case when not $5 then coalesce(disabled_at, $8) end,
           disabled_because = case when not $5 then coalesce(disabled_because, 'asked') end,
           failing_since = case when enabled or not $5 then failing_since end
         where tenant_id = $9 and id = $1
         returning id, url, description, patterns, enabled, disabled_at, disabled_because, signature, public_key,
           previous_until, per_second, at_once, failing_since, revision, created_at, updated_at";

    /// Makes the sender look for due deliveries of endpoints.
    fn lanes_arm(endpoints: Vec<Uuid>; now) -> () =
        "with armed as materialized (select freehold.webhook_lanes_arm($1, $2)) select from armed";

    /// Deletes an endpoint: the row stays, without its secrets, until the sweep deletes it.
    fn endpoint_delete(id: EndpointId; now, tenant) -> () =
        "update freehold.webhook_endpoints
         set deleted_at = $2, enabled = false, sealed_secret = '', previous_sealed_secret = null, previous_until = null
         where tenant_id = $3 and id = $1 and deleted_at is null";

    /// Deletes the lane of an endpoint.
    fn lane_delete(id: EndpointId; tenant) -> () =
        "delete from freehold.webhook_lanes where tenant_id = $2 and endpoint_id = $1";

    /// Rotates the secret of an endpoint and keeps the previous one until the overlap ends.
    fn secret_rotate(
        id: EndpointId, signature: &str, sealed_secret: Vec<u8>, public_key: Option<String>,
        until: Timestamp; now, tenant
    ) -> Endpoint =
        "update freehold.webhook_endpoints set
           previous_sealed_secret = sealed_secret, previous_until = $5, sealed_secret = $3, signature = $2, public_key = $4,
           updated_at = $6, revision = revision + 1
         where tenant_id = $7 and id = $1
         returning id, url, description, patterns, enabled, disabled_at, disabled_because, signature, public_key,
           previous_until, per_second, at_once, failing_since, revision, created_at, updated_at";
}
