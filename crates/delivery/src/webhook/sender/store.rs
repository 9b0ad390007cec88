//! SQL of the sender. The functions are in `migrations/0003_webhook_functions.sql`.

use freehold_db::{params, row, statements};
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

params! {
    /// The outcomes of several deliveries, and what disabling an endpoint needs.
    pub(super) struct Outcomes<'a> {
        pub(super) tenants: Vec<Uuid>,
        pub(super) endpoints: Vec<Uuid>,
        pub(super) events: Vec<Uuid>,
        pub(super) leases: Vec<Timestamp>,
        pub(super) states: Vec<String>,
        pub(super) dues: Vec<Option<Timestamp>>,
        pub(super) holds: Vec<Option<Timestamp>>,
        pub(super) attempts: Vec<Value>,
        pub(super) gone: Vec<Uuid>,
        pub(super) failing_before: Timestamp,
        pub(super) product_name: &'a str,
        pub(super) site_url: &'a str,
    }
}

statements! {
    /// Leases due deliveries.
    fn webhook_claim(room: i32, until: Timestamp; now) -> Claimed =
        "select tenant_id, endpoint_id, event_id, tried, revision from freehold.webhook_claim($1, $3, $2)";

    /// URLs and sealed keys of endpoints.
    fn endpoints_read(tenants: Vec<Uuid>, ids: Vec<Uuid>) -> EndpointRow =
        "select w.id, w.revision, w.url, w.sealed_secret, w.previous_sealed_secret, w.previous_until
         from unnest($1::uuid[], $2::uuid[]) as o (tenant_id, id)
         join freehold.webhook_endpoints as w on w.tenant_id = o.tenant_id and w.id = o.id and w.deleted_at is null";

    /// Stores the results of deliveries. Returns whether some endpoints have more due deliveries.
    fn webhook_settle(outcomes: Outcomes<'_>; now) -> (bool,) =
        "select freehold.webhook_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $13, $10, $11, $12)";
}
