//! SQL of failing endpoints.

use freehold_db::statements;
use uuid::Uuid;

use super::TroubledEndpoint;

statements! {
    /// A page of failing endpoints.
    fn endpoint_trouble_list(before: Uuid, rows: i64) -> TroubledEndpoint =
        "select tenant_id, id, url, enabled, failing_since, disabled_at, disabled_because
         from freehold.webhook_endpoints
         where id < $1 and deleted_at is null and (failing_since is not null or disabled_because in ('gone', 'failing'))
         order by id desc limit $2";
}
