//! SQL of the sender. The functions are in `migrations/0003_webhook_functions.sql`.

use freehold_db::{row, statements};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::Claimed;
use crate::webhook::EndpointId;

row! {
    pub(super) struct EndpointRow {
        pub(super) id: EndpointId,
        pub(super) revision: i32,
        pub(super) url: String,
        pub(super) sealed_secret: Vec<u8>,
        pub(super) previous_sealed_secret: Option<Vec<u8>>,
        pub(super) previous_until: Option<Timestamp>,
    }
}

statements! {
    /// Leases due deliveries.
    fn webhook_claim(room: i32, now: Timestamp, until: Timestamp) -> Claimed =
        "select tenant_id, endpoint_id, event_id, tried, revision from freehold.webhook_claim($1, $2, $3)";

    /// URLs and sealed keys of endpoints.
    fn endpoints_read(tenants: Vec<Uuid>, ids: Vec<Uuid>) -> EndpointRow =
        "select w.id, w.revision, w.url, w.sealed_secret, w.previous_sealed_secret, w.previous_until
         from unnest($1::uuid[], $2::uuid[]) as o (tenant_id, id)
         join freehold.webhook_endpoints as w on w.tenant_id = o.tenant_id and w.id = o.id and w.deleted_at is null";

    /// Stores the results of deliveries. Returns whether some endpoints have more due deliveries.
    fn webhook_settle(
        tenants: Vec<Uuid>, endpoints: Vec<Uuid>, events: Vec<Uuid>, leases: Vec<Timestamp>, states: Vec<String>,
        dues: Vec<Option<Timestamp>>, holds: Vec<Option<Timestamp>>, attempts: Vec<Value>, gone: Vec<Uuid>, now: Timestamp,
        failing_before: Timestamp, product_name: &str, site_url: &str
    ) -> (bool,) =
        "select freehold.webhook_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
}
