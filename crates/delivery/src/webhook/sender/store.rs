//! SQL of the sender. The functions are in `migrations/0003_webhook_functions.sql`.

use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{Claimed, book::EndpointRow};

statements! {
    /// Leases due deliveries.
    fn webhook_claim(room: i32, now: Timestamp, until: Timestamp) -> Claimed =
        "select tenant_id, endpoint_id, event_id, tried, revision from freehold.webhook_claim($1, $2, $3)";

    /// URLs and sealed keys of endpoints.
    fn endpoints_read(ids: Vec<Uuid>) -> EndpointRow =
        "select id, revision, url, sealed_secret, previous_sealed_secret, previous_until
         from freehold.webhook_endpoints where id = any ($1) and deleted_at is null";

    /// Stores the results of deliveries. Returns whether some endpoints have more due deliveries.
    fn webhook_settle(
        tenants: Vec<Uuid>, endpoints: Vec<Uuid>, events: Vec<Uuid>, leases: Vec<Timestamp>, states: Vec<String>,
        dues: Vec<Option<Timestamp>>, holds: Vec<Option<Timestamp>>, attempts: Vec<Value>, gone: Vec<Uuid>, now: Timestamp,
        failing_before: Timestamp, product_name: &str, site_url: &str
    ) -> (bool,) =
        "select freehold.webhook_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
}
