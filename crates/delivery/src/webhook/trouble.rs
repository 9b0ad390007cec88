//! Webhook endpoints of all tenants whose deliveries fail, for operators.

mod store;

use freehold_core::{Page, PageRequest, Result, TenantId};
use freehold_db::{Db, row};
use jiff::Timestamp;

pub use store::STATEMENTS;

use super::EndpointId;

row! {
    /// A webhook endpoint whose deliveries fail.
    #[derive(Clone, Debug)]
    pub struct TroubledEndpoint {
        /// The tenant of the endpoint.
        pub tenant_id: TenantId,
        /// Id of the endpoint.
        pub id: EndpointId,
        /// URL of the endpoint.
        pub url: String,
        /// Whether events are still delivered to it.
        pub enabled: bool,
        /// Since when its deliveries fail, UTC; none: it was disabled.
        pub failing_since: Option<Timestamp>,
        /// When it was disabled, UTC; none: it is enabled.
        pub disabled_at: Option<Timestamp>,
        /// Why it was disabled: `gone` or `failing`; none: it is enabled.
        pub disabled_because: Option<String>,
    }
}

/// A page of the endpoints whose deliveries fail, or that were disabled because of it, the newest first.
pub async fn endpoint_trouble_list(db: &Db, page: PageRequest) -> Result<Page<TroubledEndpoint>> {
    let list = store::endpoint_trouble_list(page.before(), page.rows());
    let rows = db.system("list failing webhook endpoints").fetch_all(list).await?;
    Ok(page.page(rows, |endpoint| endpoint.id))
}
